//! PATCH operations on the members of a Group.
//!
//! A Group can have very many members, so the store keeps them outside the Group. This module represents
//! the operations on members as changes to a set of ids. Most changes need only the members that they
//! name, and not the whole set.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::merge::overlay;
use super::target::{Target, Verb};
use super::work::Work;
use crate::dialect;
use crate::error::Error;
use crate::filter::{CompareOp, Filter, Literal, ValueMatcher};
use crate::path::AttrPath;
use crate::reading::Reading;
use crate::schema::{Attribute, GROUP};
use crate::value;

/// The change that a PATCH makes to the members of a Group.
#[derive(Debug, Clone, PartialEq)]
pub struct MemberChange {
    /// The operations, in order.
    pub ops: Vec<MemberOp>,
}

/// One operation on the members of a Group.
#[derive(Debug, Clone, PartialEq)]
pub enum MemberOp {
    /// Adds these members. Each is an object with a `value`, the id of the member.
    Add(Vec<Value>),
    /// Removes the members with these ids. Ids that are not members have no effect.
    Remove(Vec<String>),
    /// Replaces all members with these.
    Replace(Vec<Value>),
    /// Removes all members.
    Clear,
    /// Removes the members that match the filter.
    RemoveWhere(Filter),
    /// Sets sub-attributes of the members that match the filter. `null` removes a sub-attribute.
    ///
    /// If no member matches and the filter describes one with a `value`, the operation adds it.
    Update {
        /// The condition that selects the members.
        matching: Filter,
        /// The sub-attributes to set, by name.
        set: Map<String, Value>,
    },
}

impl MemberChange {
    /// Whether [`MemberChange::fold`] needs all current members, and not only those in
    /// [`MemberChange::ids`].
    pub fn needs_current(&self) -> bool {
        self.replaces() || self.ops.iter().any(MemberOp::scans)
    }

    /// Whether the change replaces all members by others.
    pub fn replaces(&self) -> bool {
        let replaces = |op: &MemberOp| matches!(op, MemberOp::Replace(_) | MemberOp::Clear);
        self.ops.iter().any(replaces)
    }

    /// Returns all member ids that the operations name.
    pub fn ids(&self) -> BTreeSet<&str> {
        self.ops.iter().flat_map(MemberOp::ids).collect()
    }

    /// Applies the operations to `current`, in order, and returns the resulting members by id.
    ///
    /// `current` contains all current members by id. If [`MemberChange::needs_current`] is false, it can
    /// contain only the members in [`MemberChange::ids`], and the result contains no others.
    ///
    /// # Errors
    /// `NoTarget` when an update matches no member and describes none to add. `TooMany` when the operations make more than
    /// [`MAX_PATCH_COMPARISONS`](crate::limits::MAX_PATCH_COMPARISONS).
    pub fn fold(
        &self,
        current: &BTreeMap<String, Value>,
    ) -> Result<BTreeMap<String, Value>, Error> {
        let mut wanted = current.clone();
        let mut work = Work::new();
        for op in &self.ops {
            op.fold(&mut wanted, &mut work)?;
        }
        Ok(wanted)
    }
}

impl MemberOp {
    /// Whether the operation must examine every member.
    pub(super) fn scans(&self) -> bool {
        match self {
            MemberOp::RemoveWhere(filter)
            | MemberOp::Update {
                matching: filter, ..
            } => candidates(filter).is_none(),
            _ => false,
        }
    }

    fn ids(&self) -> Vec<&str> {
        match self {
            MemberOp::Add(members) | MemberOp::Replace(members) => {
                members.iter().filter_map(value::key).collect()
            }
            MemberOp::Remove(ids) => ids.iter().map(String::as_str).collect(),
            MemberOp::Clear => Vec::new(),
            MemberOp::RemoveWhere(filter)
            | MemberOp::Update {
                matching: filter, ..
            } => candidates(filter).unwrap_or_default(),
        }
    }

    fn fold(&self, members: &mut BTreeMap<String, Value>, work: &mut Work) -> Result<(), Error> {
        match self {
            MemberOp::Add(added) => added.iter().for_each(|member| add(members, member)),
            MemberOp::Remove(ids) => ids.iter().for_each(|id| {
                members.remove(id);
            }),
            MemberOp::Replace(wanted) => {
                let kept: BTreeSet<&str> = wanted.iter().filter_map(value::key).collect();
                members.retain(|id, _| kept.contains(id.as_str()));
                wanted.iter().for_each(|member| {
                    if let Some(id) = value::key(member) {
                        members.insert(id.to_owned(), member.clone());
                    }
                });
            }
            MemberOp::Clear => members.clear(),
            MemberOp::RemoveWhere(filter) => {
                for id in matching(members, filter, work)? {
                    members.remove(&id);
                }
            }
            MemberOp::Update {
                matching: filter,
                set,
            } => {
                let found = matching(members, filter, work)?;
                update(members, &found, filter, set)?;
            }
        }
        Ok(())
    }
}

/// Adds a member, or merges the sub-attributes into a present one. The function is idempotent.
fn add(members: &mut BTreeMap<String, Value>, member: &Value) {
    let (Some(id), Value::Object(new)) = (value::key(member), member) else {
        return;
    };
    match members.get_mut(id) {
        Some(Value::Object(old)) => overlay(old, new),
        _ => {
            members.insert(id.to_owned(), member.clone());
        }
    }
}

/// Returns the ids of the members that match the filter. If the filter names ids, it examines only those.
fn matching(
    members: &BTreeMap<String, Value>,
    filter: &Filter,
    work: &mut Work,
) -> Result<Vec<String>, Error> {
    let matcher = ValueMatcher::new(filter, GROUP.attribute("members"));
    let matches = |(id, member): (&String, &Value)| matcher.matches(member).then(|| id.clone());
    let Some(named) = candidates(filter) else {
        work.compare_many(members.len(), filter.terms())?;
        return Ok(members.iter().filter_map(matches).collect());
    };
    let named: BTreeSet<&str> = named.into_iter().collect();
    work.compare_many(named.len(), filter.terms())?;
    let named = named.into_iter().filter_map(|id| members.get_key_value(id));
    Ok(named.filter_map(matches).collect())
}

fn update(
    members: &mut BTreeMap<String, Value>,
    found: &[String],
    matching: &Filter,
    set: &Map<String, Value>,
) -> Result<(), Error> {
    for id in found {
        let Some(Value::Object(member)) = members.get_mut(id) else {
            continue;
        };
        for (name, value) in set {
            if value.is_null() {
                member.shift_remove(name);
            } else {
                member.insert(name.clone(), value.clone());
            }
        }
    }
    let removes = !set.is_empty() && set.values().all(Value::is_null);
    if !found.is_empty() || removes {
        return Ok(());
    }
    let described = dialect::filters::described_value(matching).map(|mut member| {
        overlay(&mut member, set);
        Value::Object(member)
    });
    match described {
        Some(member) if value::key(&member).is_some_and(|id| !id.is_empty()) => {
            Reading::ValueFromFilter.note();
            add(members, &member);
            Ok(())
        }
        _ => Err(Error::NoTarget(
            "no member matches the filter of the path, add the member first".to_owned(),
        )),
    }
}

/// Returns the ids that can match the filter, or `None` if the filter does not limit the ids.
fn candidates(filter: &Filter) -> Option<Vec<&str>> {
    match filter {
        Filter::Compare {
            path,
            op: CompareOp::Eq,
            value: Literal::String(id),
        } if path.is_core("value") => Some(vec![id]),
        Filter::And(all) => all.iter().find_map(candidates),
        Filter::Or(any) => {
            let ids = any.iter().map(candidates).collect::<Option<Vec<_>>>()?;
            Some(ids.concat())
        }
        _ => None,
    }
}

/// Whether the filter consists of ids only, so that every one of its [`candidates`] matches.
fn names_ids_only(filter: &Filter) -> bool {
    match filter {
        Filter::Compare { .. } => candidates(filter).is_some(),
        Filter::Or(any) => any.iter().all(names_ids_only),
        _ => false,
    }
}

/// Compiles an operation on the members. Returns `None` if it has no effect.
pub(super) fn compile(
    verb: Verb,
    target: Target,
    attribute: &'static Attribute,
    value: Value,
) -> Result<Option<MemberOp>, Error> {
    let sub = target.path.sub.as_deref();
    match (target.filter, sub) {
        (None, None) => whole(verb, attribute, value),
        (None, Some("value")) if verb != Verb::Remove => whole(verb, attribute, value),
        (None, Some(sub)) => {
            let everyone = Filter::Present(AttrPath::new("value"));
            sub_update(verb, everyone, attribute, sub, value)
        }
        (Some(filter), Some(sub)) => sub_update(verb, filter, attribute, sub, value),
        (Some(filter), None) if verb == Verb::Remove => Ok(Some(removal(filter))),
        (Some(filter), None) => {
            match value::check_one(attribute, dialect::values::single(attribute, value))? {
                Some(Value::Object(set)) => updated(filter, set),
                _ if verb == Verb::Replace => Ok(Some(removal(filter))),
                _ => Ok(None),
            }
        }
    }
}

fn removal(filter: Filter) -> MemberOp {
    if !names_ids_only(&filter) {
        return MemberOp::RemoveWhere(filter);
    }
    let ids = candidates(&filter).unwrap_or_default();
    MemberOp::Remove(ids.into_iter().map(str::to_owned).collect())
}

fn whole(
    verb: Verb,
    attribute: &'static Attribute,
    value: Value,
) -> Result<Option<MemberOp>, Error> {
    let checked = |value| match value::check(attribute, value)? {
        Some(Value::Array(members)) => Ok(members),
        _ => Ok(Vec::new()),
    };
    Ok(match verb {
        Verb::Add => {
            let members = checked(value)?;
            (!members.is_empty()).then_some(MemberOp::Add(members))
        }
        Verb::Replace => {
            let members = checked(value)?;
            Some(match members.is_empty() {
                true => MemberOp::Clear,
                false => MemberOp::Replace(members),
            })
        }
        Verb::Remove => match dialect::values::removed_values(Some(value)) {
            None => Some(MemberOp::Clear),
            Some(listed) => {
                let members = checked(Value::Array(listed))?;
                let ids: Vec<String> = members
                    .iter()
                    .filter_map(value::key)
                    .map(str::to_owned)
                    .collect();
                (!ids.is_empty()).then_some(MemberOp::Remove(ids))
            }
        },
    })
}

fn sub_update(
    verb: Verb,
    filter: Filter,
    attribute: &'static Attribute,
    sub: &str,
    value: Value,
) -> Result<Option<MemberOp>, Error> {
    let Some(declared) = attribute.sub(sub) else {
        Reading::AttributeIgnored.note_about(format!("{}.{sub}", attribute.name));
        return Ok(None);
    };
    let path = format!("{}.{}", attribute.name, declared.name);
    let value = match verb {
        Verb::Remove => None,
        Verb::Add | Verb::Replace => value::check_as(declared, &path, value)?,
    };
    if verb == Verb::Add && value.is_none() {
        return Ok(None);
    }
    let set = Map::from_iter([(declared.name.to_owned(), value.unwrap_or(Value::Null))]);
    match dialect::members::own(Value::Object(set)) {
        Value::Object(set) if !set.is_empty() => updated(filter, set),
        _ => Ok(None),
    }
}

/// Compiles an update. A member's `value` is immutable, so an update can only repeat it.
fn updated(filter: Filter, mut set: Map<String, Value>) -> Result<Option<MemberOp>, Error> {
    if let Some(id) = set.shift_remove("value") {
        let described = dialect::filters::described_value(&filter);
        let same = described.is_some_and(|member| member.get("value") == Some(&id));
        if !same {
            return Err(Error::Mutability(
                "the `value` of a member is immutable, remove the member and add another"
                    .to_owned(),
            ));
        }
    }
    Ok(Some(MemberOp::Update {
        matching: filter,
        set,
    }))
}

/// Applies the operations to the `members` in a Group's attributes.
///
/// Present members keep their order, and new members come last.
pub(super) fn apply(ops: &[MemberOp], attributes: &mut Map<String, Value>) -> Result<(), Error> {
    let change = MemberChange { ops: ops.to_vec() };
    let old = match attributes.get_mut("members").map(Value::take) {
        Some(Value::Array(members)) => members,
        _ => Vec::new(),
    };
    let ids: Vec<String> = old
        .iter()
        .filter_map(value::key)
        .map(str::to_owned)
        .collect();
    let current: BTreeMap<String, Value> = ids.iter().cloned().zip(old).collect();
    let mut wanted = change.fold(&current)?;
    let mut members: Vec<Value> = ids.iter().filter_map(|id| wanted.remove(id)).collect();
    members.extend(wanted.into_values());
    if members.is_empty() {
        attributes.shift_remove("members");
    } else {
        attributes.insert("members".to_owned(), Value::Array(members));
    }
    Ok(())
}
