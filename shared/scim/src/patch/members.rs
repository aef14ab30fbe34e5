//! PATCH operations on the members of a Group.
//!
//! A Group may have very many members and they are not stored in it, so their operations are kept
//! apart: as changes of a set of ids that can be folded without reading the whole set where no
//! operation needs it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::compile::{Target, Verb};
use super::overlay;
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
    let described = matching.implied().map(|mut member| {
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
        (Some(filter), None) => match value::check_one(attribute, dialect::single(value))? {
            Some(Value::Object(set)) => updated(filter, set),
            _ if verb == Verb::Replace => Ok(Some(removal(filter))),
            _ => Ok(None),
        },
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
        Verb::Remove => match dialect::removed_values(Some(value)) {
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
        let same = filter
            .implied()
            .is_some_and(|implied| implied.get("value") == Some(&id));
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::patch::{PATCH_OP_URN, Patch};
    use crate::schema::GROUP;

    fn change(operations: Value) -> Result<Option<MemberChange>, Error> {
        let body = json!({"schemas": [PATCH_OP_URN], "Operations": operations});
        Ok(Patch::parse(&GROUP, body)?.split_members().1)
    }

    fn op(op: &str, path: &str, value: Value) -> Value {
        json!([{"op": op, "path": path, "value": value}])
    }

    fn members(ids: &[&str]) -> BTreeMap<String, Value> {
        let member = |id: &&str| (id.to_string(), json!({"value": id, "type": "User"}));
        ids.iter().map(member).collect()
    }

    /// Checks which of the members `a` and `b` are left, and who is new.
    fn check(operations: Value, expected: &[&str], needs_current: bool) {
        let change = change(operations.clone())
            .expect("a valid PATCH")
            .expect("a change");
        let wanted = change
            .fold(&members(&["a", "b"]))
            .expect("a change that fits");
        let ids: Vec<&str> = wanted.keys().map(String::as_str).collect();
        assert_eq!(ids, expected, "{operations}");
        assert_eq!(change.needs_current(), needs_current, "{operations}");
    }

    #[test]
    fn adding() {
        check(
            op("Add", "members", json!([{"$ref": null, "value": "c"}])),
            &["a", "b", "c"],
            false,
        );
        check(
            op("add", "members", json!({"value": "c"})),
            &["a", "b", "c"],
            false,
        );
        check(op("add", "Members", json!("c")), &["a", "b", "c"], false);
        check(
            op("add", "members", json!(["a", "c", "c"])),
            &["a", "b", "c"],
            false,
        );
        check(
            op("add", "members.value", json!("c")),
            &["a", "b", "c"],
            false,
        );
        check(
            json!([{"op": "add", "value": {"members": [{"value": "c"}]}}]),
            &["a", "b", "c"],
            false,
        );
    }

    #[test]
    fn removing() {
        check(
            op(
                "Remove",
                "members",
                json!([{"$ref": null, "value": "a"}, {"value": "z"}]),
            ),
            &["b"],
            false,
        );
        check(op("remove", "members", json!(["a"])), &["b"], false);
        check(
            op("remove", "members[value eq \"a\"]", json!(null)),
            &["b"],
            false,
        );
        check(
            op(
                "remove",
                "members[value eq \"a\" or value eq \"b\"]",
                json!(null),
            ),
            &[],
            false,
        );
        check(
            op(
                "remove",
                "members[value eq \"a\" and type eq \"Group\"]",
                json!(null),
            ),
            &["a", "b"],
            false,
        );
        check(
            op("remove", "members[type eq \"user\"]", json!(null)),
            &[],
            true,
        );
        check(
            op("remove", "members[value ne \"a\"]", json!(null)),
            &["a"],
            true,
        );
        check(json!([{"op": "remove", "path": "members"}]), &[], true);
    }

    #[test]
    fn replacing() {
        check(
            op(
                "replace",
                "members",
                json!([{"value": "b"}, {"value": "c"}]),
            ),
            &["b", "c"],
            true,
        );
        check(op("replace", "members", json!([])), &[], true);
        check(op("replace", "members", json!(null)), &[], true);
        check(
            json!([{"op": "replace", "value": {"id": "g", "members": [{"value": "c"}]}}]),
            &["c"],
            true,
        );
        check(
            op("replace", "members[value eq \"a\"]", json!(null)),
            &["b"],
            false,
        );
    }

    #[test]
    fn in_order() {
        let both = json!([
            {"op": "remove", "path": "members[value eq \"a\"]"},
            {"op": "add", "path": "members", "value": ["a", "c"]},
            {"op": "remove", "path": "members", "value": ["b"]},
        ]);
        check(both, &["a", "c"], false);
        let emptied_first = json!([
            {"op": "remove", "path": "members"}, {"op": "add", "path": "members", "value": "c"},
        ]);
        check(emptied_first, &["c"], true);
    }

    #[test]
    fn updating() {
        let fold = |operations| {
            let change = change(operations)?.expect("a change");
            assert!(!change.needs_current());
            change.fold(&members(&["a"]))
        };
        let display = |id: &str| {
            op(
                "replace",
                &format!("members[value eq \"{id}\"].display"),
                json!("A"),
            )
        };
        let named = json!({"value": "a", "type": "User", "display": "A"});
        assert_eq!(fold(display("a")).expect("a member")["a"], named);
        let made = json!({"value": "c", "display": "A"});
        assert_eq!(fold(display("c")).expect("a new member")["c"], made);
        let untyped = fold(json!([{"op": "remove", "path": "members[value eq \"a\"].type"}]));
        assert_eq!(untyped.expect("a member")["a"], json!({"value": "a"}));
        let whole = fold(op(
            "add",
            "members[value eq \"c\"]",
            json!({"value": "c", "type": "User"}),
        ));
        assert_eq!(
            whole.expect("a new member")["c"],
            json!({"value": "c", "type": "User"})
        );
    }

    #[test]
    fn adding_again_keeps_what_is_known() {
        let again = change(op(
            "add",
            "members",
            json!([{"value": "a", "display": "A"}]),
        ));
        let wanted = again
            .expect("valid")
            .expect("a change")
            .fold(&members(&["a"]));
        let expected = json!({"value": "a", "type": "User", "display": "A"});
        assert_eq!(wanted.expect("fits")["a"], expected);
    }

    #[test]
    fn nothing_to_do() {
        for operations in [
            op("remove", "members", json!([])),
            op("add", "members", json!([])),
            op("add", "members", json!(null)),
            op("replace", "displayName", json!("x")),
            op("add", "members[value eq \"a\"].colour", json!("red")),
        ] {
            assert_eq!(change(operations.clone()), Ok(None), "{operations}");
        }
    }

    #[test]
    fn refused() {
        let refuse = |operations: Value, scim_type: &str| {
            let error = change(operations.clone())
                .and_then(|change| change.expect("a change").fold(&members(&["a"])));
            let error = error.expect_err(&operations.to_string());
            assert_eq!(error.scim_type(), Some(scim_type), "{operations}");
        };
        refuse(
            op("add", "members", json!([{"display": "x"}])),
            "invalidValue",
        );
        refuse(
            op("replace", "members", json!([{"value": ""}])),
            "invalidValue",
        );
        refuse(
            op("remove", "members", json!([{"display": "x"}])),
            "invalidValue",
        );
        refuse(op("add", "members", json!(1)), "invalidValue");
        refuse(
            op("replace", "members[value eq \"a\"].value", json!("b")),
            "mutability",
        );
        refuse(
            json!([{"op": "remove", "path": "members.value"}]),
            "mutability",
        );
        refuse(
            op("replace", "members[type eq \"Robot\"].display", json!("x")),
            "noTarget",
        );
        let scan = op("remove", "members[type eq \"x\"]", json!(null))[0].clone();
        refuse(
            Value::Array(vec![scan; crate::limits::MAX_MEMBER_SCANS + 1]),
            "tooMany",
        );
    }

    fn operations() -> impl Strategy<Value = Vec<Value>> {
        let ids = prop::sample::subsequence(vec!["a", "b", "c", "d"], 1..3);
        let one = (ids, 0..3).prop_map(|(ids, kind)| match kind {
            0 => json!({"op": "add", "path": "members", "value": ids}),
            1 => json!({"op": "remove", "path": "members", "value": ids}),
            _ => json!({"op": "remove", "path": format!("members[value eq \"{}\"]", ids[0])}),
        });
        prop::collection::vec(one, 1..6)
    }

    proptest! {
        #[test]
        fn adds_and_removes_need_the_named_members_only(
            operations in operations(),
            present in prop::sample::subsequence(vec!["a", "b", "c", "d", "e"], 0..5),
        ) {
            let change = change(Value::Array(operations)).unwrap().expect("a change");
            prop_assert!(!change.needs_current());
            let all = members(&present);
            let mut named = all.clone();
            named.retain(|id, _| change.ids().contains(id.as_str()));
            let mut wanted = change.fold(&all).unwrap();
            wanted.retain(|id, _| change.ids().contains(id.as_str()));
            prop_assert_eq!(change.fold(&named).unwrap(), wanted);
        }

        #[test]
        fn a_change_folded_twice_is_a_change_folded_once(
            operations in operations(),
            present in prop::sample::subsequence(vec!["a", "b", "c", "d", "e"], 0..5),
        ) {
            let change = change(Value::Array(operations)).unwrap().expect("a change");
            let once = change.fold(&members(&present)).unwrap();
            let twice = change.fold(&once).unwrap();
            prop_assert!(twice.keys().eq(once.keys()));
        }
    }
}
