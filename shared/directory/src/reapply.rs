//! Does again in a restored table what was archived after the restore point, and ends all sessions. Every step can be
//! repeated, so a call that runs out of time is followed by another one.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use rollcall_model::{Catalogue, GROUPS, Grant, Reason, Role, RoleId, USERS};
use rollcall_scim::{PATCH_OP_URN, Patch, Precondition, Resource};
use rollcall_store::{Error, Range, retry_stale, text};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::archive::log::since;
use crate::archive::plan::{Action, Step, plan};
use crate::archive::record::awaited;
use crate::credentials::key_history::KeyChanger;
use crate::directory::Directory;
use crate::resources::handle::Resources;
use crate::resources::record::Record;
use crate::roles::mappings::Mapping;
use crate::tenant::Tenant;

/// What is archived a little before the restore point is done again as well: the clocks of functions differ.
const MARGIN: SignedDuration = SignedDuration::from_mins(10);
/// Tenants read at once.
const TENANTS_AT_ONCE: usize = 100;

/// The result of one call.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Reapplied {
    /// Whether everything is done. Otherwise, call again before anybody uses the table.
    pub done: bool,
    /// How many revocations, deletions and erasures were done again, or were found done.
    pub reapplied: usize,
    /// What was refused, such as the deletion of somebody who is the last owner at the restore point.
    pub refused: Vec<String>,
    /// How many sessions and portal links were ended by this call.
    pub sessions_ended: usize,
}

/// Does everything until `deadline`. Sessions end first.
///
/// # Errors
/// Only table errors.
pub async fn reapply(
    directory: &Directory,
    restored_to: Timestamp,
    deadline: Instant,
) -> Result<Reapplied, Error> {
    let mut result = Reapplied::default();
    let mut behind: Option<String> = None;
    loop {
        let tenants = directory
            .tenants(behind.as_deref(), TENANTS_AT_ONCE)
            .await?;
        let Some(last) = tenants.last() else { break };
        behind = Some(last.id.to_string());
        for tenant in tenants {
            let tenant = directory.system(tenant.id);
            result.sessions_ended += end_sessions(&tenant).await?;
            if Instant::now() >= deadline {
                return Ok(result);
            }
        }
    }
    let archived = match directory.archive_table() {
        Some(archive) => since(archive, restored_to - MARGIN).await?,
        None => Vec::new(),
    };
    for step in plan(archived) {
        match again(directory, &step).await {
            Ok(()) => {}
            // It began after the restore point.
            Err(error) if error.reason() == Reason::NotFound => {}
            Err(error) if error.is_refusal() => {
                let tenant = step.tenant.map(|tenant| tenant.to_string());
                let tenant = tenant.unwrap_or_default();
                result
                    .refused
                    .push(format!("{:?} {tenant} {}: {error}", step.action, step.id));
            }
            Err(error) => return Err(error),
        }
        result.reapplied += 1;
        if Instant::now() >= deadline {
            return Ok(result);
        }
    }
    result.done = true;
    Ok(result)
}

/// Ends all sessions and portal links of a tenant. Returns how many there were.
async fn end_sessions(tenant: &Tenant) -> Result<usize, Error> {
    let scope = tenant.scope();
    let sessions = scope.keys().sessions();
    let mut ended = 0;
    loop {
        let page = scope.table.query(&Range::all(sessions.clone())).await?;
        let keys = page
            .items
            .iter()
            .map(|item| Ok(sessions.at(text(item, "SK")?)));
        let keys = keys.collect::<Result<Vec<_>, Error>>()?;
        ended += keys.len();
        scope.table.batch_delete(keys).await?;
        if page.next.is_none() {
            return Ok(ended);
        }
    }
}

async fn again(directory: &Directory, step: &Step) -> Result<(), Error> {
    let id = step.id.as_str();
    let Some(tenant) = step.tenant.clone().map(|tenant| directory.system(tenant)) else {
        return again_in_stack(directory, step.action, id).await;
    };
    match step.action {
        Action::RevokeServiceKey | Action::PauseStackWebhook | Action::DeleteStackWebhook => Ok(()),
        Action::RevokeToken => tenant.credentials().revoke_token(id).await,
        Action::DeleteConnection => tenant.credentials().delete_connection(id).await,
        Action::PauseWebhook => tenant.webhooks().pause_outdated(id).await,
        Action::DeleteWebhook => tenant.webhooks().delete(id).await,
        Action::TakeRoles => take_roles(&tenant, id, &step.taken).await,
        Action::Unmap => unmap(&tenant, id, &step.taken).await,
        Action::UnmapAwaited => unmap_awaited(&tenant, id, &step.taken).await,
        Action::RemoveMembers => remove_members(&tenant, id, &step.taken).await,
        Action::DeleteGroup => delete_group(&tenant, id).await,
        Action::DeactivatePerson => deactivate(&tenant, id).await,
        Action::BlockPerson => tenant.sign_in().block(id, Role::Owner).await,
        Action::DeletePerson => {
            let deleted = tenant.sign_in().delete_person(id, Role::Owner).await;
            deleted.map(|_| ())
        }
        Action::ErasePerson => {
            let ordered = tenant.erasures().order_of_person(id, Role::Owner).await;
            ordered.map(|_| ())
        }
        Action::DeleteTenant => tenant.lifecycle().delete().await,
        Action::EraseTenant => tenant.erasures().order().await.map(|_| ()),
    }
}

/// Does again what belongs to no tenant.
async fn again_in_stack(directory: &Directory, action: Action, id: &str) -> Result<(), Error> {
    let webhooks = directory.stack_webhooks().unarchived();
    let by = KeyChanger::default();
    match action {
        Action::PauseStackWebhook => webhooks.pause_outdated(id).await,
        Action::DeleteStackWebhook => webhooks.delete(id, &by).await,
        _ => directory.service_keys().revoke(id, by).await,
    }
}

/// Takes roles from a person that they have by hand.
async fn take_roles(tenant: &Tenant, user: &str, taken: &BTreeSet<String>) -> Result<(), Error> {
    let record = Resources::of(tenant.scope()).record(&USERS, user).await?;
    let held = record.account.manual.iter().flat_map(Grant::roles);
    let roles = tenant.settings().read().await?.roles;
    match left(held.cloned().collect(), taken, &roles) {
        Some(left) => tenant.roles().give_role(user, left, Role::Owner).await,
        None => Ok(()),
    }
}

/// Takes roles from the mapping of a group.
async fn unmap(tenant: &Tenant, group: &str, taken: &BTreeSet<String>) -> Result<(), Error> {
    let groups = BTreeSet::from([group.to_owned()]);
    let mappings = tenant.roles().mappings_of(&groups).await?;
    let roles = tenant.settings().read().await?.roles;
    let held = mappings.iter().flat_map(Mapping::roles).collect();
    match left(held, taken, &roles) {
        Some(left) => tenant.roles().map_group(group, left).await,
        None => Ok(()),
    }
}

/// Takes roles from the mapping that awaits a group, whose name has this hash.
async fn unmap_awaited(tenant: &Tenant, name: &str, taken: &BTreeSet<String>) -> Result<(), Error> {
    let roles = tenant.settings().read().await?.roles;
    for mapping in tenant.roles().awaited_mappings().await? {
        if awaited(&mapping.name) == name
            && let Some(left) = left(mapping.roles, taken, &roles)
        {
            let left = left.into_iter().collect();
            tenant
                .roles()
                .map_name_by(&mapping.name, &left, Role::Owner)
                .await?;
        }
    }
    Ok(())
}

/// Returns what is left of roles; `None` if nothing is taken from them.
fn left(held: Vec<RoleId>, taken: &BTreeSet<String>, roles: &Catalogue) -> Option<Vec<Role>> {
    let is_taken = |id: &RoleId| taken.contains(id.as_str());
    let has_taken = held.iter().any(is_taken);
    let left = held.iter().filter(|id| !is_taken(id));
    has_taken.then(|| left.filter_map(|id| roles.role(id)).collect())
}

/// Removes members from a group. Ids that are not members have no effect.
async fn remove_members(
    tenant: &Tenant,
    group: &str,
    members: &BTreeSet<String>,
) -> Result<(), Error> {
    let members: Vec<Value> = members.iter().map(|id| json!({"value": id})).collect();
    let remove = json!({"op": "remove", "path": "members", "value": members});
    let body = json!({"schemas": [PATCH_OP_URN], "Operations": [remove]});
    let patch = Patch::parse(GROUPS.resource_type, body)?;
    let any = Precondition::none();
    let patched = tenant.resources().patch(&GROUPS, group, patch, &any, None);
    patched.await.map(|_| ())
}

async fn delete_group(tenant: &Tenant, id: &str) -> Result<(), Error> {
    retry_stale(|_| async move {
        let resources = Resources::of(tenant.scope());
        let record = resources.record(&GROUPS, id).await?;
        resources.delete_record(&GROUPS, &record).await
    })
    .await
    .map(|_| ())
}

async fn deactivate(tenant: &Tenant, id: &str) -> Result<(), Error> {
    let deactivated = |current: &Resource| {
        let mut resource = current.clone();
        resource.set("active", json!(false));
        Ok(resource)
    };
    let is_active = |record: &Record| !record.inactive;
    let resources = Resources::of(tenant.scope());
    resources
        .change_if(&USERS, id, &is_active, &deactivated)
        .await?;
    // What was held at the restore point was applied after it.
    resources.apply_held(&USERS, id).await
}
