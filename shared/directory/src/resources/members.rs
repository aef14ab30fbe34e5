//! Memberships: each is an item of its own, so that adding one member costs the same in every group.
//!
//! A change is planned as steps from the stored members to the wanted ones. Steps that fit go into one transaction with
//! the group; if there are more, the change becomes an intent (see `intents`).

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use rollcall_model::{EventType, GROUPS, Reason, Subject, USERS, UnknownMembers, is_id, shown};
use rollcall_scim::{self as scim, MemberChange, Reading};
use rollcall_store::{
    Error, Expression, Guard, Item, Range, Scope, Transaction, from_item, now, number, string,
    text, to_item,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::journal::entry::Entry;
use crate::resources::brake::Hold;
use crate::resources::effects::Effects;
use crate::resources::handle::Members;
use crate::resources::held_list::write_held_members;
use crate::resources::record::Record;
use crate::resources::steps::{PlannedSteps, Step, empties, plan};

/// The number of writes for one step: the membership, and the user's list of groups.
pub(super) const WRITES_PER_STEP: usize = 2;

/// One membership as it is stored.
#[derive(Debug, Serialize, Deserialize)]
struct Membership {
    #[serde(rename = "SK")]
    member: String,
    /// The member as the client sent it, as JSON, if it has more than its `value`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sent: Option<String>,
    since: Timestamp,
    /// The request that made the person a member.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    request: Option<String>,
}

impl Membership {
    /// Returns a membership that begins now.
    fn new(scope: &Scope, member: &str, sent: Option<String>) -> Self {
        Self {
            member: member.to_owned(),
            sent,
            since: now(),
            request: Some(scope.request_id.clone()),
        }
    }
}

/// What a client reads of a membership.
#[derive(Debug, Deserialize)]
struct Shown {
    #[serde(rename = "SK")]
    member: String,
    #[serde(default)]
    sent: Option<String>,
}

/// When a person joined each group, and with which request, by group id.
pub(crate) type Joined = BTreeMap<String, (Timestamp, Option<String>)>;

fn no_user(id: &str) -> Error {
    let id = shown(id);
    let detail = format!("`members`: `{id}` is the id of no user, create the user first");
    Error::Refused(Reason::UnknownMember, scim::Error::InvalidValue(detail))
}

impl Members<'_> {
    /// Reads every member of a group as the client sent it, by id.
    pub(crate) async fn members_of(self, group: &str) -> Result<BTreeMap<String, Value>, Error> {
        let mut range = Range::all(self.scope.keys().members(group)).only("SK, sent");
        let mut members = BTreeMap::new();
        // Page by page: of a large group, the items take much more memory than what is kept of them.
        loop {
            let page = self.scope.table.query(&range).await?;
            for item in page.items {
                let (member, sent) = member_of(item)?;
                members.insert(member, sent);
            }
            match page.next {
                Some(next) => range = range.after(Some(next)),
                None => return Ok(members),
            }
        }
    }

    /// Reads the members of a group that are among these ids, as the client sent them, by id.
    pub(crate) async fn members_among(
        self,
        group: &str,
        ids: &BTreeSet<&str>,
    ) -> Result<BTreeMap<String, Value>, Error> {
        let ids = ids.iter().filter(|id| is_id(id));
        let keys = ids.map(|id| self.scope.keys().member(group, id));
        let items = self.scope.table.batch_get_only(keys, "SK, sent").await?;
        items.into_iter().map(member_of).collect()
    }

    /// Reads when a person joined each of these groups, and with which request. Groups without the person are left out.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn joined(self, groups: &BTreeSet<&str>, user: &str) -> Result<Joined, Error> {
        let keys = self.scope.keys();
        let mut joined = BTreeMap::new();
        let memberships = groups.iter().map(|group| keys.member(group, user));
        for item in self.scope.table.batch_get(memberships).await? {
            let partition = text(&item, "PK")?.to_owned();
            let mut groups = groups.iter();
            let group = groups.find(|group| keys.members(group).as_str() == partition);
            let membership: Membership = from_item(item)?;
            if let Some(group) = group {
                let since = (membership.since, membership.request);
                joined.insert((*group).to_owned(), since);
            }
        }
        Ok(joined)
    }

    /// Plans the steps from a group's current members to those after `change`.
    ///
    /// Ids that belong to no user of this tenant are skipped or refused, depending on the setting `unknown_members`. They are
    /// also refused if they are all that a group with members would be left with.
    pub(super) async fn plan(
        self,
        group: &str,
        change: &MemberChange,
    ) -> Result<PlannedSteps, Error> {
        let current = if change.needs_current() {
            self.members_of(group).await?
        } else {
            self.members_among(group, &change.ids()).await?
        };
        let steps = plan(&current, &change.fold(&current)?);
        let joining = steps
            .iter()
            .filter(|step| matches!(step, Step::Join { .. }));
        let joining: BTreeSet<&str> = joining.map(Step::member).collect();
        let unknown = self.unknown_users(&joining).await?;
        let mut skipped = Effects::default();
        let Some(first) = unknown.first() else {
            return Ok(PlannedSteps { steps, skipped });
        };
        let rejects = self.scope.settings().await?.unknown_members == UnknownMembers::Reject;
        let known = |step: &Step| !unknown.contains(step.member());
        if rejects
            || (change.replaces() && empties(&current, steps.iter().filter(|step| known(step))))
        {
            return Err(no_user(first));
        }
        tracing::warn!(tenant = %self.scope.tenant, group, skipped = unknown.len(), "unknown members skipped");
        Reading::MemberSkipped.note();
        skipped.skip(&unknown);
        let steps = steps.into_iter().filter(known).collect();
        Ok(PlannedSteps { steps, skipped })
    }

    async fn unknown_users(self, ids: &BTreeSet<&str>) -> Result<BTreeSet<String>, Error> {
        if ids.is_empty() {
            return Ok(BTreeSet::new());
        }
        let possible = ids.iter().copied().filter(|id| is_id(id)).collect();
        let known = self.existing_users(&possible).await?;
        let unknown = ids.iter().filter(|id| !known.contains(**id));
        Ok(unknown.map(|id| (*id).to_owned()).collect())
    }

    /// Returns those of these ids that users have.
    pub(super) async fn existing_users(
        self,
        ids: &BTreeSet<&str>,
    ) -> Result<BTreeSet<String>, Error> {
        let keys = ids.iter().map(|id| self.scope.keys().resource(&USERS, id));
        let items = self.scope.table.batch_get_only(keys, "SK").await?;
        let ids = items.iter().map(|item| text(item, "SK").map(str::to_owned));
        ids.collect()
    }

    /// Returns the writes for these steps, with one journal entry for all of them.
    pub(super) fn step_writes(self, group: &Subject, steps: &[Step]) -> Result<Transaction, Error> {
        let mut transaction = Transaction::default();
        for step in steps {
            self.write_step(&mut transaction, &group.id, step)?;
        }
        let ids = |joined: bool| -> Vec<&str> {
            let wanted = |step: &&Step| match step {
                Step::Join { .. } => joined,
                Step::Leave { .. } => !joined,
                Step::Alter { .. } => false,
            };
            steps.iter().filter(wanted).map(Step::member).collect()
        };
        let changed = json!({"added": ids(true), "removed": ids(false)});
        let entry = Entry::new(self.scope, EventType::GroupMembersChanged, group.clone());
        let entry = entry.with_change(None, Some(changed));
        transaction.put(entry.to_item(self.scope.keys())?);
        let held = steps.iter().filter_map(|step| match step {
            Step::Leave { member, hold } => Some((member.clone(), hold.as_ref()?)),
            Step::Join { .. } | Step::Alter { .. } => None,
        });
        let (people, holds): (BTreeSet<String>, Vec<&Hold>) = held.unzip();
        if let Some(hold) = holds.first() {
            write_held_members(self.scope, &mut transaction, &group.id, hold, people)?;
        }
        Ok(transaction)
    }

    /// Returns the writes that make a restored person a member of these groups again, except for the person's own list.
    pub(super) fn rejoin_writes(
        self,
        user: &str,
        groups: &[&Record],
    ) -> Result<Transaction, Error> {
        let mut transaction = Transaction::default();
        for group in groups {
            let membership = Membership::new(self.scope, user, None);
            let key = self.scope.keys().member(&group.id, user);
            let item = to_item(&key, &membership)?;
            transaction.put_if(item, Expression::absent(), Guard::Stale);
            write_group_touched(self.scope, &mut transaction, &group.id, 1, None, None);
            let joined = Some(json!({"added": [user], "removed": []}));
            let subject = group.subject(&GROUPS)?;
            let entry = Entry::new(self.scope, EventType::GroupMembersChanged, subject);
            transaction.put(entry.with_change(None, joined).to_item(self.scope.keys())?);
        }
        Ok(transaction)
    }

    fn write_step(
        self,
        transaction: &mut Transaction,
        group: &str,
        step: &Step,
    ) -> Result<(), Error> {
        let key = self.scope.keys().member(group, step.member());
        match step {
            Step::Join {
                member,
                sent,
                observed,
                observer,
            } => {
                let change = match observed {
                    true => ListChange::Observe(observer.as_deref()),
                    false => ListChange::Add,
                };
                let membership = Membership::new(self.scope, member, as_sent(member, sent));
                transaction.put_if(
                    to_item(&key, &membership)?,
                    Expression::absent(),
                    Guard::Stale,
                );
                write_group_list(self.scope, transaction, member, change, group);
            }
            Step::Alter { member, sent } => {
                // An update keeps the time and the request of joining.
                let set = match as_sent(member, sent) {
                    Some(sent) => Expression::new("SET sent = :sent").with(":sent", string(&sent)),
                    None => Expression::new("REMOVE sent"),
                };
                transaction.update_if(key, set, Expression::present(), Guard::Stale);
            }
            Step::Leave { member, hold } => {
                transaction.delete_if(key, Expression::present(), Guard::Stale);
                let change = match hold {
                    Some(_) => ListChange::Hold,
                    None => ListChange::Remove,
                };
                write_group_list(self.scope, transaction, member, change, group);
            }
        }
        Ok(())
    }
}

/// How a person's list of groups changes.
#[derive(Clone, Copy, Debug)]
pub(super) enum ListChange<'a> {
    Add,
    /// Add, but the group does not count for the person, because of this connection.
    Observe(Option<&'a str>),
    Remove,
    /// Remove, but the group counts for the person until somebody agrees.
    Hold,
}

/// Changes a person's list of groups, on the condition that the person exists.
pub(super) fn write_group_list(
    scope: &Scope,
    transaction: &mut Transaction,
    user: &str,
    change: ListChange<'_>,
    group: &str,
) {
    let writer = scope.actor.connection();
    let (change, marked) = match change {
        ListChange::Add => (
            "ADD groups :group DELETE held_groups :group, observed_groups :group",
            writer,
        ),
        ListChange::Observe(by) => ("ADD groups :group, observed_groups :group", by),
        ListChange::Remove => (
            "DELETE groups :group, held_groups :group, observed_groups :group",
            writer,
        ),
        ListChange::Hold => ("ADD held_groups :group DELETE groups :group", None),
    };
    // What other connections have noted stays: it means nothing without a group that does not count.
    let joins = marked.map_or("", |_| ", observed_joins :join");
    let set = format!("SET version = version + :one, revision = revision + :one {change}{joins}");
    let mut set = Expression::new(set)
        .with(":one", number(1))
        .with(":group", AttributeValue::Ss(vec![group.to_owned()]));
    if let Some(connection) = marked {
        let join = AttributeValue::Ss(vec![format!("{connection}#{group}")]);
        set = set.with(":join", join);
    }
    let user = scope.keys().resource(&USERS, user);
    transaction.update_if(user, set, Expression::present(), Guard::Stale);
}

/// Updates a group whose members change while its attributes do not.
///
/// Unless it is `pinned` to a revision, its condition fails only if the group was deleted or has an open intent, and
/// not because of another change of members.
pub(super) fn write_group_touched(
    scope: &Scope,
    transaction: &mut Transaction,
    group: &str,
    growth: i64,
    pinned: Option<u64>,
    intent: Option<&str>,
) {
    let open = intent.map_or("", |_| ", intent = :intent");
    let set = format!(
        "SET version = version + :one, revision = revision + :one, modified = :now{open} ADD members :growth"
    );
    let mut set = Expression::new(set)
        .with(":one", number(1))
        .with(":now", string(&now().to_string()))
        .with(":growth", number(growth));
    if let Some(intent) = intent {
        set = set.with(":intent", string(intent));
    }
    let free = "attribute_exists(PK) AND attribute_not_exists(intent)";
    let condition = match pinned {
        Some(revision) => Expression::new(format!("{free} AND revision = :read_revision"))
            .with(":read_revision", number(revision)),
        None => Expression::new(free),
    };
    let group = scope.keys().resource(&GROUPS, group);
    transaction.update_if(group, set, condition, Guard::Stale);
}

/// Returns the member as the client sent it, as JSON, if it has more than its `value`.
fn as_sent(member: &str, sent: &Value) -> Option<String> {
    let bare = json!({"value": member}) == *sent;
    (!bare).then(|| sent.to_string())
}

fn member_of(item: Item) -> Result<(String, Value), Error> {
    let membership: Shown = from_item(item)?;
    let value = match &membership.sent {
        Some(sent) => serde_json::from_str(sent).map_err(Error::corrupt)?,
        None => json!({"value": membership.member}),
    };
    Ok((membership.member, value))
}
