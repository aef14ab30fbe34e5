//! Finds people by a SCIM filter that leads to keys, page by page.
//!
//! The keys of an exact value and of a group's members are in order of creation, so those of several can be merged. Names
//! are not: `list_people` reads by them alone, in their own order.

use std::collections::BTreeSet;

use futures::stream::{self, StreamExt, TryStreamExt};
use rollcall_directory::stored::{QueryPlan, Record};
use rollcall_model::{GROUPS, USERS};
use rollcall_store::{Error, Range, text};

use crate::handle::Insight;

/// Ids that are read per key, and people at once.
const READ_AT_ONCE: usize = 200;
/// Keys that are read concurrently.
const CONCURRENT_KEYS: usize = 8;

/// The keys that together find everybody who can match, each in order of creation.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Keyed(Vec<QueryPlan>);

impl Keyed {
    /// Returns the keys of a plan; `None` if all people have to be looked through.
    pub(crate) fn of(plan: &QueryPlan) -> Option<Self> {
        let mut keyed = Self::default();
        keyed.add(plan).then_some(keyed)
    }

    fn add(&mut self, plan: &QueryPlan) -> bool {
        match plan {
            QueryPlan::Any(plans) => plans.iter().all(|plan| self.add(plan)),
            QueryPlan::All | QueryPlan::NamePrefix(_) => false,
            QueryPlan::Id(_)
            | QueryPlan::Name(_)
            | QueryPlan::Lookup(..)
            | QueryPlan::MembersOf(_)
            | QueryPlan::GroupsOf(_) => {
                self.0.push(plan.clone());
                true
            }
        }
    }
}

/// The next ids of several keys, merged.
#[derive(Debug, Default)]
struct Merged {
    ids: BTreeSet<String>,
    /// The last id up to which every key has been read; `None` if all have been read to their ends.
    complete_to: Option<String>,
}

impl Merged {
    fn add(&mut self, ids: Vec<String>, next: Option<String>) {
        self.ids.extend(ids);
        self.complete_to = match (self.complete_to.take(), next) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
    }

    /// Returns the first ids, at most `limit`, and the id after which to continue.
    fn first(self, limit: usize) -> (Vec<String>, Option<String>) {
        let complete_to = self.complete_to;
        let is_complete = |id: &String| complete_to.as_ref().is_none_or(|last| id <= last);
        let mut ids: Vec<String> = self.ids.into_iter().filter(is_complete).collect();
        if ids.len() <= limit {
            return (ids, complete_to);
        }
        ids.truncate(limit);
        let next = ids.last().cloned();
        (ids, next)
    }
}

impl Insight<'_> {
    /// Returns the keys with the people of names in place of the names, and without groups that do not exist: what the
    /// pages of these keys need not read again.
    pub(crate) async fn resolved(self, keyed: Keyed) -> Result<Keyed, Error> {
        let group_of = |part: &QueryPlan| match part {
            QueryPlan::MembersOf(group) => Some(group.clone()),
            _ => None,
        };
        let resources = self.tenant.resources();
        let asked: Vec<String> = keyed.0.iter().filter_map(group_of).collect();
        let mut groups = BTreeSet::new();
        if !asked.is_empty() {
            let records = resources.records(&GROUPS, &asked).await?;
            groups.extend(records.into_iter().map(|group| group.id));
        }
        let exists = |part: &QueryPlan| group_of(part).is_none_or(|group| groups.contains(&group));
        let parts: Vec<QueryPlan> = keyed.0.into_iter().filter(exists).collect();
        let parts = stream::iter(parts).map(|part| async move {
            if !matches!(part, QueryPlan::Name(_)) {
                return Ok::<_, Error>(vec![part]);
            }
            let named = resources.candidates(&USERS, &part).await?;
            Ok(named.into_iter().map(QueryPlan::Id).collect())
        });
        let parts = parts.buffered(CONCURRENT_KEYS).try_concat().await?;
        Ok(Keyed(parts))
    }

    /// Reads the next people whom the keys find, in order of creation. Returns them, how many were looked at, and the id
    /// after which to continue.
    pub(crate) async fn keyed_after(
        self,
        keyed: &Keyed,
        behind: Option<String>,
    ) -> Result<(Vec<Record>, usize, Option<String>), Error> {
        let mut merged = Merged::default();
        let parts = stream::iter(keyed.0.clone());
        let parts = parts.map(|part| self.ids_after(part, behind.clone()));
        let mut parts = parts.buffered(CONCURRENT_KEYS);
        while let Some((ids, next)) = parts.try_next().await? {
            merged.add(ids, next);
        }
        let (ids, next) = merged.first(READ_AT_ONCE);
        let records = self.tenant.resources().records(&USERS, &ids).await?;
        Ok((records, ids.len(), next))
    }

    async fn ids_after(
        self,
        part: QueryPlan,
        behind: Option<String>,
    ) -> Result<(Vec<String>, Option<String>), Error> {
        let keys = self.scope.keys();
        let range = match &part {
            QueryPlan::Lookup(code, value) => Range::all(keys.lookup(&USERS, code, value)),
            QueryPlan::MembersOf(group) => Range::all(keys.members(group)),
            // The planner finds nobody else without a range of keys.
            _ => {
                let ids = self.tenant.resources().candidates(&USERS, &part).await?;
                let is_next = |id: &String| behind.as_ref().is_none_or(|behind| id > behind);
                return Ok((ids.into_iter().filter(is_next).collect(), None));
            }
        };
        let range = range.after(behind).limit(READ_AT_ONCE).only("SK");
        let page = self.scope.table.query(&range).await?;
        let ids = page.items.iter();
        let ids = ids.map(|item| text(item, "SK").map(str::to_owned));
        Ok((ids.collect::<Result<_, _>>()?, page.next))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_keys_in_order_of_creation_are_merged() {
        let id = || QueryPlan::Id("a".to_owned());
        let group = || QueryPlan::MembersOf("g".to_owned());
        let named = || QueryPlan::NamePrefix("a".to_owned());
        let any = |plans: &[QueryPlan]| QueryPlan::Any(plans.to_vec());
        for (plan, expected) in [
            (id(), Some(vec![id()])),
            (any(&[]), Some(Vec::new())),
            (any(&[any(&[id()]), group()]), Some(vec![id(), group()])),
            (named(), None),
            (any(&[id(), named()]), None),
            (QueryPlan::All, None),
        ] {
            assert_eq!(Keyed::of(&plan), expected.map(Keyed), "{plan:?}");
        }
    }

    #[test]
    fn ids_are_merged_as_far_as_every_key_has_been_read() {
        let ids = |text: &str| -> Vec<String> { text.chars().map(String::from).collect() };
        let next = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        for (parts, limit, expected, continues) in [
            (&[][..], 9, "", ""),
            (&[("adg", ""), ("bd", "")], 9, "abdg", ""),
            (&[("adg", "g"), ("bd", "d")], 9, "abd", "d"),
            (&[("adg", "g"), ("bz", "")], 9, "abdg", "g"),
            (&[("adg", ""), ("bd", "")], 2, "ab", "b"),
            (&[("adg", ""), ("bd", "")], 4, "abdg", ""),
        ] {
            let mut merged = Merged::default();
            for (found, behind) in parts {
                merged.add(ids(found), next(behind));
            }
            let expected = (ids(expected), next(continues));
            assert_eq!(merged.first(limit), expected, "{parts:?}");
        }
    }
}
