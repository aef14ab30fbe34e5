//! People as an admin sees them: their state, their role, and the roles given by hand.

use rollcall_scim::{self as scim, Resource};
use serde_json::{Value, json};

use crate::error::Error;
use crate::journal::entry::{Entry, Subject};
use crate::model::kind::USERS;
use crate::model::role::Role;
use crate::resources::record::{Record, now};
use crate::resources::writes::{State, subject};
use crate::roles::decide::{Held, PersonState};
use crate::roles::explain::{PersonRole, person_role};
use crate::sign_in::sessions::user_name;
use crate::store::item::{from_item, string};
use crate::store::transaction::{Expression, Guard, Transaction};
use crate::tenant::{Tenant, TenantItem};

/// How often a write starts over before the table counts as busy.
const MAX_TURNS: usize = 20;

/// One person in a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Person {
    /// The user's id.
    pub id: String,
    /// `userName`.
    pub user_name: String,
    /// `displayName`.
    pub display_name: Option<String>,
    /// `externalId`: the identity provider's own id.
    pub external_id: Option<String>,
    /// The primary mail address, or else the first.
    pub email: Option<String>,
    /// Active, invited or inactive.
    pub state: PersonState,
    /// The role that counts.
    pub role: Option<Role>,
    /// When the person was made known.
    pub created_at: jiff::Timestamp,
    /// The last sign-in.
    pub last_login_at: Option<jiff::Timestamp>,
}

impl Record {
    /// Whether the person is an owner who may act as one.
    pub(crate) fn is_active_owner(&self) -> bool {
        !self.inactive
            && self
                .standing
                .manual
                .as_ref()
                .is_some_and(|held| held.role == Role::Owner)
    }

    /// The groups on which the person's roles can hang.
    pub(crate) fn role_groups(&self) -> std::collections::BTreeSet<String> {
        let claimed = self
            .standing
            .claim
            .iter()
            .flat_map(|claimed| claimed.groups.iter().cloned());
        self.groups.iter().cloned().chain(claimed).collect()
    }
}

impl Tenant {
    pub(crate) fn own_subject(&self) -> Subject {
        Subject {
            kind: "tenant".into(),
            id: self.id.to_string(),
            name: self.id.to_string(),
        }
    }

    /// The person and the tenant in one call.
    pub(crate) async fn person_and_tenant(
        &self,
        user: &str,
    ) -> Result<Option<(Record, TenantItem)>, Error> {
        let user_key = self.id.resource(&USERS, user);
        let (mut record, mut tenant) = (None, None);
        for item in self
            .table
            .batch_get([user_key, self.id.tenant_key()])
            .await?
        {
            if item.get("SK") == Some(&string(user)) {
                record = Some(Record::from_item(item)?);
            } else {
                tenant = Some(from_item(item)?);
            }
        }
        Ok(record.zip(tenant))
    }

    /// The write of a person whose standing changes while the document does not.
    pub(crate) fn person_write(
        &self,
        before: &Record,
        after: &Record,
    ) -> Result<Transaction, Error> {
        let mut transaction = Transaction::default();
        let unchanged = Expression::at_revision(before.revision);
        transaction.put_if(after.to_item(&self.id, &USERS)?, unchanged, Guard::Stale);
        self.write_owners(&mut transaction, Some(before), Some(after));
        Ok(transaction)
    }

    /// Keeps the list of active owners, and the last of them on it.
    pub(crate) fn write_owners(
        &self,
        transaction: &mut Transaction,
        before: Option<&Record>,
        after: Option<&Record>,
    ) {
        let owns = |record: Option<&Record>| record.is_some_and(Record::is_active_owner);
        let Some(id) = after.or(before).map(|record| &record.id) else {
            return;
        };
        let ids = aws_sdk_dynamodb::types::AttributeValue::Ss(vec![id.clone()]);
        match (owns(before), owns(after)) {
            (false, true) => {
                transaction.update(
                    self.id.owners(),
                    Expression::new("ADD active_ids :ids").with(":ids", ids),
                );
            }
            (true, false) => transaction.update_if(
                self.id.owners(),
                Expression::new("DELETE active_ids :ids").with(":ids", ids),
                Expression::new("size(active_ids) > :one")
                    .with(":one", crate::store::item::number(1)),
                Guard::LastOwner,
            ),
            _ => {}
        }
    }

    /// The person's role and why.
    ///
    /// # Errors
    /// `404` when there is no such person.
    pub async fn person_role(&self, user: &str) -> Result<PersonRole, Error> {
        let record = self.record(&USERS, user).await?;
        let settings = self.settings().await?;
        let mappings = self.mappings_of(&record.role_groups()).await?;
        let groups = mappings.iter().map(|mapping| mapping.group.as_str());
        let joined = self.joined(&groups.collect(), user).await?;
        Ok(person_role(&record, &settings, &mappings, &joined))
    }

    /// Gives a role by hand, or takes it away. Nobody gives or takes a role above the `giver`'s own.
    ///
    /// # Errors
    /// `404` when there is no such person; `403` for a role above the giver's, and for the last owner.
    pub async fn give_role(
        &self,
        user: &str,
        role: Option<Role>,
        giver: Role,
    ) -> Result<(), Error> {
        for _ in 0..MAX_TURNS {
            let record = self.record(&USERS, user).await?;
            let held = record.standing.manual.as_ref().map(|held| held.role);
            if held == role {
                return Ok(());
            }
            if let Some(above) = held.max(role).filter(|role| *role > giver) {
                return Err(above_giver(above));
            }
            let mut after = record.clone();
            after.revision += 1;
            after.standing.manual = role.map(|role| Held {
                role,
                since: now(),
                request_id: Some(self.request_id.clone()),
            });
            let mut transaction = self.person_write(&record, &after)?;
            let told = |record: &Record| {
                json!({"role_id": record.standing.manual.as_ref().map(|held| held.role)})
                    .to_string()
            };
            let entry = self.entry(
                "user.role_given",
                subject(&USERS, &State::of(&USERS, &record)?),
            );
            let entry = Entry {
                before: Some(told(&record)),
                after: Some(told(&after)),
                ..entry
            };
            transaction.put(entry.to_item(&self.id)?);
            if self.committed(&transaction, &USERS).await? {
                return Ok(());
            }
        }
        Err(Error::Busy(None))
    }
}

fn above_giver(role: Role) -> Error {
    let detail = format!("only an `{role}` can give or take the role `{role}`, ask one to do it");
    Error::Scim(scim::Error::Forbidden(detail))
}

pub(crate) fn last_owner() -> Error {
    let detail = "the last active owner cannot be deactivated, deleted or demoted, make somebody else an owner first";
    Error::Scim(scim::Error::Forbidden(detail.to_owned()))
}

/// A person as a list shows them.
pub(crate) fn person(record: &Record, role: Option<Role>) -> Result<Person, Error> {
    let resource = record.resource(&USERS)?;
    let text = |name: &str| {
        resource
            .get(name)
            .and_then(Value::as_str)
            .map(str::to_owned)
    };
    Ok(Person {
        id: record.id.clone(),
        user_name: user_name(record)?,
        display_name: text("displayName"),
        external_id: text("externalId"),
        email: email(&resource),
        state: record.state(),
        role,
        created_at: record.created,
        last_login_at: record.standing.last_login_at,
    })
}

/// The address marked as primary, or else the first.
fn email(resource: &Resource) -> Option<String> {
    let emails = resource.get("emails")?.as_array()?;
    let primary = emails.iter().find(|email| email["primary"] == true);
    let address = &primary.or(emails.first())?["value"];
    address.as_str().map(str::to_owned)
}
