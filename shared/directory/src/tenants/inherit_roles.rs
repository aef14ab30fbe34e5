//! A tenant without roles of its own gets those of the stack. A role that the stack has no more stays for those who still
//! have it.

use std::collections::BTreeSet;
use std::time::Duration;

use rollcall_model::{Catalogue, RoleId, Settings, USERS};
use rollcall_store::{Error, TenantItem, retry_stale};
use tokio::time::Instant;

use crate::resources::handle::Resources;
use crate::roles::handle::Roles;
use crate::tenants::define_roles::held_by;
use crate::tenants::handle::TenantSettings;
use crate::tenants::write_tenant::write_tenant;

/// People who are read at once to see which roles they have.
const PEOPLE_AT_ONCE: usize = 500;
/// How long people are read to see that. A role of which that is not known stays.
const SEARCH_TIME: Duration = Duration::from_secs(15);

impl TenantSettings<'_> {
    /// Gives the tenant the roles of the stack, unless it has roles of its own. What the stack has no more and is in use
    /// stays, and is given to nobody else. An event then decides everybody's roles again.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn inherit_roles(self, stack: &Catalogue) -> Result<(), Error> {
        retry_stale(|_| async move {
            let before = match self.scope.stored_tenant().await {
                // The tenant was deleted.
                Err(error) if error.is_refusal() => return Ok(Some(())),
                before => before?,
            };
            if !before.inherits_roles() || before.deleting {
                return Ok(Some(()));
            }
            let used = self.used(&before, stack).await?;
            let mut after = before.clone();
            after.inherit_roles(stack.keeping(&used, &before.settings.roles));
            let written = write_tenant(self.scope, &before, &after).await?;
            Ok(written.then_some(()))
        })
        .await
    }

    /// Returns the roles of the tenant that the stack does not have and that are in use, or perhaps are.
    async fn used(self, before: &TenantItem, stack: &Catalogue) -> Result<BTreeSet<RoleId>, Error> {
        let settings = &before.settings;
        let roles = settings.roles.roles().into_iter().map(RoleId::from);
        let mut gone: BTreeSet<RoleId> = roles.filter(|id| stack.role(id).is_none()).collect();
        let mut used = BTreeSet::new();
        if gone.is_empty() {
            return Ok(used);
        }
        let mapped = Roles::of(self.scope).mappings().await?.into_iter();
        let mapped = mapped.flat_map(|mapping| mapping.roles());
        for role in mapped.chain(settings.sso_default_role.clone()) {
            used.extend(gone.take(&role));
        }
        used.extend(self.held(gone, settings).await?);
        Ok(used)
    }

    /// Returns those of the roles that somebody has, or perhaps has.
    async fn held(
        self,
        mut wanted: BTreeSet<RoleId>,
        settings: &Settings,
    ) -> Result<BTreeSet<RoleId>, Error> {
        let deadline = Instant::now() + SEARCH_TIME;
        let (mut held, mut behind) = (BTreeSet::new(), None);
        while !wanted.is_empty() {
            let people = Resources::of(self.scope);
            let (people, next) = people.records_after(&USERS, behind, PEOPLE_AT_ONCE).await?;
            for role in people.iter().flat_map(|one| held_by(one, settings)) {
                held.extend(wanted.take(&role));
            }
            match next {
                None => break,
                Some(_) if Instant::now() >= deadline => return Ok(&held | &wanted),
                next => behind = next,
            }
        }
        Ok(held)
    }
}
