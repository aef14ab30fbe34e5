//! PATCH operations on the members of a Group.
//!
//! A Group may have very many members and they are not stored in it, so their operations are kept
//! apart: as changes of a set of ids that can be folded without reading the whole set where no
//! operation needs it.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::merge::overlay;
use super::target::{Target, Verb};
use crate::dialect;
use crate::error::Error;
use crate::filter::{CompareOp, Filter, Literal, member_filter_matches};
use crate::path::AttrPath;
use crate::schema::Attribute;
use crate::value;

/// What a PATCH wants of the members of a Group.
#[derive(Debug, Clone, PartialEq)]
pub struct MemberChange {
    /// The operations, in order.
    pub ops: Vec<MemberOp>,
}

/// One operation on the members of a Group.
#[derive(Debug, Clone, PartialEq)]
pub enum MemberOp {
    /// Adds these member objects, each with a `value`.
    Add(Vec<Value>),
    /// Removes the members with these ids; who is no member is passed over.
    Remove(Vec<String>),
    /// Makes these the members.
    Replace(Vec<Value>),
    /// Removes all members.
    Clear,
    /// Removes the members that meet the filter.
    RemoveWhere(Filter),
    /// Sets sub-attributes of the members that meet the filter; `null` removes them.
    ///
    /// Where nobody meets it and it names a `value`, that member is added (as in every value path).
    Update {
        /// Which members.
        matching: Filter,
        /// What they get.
        set: Map<String, Value>,
    },
}

impl MemberChange {
    /// Whether [`MemberChange::fold`] needs all present members, and not just those of [`MemberChange::ids`].
    pub fn needs_current(&self) -> bool {
        let replaces = |op: &MemberOp| matches!(op, MemberOp::Replace(_) | MemberOp::Clear);
        self.ops.iter().any(|op| replaces(op) || op.scans())
    }

    /// Returns every id the operations name.
    pub fn ids(&self) -> BTreeSet<&str> {
        self.ops.iter().flat_map(MemberOp::ids).collect()
    }

    /// Returns the members as the operations leave them, by id.
    ///
    /// `current` holds the present members, or, unless [`MemberChange::needs_current`], those of them
    /// that [`MemberChange::ids`] names; then the result is about these only.
    ///
    /// # Errors
    /// `NoTarget` when an update selects nobody and describes nobody.
    pub fn fold(
        &self,
        current: &BTreeMap<String, Value>,
    ) -> Result<BTreeMap<String, Value>, Error> {
        let mut wanted = current.clone();
        for op in &self.ops {
            op.fold(&mut wanted)?;
        }
        Ok(wanted)
    }
}

impl MemberOp {
    /// Whether the operation must look at every member.
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

    fn fold(&self, members: &mut BTreeMap<String, Value>) -> Result<(), Error> {
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
                members.retain(|_, member| !member_filter_matches(filter, member));
            }
            MemberOp::Update { matching, set } => update(members, matching, set)?,
        }
        Ok(())
    }
}

/// Adds a member, or lays what is said of them over what is known. Replayed, it changes nothing.
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

fn update(
    members: &mut BTreeMap<String, Value>,
    matching: &Filter,
    set: &Map<String, Value>,
) -> Result<(), Error> {
    let mut found = false;
    for member in members.values_mut() {
        if !member_filter_matches(matching, member) {
            continue;
        }
        found = true;
        let Value::Object(member) = member else {
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
    if found || removes {
        return Ok(());
    }
    let described = dialect::filters::described_value(matching).map(|mut member| {
        overlay(&mut member, set);
        Value::Object(member)
    });
    match described {
        Some(member) if value::key(&member).is_some_and(|id| !id.is_empty()) => {
            add(members, &member);
            Ok(())
        }
        _ => Err(Error::NoTarget(
            "no member meets the filter of the path, add the member first".to_owned(),
        )),
    }
}

/// Returns the ids among which all members that meet the filter are, where it names such.
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

/// Whether the filter says "one of these ids" and nothing else.
fn names_ids_only(filter: &Filter) -> bool {
    match filter {
        Filter::Compare { .. } => candidates(filter).is_some(),
        Filter::Or(any) => any.iter().all(names_ids_only),
        _ => false,
    }
}

/// Compiles an operation on the members; nothing, where it changes nothing.
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
    updated(filter, set)
}

/// A member's `value` is immutable; to repeat it is not to change it.
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

/// Applies the operations where the members are part of the Group's attributes.
///
/// Who stays keeps their place; who is new comes last.
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
