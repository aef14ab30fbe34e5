//! The data that decides roles, read once for many people.

use rollcall_model::{Catalogue, Grant, Mappings, Role, Settings, USERS};
use rollcall_store::{Error, Scope, TenantItem};

use crate::resources::record::Record;
use crate::roles::decide;
use crate::roles::explain::Source;
use crate::roles::handle::Roles;
use crate::roles::mappings::by_group;
use crate::roles::person::{Person, person};

/// The settings and mappings that decide roles.
#[derive(Clone, Debug)]
pub struct RoleContext {
    settings: Settings,
    mappings: Mappings,
}

impl RoleContext {
    /// Returns the tenant's roles.
    pub fn catalogue(&self) -> &Catalogue {
        &self.settings.roles
    }

    /// Returns a person's effective role.
    pub fn role(&self, record: &Record) -> Option<Role> {
        decide::effective_role(record, &self.settings, &self.mappings)
    }

    /// Returns a person's effective roles, highest first.
    pub(crate) fn roles(&self, record: &Record) -> Vec<Role> {
        decide::effective_roles(record, &self.settings, &self.mappings)
    }

    /// Returns every role that a person was given, with what gave it: mapped ones first. What was given by hand stays with
    /// somebody who is inactive, but has no effect.
    pub fn sources(&self, record: &Record) -> Vec<(Role, Source)> {
        let mapped = decide::mapped(record, &self.settings, &self.mappings);
        let mapped = mapped.into_iter().flat_map(|(group, roles)| {
            let of = move |role| {
                let group = group.clone();
                (role, Source::Mapped { group })
            };
            roles.into_iter().rev().map(of)
        });
        let catalogue = &self.settings.roles;
        let given = |grant: &Option<Grant>, source: Source| {
            let roles = grant.iter().flat_map(Grant::roles);
            let roles = roles.filter_map(|id| catalogue.role(id));
            roles.map(|role| (role, source.clone())).collect::<Vec<_>>()
        };
        mapped
            .chain(given(&record.account.manual, Source::Manual))
            .chain(given(&record.account.default, Source::Default))
            .collect()
    }

    /// Returns a person as lists show them.
    ///
    /// # Errors
    /// When the stored document is not JSON.
    pub fn person(&self, record: &Record) -> Result<Person, Error> {
        let roles = decide::effective_roles(record, &self.settings, &self.mappings);
        person(record, roles)
    }
}

impl Roles<'_> {
    /// Reads the settings and mappings that decide everybody's role.
    ///
    /// # Errors
    /// `404` when the tenant was deleted.
    pub async fn context(self) -> Result<RoleContext, Error> {
        let settings = self.scope.settings().await?;
        Ok(RoleContext {
            mappings: by_group(&self.mappings().await?, &settings.roles),
            settings,
        })
    }

    /// Reads a person and the tenant in one call. Returns `None` if either does not exist.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn person_and_tenant(
        self,
        user: &str,
    ) -> Result<Option<(Record, TenantItem)>, Error> {
        person_and_tenant(self.scope, user).await
    }
}

/// Reads a person and the tenant in one call. Returns `None` if either does not exist.
pub(crate) async fn person_and_tenant(
    scope: &Scope,
    user: &str,
) -> Result<Option<(Record, TenantItem)>, Error> {
    let (person, tenant) = (scope.keys().resource(&USERS, user), scope.keys().tenant());
    let mut found = scope.table.find([person.clone(), tenant.clone()]).await?;
    let record = found.take(&person).map(Record::from_item).transpose()?;
    let tenant = found.take(&tenant).map(TenantItem::from_item).transpose()?;
    Ok(record.zip(tenant))
}
