//! Lists for admins: people with state and role, groups with member count and mapping, members of a group.
//!
//! Each page reads a bounded number of people or groups, so it can be short although another page follows.

use std::collections::BTreeMap;

use rollcall_directory::stored::{Needs, Record, RoleContext, assemble, plan};
use rollcall_directory::{Mapping, Person};
use rollcall_model::{GROUPS, Kind, PersonState, RoleId, USERS};
use rollcall_scim::{Filter, fold};
use rollcall_store::{BoundedPage, Error, Range, text};
use serde_json::{Map, Value};

use crate::by_filter::Keyed;
use crate::handle::Insight;

/// People that one page reads before it returns what it has found.
const MAX_LOOKED_AT: usize = 2_000;
/// People that one page reads by key. Each costs a read unit of its own.
const MAX_LOOKED_AT_BY_KEY: usize = 1_000;
/// People read per query.
const READ_AT_ONCE: usize = 200;

/// The conditions of a list of people. All are optional.
#[derive(Clone, Debug, Default)]
pub struct PeopleQuery {
    /// Only people in one of these states. Empty means all.
    pub states: Vec<PersonState>,
    /// Only people who match this SCIM filter.
    pub filter: Option<Filter>,
    /// Only people with this text in one of their attributes, ignoring case.
    pub text: Option<String>,
    /// Only people for whom the last event reported this role.
    pub role: Option<RoleId>,
    /// Only people in this group.
    pub group: Option<String>,
    /// Only people after this cursor, which an earlier page returned.
    pub after: Option<String>,
    /// The maximum number of people.
    pub limit: usize,
}

impl PeopleQuery {
    /// Returns whether the state, the role and the group of a person are those that are asked for.
    pub(crate) fn selects(&self, person: &Record) -> bool {
        let account = &person.account;
        let mut roles = account.announced.iter().chain(&account.announced_below);
        (self.states.is_empty() || self.states.contains(&person.state()))
            && self
                .role
                .as_ref()
                .is_none_or(|role| roles.any(|one| one == role))
            && self
                .group
                .as_ref()
                .is_none_or(|group| person.groups.contains(group))
    }

    /// Returns whether everybody in any state is selected.
    pub(crate) fn selects_all(&self) -> bool {
        self.states.is_empty() && self.role.is_none() && self.group.is_none()
    }
}

/// One group with its member count and role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupSummary {
    /// The group's id.
    pub id: String,
    /// `displayName`.
    pub display_name: String,
    /// `externalId`: the identity provider's own id.
    pub external_id: Option<String>,
    /// How many members it has.
    pub member_count: u64,
    /// The highest role that it is mapped to.
    pub role: Option<RoleId>,
    /// All roles that it is mapped to, highest first.
    pub roles: Vec<RoleId>,
    /// The attributes of the resource as it was pushed, without `id`, `meta` and `members`.
    pub attributes: Map<String, Value>,
}

/// Which groups a list shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GroupFilter {
    /// All groups.
    #[default]
    All,
    /// Groups that are not mapped to a role.
    WithoutRole,
    /// Groups without members.
    WithoutMembers,
}

impl GroupFilter {
    pub(crate) fn shows(self, group: &GroupSummary) -> bool {
        match self {
            Self::All => true,
            Self::WithoutRole => group.role.is_none(),
            Self::WithoutMembers => group.member_count == 0,
        }
    }
}

/// Returns whether a value, or a part of it, contains this folded text.
fn says(value: &Value, text: &str) -> bool {
    match value {
        Value::String(value) => fold(value).contains(text),
        Value::Number(value) => value.to_string().contains(text),
        Value::Array(values) => values.iter().any(|value| says(value, text)),
        Value::Object(parts) => parts.values().any(|value| says(value, text)),
        Value::Bool(_) | Value::Null => false,
    }
}

impl Insight<'_> {
    /// Lists people in order of creation. Returns a page of them and the cursor of the next page.
    ///
    /// # Errors
    /// `404` when the tenant was deleted.
    pub async fn people(self, query: &PeopleQuery) -> Result<(Vec<Person>, Option<String>), Error> {
        let context = self.tenant.roles().context().await?;
        let keyed = Keyed::of(&plan(&USERS, query.filter.as_ref()));
        let (keyed, most) = match keyed {
            Some(keyed) => (Some(self.resolved(keyed).await?), MAX_LOOKED_AT_BY_KEY),
            None => (None, MAX_LOOKED_AT),
        };
        let mut people = BoundedPage::new(query.after.clone(), query.limit, most);
        while !people.is_done() {
            let (records, looked_at, next) = match &keyed {
                Some(keyed) => self.keyed_after(keyed, people.behind()).await?,
                None => self.created_after(people.behind()).await?,
            };
            let chosen = self.chosen(records, query, &context).await?;
            people.take(chosen, looked_at, next);
        }
        Ok(people.page(|person| &person.id))
    }

    /// Reads the next people in order of creation. Returns them, how many they are, and the id after which to continue.
    pub(crate) async fn created_after(
        self,
        behind: Option<String>,
    ) -> Result<(Vec<Record>, usize, Option<String>), Error> {
        let range = Range::all(self.scope.keys().resources(&USERS))
            .after(behind)
            .limit(READ_AT_ONCE);
        let page = self.scope.table.query(&range).await?;
        let records = page.items.into_iter().map(Record::from_item);
        let records = records.collect::<Result<Vec<_>, _>>()?;
        let looked_at = records.len();
        Ok((records, looked_at, page.next))
    }

    /// Returns those of the records whom the query asks for, in the same order.
    pub(crate) async fn chosen(
        self,
        records: Vec<Record>,
        query: &PeopleQuery,
        context: &RoleContext,
    ) -> Result<Vec<Person>, Error> {
        let needs = query
            .filter
            .as_ref()
            .map(Needs::of_filter)
            .unwrap_or_default();
        let resources = assemble(self.scope, &USERS, &records, &needs).await?;
        let wanted = query.text.as_ref().map(|text| fold(text));
        let mut people = Vec::new();
        for (record, resource) in records.iter().zip(resources) {
            let matches = query
                .filter
                .as_ref()
                .is_none_or(|filter| filter.matches(&resource));
            let told = resource.attributes().iter();
            let mut told = told.filter(|(name, _)| !["schemas", "meta"].contains(&name.as_str()));
            let named = wanted
                .as_ref()
                .is_none_or(|text| told.any(|(_, value)| says(value, text)));
            if query.selects(record) && matches && named {
                people.push(context.person(record)?);
            }
        }
        Ok(people)
    }

    /// Lists the members of a group who are in one of these states, by id; empty means all states. Returns a page of
    /// them and the cursor of the next page. A page can be short or even empty although another page follows.
    ///
    /// # Errors
    /// `404` when the group does not exist.
    pub async fn group_people(
        self,
        group: &str,
        states: &[PersonState],
        after: Option<String>,
        limit: usize,
    ) -> Result<(Vec<Person>, Option<String>), Error> {
        self.tenant.resources().record(&GROUPS, group).await?;
        self.tenant.members().settle().await?;
        let context = self.tenant.roles().context().await?;
        let in_state = |record: &&Record| states.is_empty() || states.contains(&record.state());
        let at_once = if states.is_empty() {
            limit
        } else {
            READ_AT_ONCE
        };
        let mut people = BoundedPage::new(after, limit, MAX_LOOKED_AT);
        while !people.is_done() {
            let range = Range::all(self.scope.keys().members(group)).after(people.behind());
            let page = self.scope.table.query(&range.limit(at_once)).await?;
            let ids = page.items.iter();
            let ids = ids.map(|item| text(item, "SK").map(str::to_owned));
            let ids = ids.collect::<Result<Vec<_>, Error>>()?;
            let records = self.tenant.resources().records(&USERS, &ids).await?;
            let wanted = records.iter().filter(in_state);
            let wanted = wanted.map(|record| context.person(record));
            let wanted = wanted.collect::<Result<Vec<_>, Error>>()?;
            people.take(wanted, ids.len(), page.next);
        }
        Ok(people.page(|person| &person.id))
    }

    /// Reads one group with its mapping.
    ///
    /// # Errors
    /// `404` when the group does not exist.
    pub async fn group(self, id: &str) -> Result<GroupSummary, Error> {
        let record = self.tenant.resources().record(&GROUPS, id).await?;
        let mappings = self
            .tenant
            .roles()
            .mappings_of(&[id.to_owned()].into())
            .await?;
        summary(&record, &mapped(mappings))
    }

    /// Returns the number of users or groups.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn total(self, kind: &'static Kind) -> Result<u64, Error> {
        self.tenant.resources().count(kind).await
    }
}

/// Returns the ids of the roles of each mapped group, highest first.
pub(crate) fn mapped(mappings: Vec<Mapping>) -> BTreeMap<String, Vec<RoleId>> {
    let by_group = mappings.into_iter();
    by_group
        .map(|mapping| (mapping.group.clone(), mapping.roles()))
        .collect()
}

/// Returns a group as lists show it.
pub(crate) fn summary(
    record: &Record,
    mappings: &BTreeMap<String, Vec<RoleId>>,
) -> Result<GroupSummary, Error> {
    let roles = mappings.get(&record.id).cloned().unwrap_or_default();
    Ok(GroupSummary {
        id: record.id.clone(),
        display_name: record.text(&GROUPS, "displayName")?.unwrap_or_default(),
        external_id: record.text(&GROUPS, "externalId")?,
        member_count: record.members,
        role: roles.first().cloned(),
        roles,
        attributes: record.resource(&GROUPS)?.attributes().clone(),
    })
}
