//! Memberships: each an item of its own, so that adding one person costs the same in any group.
//!
//! A change is planned as steps from what is stored to what is wanted. Steps that fit go into one transaction with
//! the group itself; more than fit become an intent (see `intents`).

use std::collections::{BTreeMap, BTreeSet};

use rollcall_scim::{self as scim, MemberChange};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::error::Error;
use crate::journal::entry::{MEMBERS_CHANGED, Subject};
use crate::model::kind::{GROUPS, USERS};
use crate::request_log::diagnosis::NO_USERS_ID;
use crate::request_log::effects;
use crate::resources::record::{Record, now};
use crate::roles::explain::Joined;
use crate::store::item::{Item, from_item, number, string, text, to_item};
use crate::store::table::Range;
use crate::store::transaction::{Expression, Guard, Transaction};
use crate::tenant::{Tenant, UnknownMembers};

/// Writes that one step needs: the membership and the person's list of groups.
pub(crate) const WRITES_PER_STEP: usize = 2;

/// One membership as the table holds it.
#[derive(Debug, Serialize, Deserialize)]
struct Membership {
    #[serde(rename = "SK")]
    member: String,
    /// The member as the client sent it, where that was more than its `value`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sent: Option<String>,
    since: jiff::Timestamp,
    /// The request that made them a member.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    request: Option<String>,
}

/// One thing to do to the members of a group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub(crate) enum Step {
    Join {
        member: String,
        sent: Value,
    },
    /// The same person, sent with other sub-attributes.
    Alter {
        member: String,
        sent: Value,
    },
    Leave {
        member: String,
    },
}

impl Step {
    pub(crate) fn member(&self) -> &str {
        let (Self::Join { member, .. } | Self::Alter { member, .. } | Self::Leave { member }) =
            self;
        member
    }
}

/// The steps from the members there are to the ones wanted. Pure.
pub(crate) fn plan(
    current: &BTreeMap<String, Value>,
    wanted: &BTreeMap<String, Value>,
) -> Vec<Step> {
    let left = current.keys().filter(|id| !wanted.contains_key(*id));
    let leave = left.map(|id| Step::Leave { member: id.clone() });
    let stay_or_come = wanted.iter().filter_map(|(id, sent)| {
        let (member, sent) = (id.clone(), sent.clone());
        match current.get(id) {
            None => Some(Step::Join { member, sent }),
            Some(old) if *old != sent => Some(Step::Alter { member, sent }),
            Some(_) => None,
        }
    });
    leave.chain(stay_or_come).collect()
}

/// By how much the steps change the number of members.
pub(crate) fn growth(steps: &[Step]) -> i64 {
    steps
        .iter()
        .map(|step| match step {
            Step::Join { .. } => 1,
            Step::Alter { .. } => 0,
            Step::Leave { .. } => -1,
        })
        .sum()
}

impl Tenant {
    /// Every member of a group, by id, as sent.
    pub(crate) async fn members_of(&self, group: &str) -> Result<BTreeMap<String, Value>, Error> {
        let items = self
            .table
            .query_all(Range::all(self.id.members(group)))
            .await?;
        items.into_iter().map(member_of).collect()
    }

    /// Those of the named people who are members.
    pub(crate) async fn members_among(
        &self,
        group: &str,
        ids: &BTreeSet<&str>,
    ) -> Result<BTreeMap<String, Value>, Error> {
        let keys = ids
            .iter()
            .filter(|id| is_id(id))
            .map(|id| self.id.member(group, id));
        self.table
            .batch_get(keys)
            .await?
            .into_iter()
            .map(member_of)
            .collect()
    }

    /// Since when, and by which request, a person is a member of each of these groups.
    pub(crate) async fn joined(
        &self,
        groups: &BTreeSet<&str>,
        user: &str,
    ) -> Result<Joined, Error> {
        let mut joined = BTreeMap::new();
        let keys = groups.iter().map(|group| self.id.member(group, user));
        for item in self.table.batch_get(keys).await? {
            let partition = text(&item, "PK")?.to_owned();
            let group = groups
                .iter()
                .find(|group| self.id.members(group).as_str() == partition);
            let membership: Membership = from_item(item)?;
            if let Some(group) = group {
                let since = (membership.since, membership.request);
                joined.insert((*group).to_owned(), since);
            }
        }
        Ok(joined)
    }

    /// What has to be done to a group so that it has the members that `change` asks for.
    pub(crate) async fn member_steps(
        &self,
        group: &str,
        change: &MemberChange,
    ) -> Result<Vec<Step>, Error> {
        let current = if change.needs_current() {
            self.members_of(group).await?
        } else {
            self.members_among(group, &change.ids()).await?
        };
        let steps = plan(&current, &change.fold(&current)?);
        self.without_unknown(group, steps).await
    }

    /// Drops, or refuses by the tenant's setting, whoever is no user of this tenant.
    pub(crate) async fn without_unknown(
        &self,
        group: &str,
        steps: Vec<Step>,
    ) -> Result<Vec<Step>, Error> {
        let joining: BTreeSet<&str> = steps
            .iter()
            .filter(|step| matches!(step, Step::Join { .. }))
            .map(Step::member)
            .collect();
        if joining.is_empty() {
            return Ok(steps);
        }
        let known = self.existing_users(&joining).await?;
        let unknown: BTreeSet<String> = joining
            .iter()
            .filter(|id| !known.contains(**id))
            .map(|id| (*id).to_owned())
            .collect();
        let Some(first) = unknown.first() else {
            return Ok(steps);
        };
        if self.settings().await?.unknown_members == UnknownMembers::Reject {
            let detail = format!("`members`: `{first}` {NO_USERS_ID}, create the user first");
            return Err(scim::Error::InvalidValue(detail).into());
        }
        tracing::warn!(tenant = %self.id, group, skipped = unknown.len(), "unknown members skipped");
        effects::skipped_members(&unknown);
        Ok(steps
            .into_iter()
            .filter(|step| !unknown.contains(step.member()))
            .collect())
    }

    async fn existing_users(&self, ids: &BTreeSet<&str>) -> Result<BTreeSet<String>, Error> {
        let keys = ids
            .iter()
            .filter(|id| is_id(id))
            .map(|id| self.id.resource(&USERS, id));
        let items = self.table.batch_get(keys).await?;
        items
            .iter()
            .map(|item| text(item, "SK").map(str::to_owned))
            .collect()
    }

    /// The writes of some steps, with the journal entry for them.
    pub(crate) fn step_writes(
        &self,
        group: &Subject,
        steps: &[Step],
    ) -> Result<Transaction, Error> {
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
        let mut entry = self.entry(MEMBERS_CHANGED, group.clone());
        entry.after = Some(json!({"added": ids(true), "removed": ids(false)}).to_string());
        transaction.put(entry.to_item(&self.id)?);
        Ok(transaction)
    }

    fn membership(&self, member: &str, sent: &Value) -> Membership {
        Membership {
            member: member.to_owned(),
            sent: as_sent(member, sent),
            since: now(),
            request: Some(self.request_id.clone()),
        }
    }

    fn write_step(
        &self,
        transaction: &mut Transaction,
        group: &str,
        step: &Step,
    ) -> Result<(), Error> {
        let key = self.id.member(group, step.member());
        match step {
            Step::Join { member, sent } => {
                let item = to_item(&key, &self.membership(member, sent))?;
                transaction.put_if(item, Expression::absent(), Guard::Stale);
                self.write_group_list(
                    transaction,
                    member,
                    "SET version = version + :one, revision = revision + :one ADD groups :group",
                    group,
                );
            }
            Step::Alter { member, sent } => {
                // Since when they are a member, and by which request, stays as it is.
                let set = match as_sent(member, sent) {
                    Some(sent) => Expression::new("SET sent = :sent").with(":sent", string(&sent)),
                    None => Expression::new("REMOVE sent"),
                };
                transaction.update_if(key, set, Expression::present(), Guard::Stale);
            }
            Step::Leave { member } => {
                transaction.delete_if(key, Expression::present(), Guard::Stale);
                self.write_group_list(
                    transaction,
                    member,
                    "SET version = version + :one, revision = revision + :one DELETE groups :group",
                    group,
                );
            }
        }
        Ok(())
    }

    /// Changes a person's list of groups; the person must be there.
    pub(crate) fn write_group_list(
        &self,
        transaction: &mut Transaction,
        user: &str,
        set: &str,
        group: &str,
    ) {
        let groups = aws_sdk_dynamodb::types::AttributeValue::Ss(vec![group.to_owned()]);
        let set = Expression::new(set)
            .with(":one", number(1))
            .with(":group", groups);
        transaction.update_if(
            self.id.resource(&USERS, user),
            set,
            Expression::present(),
            Guard::Stale,
        );
    }

    /// The write that marks a group whose members change while its attributes do not.
    ///
    /// Without `pinned` it conflicts with no other such change, only with the group's deletion and open intents.
    pub(crate) fn write_group_touched(
        &self,
        transaction: &mut Transaction,
        group: &Record,
        growth: i64,
        pinned: bool,
        intent: Option<&str>,
    ) {
        let open = if intent.is_some() {
            ", intent = :intent"
        } else {
            ""
        };
        let mut set = Expression::new(format!("SET version = version + :one, revision = revision + :one, modified = :now{open} ADD members :growth"))
            .with(":one", number(1))
            .with(":now", string(&now().to_string()))
            .with(":growth", number(growth));
        if let Some(intent) = intent {
            set = set.with(":intent", string(intent));
        }
        let free = "attribute_exists(PK) AND attribute_not_exists(intent)";
        let condition = if pinned {
            Expression::new(format!("{free} AND revision = :read_revision"))
                .with(":read_revision", number(group.revision))
        } else {
            Expression::new(free)
        };
        transaction.update_if(
            self.id.resource(&GROUPS, &group.id),
            set,
            condition,
            Guard::Stale,
        );
    }
}

/// Ids are made here and are UUIDs; anything else names nobody and needs no read.
pub(crate) fn is_id(text: &str) -> bool {
    text.len() == 36 && uuid::Uuid::try_parse(text).is_ok()
}

/// The member as sent, where that is more than its `value`.
fn as_sent(member: &str, sent: &Value) -> Option<String> {
    let bare = json!({"value": member}) == *sent;
    (!bare).then(|| sent.to_string())
}

fn member_of(item: Item) -> Result<(String, Value), Error> {
    let membership: Membership = from_item(item)?;
    let value = match &membership.sent {
        Some(sent) => serde_json::from_str(sent).map_err(Error::corrupt)?,
        None => json!({"value": membership.member}),
    };
    Ok((membership.member, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(ids: &[&str]) -> BTreeMap<String, Value> {
        ids.iter()
            .map(|id| ((*id).to_owned(), json!({"value": id})))
            .collect()
    }

    #[test]
    fn the_plan_is_the_difference_and_nothing_more() {
        let check = |current: &[&str], wanted: &[&str], leave: &[&str], join: &[&str]| {
            let steps = plan(&set(current), &set(wanted));
            let of = |joins: bool| -> Vec<&str> {
                let is = |s: &&Step| matches!(s, Step::Join { .. }) == joins;
                steps.iter().filter(is).map(Step::member).collect()
            };
            assert_eq!(of(false), leave);
            assert_eq!(of(true), join);
            assert_eq!(growth(&steps), join.len() as i64 - leave.len() as i64);
        };
        check(&[], &[], &[], &[]);
        check(&["a"], &["a"], &[], &[]);
        check(&["a", "b"], &["b", "c"], &["a"], &["c"]);
        check(&["a", "b"], &[], &["a", "b"], &[]);
    }

    #[test]
    fn a_member_sent_differently_is_altered_not_added() {
        let sent = BTreeMap::from([("a".to_owned(), json!({"value": "a", "display": "A"}))]);
        let steps = plan(&set(&["a"]), &sent);
        assert!(matches!(&steps[..], [Step::Alter { member, .. }] if member == "a"));
        assert_eq!(growth(&steps), 0);
    }
}
