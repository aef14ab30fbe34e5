//! Changes of a tenant's roles. A role that somebody still has cannot vanish.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use rollcall_model::{Catalogue, GROUPS, Reason, Role, RoleId, RoleSync, Settings, USERS, Way};
use rollcall_scim as scim;
use rollcall_store::{Error, retry_stale};
use tokio::time::Instant;

use crate::resources::handle::Resources;
use crate::resources::record::Record;
use crate::roles::handle::Roles;
use crate::tenants::handle::TenantSettings;
use crate::tenants::stack_roles::stack_roles;
use crate::tenants::write_tenant::write_tenant;

/// People who are read at once to see whether somebody has a role.
const PEOPLE_AT_ONCE: usize = 500;
/// How long people are read to see that. A tenant with so many people must be emptied of the role first.
const SEARCH_TIME: Duration = Duration::from_secs(15);
/// The number of groups or people whom a refusal names.
const NAMED: usize = 5;

/// What a change of the catalogue takes away.
#[derive(Debug, Default, PartialEq, Eq)]
struct Lost {
    /// The roles that would vanish.
    gone: BTreeSet<RoleId>,
    /// The roles that groups could not give any more.
    unmappable: BTreeSet<RoleId>,
    /// The roles that could not be the default any more.
    no_default: BTreeSet<RoleId>,
}

impl Lost {
    /// Returns what is in one catalogue and not in the next. Pure.
    fn between(before: &Catalogue, after: &Catalogue) -> Self {
        let lost = |way: Option<Way>| {
            let had = before.roles().into_iter();
            let had = had.filter(|role| way.is_none_or(|way| role.is_given(way)));
            let has = |role: &Role| {
                let next = after.role(&RoleId::from(*role));
                next.is_some_and(|next| way.is_none_or(|way| next.is_given(way)))
            };
            let lost = had.filter(|role| !has(role));
            lost.map(RoleId::from).collect()
        };
        Self {
            gone: lost(None),
            unmappable: lost(Some(Way::Mapping)),
            no_default: lost(Some(Way::Default)),
        }
    }
}

/// Returns the roles that were given to the person or that they have since a sign-in, whether or not these count now.
pub(super) fn held_by(record: &Record, settings: &Settings) -> Vec<RoleId> {
    let is_at_login = settings.role_sync == RoleSync::AtLogin;
    let account = &record.account;
    let at_login = account.roles_at_login().map(|(_, id)| id);
    let at_login = at_login.filter(|_| is_at_login);
    account.granted().chain(at_login).cloned().collect()
}

impl TenantSettings<'_> {
    /// Reads the tenant's roles, and whether they are those of the stack.
    ///
    /// # Errors
    /// `404` when the tenant was deleted.
    pub async fn roles(self) -> Result<(Catalogue, bool), Error> {
        let tenant = self.scope.stored_tenant().await?;
        let inherits = tenant.inherits_roles();
        Ok((tenant.settings.roles, inherits))
    }

    /// Replaces the tenant's roles; `None` for those of the stack. An event then decides everybody's roles again.
    /// Returns the roles, and whether they are those of the stack.
    ///
    /// # Errors
    /// `404` when the tenant was deleted; `409` for a role that is still given, and would vanish or could not be given in
    /// that way any more.
    pub async fn define_roles(self, roles: Option<&Catalogue>) -> Result<(Catalogue, bool), Error> {
        retry_stale(|_| async move {
            let before = self.scope.living_tenant().await?;
            let mut after = before.clone();
            match roles {
                Some(roles) => after.define_roles(roles.clone()),
                None => {
                    let (stack, had) = (
                        stack_roles(&self.scope.table).await?,
                        &before.settings.roles,
                    );
                    after.inherit_roles(stack.roles.keeping(&had.retired(), had));
                }
            }
            let lost = Lost::between(&before.settings.roles, &after.settings.roles);
            self.check_unused(&before.settings, &lost).await?;
            let written = write_tenant(self.scope, &before, &after).await?;
            let inherits = after.inherits_roles();
            Ok(written.then_some((after.settings.roles, inherits)))
        })
        .await
    }

    async fn check_unused(self, settings: &Settings, lost: &Lost) -> Result<(), Error> {
        if *lost == Lost::default() {
            return Ok(());
        }
        let default = settings.sso_default_role.as_ref();
        if let Some(role) = default.filter(|role| lost.no_default.contains(role)) {
            return Err(in_use(role, "it is the `sso_default_role` of the tenant"));
        }
        self.check_mappings(&lost.unmappable).await?;
        match lost.gone.is_empty() {
            true => Ok(()),
            false => self.check_people(settings, lost).await,
        }
    }

    async fn check_mappings(self, roles: &BTreeSet<RoleId>) -> Result<(), Error> {
        let mappings = Roles::of(self.scope).mappings().await?.into_iter();
        let mut by_role = BTreeMap::<RoleId, Vec<String>>::new();
        for mapping in mappings {
            for role in mapping.roles().into_iter().filter(|id| roles.contains(id)) {
                let groups = by_role.entry(role).or_default();
                groups.push(mapping.group.clone());
            }
        }
        let Some((role, groups)) = by_role.pop_first() else {
            return Ok(());
        };
        let named: Vec<String> = groups.iter().take(NAMED).cloned().collect();
        let mut names = Vec::new();
        for group in Resources::of(self.scope).records(&GROUPS, &named).await? {
            names.push(group.text(&GROUPS, GROUPS.unique)?.unwrap_or(group.id));
        }
        let listed = listed(&names, groups.len());
        Err(in_use(
            &role,
            &format!("it is mapped to the groups {listed}"),
        ))
    }

    async fn check_people(self, settings: &Settings, lost: &Lost) -> Result<(), Error> {
        let deadline = Instant::now() + SEARCH_TIME;
        let mut behind = None;
        loop {
            let people = Resources::of(self.scope);
            let (people, next) = people.records_after(&USERS, behind, PEOPLE_AT_ONCE).await?;
            for record in people {
                let mut held = held_by(&record, settings).into_iter();
                if let Some(role) = held.find(|role| lost.gone.contains(role)) {
                    let name = record.user_name()?;
                    let first = format!("`{name}` has it, and perhaps others");
                    return Err(in_use(&role, &first));
                }
            }
            match next {
                None => return Ok(()),
                Some(_) if Instant::now() >= deadline => {
                    let role = lost.gone.first().cloned().unwrap_or(Role::Owner.into());
                    let unsure = "the tenant has too many people to see whether somebody has it; keep the role";
                    return Err(in_use(&role, unsure));
                }
                next => behind = next,
            }
        }
    }
}

fn listed(names: &[String], of: usize) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match of.saturating_sub(names.len()) {
        0 => quoted.join(", "),
        more => format!("{} and {more} more", quoted.join(", ")),
    }
}

fn in_use(role: &RoleId, how: &str) -> Error {
    let detail = format!("the role `{role}` is in use: {how}; change that first");
    Error::Refused(Reason::RoleInUse, scim::Error::InvalidValue(detail))
}

#[cfg(test)]
mod tests {
    use rollcall_model::RoleDefinition;

    use super::*;

    fn catalogue(change: impl Fn(&mut RoleDefinition)) -> Catalogue {
        let mut roles = Catalogue::default().definitions();
        roles.iter_mut().for_each(change);
        roles.retain(|role| !role.id.is_empty());
        Catalogue::define(roles).unwrap()
    }

    #[test]
    fn what_a_change_takes_away() {
        let ids = |ids: &[&str]| ids.iter().map(|id| RoleId::named(*id)).collect();
        let is_member = |role: &RoleDefinition| role.id == "member";
        let same = catalogue(|_| {});
        let gone = catalogue(|role| {
            if is_member(role) {
                role.id.clear();
            }
        });
        let by_hand = catalogue(|role| role.by_mapping &= !is_member(role));
        let renamed = catalogue(|role| role.name.push('!'));
        for (after, expected) in [
            (&same, Lost::default()),
            (&renamed, Lost::default()),
            (
                &gone,
                Lost {
                    gone: ids(&["member"]),
                    unmappable: ids(&["member"]),
                    no_default: ids(&["member"]),
                },
            ),
            (
                &by_hand,
                Lost {
                    unmappable: ids(&["member"]),
                    ..Lost::default()
                },
            ),
        ] {
            assert_eq!(Lost::between(&Catalogue::default(), after), expected);
        }
    }
}
