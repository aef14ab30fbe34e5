//! The people whom a sign-in could mean, as the rules see them. Pure.

use std::collections::BTreeSet;

use rollcall_model::{
    IdentifierKind, Mappings, NO_CONNECTION, Settings, SignUp, USERS, contradict,
};
use rollcall_store::{Error, now};

use crate::credentials::connections::Connection;
use crate::resources::record::Record;
use crate::resources::subjects::BoundPeople;
use crate::roles::decide;
use crate::sign_in::decide::{Bound, Candidate, Terms};
use crate::sign_in::presented::Presented;
use crate::sign_in::reach::{GoneOwners, speakers};

/// All that a sign-in and the tenant say about whom it could mean.
#[derive(Debug)]
pub(super) struct Facts<'a> {
    pub(super) presented: &'a Presented,
    pub(super) settings: &'a Settings,
    /// The connection that is meant, if there is such a one.
    pub(super) connection: Option<&'a Connection>,
    /// Owners of candidates that are gone.
    pub(super) gone: &'a GoneOwners,
    /// Whom the subject is bound to.
    pub(super) bound: &'a BoundPeople,
    /// The mappings of the groups of those who hold a role that was given by hand.
    pub(super) mappings: &'a Mappings,
}

/// Returns what the sign-in brings, and what the tenant allows.
pub(super) fn terms(
    presented: &Presented,
    settings: &Settings,
    email_verified: Option<bool>,
    was_deleted: bool,
) -> Terms {
    Terms {
        has_subject: presented.subject.is_some(),
        is_email_unverified: email_verified == Some(false),
        was_deleted,
        may_sign_up: settings.sign_up == SignUp::Allowed,
        matches_email: settings.match_email,
    }
}

impl Facts<'_> {
    /// Returns the people as the rules see them; with the deleted people whom the subject is bound to.
    pub(super) fn candidates(&self, people: &[Record]) -> Result<Vec<Candidate>, Error> {
        let mut candidates = Vec::new();
        for record in people {
            candidates.push(self.candidate(record)?);
        }
        self.prefer_exact(people, &mut candidates)?;
        let is_known = |id: &str| people.iter().any(|record| record.id == id);
        for id in bound_people(self.presented, self.bound) {
            if !is_known(&id) {
                candidates.push(deleted(id));
            }
        }
        Ok(candidates)
    }

    /// Of several people with one name, the one with exactly this spelling is meant. Names are unique, but earlier versions
    /// stored some spellings of today's names as other ones.
    fn prefer_exact(&self, people: &[Record], candidates: &mut [Candidate]) -> Result<(), Error> {
        let mut exact = BTreeSet::new();
        for record in people {
            if record.user_name()? == self.presented.given_name {
                exact.insert(&record.id);
            }
        }
        for candidate in candidates {
            candidate.has_name &= exact.is_empty() || exact.contains(&candidate.id);
        }
        Ok(())
    }

    fn candidate(&self, record: &Record) -> Result<Candidate, Error> {
        let (presented, identity) = (self.presented, &record.identity);
        let name = USERS.compared(&record.user_name()?);
        // Proofs of earlier versions have the form that the key has still.
        let name_in_key = record.name_in_key(&USERS)?;
        let external_id = record.text(&USERS, "externalId")?.unwrap_or_default();
        let emails = record.emails()?;
        // An address that several people have means somebody only while it keeps out who has left.
        let is_shared = identity.email_shared && !record.is_out();
        let emails: Vec<_> = emails
            .iter()
            .filter(|email| !is_shared && Some(USERS.compared(&email.value)) == presented.email)
            .collect();
        let has_name = name == presented.name;
        let sought = presented.sought_external_id.as_deref();
        let has_external_id = sought == Some(external_id.as_str());
        // An ended person is also found by what applications and identity providers confuse.
        let is_confused = record.is_out() && Some(&name) == presented.email.as_ref();
        let proves = |kind, value: &str| identity.proves(&record.id, kind, value);
        let mut forms = std::iter::once(&name).chain(&name_in_key);
        let is_name_proven = forms.any(|name| proves(IdentifierKind::UserName, name));
        Ok(Candidate {
            id: record.id.clone(),
            is_live: !record.is_out(),
            is_pushed: !identity.is_unowned() && !identity.observed,
            has_name,
            has_external_id,
            has_email: !emails.is_empty() || is_confused,
            has_main_email: emails.iter().any(|email| email.is_main),
            is_in_reach: self.reaches(record),
            contradicts: self.contradicts(&external_id),
            bound: self.bound(record),
            is_protected: self.protects(record),
            is_blocked: identity.blocked_at.is_some(),
            is_proven: (has_name && is_name_proven)
                || (has_external_id && proves(IdentifierKind::ExternalId, &external_id)),
            may_be_rebound: self.is_window_open(),
            awaits_email: record.account.first_login_at.is_none() || identity.by_email,
        })
    }

    /// By name, a connection finds its own people, nobody's, those of a connection that is gone, and those of one that
    /// it replaces. A sign-in without a connection can be of any.
    fn reaches(&self, record: &Record) -> bool {
        let Some(named) = &self.presented.connection else {
            return true;
        };
        let speakers = match record.identity.owner_in_effect() {
            None if !self.protects(record) => Vec::new(),
            _ => speakers(record),
        };
        let stands = |speaker: &String| {
            let is_replaced = |connection: &Connection| connection.replaces.contains(speaker);
            named == speaker
                || self.connection.is_some_and(is_replaced)
                || self.gone.contains_key(speaker)
        };
        speakers.is_empty() || speakers.into_iter().any(stands)
    }

    fn protects(&self, record: &Record) -> bool {
        decide::is_protected(record, self.settings, self.mappings)
    }

    fn contradicts(&self, external_id: &str) -> bool {
        let is_unrelated = |connection: &Connection| connection.external_ids_unrelated;
        let presented = self.presented.external_id.as_deref().unwrap_or_default();
        !self.connection.is_some_and(is_unrelated) && contradict(external_id, presented)
    }

    fn is_window_open(&self) -> bool {
        let until = self
            .connection
            .and_then(|connection| connection.rebind_until);
        until.is_some_and(|until| until > now())
    }

    fn bound(&self, record: &Record) -> Bound {
        let bindings = record.identity.bindings.iter();
        // A binding from before the application named connections holds for those that may find the person by name.
        let counts = |connection: &str| connection != NO_CONNECTION || self.reaches(record);
        let bindings = bindings
            .filter(|(connection, _)| self.presented.concerns(connection) && counts(connection));
        let bindings: Vec<_> = bindings.collect();
        let agrees = |connection: &String| self.bound.people.get(connection) == Some(&record.id);
        let this = bindings.iter().find(|(connection, binding)| {
            self.presented.is_subject_of(binding) && agrees(connection)
        });
        if let Some((_, binding)) = this {
            return Bound::ToThis { firm: binding.firm };
        }
        let mut others = bindings
            .iter()
            .filter(|(_, binding)| !self.presented.is_subject_of(binding))
            .peekable();
        match others.peek() {
            None => Bound::No,
            Some(_) => Bound::ToAnother {
                firm: others.any(|(_, binding)| binding.firm),
            },
        }
    }
}

/// Returns the ids of the people whom the subject of a sign-in is bound to. A binding in the sign-in's connection goes
/// before one without a connection.
pub(super) fn bound_people(presented: &Presented, bound: &BoundPeople) -> BTreeSet<String> {
    let people = &bound.people;
    match &presented.connection {
        None => people.values().cloned().collect(),
        Some(named) => {
            let by_alias = || presented.alias.as_ref().and_then(|it| people.get(it));
            let one = people.get(named).or_else(by_alias);
            let one = one.or_else(|| people.get(NO_CONNECTION));
            one.cloned().into_iter().collect()
        }
    }
}

fn deleted(id: String) -> Candidate {
    Candidate {
        id,
        bound: Bound::ToThis { firm: true },
        ..Candidate::default()
    }
}
