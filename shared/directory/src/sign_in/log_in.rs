//! Logs a person in: the application passes the assertion's user and groups, and gets the role and a session.
//!
//! Stage 1, at every sign-in: the mapped groups of this tenant that a value of the `groups` claim matches (by
//! `displayName`, `externalId` or `id`), otherwise the memberships that were pushed. The setting `route_by` can limit
//! this to one of the two. Stage 2: the tenant's default role, at the first sign-in only, and only if there is no
//! manual grant.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rollcall_model::{EventType, Mappings, Role, Settings, USERS};
use rollcall_scim::{self as scim, Resource, fold};
use rollcall_store::{Error, Scope, Transaction, now, retry_stale, to_item};
use serde_json::json;

use crate::credentials::secret::Purpose;
use crate::journal::entry::Entry;
use crate::resources::handle::Resources;
use crate::resources::names::{check_user_name, no_name};
use crate::resources::record::Record;
use crate::resources::writes::{account_writes, committed, subject};
use crate::roles::decide::{self, Decided};
use crate::roles::person::{Person, person};
use crate::sign_in::assertion::Assertion;
use crate::sign_in::handle::SignIn;
use crate::sign_in::known_groups::MappedGroup;
use crate::sign_in::look_up::{LookedUp, name_key};
use crate::sign_in::recent::write_sign_in;
use crate::sign_in::sessions::{IssuedSession, SessionItem, open_session};

/// Entries in the lists of claimants that one sign-in changes. The other writes of the transaction need room too.
const MAX_CLAIMANT_WRITES: usize = 80;

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
    /// The person was deactivated.
    Inactive,
}

impl SignIn<'_> {
    /// Signs a person in, and creates the user if there is none yet.
    ///
    /// # Errors
    /// `invalidValue` for an assertion without a usable name; `404` when the tenant was deleted.
    pub async fn log_in(self, assertion: &Assertion) -> Result<SignInOutcome, Error> {
        if assertion.user_name.trim().is_empty() {
            return Err(no_name("user_name"));
        }
        retry_stale(|_| async move {
            let looked_up = self.look_up(assertion).await?;
            let person = self.read_person(assertion, &looked_up).await?;
            let Some((record, mut known)) = person else {
                self.create_person(assertion).await?;
                return Ok(None);
            };
            if record.inactive {
                return Ok(Some(SignInOutcome::Inactive));
            }
            let settings = &looked_up.tenant.settings;
            let needed = needed(&record, assertion, settings, &known.mapped()?);
            self.read_groups(&mut known, &needed).await?;
            let mapped = known.mapped()?;
            let signed_in = self.log_in_person(&record, assertion, &looked_up, &mapped);
            let accepted = |signed_in| SignInOutcome::Accepted(Box::new(signed_in));
            Ok(signed_in.await?.map(accepted))
        })
        .await
    }

    /// Creates the person of an assertion. Only a new name is checked, because earlier versions stored every name.
    async fn create_person(self, assertion: &Assertion) -> Result<(), Error> {
        check_user_name("user_name", &assertion.user_name)?;
        let mut body = json!({
            "schemas": [USERS.resource_type.schema.id],
            "userName": assertion.user_name,
            "externalId": assertion.external_id,
            "displayName": assertion.display_name,
        });
        if let Some(email) = &assertion.email {
            body["emails"] = json!([{"value": email, "primary": true}]);
        }
        let resource = Resource::parse(USERS.resource_type, body)?;
        let all = scim::Projection::all();
        let created = Resources::of(self.scope).create(&USERS, resource, &all);
        match created.await {
            // Another request has created the person, so the next turn finds them.
            Ok(_) | Err(Error::Scim(scim::Error::Uniqueness { .. })) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Signs in a person that was read. Returns `None` if the person has changed since then.
    async fn log_in_person(
        self,
        record: &Record,
        assertion: &Assertion,
        looked_up: &LookedUp,
        groups: &[MappedGroup],
    ) -> Result<Option<SignedIn>, Error> {
        let settings = &looked_up.tenant.settings;
        let roles = groups.iter().map(|group| (group.id.clone(), group.role));
        let mappings = roles.collect();
        let moment = (now(), self.scope.request_id.as_str());
        let (after, routing) = decide(record, assertion, settings, groups, &mappings, moment);
        let role = decide::effective_role(&after, settings, &mappings);
        let item = SessionItem::of_person(&record.id);
        let (session, mut transaction) = open_session(self.scope, Purpose::Session, &item)?;
        transaction.append(account_writes(self.scope, record, &after)?);
        write_claimants(self.scope, &mut transaction, record, &after)?;
        if let Some(name) = &looked_up.name
            && decide::is_by_membership(&after, settings.route_by)
        {
            let key = name_key(self.scope, assertion);
            name.write_after(&mut transaction, key, record, &mappings);
        }
        let entry = Entry::new(self.scope, EventType::AuthLogin, subject(&USERS, record)?);
        write_sign_in(
            self.scope,
            &mut transaction,
            &entry,
            assertion.groups.is_some(),
        )?;
        let claim = assertion.groups.as_ref().map(Vec::len);
        let told = json!({
            "role": role, "source": routing.source, "matched": routing.matched, "claim_values": claim,
        });
        let entry = entry.with_change(None, Some(told));
        transaction.put(entry.to_item(self.scope.keys())?);
        if !committed(self.scope, &transaction, &USERS).await? {
            return Ok(None);
        }
        Ok(Some(SignedIn {
            person: person(&after, role)?,
            role,
            routing,
            session,
        }))
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
    let claimed = claimed_groups(assertion, groups);
    decide::note_claim(&mut then, claimed, settings.route_by);
    decide::selected(&then, settings.route_by)
}

/// Returns the person after the sign-in, and what decided the role. Pure.
fn decide(
    record: &Record,
    assertion: &Assertion,
    settings: &Settings,
    groups: &[MappedGroup],
    mappings: &Mappings,
    now: (Timestamp, &str),
) -> (Record, Routing) {
    let mut after = record.clone();
    after.revision += 1;
    decide::note_claim(
        &mut after,
        claimed_groups(assertion, groups),
        settings.route_by,
    );
    let by = |source: &str| Routing {
        source: source.to_owned(),
        matched: Vec::new(),
    };
    let routing = match decide::sign_in(&mut after, settings, mappings, now) {
        Decided::Groups(routed) => by_groups(&routed, groups),
        Decided::Default => by("sso-config-default"),
        Decided::Existing => by("existing-grants"),
    };
    (after, routing)
}

/// Returns the ids of the mapped groups that the claim names.
fn claimed_groups(assertion: &Assertion, groups: &[MappedGroup]) -> BTreeSet<String> {
    let claims = assertion.groups.as_deref().unwrap_or_default();
    let exact: BTreeSet<&str> = claims.iter().map(String::as_str).collect();
    let folded: BTreeSet<String> = claims.iter().map(|claim| fold(claim)).collect();
    groups
        .iter()
        .filter(|group| {
            folded.contains(&fold(&group.name))
                || exact.contains(group.id.as_str())
                || group
                    .external_id
                    .as_deref()
                    .is_some_and(|id| exact.contains(id))
        })
        .map(|group| group.id.clone())
        .collect()
}

fn by_groups(routed: &Mappings, groups: &[MappedGroup]) -> Routing {
    let mut counted: Vec<&MappedGroup> = groups
        .iter()
        .filter(|group| routed.contains_key(&group.id))
        .collect();
    counted.sort_by(|a, b| b.role.cmp(&a.role).then_with(|| a.name.cmp(&b.name)));
    let winner = counted
        .first()
        .map(|group| group.name.as_str())
        .unwrap_or_default();
    Routing {
        source: format!("scim-group:{winner}"),
        matched: counted.iter().map(|group| group.name.clone()).collect(),
    }
}
