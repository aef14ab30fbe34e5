//! Assembles SCIM resources from records. Reads the members of groups and the groups of users only if they are needed.

use std::collections::{BTreeMap, BTreeSet};

use rollcall_model::{GROUPS, Kind};
use rollcall_scim::{Filter, Projection, Resource};
use rollcall_store::{Error, Scope};
use serde_json::{Value, json};

use crate::resources::handle::{Members, Resources};
use crate::resources::query_plan::members_asked_about;
use crate::resources::record::Record;

/// What a result needs in addition to the records.
#[derive(Clone, Debug, Default)]
pub struct Needs {
    /// Whether the `groups` of users are needed.
    groups: bool,
    /// Which `members` of groups are needed.
    members: NeededMembers,
}

#[derive(Clone, Debug, Default)]
enum NeededMembers {
    #[default]
    None,
    Only(Vec<String>),
    All,
}

impl Needs {
    /// Returns what a projection needs.
    pub(super) fn of(projection: &Projection) -> Self {
        let members = if projection.wants("members") {
            NeededMembers::All
        } else {
            NeededMembers::None
        };
        Self {
            groups: projection.wants("groups"),
            members,
        }
    }

    /// Returns what the evaluation of a filter needs.
    pub fn of_filter(filter: &Filter) -> Self {
        let asks = |name: &str| {
            filter
                .attributes()
                .into_iter()
                .any(|path| path.attribute.eq_ignore_ascii_case(name))
        };
        let members = match (asks("members"), members_asked_about(filter)) {
            (false, _) => NeededMembers::None,
            (true, Some(ids)) => NeededMembers::Only(ids),
            (true, None) => NeededMembers::All,
        };
        Self {
            groups: asks("groups"),
            members,
        }
    }

    /// Returns whether a result could show a change of members that is only partly applied. Groups show it whenever
    /// their members are needed, users only if the result can have `many` of them.
    pub(super) fn memberships(&self, kind: &Kind, many: bool) -> bool {
        match kind.has_members() {
            true => !matches!(self.members, NeededMembers::None),
            false => self.groups && many,
        }
    }
}

/// Turns records into SCIM resources, in the same order.
///
/// # Errors
/// Only table errors.
pub async fn assemble(
    scope: &Scope,
    kind: &'static Kind,
    records: &[Record],
    needs: &Needs,
) -> Result<Vec<Resource>, Error> {
    let groups = match needs.groups {
        true => {
            let ids = records
                .iter()
                .flat_map(|record| record.groups.iter().cloned());
            Members::of(scope).live_groups(&ids.collect()).await?
        }
        false => BTreeMap::new(),
    };
    let seen = Resources::of(scope);
    let groups: BTreeMap<_, _> = groups.into_iter().filter(|(_, it)| seen.sees(it)).collect();
    let mut resources = Vec::with_capacity(records.len());
    for record in records {
        let mut resource = record
            .full_resource(kind)?
            .of_type(scope.resource_type(kind));
        let of_record = record.groups.iter().filter_map(|id| groups.get(id));
        let list = of_record.map(shown_group).collect::<Result<_, _>>()?;
        resource.set("groups", Value::Array(list));
        if record.members > 0 {
            let list = needed_members(scope, &record.id, &needs.members).await?;
            resource.set("members", Value::Array(list));
        }
        resources.push(resource);
    }
    Ok(resources)
}

async fn needed_members(
    scope: &Scope,
    group: &str,
    needed: &NeededMembers,
) -> Result<Vec<Value>, Error> {
    let members = match needed {
        NeededMembers::None => return Ok(Vec::new()),
        NeededMembers::All => Members::of(scope).members_of(group).await?,
        NeededMembers::Only(ids) => {
            let ids: BTreeSet<&str> = ids.iter().map(String::as_str).collect();
            Members::of(scope).members_among(group, &ids).await?
        }
    };
    Ok(members.into_values().collect())
}

/// Returns a group as a value of its members' `groups` (RFC 7643 §4.1.2). `$ref` needs the base URL and is added later.
fn shown_group(group: &Record) -> Result<Value, Error> {
    let name = group.text(&GROUPS, "displayName")?;
    Ok(json!({"value": group.id, "display": name, "type": "direct"}))
}
