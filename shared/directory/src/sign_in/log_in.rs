//! Logs a person in: the application passes the assertion's user and groups, and gets the role and a session.
//!
//! Stage 1, at every sign-in: the mapped groups of this tenant that a value of the `groups` claim matches (by
//! `displayName`, `externalId` or `id`, or by `externalId` alone if the tenant wants that), otherwise the memberships that were pushed. The setting `route_by` can limit
//! this to one of the two. Stage 2: the tenant's default role, at the first sign-in only, and only if there is no
//! manual grant.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rollcall_model::{ClaimMatch, EventType, Mappings, Role, Settings, USERS, new_id};
use rollcall_scim::{self as scim, lower};
use rollcall_store::{Error, Scope, Transaction, now, retry_stale, to_item};
use serde_json::json;

use crate::credentials::secret::Purpose;
use crate::journal::entry::Entry;
use crate::resources::create::ceiling_reached;
use crate::resources::names::no_name;
use crate::resources::record::Record;
use crate::resources::writes::{committed, subject};
use crate::roles::decide::{self as roles, Decided};
use crate::roles::person::{Person, person};
use crate::sign_in::admission::Admission;
use crate::sign_in::assertion::Assertion;
use crate::sign_in::candidates::{Facts, terms};
use crate::sign_in::decide::{self, Candidate, Outcome, Refusal, Refused, Terms};
use crate::sign_in::handle::SignIn;
use crate::sign_in::known_groups::{KnownGroups, MappedGroup};
use crate::sign_in::look_up::LookedUp;
use crate::sign_in::presented::Presented;
use crate::sign_in::reach::{GoneOwners, check_reach};
use crate::sign_in::recent::write_sign_in;
use crate::sign_in::sessions::{IssuedSession, SessionItem, open_session};

/// Entries in the lists of claimants that one sign-in changes. The other writes of the transaction need room too.
const MAX_CLAIMANT_WRITES: usize = 65;

/// What decided the role of a sign-in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Routing {
    /// `scim-group:<name>`, `sso-config-default` or `existing-grants`.
    pub source: String,
    /// The names of the mapped groups that counted.
    pub matched: Vec<String>,
}

/// A sign-in that was accepted.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The person.
    pub person: Person,
    /// The effective role.
    pub role: Option<Role>,
    /// What decided the role.
    pub routing: Routing,
    /// The person's new session.
    pub session: IssuedSession,
}

/// The outcome of a sign-in.
#[derive(Clone, Debug)]
pub enum SignInOutcome {
    /// The person is signed in.
    Accepted(Box<SignedIn>),
    /// The sign-in is refused.
    Refused(Refusal),
}

impl SignIn<'_> {
    /// Signs a person in, and creates the user if the sign-in can mean nobody else.
    ///
    /// # Errors
    /// `invalidValue` for an assertion without a usable name; `404` when the tenant was deleted or is being deleted.
    pub async fn log_in(self, assertion: &Assertion) -> Result<SignInOutcome, Error> {
        if assertion.user_name.trim().is_empty() {
            return Err(no_name("user_name"));
        }
        let presented = &Presented::of(assertion);
        let newcomer = &new_id();
        retry_stale(|_| async move {
            let mut looked_up = self.look_up(assertion, presented).await?;
            let named = looked_up.by_alias.as_ref();
            let presented = &match named {
                Some(id) => presented.of_connection(id),
                None => presented.clone(),
            };
            let (mut people, mut known) = self.read_people(presented, &mut looked_up).await?;
            let presented = &presented.meaning(looked_up.connection.as_ref());
            let looked_up = &looked_up;
            let (outcome, gone) = self
                .decide(assertion, presented, looked_up, &mut people, &mut known)
                .await?;
            let admission = match outcome {
                Outcome::Refused(mut refused) => {
                    let refusal = refused.refusal;
                    if refusal == Refusal::Inactive {
                        refused.add(&looked_up.deleted);
                    }
                    if self.note_refusal(&refused, presented, &people).await? {
                        self.watch_subjects(refusal, presented).await?;
                    }
                    return Ok(Some(SignInOutcome::Refused(refusal)));
                }
                Outcome::NewPerson if looked_up.tenant.at_ceiling.people => {
                    return Err(ceiling_reached("people"));
                }
                Outcome::NewPerson => {
                    Admission::of_newcomer(newcomer.clone(), assertion, presented, looked_up)?
                }
                Outcome::Found(found) => {
                    let Some(before) = people.iter().find(|one| one.id == found.person) else {
                        return Ok(None);
                    };
                    Admission::of(&found, before, presented, looked_up)?
                }
            };
            let signed_in = self.admit(&admission, assertion, looked_up, &gone, &mut known);
            let accepted = |signed_in| SignInOutcome::Accepted(Box::new(signed_in));
            Ok(signed_in.await?.map(accepted))
        })
        .await
    }

    /// Decides whom the sign-in means. Adds the people with its external id or e-mail address to those who were read, if
    /// these can change the decision.
    async fn decide(
        self,
        assertion: &Assertion,
        presented: &Presented,
        looked_up: &LookedUp,
        people: &mut Vec<Record>,
        known: &mut KnownGroups,
    ) -> Result<(Outcome, GoneOwners), Error> {
        let settings = &looked_up.tenant.settings;
        let was_deleted = !looked_up.deleted.is_empty();
        let terms = terms(presented, settings, assertion.email_verified, was_deleted);
        let (candidates, gone) = self.candidates(presented, looked_up, people, known).await?;
        let seeks = presented.sought_external_id.is_some();
        if decide::is_settled(&terms, seeks, &candidates) {
            return Ok((decided(&terms, &candidates, people), gone));
        }
        if !self.read_others(presented, people).await? {
            return Ok((Outcome::Refused(Refused::ambiguous()), gone));
        }
        let (candidates, gone) = self.candidates(presented, looked_up, people, known).await?;
        Ok((decided(&terms, &candidates, people), gone))
    }

    async fn candidates(
        self,
        presented: &Presented,
        looked_up: &LookedUp,
        people: &[Record],
        known: &mut KnownGroups,
    ) -> Result<(Vec<Candidate>, GoneOwners), Error> {
        let settings = &looked_up.tenant.settings;
        let protected = people
            .iter()
            .filter(|one| roles::may_be_protected(one, settings));
        let groups: BTreeSet<String> = protected.flat_map(roles::role_groups).collect();
        self.read_groups(known, &groups).await?;
        let connection = looked_up.connection.as_ref();
        let gone = self.gone_owners(presented, connection, settings, people);
        let gone = gone.await?;
        let facts = Facts {
            presented,
            connection,
            settings,
            gone: &gone,
            bound: &looked_up.bound,
            mappings: &known.roles(),
        };
        Ok((facts.candidates(people)?, gone))
    }

    /// Signs in a person. Returns `None` if what was read has changed since then.
    async fn admit(
        self,
        admission: &Admission<'_>,
        assertion: &Assertion,
        looked_up: &LookedUp,
        gone: &GoneOwners,
        known: &mut KnownGroups,
    ) -> Result<Option<SignedIn>, Error> {
        let (record, settings) = (&admission.record, &looked_up.tenant.settings);
        let needed = needed(record, assertion, settings, &known.mapped()?);
        self.read_groups(known, &needed).await?;
        let groups = &known.mapped()?;
        let mappings = groups
            .iter()
            .map(|group| (group.id.clone(), group.roles.clone()));
        let mappings = mappings.collect();
        let moment = (now(), self.scope.request_id.as_str());
        let (mut after, routing) = route(record, assertion, settings, groups, &mappings, moment);
        after.revision = admission.revision();
        let held = roles::effective_roles(&after, settings, &mappings);
        let role = held.first().copied();
        let limits = self.scope.session_bounds.limits(settings);
        let item = SessionItem::of_person(&after, limits);
        let (session, mut transaction) = open_session(self.scope, Purpose::Session, &item)?;
        transaction.append(admission.writes(self.scope, &after)?);
        admission
            .forget_replaced(self.scope, &mut transaction)
            .await?;
        write_claimants(self.scope, &mut transaction, record, &after)?;
        let (presented, connection) = (admission.presented, looked_up.connection.as_ref());
        check_reach(
            self.scope,
            &mut transaction,
            presented,
            connection,
            gone,
            record,
        );
        if let Some(name) = looked_up.name.as_ref().filter(|name| name.id == after.id)
            && roles::is_by_membership(&after, settings.route_by)
        {
            name.write_after(&mut transaction, record, &mappings);
        }
        let entry = Entry::new(self.scope, EventType::AuthLogin, subject(&USERS, record)?);
        let has_claim = assertion.groups.is_some();
        write_sign_in(self.scope, &mut transaction, &entry, presented, has_claim)?;
        let claim = assertion.groups.as_ref().map(Vec::len);
        let told = json!({
            "role": role, "roles": held, "source": routing.source, "matched": routing.matched, "claim_values": claim,
        });
        let entry = entry.with_change(None, Some(told));
        transaction.put(entry.to_item(self.scope.keys())?);
        match committed(self.scope, &transaction, &USERS).await {
            Ok(true) => {}
            // Another request has just created the person.
            Ok(false) | Err(Error::Scim(scim::Error::Uniqueness { .. })) => return Ok(None),
            Err(error) => return Err(error),
        }
        Ok(Some(SignedIn {
            person: person(&after, held)?,
            role,
            routing,
            session,
        }))
    }
}

/// Decides whom the sign-in means. Somebody whom only a connection has sent that is observed is let in as whoever signs up
/// is, and not otherwise. Pure.
fn decided(terms: &Terms, candidates: &[Candidate], people: &[Record]) -> Outcome {
    let outcome = decide::decide(terms, candidates);
    let is_there = |id: &str| !people.iter().any(|it| it.id == id && it.is_only_observed());
    let Outcome::Found(found) = &outcome else {
        return outcome;
    };
    if is_there(&found.person) {
        return outcome;
    }
    let others = candidates.iter().filter(|one| is_there(&one.id));
    let others: Vec<Candidate> = others.cloned().collect();
    match decide::decide(terms, &others) {
        Outcome::NewPerson => outcome,
        otherwise => otherwise,
    }
}

/// Updates the lists of claimants: a change of a group's mapping finds people who are not members through them.
fn write_claimants(
    scope: &Scope,
    transaction: &mut Transaction,
    before: &Record,
    after: &Record,
) -> Result<(), Error> {
    let claimed = |record: &Record| match &record.account.claim {
        Some(claimed) => claimed.groups.clone(),
        None => BTreeSet::new(),
    };
    let (old, new) = (claimed(before), claimed(after));
    let come = new.difference(&old).map(|group| (group, true));
    let gone = old.difference(&new).map(|group| (group, false));
    // The full pass covers the groups that do not fit one transaction.
    for (group, is_claimed) in come.chain(gone).take(MAX_CLAIMANT_WRITES) {
        let key = scope.keys().claimants(group).at(&after.id);
        match is_claimed {
            true => transaction.put(to_item(&key, &json!({}))?),
            false => transaction.delete(key),
        }
    }
    Ok(())
}

/// Returns the groups whose mappings decide the sign-in, if the claim names these groups. Pure.
fn needed(
    record: &Record,
    assertion: &Assertion,
    settings: &Settings,
    groups: &[MappedGroup],
) -> BTreeSet<String> {
    let mut then = record.clone();
    let claimed = claimed_groups(assertion, settings.claim_match, groups);
    roles::note_claim(&mut then, claimed, settings.route_by);
    roles::selected(&then, settings.route_by)
}

/// Returns the person with the role after the sign-in, and what decided it. Pure.
fn route(
    record: &Record,
    assertion: &Assertion,
    settings: &Settings,
    groups: &[MappedGroup],
    mappings: &Mappings,
    now: (Timestamp, &str),
) -> (Record, Routing) {
    let mut after = record.clone();
    roles::note_claim(
        &mut after,
        claimed_groups(assertion, settings.claim_match, groups),
        settings.route_by,
    );
    let by = |source: &str| Routing {
        source: source.to_owned(),
        matched: Vec::new(),
    };
    let routing = match roles::sign_in(&mut after, settings, mappings, now) {
        Decided::Groups(routed) => by_groups(&routed, groups),
        Decided::Default => by("sso-config-default"),
        Decided::Existing => by("existing-grants"),
    };
    (after, routing)
}

/// Returns the ids of the mapped groups that the claim names.
fn claimed_groups(
    assertion: &Assertion,
    by: ClaimMatch,
    groups: &[MappedGroup],
) -> BTreeSet<String> {
    let claims = assertion.groups.as_deref().unwrap_or_default();
    let exact: BTreeSet<&str> = claims.iter().map(String::as_str).collect();
    let names: BTreeSet<String> = claims.iter().map(|claim| lower(claim)).collect();
    let is_named = |group: &&MappedGroup| {
        let external_id = group.external_id.as_deref();
        let by_external_id = external_id.is_some_and(|id| exact.contains(id));
        by_external_id
            || by == ClaimMatch::Any
                && (names.contains(&lower(&group.name)) || exact.contains(group.id.as_str()))
    };
    let named = groups.iter().filter(|group| !group.is_observed);
    let named = named.filter(is_named);
    named.map(|group| group.id.clone()).collect()
}

fn by_groups(routed: &Mappings, groups: &[MappedGroup]) -> Routing {
    let mut counted: Vec<&MappedGroup> = groups
        .iter()
        .filter(|group| routed.contains_key(&group.id))
        .collect();
    counted.sort_by(|a, b| {
        b.roles
            .last()
            .cmp(&a.roles.last())
            .then_with(|| a.name.cmp(&b.name))
    });
    let winner = counted
        .first()
        .map(|group| group.name.as_str())
        .unwrap_or_default();
    Routing {
        source: format!("scim-group:{winner}"),
        matched: counted.iter().map(|group| group.name.clone()).collect(),
    }
}
