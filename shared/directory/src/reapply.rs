//! Does again in a restored table what was archived after the restore point, and ends all sessions. The table has how far the
//! work is, so a call that runs out of time is followed by one that goes on there. Every step can be repeated.
//!
//! The archive can be larger than the memory, so it is read page by page, one part after the other. What has ended in a part
//! is done again in windows: a window has so many things at most, and the part is read for each. A call must have the time to
//! read one part: some ten million rows with the memory of `BackgroundMemory`, which also is a share of a processor.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use rollcall_model::{Catalogue, GROUPS, Grant, Reason, Role, RoleId, USERS};
use rollcall_scim::{PATCH_OP_URN, Patch, Precondition, Resource};
use rollcall_store::{
    ArchiveKeys, Error, Range, StackKeys, Table, from_item, now, retry_stale, text, to_item,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::archive::fate::Action;
use crate::archive::log::Rows;
use crate::archive::plan::{Place, Step, Window};
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
/// A call that is killed does so many tenants or steps again at most.
const SAVED_EVERY: usize = 50;
/// How many refusals are kept: the item with them stays below DynamoDB's 400 KB.
const MOST_REFUSED: usize = 500;

/// How much of the archive is in memory at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArchiveBounds {
    /// The rows of a page. A page has 1 MB at most.
    pub page: usize,
    /// How many things that have ended are held: people, tokens, members of groups. One takes some 250 bytes.
    pub things: usize,
}

impl Default for ArchiveBounds {
    fn default() -> Self {
        Self {
            page: 4_000,
            things: 100_000,
        }
    }
}

/// What the calls have done since the work began.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reapplied {
    /// Whether everything is done. Otherwise, call again before anybody uses the table.
    pub done: bool,
    /// How many revocations, deletions and erasures were done again, or were found done.
    pub reapplied: usize,
    /// What was refused, such as the deletion of somebody who is the last owner at the restore point. At most 500.
    pub refused: Vec<String>,
    /// How many sessions and portal links were ended.
    pub sessions_ended: usize,
}

/// How far the work is. It is stored in the restored table.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Position {
    restored_to: Timestamp,
    /// The steps are those of what was archived from here on, until `until`.
    from: Timestamp,
    until: Timestamp,
    /// The last tenant whose sessions have ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sessions_until: Option<String>,
    /// Whether the sessions of all tenants have ended.
    without_sessions: bool,
    /// How many steps an earlier version has done, which counted those of the whole archive. 0 has it do all of them.
    steps: usize,
    /// The part of the archive that is done again. Those before it are done.
    #[serde(default)]
    part: u8,
    /// Where its window begins; `None` for its beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    window: Option<Place>,
    /// The place of the last step of the window that is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    step: Option<Place>,
    result: Reapplied,
}

impl Position {
    fn at_beginning(restored_to: Timestamp) -> Self {
        Self {
            restored_to,
            from: restored_to - MARGIN,
            until: now(),
            sessions_until: None,
            without_sessions: false,
            steps: 0,
            part: 0,
            window: None,
            step: None,
            result: Reapplied::default(),
        }
    }

    /// Returns where a call begins.
    ///
    /// When everything was done, it is what was archived since. Sessions do not end again: nobody used the table. A
    /// position of another restore was in the backup.
    async fn read(table: &Table, restored_to: Timestamp) -> Result<Self, Error> {
        let item = table.get(&StackKeys::reapplied()).await?;
        let stored: Option<Self> = item.map(from_item).transpose()?;
        Ok(match stored {
            Some(position) if position.restored_to == restored_to => match position.result.done {
                false => position,
                true => Self {
                    from: position.until - MARGIN,
                    without_sessions: true,
                    ..Self::at_beginning(restored_to)
                },
            },
            _ => Self::at_beginning(restored_to),
        })
    }

    async fn save(&self, table: &Table) -> Result<(), Error> {
        table.put(to_item(&StackKeys::reapplied(), self)?).await
    }

    /// Goes on with the next window, or with the next part if there is none.
    fn go_on(&mut self, next: Option<Place>) {
        self.part += u8::from(next.is_none());
        self.window = next;
        self.step = None;
    }
}

/// Goes on until `deadline`, with one tenant, step or part of the archive at least. Sessions end first.
///
/// # Errors
/// Only table errors. The next call goes on before what failed.
pub async fn reapply(
    directory: &Directory,
    restored_to: Timestamp,
    deadline: Instant,
    bounds: ArchiveBounds,
) -> Result<Reapplied, Error> {
    let table = directory.table();
    let mut position = Position::read(table, restored_to).await?;
    let worked = work(directory, &mut position, deadline, bounds).await;
    position.save(table).await?;
    worked?;
    Ok(position.result)
}

async fn work(
    directory: &Directory,
    position: &mut Position,
    deadline: Instant,
    bounds: ArchiveBounds,
) -> Result<(), Error> {
    if !position.without_sessions && !end_all_sessions(directory, position, deadline).await? {
        return Ok(());
    }
    if let Some(archive) = directory.archive_table() {
        while position.part < ArchiveKeys::PARTS {
            let read = read_window(archive, position, bounds).await?;
            let has_rows = read.has_rows;
            do_window(directory, position, deadline, read).await?;
            let is_late = Instant::now() >= deadline && has_rows;
            if is_late && position.part < ArchiveKeys::PARTS {
                return Ok(());
            }
        }
    }
    position.result.done = true;
    Ok(())
}

/// A window of a part of the archive.
struct ReadWindow {
    /// Whether the part has any rows.
    has_rows: bool,
    /// What is left to do.
    steps: Vec<Step>,
    /// Where the next window begins; `None` if this is the last.
    next: Option<Place>,
}

/// Reads the part of the archive and returns what is left of the window.
async fn read_window(
    archive: &Table,
    position: &Position,
    bounds: ArchiveBounds,
) -> Result<ReadWindow, Error> {
    let time = (position.from, position.until);
    let mut rows = Rows::between(archive, position.part, time, bounds.page);
    let mut window = Window::new(position.window.clone(), bounds.things);
    let mut has_rows = false;
    while let Some(row) = rows.next().await? {
        window.add(&row);
        has_rows = true;
    }
    let (mut steps, next) = window.steps();
    // A row can come late, so what is done is told by its place and not by its number.
    let done = position.step.as_ref();
    steps.retain(|step| done.is_none_or(|done| step.place() > *done));
    Ok(ReadWindow {
        has_rows,
        steps,
        next,
    })
}

/// Does a window until `deadline`, with one step at least.
async fn do_window(
    directory: &Directory,
    position: &mut Position,
    deadline: Instant,
    window: ReadWindow,
) -> Result<(), Error> {
    let mut steps = window.steps.into_iter().peekable();
    while let Some(step) = steps.next() {
        if let Some(refused) = again_unless_refused(directory, &step).await?
            && position.result.refused.len() < MOST_REFUSED
        {
            position.result.refused.push(refused);
        }
        position.step = Some(step.place());
        position.result.reapplied += 1;
        if steps.peek().is_some() {
            if Instant::now() >= deadline {
                return Ok(());
            }
            if position.result.reapplied.is_multiple_of(SAVED_EVERY) {
                position.save(directory.table()).await?;
            }
        }
    }
    position.go_on(window.next);
    if window.has_rows {
        position.save(directory.table()).await?;
    }
    Ok(())
}

/// Ends the sessions and portal links of all tenants. Returns whether that is done.
async fn end_all_sessions(
    directory: &Directory,
    position: &mut Position,
    deadline: Instant,
) -> Result<bool, Error> {
    loop {
        let behind = position.sessions_until.as_deref();
        let tenants = directory.tenants(behind, TENANTS_AT_ONCE).await?;
        if tenants.is_empty() {
            position.without_sessions = true;
            return Ok(true);
        }
        for (number, tenant) in (1_usize..).zip(tenants) {
            let id = tenant.id.to_string();
            let ended = end_sessions(&directory.system(tenant.id)).await?;
            position.result.sessions_ended += ended;
            position.sessions_until = Some(id);
            if Instant::now() >= deadline {
                return Ok(false);
            }
            if number.is_multiple_of(SAVED_EVERY) {
                position.save(directory.table()).await?;
            }
        }
    }
}

/// Does a step again. Returns what was refused.
async fn again_unless_refused(directory: &Directory, step: &Step) -> Result<Option<String>, Error> {
    match again(directory, step).await {
        Ok(()) => Ok(None),
        // It began after the restore point.
        Err(error) if error.reason() == Reason::NotFound => Ok(None),
        Err(error) if error.is_refusal() => {
            let tenant = step.tenant.as_ref().map(ToString::to_string);
            let tenant = tenant.unwrap_or_default();
            let (action, id) = (step.action, &step.id);
            Ok(Some(format!("{action:?} {tenant} {id}: {error}")))
        }
        Err(error) => Err(error),
    }
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
        Action::ForgetSubjects => {
            let forgotten = tenant.sign_in().bind_anew(id, Role::Owner).await;
            forgotten.map(drop)
        }
        Action::DeactivatePerson => deactivate(&tenant, id).await,
        Action::BlockPerson => tenant.sign_in().block(id, Role::Owner).await.map(drop),
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
        Some(left) => {
            let given = tenant.roles().give_role(user, left, Role::Owner).await;
            given.map(drop)
        }
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
