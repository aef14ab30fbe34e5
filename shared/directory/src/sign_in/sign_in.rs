//! SSO sign-in: the application hands over the assertion's user and groups, and learns the role.
//!
//! Stage 1, on every sign-in: values of the `groups` claim that match pushed and mapped groups of this tenant (by
//! name, external id or id), or else the memberships that were pushed. Stage 2: the tenant's default role, on the
//! first sign-in only, and never over another grant.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rollcall_scim::{self as scim, Resource, fold};
use serde_json::{Value, json};

use crate::credentials::secret::Purpose;
use crate::error::Error;
use crate::journal::entry::Entry;
use crate::model::kind::{GROUPS, USERS};
use crate::model::role::{Mappings, Role};
use crate::resources::record::{Record, now};
use crate::resources::writes::{Pointer, State, subject};
use crate::roles::decide::Decided;
use crate::roles::mappings::by_group;
use crate::roles::person::{Person, person};
use crate::sign_in::sessions::{IssuedSession, SESSION_LIFE, SessionItem};
use crate::store::item::{from_item, to_item};
use crate::store::transaction::Transaction;
use crate::tenant::{Settings, Tenant};

/// Groups of one claim that are listed; the rest of the transaction needs room too.
const MAX_CLAIMANT_WRITES: usize = 80;

/// What an assertion says.
#[derive(Clone, Debug, Default)]
pub struct Assertion {
    /// The subject's name, matched with `userName`.
    pub user_name: String,
    /// The IdP's id of the person, matched with `externalId` when the name is unknown.
    pub external_id: Option<String>,
    /// For people who are created by this sign-in.
    pub display_name: Option<String>,
    /// For people who are created by this sign-in.
    pub email: Option<String>,
    /// The `groups` claim; none when the assertion has no such claim.
    pub groups: Option<Vec<String>>,
}

/// What decided the role of a sign-in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Routing {
    /// `scim-group:<name>`, `sso-config-default` or `existing-grants`.
    pub source: String,
    /// The names of the mapped groups that counted.
    pub matched: Vec<String>,
}

/// A sign-in that was let in.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The person.
    pub person: Person,
    /// The role that counts.
    pub role: Option<Role>,
    /// Why.
    pub routing: Routing,
    /// Their session.
    pub session: IssuedSession,
}

/// The outcome of a sign-in.
#[derive(Clone, Debug)]
pub enum SignIn {
    /// They are in.
    Accepted(Box<SignedIn>),
    /// The person was deactivated.
    Inactive,
}

/// A mapped group as a sign-in matches it.
struct MappedGroup {
    id: String,
    name: String,
    external_id: Option<String>,
    role: Role,
}

impl Tenant {
    /// Signs a person in; one that was never pushed is created.
    ///
    /// # Errors
    /// `invalidValue` for an assertion without a usable name.
    pub async fn sign_in(&self, assertion: &Assertion) -> Result<SignIn, Error> {
        if assertion.user_name.trim().is_empty() {
            return Err(
                scim::Error::InvalidValue("`user_name` must not be empty".to_owned()).into(),
            );
        }
        let settings = self.settings().await?;
        let groups = self.mapped_groups().await?;
        for _ in 0..20 {
            let Some(record) = self.person_of(assertion).await? else {
                self.create_person(assertion).await?;
                continue;
            };
            if record.inactive {
                return Ok(SignIn::Inactive);
            }
            if let Some(signed_in) = self
                .sign_in_person(&record, assertion, &settings, &groups)
                .await?
            {
                return Ok(SignIn::Accepted(Box::new(signed_in)));
            }
        }
        Err(Error::Busy(None))
    }

    async fn person_of(&self, assertion: &Assertion) -> Result<Option<Record>, Error> {
        let name = self
            .table
            .get(&self.id.name(&USERS, &fold(&assertion.user_name)))
            .await?;
        let id = match name {
            Some(item) => Some(from_item::<Pointer>(item)?.id),
            None => match &assertion.external_id {
                Some(external_id) => self.only_user_with(external_id).await?,
                None => None,
            },
        };
        match id {
            Some(id) => Ok(self.records(&USERS, &[id]).await?.pop()),
            None => Ok(None),
        }
    }

    /// An external id names a person only when it names one alone.
    async fn only_user_with(&self, external_id: &str) -> Result<Option<String>, Error> {
        let access = crate::resources::query_plan::Access::Lookup("X", external_id.to_owned());
        let mut ids = self.candidates(&USERS, &access).await?;
        Ok(if ids.len() == 1 {
            ids.pop_first()
        } else {
            None
        })
    }

    async fn create_person(&self, assertion: &Assertion) -> Result<(), Error> {
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
        match self
            .create(&USERS, resource, &scim::Projection::all())
            .await
        {
            // Somebody else created them meanwhile: just as well.
            Ok(_) | Err(Error::Scim(scim::Error::Uniqueness { .. })) => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn mapped_groups(&self) -> Result<Vec<MappedGroup>, Error> {
        let mappings = by_group(&self.mappings().await?);
        let groups = self
            .live_groups(&mappings.keys().cloned().collect())
            .await?;
        let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
        let mapped = |(id, group): (String, Record)| {
            let resource = group.resource(&GROUPS)?;
            let role = mappings.get(&id).copied().unwrap_or(Role::Viewer);
            let name = text(resource.get("displayName")).unwrap_or_default();
            Ok(MappedGroup {
                id,
                name,
                external_id: text(resource.get("externalId")),
                role,
            })
        };
        groups.into_iter().map(mapped).collect()
    }

    /// `None` when the person changed under our eyes.
    async fn sign_in_person(
        &self,
        record: &Record,
        assertion: &Assertion,
        settings: &Settings,
        groups: &[MappedGroup],
    ) -> Result<Option<SignedIn>, Error> {
        let at = now();
        let mappings = groups
            .iter()
            .map(|group| (group.id.clone(), group.role))
            .collect();
        let (after, routing) = decide(
            record,
            assertion,
            settings,
            groups,
            &mappings,
            (at, &self.request_id),
        );
        let role = after.effective_role(settings, &mappings);
        let item = SessionItem::new(Some(record.id.clone()), None, SESSION_LIFE);
        let (session, mut transaction) = self.open_session(Purpose::Session, &item)?;
        transaction.append(self.person_write(record, &after)?);
        self.write_claimants(&mut transaction, record, &after)?;
        let entry = self.entry("auth.login", subject(&USERS, &State::of(&USERS, record)?));
        self.write_sign_in(&mut transaction, &entry, assertion.groups.is_some())?;
        let claim = assertion.groups.as_ref().map(Vec::len);
        let told = json!({
            "role": role, "source": routing.source, "matched": routing.matched, "claim_values": claim,
        });
        transaction.put(
            Entry {
                after: Some(told.to_string()),
                ..entry
            }
            .to_item(&self.id)?,
        );
        if !self.committed(&transaction, &USERS).await? {
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

impl Tenant {
    /// Keeps the list of who claims a group, by which a change of its mapping finds people who are no members.
    fn write_claimants(
        &self,
        transaction: &mut Transaction,
        before: &Record,
        after: &Record,
    ) -> Result<(), Error> {
        let claimed = |record: &Record| match &record.standing.claim {
            Some(claimed) => claimed.groups.clone(),
            None => BTreeSet::new(),
        };
        let (old, new) = (claimed(before), claimed(after));
        let come = new.difference(&old).map(|group| (group, true));
        let gone = old.difference(&new).map(|group| (group, false));
        // More than fit one transaction are left to the full pass.
        for (group, is_claimed) in come.chain(gone).take(MAX_CLAIMANT_WRITES) {
            let key = self.id.claimants(group).at(&after.id);
            match is_claimed {
                true => transaction.put(to_item(&key, &json!({}))?),
                false => transaction.delete(key),
            }
        }
        Ok(())
    }
}

/// The person after the sign-in, and why they have the role. Pure.
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
    after.note_claim(claimed_groups(assertion, groups), settings.route_by);
    let by = |source: &str| Routing {
        source: source.to_owned(),
        matched: Vec::new(),
    };
    let routing = match after.sign_in(settings, mappings, now) {
        Decided::Groups(routed) => by_groups(&routed, groups),
        Decided::Default => by("sso-config-default"),
        Decided::Existing => by("existing-grants"),
    };
    (after, routing)
}

/// The ids of the mapped groups that the claim names.
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
