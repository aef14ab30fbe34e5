//! The matches of a query in the order of an attribute: their sort keys first, and then the resources of the page.

use rollcall_model::Kind;
use rollcall_scim::{Query, Resource, SortKey};
use rollcall_store::Error;

use crate::resources::assemble::{Needs, assemble};
use crate::resources::handle::{Members, Resources};
use crate::resources::query_plan::{QueryPlan, plan};
use crate::resources::record::Record;
use crate::resources::slice::{check_sortable, sort_key};

/// How many records are read at once while all of them are ordered.
const READ_AT_ONCE: usize = 1000;

impl Resources<'_> {
    /// Returns the sort keys and ids of all resources of a kind that match.
    ///
    /// # Errors
    /// `tooMany` when more match than are sorted, and table errors.
    pub(super) async fn ordered_ids(
        self,
        kind: &'static Kind,
        query: &Query,
    ) -> Result<Vec<(Option<SortKey>, String)>, Error> {
        let filter = query.matcher(self.scope.resource_type(kind));
        let asked = query.filter.as_ref().map(Needs::of_filter);
        let asked = asked.unwrap_or_default();
        if asked.memberships(kind, true) {
            Members::of(self.scope).settle().await?;
        }
        let mut keys = Vec::new();
        let keyed = |(record, resource): (Record, Resource)| {
            (sort_key(query.sort.as_ref(), &resource), record.id)
        };
        let plan = plan(kind, query.filter.as_ref());
        if plan != QueryPlan::All {
            let ids = Vec::from_iter(self.candidates(kind, &plan).await?);
            let records = self.records(kind, &ids).await?;
            let matching = self.matching(kind, records, filter.as_ref(), &asked);
            keys.extend(matching.await?.into_iter().map(keyed));
            check_sortable(keys.len(), query.sort.as_ref())?;
            return Ok(keys);
        }
        let mut behind = None;
        loop {
            let (records, next) = self.records_after(kind, behind, READ_AT_ONCE).await?;
            let matching = self.matching(kind, records, filter.as_ref(), &asked);
            keys.extend(matching.await?.into_iter().map(keyed));
            check_sortable(keys.len(), query.sort.as_ref())?;
            if next.is_none() {
                return Ok(keys);
            }
            behind = next;
        }
    }

    /// Returns the resources with these kinds and ids, each with its index among them. If they may have changed since they
    /// were found, those that no longer match are left out, as those that are gone always are.
    pub(super) async fn shown(
        self,
        parts: &[(&'static Kind, &Query)],
        chosen: &[(usize, String)],
        may_differ: bool,
    ) -> Result<Vec<(usize, Resource)>, Error> {
        let mut found = Vec::new();
        for (of, (kind, query)) in parts.iter().enumerate() {
            let ids = chosen.iter().filter(|(kind, _)| *kind == of);
            let ids: Vec<String> = ids.map(|(_, id)| id.clone()).collect();
            let needs = Needs::of(&query.projection);
            if !ids.is_empty() && needs.memberships(kind, true) {
                Members::of(self.scope).settle().await?;
            }
            let mut records = self.records(kind, &ids).await?;
            records.retain(|record| self.sees(record));
            if may_differ && let Some(filter) = query.matcher(self.scope.resource_type(kind)) {
                let asked = query.filter.as_ref().map(Needs::of_filter);
                let asked = asked.unwrap_or_default();
                let matching = self.matching(kind, records, Some(&filter), &asked).await?;
                records = matching.into_iter().map(|(record, _)| record).collect();
            }
            let resources = assemble(self.scope, kind, &records, &needs).await?;
            let index = |record: &Record| {
                let is_it = |(kind, id): &(usize, String)| *kind == of && *id == record.id;
                chosen.iter().position(is_it)
            };
            let indexes = records
                .iter()
                .map(|record| index(record).unwrap_or_default());
            found.extend(indexes.zip(resources));
        }
        found.sort_by_key(|(index, _)| *index);
        Ok(found)
    }
}
