//! What a change of a person leads to, told without a read after it: what decides their roles beside their own record is read
//! before. So a read that fails fails the request while nothing is changed yet.

use std::collections::BTreeSet;

use rollcall_model::{Settings, USERS};
use rollcall_store::Error;

use crate::resources::handle::{Members, Resources};
use crate::resources::members::Joined;
use crate::roles::decide;
use crate::roles::explain::{PersonRole, person_role};
use crate::roles::handle::Roles;
use crate::roles::mappings::{Mapping, by_group};
use crate::roles::person::{ChangedPerson, Person, person};

/// What decides the roles of a person beside their own record.
#[derive(Clone, Debug)]
pub struct Outlook {
    settings: Settings,
    mappings: Vec<Mapping>,
}

impl Outlook {
    /// Returns the person after a change, as lists show them.
    ///
    /// # Errors
    /// When the stored document is not JSON.
    pub fn person(&self, changed: &ChangedPerson) -> Result<Person, Error> {
        let mappings = by_group(&self.mappings, &self.settings.roles);
        let roles = decide::effective_roles(&changed.0, &self.settings, &mappings);
        person(&changed.0, roles)
    }
}

/// What a person's role is told from beside their own record.
#[derive(Clone, Debug)]
pub struct RoleOutlook {
    outlook: Outlook,
    joined: Joined,
}

impl RoleOutlook {
    /// Returns the person's role after a change, and every grant behind it.
    pub fn role(&self, changed: &ChangedPerson) -> PersonRole {
        let Outlook { settings, mappings } = &self.outlook;
        person_role(&changed.0, settings, mappings, &self.joined)
    }
}

impl Roles<'_> {
    /// Reads what decides the roles of a person, before a change that does not concern their groups.
    ///
    /// # Errors
    /// `404` when the person does not exist.
    pub async fn outlook(self, user: &str) -> Result<Outlook, Error> {
        let record = Resources::of(self.scope).record(&USERS, user).await?;
        let settings = self.scope.settings().await?;
        let mappings = self.mappings_of(&decide::role_groups(&record)).await?;
        Ok(Outlook { settings, mappings })
    }

    /// Reads what a person's role is told from, as [`Self::outlook`] does.
    ///
    /// # Errors
    /// `404` when the person does not exist.
    pub async fn role_outlook(self, user: &str) -> Result<RoleOutlook, Error> {
        let outlook = self.outlook(user).await?;
        let groups = outlook.mappings.iter();
        let groups: BTreeSet<&str> = groups.map(|mapping| mapping.group.as_str()).collect();
        let joined = Members::of(self.scope).joined(&groups, user).await?;
        Ok(RoleOutlook { outlook, joined })
    }
}
