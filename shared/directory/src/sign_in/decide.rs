//! Who a sign-in is taken for: one decision over all people whom it could mean, the ended ones included. Pure.
//!
//! The rows are tried in order, and the first that holds decides: the bound subject, the external id, the user name,
//! whoever has left, the e-mail address, and at last nobody.

use std::collections::BTreeSet;
use std::fmt;

/// What the sign-in brings besides the identifiers, and what the tenant allows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Terms {
    /// Whether it brings a subject that can be bound.
    pub(super) has_subject: bool,
    /// Whether it says that its e-mail address is not verified.
    pub(super) is_email_unverified: bool,
    /// Whether a deleted person held one of its identifiers, and the trace of that is not too old.
    pub(super) was_deleted: bool,
    /// Whether somebody whom nobody pushed may sign in.
    pub(super) may_sign_up: bool,
    /// Whether people are found by their e-mail address.
    pub(super) matches_email: bool,
}

/// How a person is bound in the connection of the sign-in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Bound {
    /// To no subject.
    #[default]
    No,
    /// To the subject that the sign-in brings.
    ToThis {
        /// Whether a second sign-in has brought it.
        firm: bool,
    },
    /// To another subject, or to any if the sign-in brings none.
    ToAnother {
        /// Whether a second sign-in has brought it.
        firm: bool,
    },
}

/// A person whom the sign-in could mean, as the decision sees them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Candidate {
    /// The user's id.
    pub(super) id: String,
    /// Whether they can sign in: neither inactive, nor blocked, nor deleted.
    pub(super) is_live: bool,
    /// Whether an admin has blocked them.
    pub(super) is_blocked: bool,
    /// Whether an identity provider pushed them.
    pub(super) is_pushed: bool,
    /// Whether they have the user name of the sign-in.
    pub(super) has_name: bool,
    /// Whether they have its external id.
    pub(super) has_external_id: bool,
    /// Whether they have its e-mail address.
    pub(super) has_email: bool,
    /// Whether that is their primary or work address.
    pub(super) has_main_email: bool,
    /// Whether the connection of the sign-in may find them by name.
    pub(super) is_in_reach: bool,
    /// Whether their external id is comparable with that of the sign-in, and differs.
    pub(super) contradicts: bool,
    /// How they are bound.
    pub(super) bound: Bound,
    /// Whether they hold a role above the default that no mapped group of the connection gives them.
    pub(super) is_protected: bool,
    /// Whether the user name or the external id by which the sign-in finds them is proven.
    pub(super) is_proven: bool,
    /// Whether a window is open in which another subject may be bound to them.
    pub(super) may_be_rebound: bool,
    /// Whether they have never signed in, or the last time by their e-mail address.
    pub(super) awaits_email: bool,
}

/// The outcome of the decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The sign-in is this person's.
    Found(Found),
    /// The sign-in is that of somebody new.
    NewPerson,
    /// The sign-in is refused.
    Refused(Refused),
}

/// The person whom a sign-in is taken for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// The user's id.
    pub(super) person: String,
    /// What happens to the subject.
    pub(super) bind: Bind,
    /// Whether only the e-mail address has found them.
    pub(super) by_email: bool,
}

/// What a sign-in does with its subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Bind {
    /// Nothing: there is none, or it is firmly bound already.
    Nothing,
    /// It brings the bound subject for the second time, which makes the binding firm.
    Confirm,
    /// It binds the subject.
    New,
    /// It binds the subject, which was bound to this person, who has ended.
    MovedFrom(String),
}

/// A refused sign-in. Only the audit log names the candidates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refused {
    /// Why.
    pub(super) refusal: Refusal,
    /// The ids of the people whom it could mean.
    pub(super) candidates: Vec<String>,
}

impl Refused {
    /// Returns the refusal of a sign-in that could mean more people than can be looked at.
    pub(super) fn ambiguous() -> Self {
        Self {
            refusal: Refusal::Ambiguous,
            candidates: Vec::new(),
        }
    }

    /// Adds people whom the sign-in could mean, if they are not among the candidates yet.
    pub(super) fn add(&mut self, ids: &BTreeSet<String>) {
        let new = ids.iter().filter(|id| !self.candidates.contains(id));
        let new: Vec<String> = new.cloned().collect();
        self.candidates.extend(new);
    }
}

/// Why a sign-in is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// It could mean several people.
    Ambiguous,
    /// Whom it names is bound to another subject.
    OtherSubject,
    /// Whom it names has another external id.
    OtherExternalId,
    /// Whom it names belongs to another connection.
    OtherConnection,
    /// Whom it names holds a role that the identifiers alone do not open.
    Unproven,
    /// Somebody else has the e-mail address.
    SameEmail,
    /// Whom it names was deactivated, blocked or deleted.
    Inactive,
    /// Nobody pushed whom it names, and the tenant lets in only people who were pushed.
    NotProvisioned,
}

impl Refusal {
    /// All reasons.
    pub const ALL: [Self; 8] = [
        Self::Ambiguous,
        Self::OtherSubject,
        Self::OtherExternalId,
        Self::OtherConnection,
        Self::Unproven,
        Self::SameEmail,
        Self::Inactive,
        Self::NotProvisioned,
    ];

    /// Returns the reason with a code; `None` for one that only a newer version knows.
    pub fn of(code: &str) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|refusal| refusal.as_str() == code)
    }

    /// Returns the code in the journal.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ambiguous => "ambiguous",
            Self::OtherSubject => "other_subject",
            Self::OtherExternalId => "other_external_id",
            Self::OtherConnection => "other_connection",
            Self::Unproven => "unproven",
            Self::SameEmail => "same_email",
            Self::Inactive => "inactive",
            Self::NotProvisioned => "not_provisioned",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Decides whom a sign-in is taken for.
pub(super) fn decide(terms: &Terms, people: &[Candidate]) -> Outcome {
    by_subject(terms, people)
        .or_else(|| by_external_id(terms, people))
        .or_else(|| by_name(terms, people))
        .or_else(|| ended(terms, people))
        .or_else(|| by_email(terms, people))
        .unwrap_or_else(|| match terms.may_sign_up {
            true => Outcome::NewPerson,
            false => refused(Refusal::NotProvisioned, []),
        })
}

/// Returns whether the people with the external id and the e-mail address cannot change the decision.
pub(super) fn is_settled(terms: &Terms, seeks_external_id: bool, people: &[Candidate]) -> bool {
    let mut bound = people
        .iter()
        .filter(|one| one.is_bound_to_this())
        .peekable();
    if bound.peek().is_some() {
        return bound.all(|one| one.is_live);
    }
    people.iter().any(|one| {
        let is_known = one.has_external_id || !seeks_external_id;
        one.is_live && one.has_name && is_known && one.strike(terms).is_none()
    })
}

/// Whoever the subject is bound to. If they have ended, the one live person who was pushed in their place.
fn by_subject(terms: &Terms, people: &[Candidate]) -> Option<Outcome> {
    let bound = people.iter().filter(|one| one.is_bound_to_this());
    let bound: Vec<_> = bound.collect();
    match bound[..] {
        [] => None,
        [one] if one.is_live => Some(admit(terms, one)),
        // An admin's block does not end because the directory has made somebody new.
        [one] if one.is_blocked => Some(refused(Refusal::Inactive, [one])),
        [one] => Some(successor(people).map_or_else(
            || refused(Refusal::Inactive, [one]),
            |next| found(next, Bind::MovedFrom(one.id.clone())),
        )),
        [..] => Some(refused(Refusal::Ambiguous, bound)),
    }
}

fn successor(people: &[Candidate]) -> Option<&Candidate> {
    let named = |one: &&Candidate| one.is_live && (one.has_name || one.has_external_id);
    let takes_over = |one: &&Candidate| {
        let is_free = one.bound != Bound::ToAnother { firm: true };
        one.is_pushed && one.is_in_reach && !one.contradicts && !one.is_protected && is_free
    };
    sole(people.iter().filter(named).filter(takes_over))
}

fn by_external_id(terms: &Terms, people: &[Candidate]) -> Option<Outcome> {
    let live = people
        .iter()
        .filter(|one| one.is_live && one.has_external_id);
    let live: Vec<_> = live.collect();
    let open: Vec<_> = unstruck(terms, &live);
    match open[..] {
        [] => struck(terms, &live),
        [one] => Some(admit(terms, one)),
        [..] => {
            let also_named = open.iter().copied().filter(|one| one.has_name);
            Some(sole(also_named).map_or_else(
                || refused(Refusal::Ambiguous, open.clone()),
                |one| admit(terms, one),
            ))
        }
    }
}

fn by_name(terms: &Terms, people: &[Candidate]) -> Option<Outcome> {
    let live = people.iter().filter(|one| one.is_live && one.has_name);
    let live: Vec<_> = live.collect();
    match unstruck(terms, &live)[..] {
        [] => struck(terms, &live),
        [one] => Some(admit(terms, one)),
        // User names are unique, except for spellings that earlier versions took for different names.
        [..] => Some(refused(Refusal::Ambiguous, live)),
    }
}

/// Refuses whoever has left, whichever of their identifiers the sign-in brings.
fn ended(terms: &Terms, people: &[Candidate]) -> Option<Outcome> {
    let gone = people.iter().filter(|one| !one.is_live && one.is_named());
    let gone: Vec<_> = gone.collect();
    (terms.was_deleted || !gone.is_empty()).then(|| refused(Refusal::Inactive, gone))
}

fn by_email(terms: &Terms, people: &[Candidate]) -> Option<Outcome> {
    let live = people.iter().filter(|one| one.is_live && one.has_email);
    let live: Vec<_> = live.filter(|_| terms.matches_email).collect();
    let open = unstruck(terms, &live);
    let is_let_in = |one: &Candidate| {
        let is_expected = one.has_main_email && one.awaits_email;
        is_expected && !terms.is_email_unverified && !one.is_protected
    };
    match open[..] {
        [] => None,
        [one] if is_let_in(one) => Some(match admit(terms, one) {
            Outcome::Found(found) => Outcome::Found(Found {
                by_email: true,
                ..found
            }),
            refused => refused,
        }),
        [..] => Some(refused(Refusal::SameEmail, open)),
    }
}

/// Lets a candidate in, unless their role or their binding asks for more than an unproven identifier.
fn admit(terms: &Terms, one: &Candidate) -> Outcome {
    let is_firm = one.bound == Bound::ToThis { firm: true };
    let is_withheld = !terms.has_subject && one.bound == Bound::ToAnother { firm: true };
    let needs_proof = (one.is_protected && !is_firm) || is_withheld;
    if needs_proof && !one.is_proven {
        return refused(Refusal::Unproven, [one]);
    }
    let bind = match one.bound {
        Bound::ToThis { firm: false } => Bind::Confirm,
        Bound::No | Bound::ToAnother { .. } if terms.has_subject => Bind::New,
        _ => Bind::Nothing,
    };
    found(one, bind)
}

impl Candidate {
    fn is_bound_to_this(&self) -> bool {
        matches!(self.bound, Bound::ToThis { .. })
    }

    fn is_named(&self) -> bool {
        self.has_name || self.has_external_id || self.has_email
    }

    /// Returns why the sign-in may not mean the person, although it names them.
    fn strike(&self, terms: &Terms) -> Option<Refusal> {
        let is_rebound = self.may_be_rebound && !self.is_protected;
        let is_taken = terms.has_subject && self.bound == Bound::ToAnother { firm: true };
        match () {
            () if !self.is_in_reach => Some(Refusal::OtherConnection),
            () if is_taken && !is_rebound => Some(Refusal::OtherSubject),
            () if self.contradicts => Some(Refusal::OtherExternalId),
            () => None,
        }
    }
}

fn unstruck<'a>(terms: &Terms, people: &[&'a Candidate]) -> Vec<&'a Candidate> {
    let people = people.iter().copied();
    people.filter(|one| one.strike(terms).is_none()).collect()
}

/// Refuses because of people who are all struck; `None` without any.
fn struck(terms: &Terms, people: &[&Candidate]) -> Option<Outcome> {
    let refusal = people.iter().find_map(|one| one.strike(terms))?;
    Some(refused(refusal, people.iter().copied()))
}

fn sole<'a>(mut people: impl Iterator<Item = &'a Candidate>) -> Option<&'a Candidate> {
    let one = people.next();
    one.filter(|_| people.next().is_none())
}

fn found(one: &Candidate, bind: Bind) -> Outcome {
    Outcome::Found(Found {
        person: one.id.clone(),
        bind,
        by_email: false,
    })
}

fn refused<'a>(refusal: Refusal, people: impl IntoIterator<Item = &'a Candidate>) -> Outcome {
    let people = people.into_iter();
    Outcome::Refused(Refused {
        refusal,
        candidates: people.map(|one| one.id.clone()).collect(),
    })
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
