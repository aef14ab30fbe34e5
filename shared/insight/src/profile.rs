//! The profile of one person: everything that a page about them shows, in a few reads.

use futures::try_join;
use rollcall_directory::stored::{decide, not_found, person, person_role};
use rollcall_directory::{Person, PersonRole, PersonSession};
use rollcall_model::{GROUPS, RoleSync, RouteBy, USERS, is_id};
use rollcall_scim::Resource;
use rollcall_store::{Error, TenantItem};

use crate::handle::Insight;
use crate::lists::{self, GroupSummary, summary};

/// One person with attributes, groups, role and sessions.
#[derive(Clone, Debug)]
pub struct PersonProfile {
    /// The person, as lists show them.
    pub person: Person,
    /// Their SCIM attributes with `id` and `meta`, without `groups`.
    pub resource: Resource,
    /// The groups that they are in, those that the last claim named, and, if roles change only at sign-in, those that
    /// gave a role at the last one. In order of names.
    pub groups: Vec<PersonGroup>,
    /// The effective role, and every grant behind it.
    pub role: PersonRole,
    /// What decides mapped roles.
    pub route_by: RouteBy,
    /// Their valid sessions, latest first.
    pub sessions: Vec<PersonSession>,
    /// Whether a role that was given by hand is withheld since they were restored.
    pub has_withheld_role: bool,
}

/// A group in a person's profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonGroup {
    /// The group.
    pub group: GroupSummary,
    /// Whether they are a member.
    pub is_member: bool,
    /// Whether the claim of their last sign-in named it.
    pub is_named: bool,
}

impl Insight<'_> {
    /// Reads a person with groups, role and sessions.
    ///
    /// # Errors
    /// `404` when the person does not exist.
    pub async fn person_profile(self, user: &str) -> Result<PersonProfile, Error> {
        let known = match is_id(user) {
            true => self.tenant.roles().person_and_tenant(user).await?,
            false => None,
        };
        let Some((record, TenantItem { settings, .. })) = known else {
            return Err(not_found(&USERS, user));
        };
        let mut ids = decide::role_groups(&record);
        if settings.role_sync == RoleSync::AtLogin {
            ids.extend(record.account.at_login.keys().cloned());
        }
        let list: Vec<String> = ids.iter().cloned().collect();
        let (mappings, records, sessions) = try_join!(
            Box::pin(self.tenant.roles().mappings_of(&ids)),
            Box::pin(self.tenant.resources().records(&GROUPS, &list)),
            Box::pin(self.tenant.sign_in().sessions_in_force(&record, &settings)),
        )?;
        let mapped = mappings.iter().map(|mapping| mapping.group.as_str());
        let joined = self
            .tenant
            .members()
            .joined(&mapped.collect(), user)
            .await?;
        let roles = lists::mapped(mappings.clone());
        let mut groups = Vec::with_capacity(records.len());
        for group in &records {
            groups.push(PersonGroup {
                group: summary(group, &roles)?,
                is_member: record.groups.contains(&group.id),
                is_named: decide::claims(&record, &group.id),
            });
        }
        groups.sort_by_key(|one| one.group.display_name.to_lowercase());
        let role = person_role(&record, &settings, &mappings, &joined);
        Ok(PersonProfile {
            person: person(&record, role.roles.clone())?,
            resource: record.full_resource(&USERS)?,
            groups,
            role,
            route_by: settings.route_by,
            sessions,
            has_withheld_role: record.account.withheld.is_some(),
        })
    }
}
