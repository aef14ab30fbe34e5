//! From records to resources: what is kept beside a resource is read and put into it, as far as it is needed.

use std::collections::{BTreeMap, BTreeSet};

use rollcall_scim::{Filter, Projection, Resource};
use serde_json::{Value, json};

use crate::error::Error;
use crate::model::kind::{GROUPS, Kind};
use crate::resources::query_plan::members_asked_about;
use crate::resources::record::Record;
use crate::tenant::Tenant;

/// What has to be known of resources beyond their records.
#[derive(Clone, Debug, Default)]
pub(crate) struct Needs {
    /// The groups of users.
    groups: bool,
    /// The members of groups.
    members: Members,
}

#[derive(Clone, Debug, Default)]
enum Members {
    #[default]
    None,
    Only(Vec<String>),
    All,
}

impl Needs {
    /// What an answer shows.
    pub(crate) fn of(projection: &Projection) -> Self {
        let members = if projection.wants("members") {
            Members::All
        } else {
            Members::None
        };
        Self {
            groups: projection.wants("groups"),
            members,
        }
    }

    /// What a filter asks about.
    pub(crate) fn of_filter(filter: &Filter) -> Self {
        let asks = |name: &str| {
            filter
                .attributes()
                .into_iter()
                .any(|path| path.attribute.eq_ignore_ascii_case(name))
        };
        let members = match (asks("members"), members_asked_about(filter)) {
            (false, _) => Members::None,
            (true, Some(ids)) => Members::Only(ids),
            (true, None) => Members::All,
        };
        Self {
            groups: asks("groups"),
            members,
        }
    }

    /// Whether half-done changes of members could be seen: in a group always, in people only when there are `many`.
    pub(crate) fn memberships(&self, kind: &Kind, many: bool) -> bool {
        match kind.has_members() {
            true => !matches!(self.members, Members::None),
            false => self.groups && many,
        }
    }
}

impl Tenant {
    /// Turns records into resources, in the same order.
    pub(crate) async fn complete(
        &self,
        kind: &'static Kind,
        records: &[Record],
        needs: &Needs,
    ) -> Result<Vec<Resource>, Error> {
        let groups = match needs.groups {
            true => {
                self.live_groups(
                    &records
                        .iter()
                        .flat_map(|r| r.groups.iter().cloned())
                        .collect(),
                )
                .await?
            }
            false => BTreeMap::new(),
        };
        let mut resources = Vec::with_capacity(records.len());
        for record in records {
            let mut resource = record.full_resource(kind)?;
            let of_record = record.groups.iter().filter_map(|id| groups.get(id));
            let list = of_record
                .map(shown_group)
                .collect::<Result<Vec<Value>, Error>>()?;
            resource.set("groups", Value::Array(list));
            if record.members > 0 {
                let list = self.needed_members(&record.id, &needs.members).await?;
                resource.set("members", Value::Array(list));
            }
            resources.push(resource);
        }
        Ok(resources)
    }

    async fn needed_members(&self, group: &str, needed: &Members) -> Result<Vec<Value>, Error> {
        let members = match needed {
            Members::None => return Ok(Vec::new()),
            Members::All => self.members_of(group).await?,
            Members::Only(ids) => {
                let ids: BTreeSet<&str> = ids.iter().map(String::as_str).collect();
                self.members_among(group, &ids).await?
            }
        };
        Ok(members.into_values().collect())
    }
}

/// How a group shows on its members (RFC 7643 §4.1.2); `$ref` comes with the base URL.
fn shown_group(group: &Record) -> Result<Value, Error> {
    let resource = group.resource(&GROUPS)?;
    let name = resource.get("displayName").cloned().unwrap_or_default();
    Ok(json!({"value": group.id, "display": name, "type": "direct"}))
}
