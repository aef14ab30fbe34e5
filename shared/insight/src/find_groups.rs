//! Finds groups by any part of their names, by role, and by what they lack.

use std::collections::{BTreeMap, BTreeSet};

use futures::try_join;
use rollcall_directory::stored::Pointer;
use rollcall_model::{GROUPS, RoleId};
use rollcall_scim::fold;
use rollcall_store::{BoundedPage, Error, Range, from_item, text};

use crate::handle::Insight;
use crate::lists::{GroupFilter, GroupSummary, mapped, summary};

/// Names that one page reads before it returns what it has found.
const MAX_LOOKED_AT: usize = 1_000;
/// Names read at once, if not all of them are shown.
const READ_AT_ONCE: usize = 500;
/// Names in keys are cut at some length, in bytes. Of those as long as this, the group itself tells the name.
const LONG_NAME: usize = 800;

/// The conditions of a list of groups. All are optional.
#[derive(Clone, Debug, Default)]
pub struct GroupQuery {
    /// Only groups with this text anywhere in the name, ignoring case.
    pub text: String,
    /// Only groups that lack this.
    pub filter: GroupFilter,
    /// Only groups that are mapped to this role, among others.
    pub role: Option<RoleId>,
    /// Only groups after this cursor, which an earlier page returned.
    pub after: Option<String>,
    /// The maximum number of groups.
    pub limit: usize,
}

/// A page of groups, in order of names, and how many there are.
#[derive(Clone, Debug, Default)]
pub struct FoundGroups {
    /// The groups.
    pub groups: Vec<GroupSummary>,
    /// The cursor of the next page. A page can be short, or even empty, although another one follows.
    pub next: Option<String>,
    /// The number of all groups.
    pub total: u64,
    /// The number of groups without a role.
    pub without_role: u64,
    /// The number of groups by role. A group with several roles counts for each.
    pub by_role: BTreeMap<RoleId, u64>,
}

/// The name of a group as in its key, and its id.
struct Placed {
    name: String,
    id: String,
}

impl Insight<'_> {
    /// Finds groups. Returns a page of them.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn find_groups(self, query: &GroupQuery) -> Result<FoundGroups, Error> {
        let (mappings, total) = try_join!(
            Box::pin(self.tenant.roles().mappings()),
            Box::pin(self.total(&GROUPS))
        )?;
        let roles = mapped(mappings);
        let mut by_role = BTreeMap::new();
        for role in roles.values().flatten() {
            *by_role.entry(role.clone()).or_insert(0) += 1;
        }
        let wanted = fold(query.text.trim());
        let shows_all = wanted.is_empty() && query.filter == GroupFilter::All;
        let at_once = match shows_all && query.role.is_none() {
            true => query.limit,
            false => READ_AT_ONCE,
        };
        let may_show = |one: &Placed| {
            let held = roles.get(&one.id).map(Vec::as_slice).unwrap_or_default();
            (one.name.contains(&wanted) || one.name.len() >= LONG_NAME)
                && query.role.as_ref().is_none_or(|role| held.contains(role))
                && (query.filter != GroupFilter::WithoutRole || held.is_empty())
        };
        let mut page = BoundedPage::new(query.after.clone(), query.limit, MAX_LOOKED_AT);
        while !page.is_done() {
            let (names, next) = self.group_places(page.behind(), at_once).await?;
            let looked_at = names.len();
            let mut names: Vec<Placed> = names.into_iter().filter(|one| may_show(one)).collect();
            // No more are shown, however many match. The next page starts after the last one of these.
            let cut = names.len() > query.limit && query.filter != GroupFilter::WithoutMembers;
            let next = match cut {
                true => {
                    names.truncate(query.limit);
                    names.last().map(|one| one.name.clone())
                }
                false => next,
            };
            let ids: Vec<String> = names.iter().map(|one| one.id.clone()).collect();
            let records = self.tenant.resources().records(&GROUPS, &ids).await?;
            let mut found = Vec::with_capacity(records.len());
            for record in &records {
                let group = summary(record, &roles)?;
                let name = names.iter().find(|one| one.id == group.id);
                let is_named = fold(&group.display_name).contains(&wanted);
                if let (Some(place), true) = (name, is_named && query.filter.shows(&group)) {
                    found.push((place.name.clone(), group));
                }
            }
            found.sort_by(|a, b| a.0.cmp(&b.0));
            page.take(found, looked_at, next);
        }
        let (groups, next) = page.page(|(name, _)| name);
        Ok(FoundGroups {
            groups: groups.into_iter().map(|(_, group)| group).collect(),
            next,
            total,
            without_role: total.saturating_sub(u64::try_from(roles.len()).unwrap_or(u64::MAX)),
            by_role,
        })
    }

    /// Reads groups by id, in order of names. Those that do not exist are left out.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn groups_by_id(self, ids: &BTreeSet<String>) -> Result<Vec<GroupSummary>, Error> {
        let roles = mapped(self.tenant.roles().mappings_of(ids).await?);
        let list: Vec<String> = ids.iter().cloned().collect();
        let records = self.tenant.resources().records(&GROUPS, &list).await?;
        let groups = records.iter().map(|record| summary(record, &roles));
        let mut groups = groups.collect::<Result<Vec<_>, Error>>()?;
        groups.sort_by_key(|group| fold(&group.display_name));
        Ok(groups)
    }

    /// Reads the next names of groups, without the groups, and the cursor after them.
    async fn group_places(
        self,
        after: Option<String>,
        limit: usize,
    ) -> Result<(Vec<Placed>, Option<String>), Error> {
        let range = Range::all(self.scope.keys().names(&GROUPS));
        let page = self
            .scope
            .table
            .query(&range.after(after).limit(limit))
            .await?;
        let mut places = Vec::with_capacity(page.items.len());
        for item in page.items {
            let name = text(&item, "SK")?.to_owned();
            let id = from_item::<Pointer>(item)?.id;
            places.push(Placed { name, id });
        }
        Ok((places, page.next))
    }
}
