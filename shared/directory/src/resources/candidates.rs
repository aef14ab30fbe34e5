//! The candidates of a filter: found by key, read, and matched against the filter.

use std::collections::{BTreeSet, HashMap};

use rollcall_model::{GROUPS, Kind, USERS, is_id};
use rollcall_scim::{Matcher, Query, Resource};
use rollcall_store::{Error, Item, QueryPage, Range, from_item, name_prefix, text};

use crate::resources::assemble::{Needs, assemble};
use crate::resources::handle::{Members, Resources};
use crate::resources::query_plan::QueryPlan;
use crate::resources::record::Record;
use crate::resources::writes::Pointer;

/// Resources in order of creation, and those that cannot be read.
#[derive(Debug, Default)]
pub(crate) struct ReadablePage {
    pub(crate) records: Vec<Record>,
    /// The ids of the others, each with the reason.
    pub(crate) unreadable: Vec<(String, Error)>,
    /// The id after which to continue; `None` when these were the last.
    pub(crate) next: Option<String>,
}

impl Resources<'_> {
    /// Returns the ids of the resources that can match, in order of creation.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn candidates(
        self,
        kind: &'static Kind,
        plan: &QueryPlan,
    ) -> Result<BTreeSet<String>, Error> {
        let keys = self.scope.keys();
        Ok(match plan {
            QueryPlan::Id(id) => BTreeSet::from([id.clone()]),
            // DynamoDB allows no empty key, and no resource has an empty name.
            QueryPlan::Name(folded) if folded.is_empty() => BTreeSet::new(),
            QueryPlan::Name(folded) => {
                let item = self.scope.table.get(&keys.name(kind, folded)).await?;
                item.into_iter().map(pointed).collect::<Result<_, _>>()?
            }
            QueryPlan::NamePrefix(folded) => {
                let range = Range::prefix(keys.names(kind), name_prefix(folded));
                let items = self.scope.table.query_all(range).await?;
                items.into_iter().map(pointed).collect::<Result<_, _>>()?
            }
            QueryPlan::Lookup(code, value) => {
                let range = Range::all(keys.lookup(kind, code, value));
                let items = self.scope.table.query_all(range).await?;
                let ids = items.iter().map(|item| text(item, "SK").map(str::to_owned));
                ids.collect::<Result<_, _>>()?
            }
            QueryPlan::MembersOf(group) => match self.existing(&GROUPS, group).await? {
                Some(_) => {
                    let members = Members::of(self.scope).members_of(group).await?;
                    members.into_keys().collect()
                }
                None => BTreeSet::new(),
            },
            QueryPlan::GroupsOf(user) => {
                let user = self.existing(&USERS, user).await?;
                user.map(|user| user.groups).unwrap_or_default()
            }
            QueryPlan::Any(parts) => {
                let mut all = BTreeSet::new();
                for part in parts {
                    all.extend(Box::pin(self.candidates(kind, part)).await?);
                }
                all
            }
            // The planner never puts `All` into `Any`, and callers do not pass it.
            QueryPlan::All => BTreeSet::new(),
        })
    }

    /// Completes changes of members that are only partly applied, if the list could show them. Groups show one whenever
    /// their members are needed. Of several users, none may be shown before such a change and others after it; a single
    /// user that is found by key is shown as the last transaction left it.
    ///
    /// # Errors
    /// Only table errors.
    pub(super) async fn settle_for(
        self,
        kind: &Kind,
        query: &Query,
        plan: &QueryPlan,
    ) -> Result<(), Error> {
        let shown = Needs::of(&query.projection);
        let asked = query.filter.as_ref().map(Needs::of_filter);
        let many = matches!(
            plan,
            QueryPlan::All | QueryPlan::MembersOf(_) | QueryPlan::Any(_)
        );
        let asks = asked.is_some_and(|asked| asked.memberships(kind, many));
        if asks || shown.memberships(kind, many) {
            Members::of(self.scope).settle().await?;
        }
        Ok(())
    }

    pub(super) async fn existing(
        self,
        kind: &'static Kind,
        id: &str,
    ) -> Result<Option<Record>, Error> {
        Ok(self.records(kind, &[id.to_owned()]).await?.pop())
    }

    /// Returns at most `limit` resources after the id `after`, in order of creation, and the id after which to continue;
    /// `None` when these were the last.
    ///
    /// # Errors
    /// Only table errors.
    pub(crate) async fn records_after(
        self,
        kind: &'static Kind,
        after: Option<String>,
        limit: usize,
    ) -> Result<(Vec<Record>, Option<String>), Error> {
        let page = self.items_after(kind, after, limit).await?;
        let records = page.items.into_iter().map(Record::from_item);
        Ok((records.collect::<Result<_, _>>()?, page.next))
    }

    /// Returns the resources as [`Self::records_after`] does, and beside them the ids of those that cannot be read, each with
    /// the reason.
    ///
    /// # Errors
    /// Only table errors.
    pub(crate) async fn readable_after(
        self,
        kind: &'static Kind,
        after: Option<String>,
        limit: usize,
    ) -> Result<ReadablePage, Error> {
        let page = self.items_after(kind, after, limit).await?;
        let mut readable = ReadablePage {
            next: page.next,
            ..ReadablePage::default()
        };
        for item in page.items {
            let id = text(&item, "SK").unwrap_or_default().to_owned();
            match Record::from_item(item) {
                Ok(record) => readable.records.push(record),
                Err(error) => readable.unreadable.push((id, error)),
            }
        }
        Ok(readable)
    }

    async fn items_after(
        self,
        kind: &'static Kind,
        after: Option<String>,
        limit: usize,
    ) -> Result<QueryPage, Error> {
        let range = Range::all(self.scope.keys().resources(kind));
        let range = range.after(after).limit(limit);
        self.scope.table.query(&range).await
    }

    /// Reads the records with these ids, in the order of the ids. Ids without a record are left out.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn records(self, kind: &'static Kind, ids: &[String]) -> Result<Vec<Record>, Error> {
        let items = self.items(kind, ids).await?;
        let records = items.into_iter().map(Record::from_item);
        let mut records = records.collect::<Result<Vec<_>, _>>()?;
        let places = ids.iter().enumerate();
        let places: HashMap<&str, usize> = places.map(|(at, id)| (id.as_str(), at)).collect();
        records.sort_by_key(|record| places.get(record.id.as_str()).copied());
        Ok(records)
    }

    /// Reads the items of the records with these ids, in any order.
    pub(super) async fn items(
        self,
        kind: &'static Kind,
        ids: &[String],
    ) -> Result<Vec<Item>, Error> {
        let possible = ids.iter().filter(|id| is_id(id));
        let keys = possible.map(|id| self.scope.keys().resource(kind, id));
        self.scope.table.batch_get(keys).await
    }

    /// Returns the records that match the filter, each with the resource that the filter was evaluated on.
    pub(super) async fn matching(
        self,
        kind: &'static Kind,
        records: Vec<Record>,
        filter: Option<&Matcher<'_>>,
        asked: &Needs,
    ) -> Result<Vec<(Record, Resource)>, Error> {
        let mut records = records;
        records.retain(|record| self.sees(record));
        let resources = assemble(self.scope, kind, &records, asked).await?;
        let matches =
            |pair: &(Record, Resource)| filter.is_none_or(|filter| filter.matches(&pair.1));
        Ok(records.into_iter().zip(resources).filter(matches).collect())
    }
}

fn pointed(item: Item) -> Result<String, Error> {
    Ok(from_item::<Pointer>(item)?.id)
}
