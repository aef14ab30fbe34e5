//! Somebody looked for by an admin: by key alone, so that it costs the same among any number of people.

use std::collections::{BTreeMap, BTreeSet};

use rollcall_scim::fold;

use crate::error::Error;
use crate::item::{from_item, text};
use crate::keys::name_prefix;
use crate::kind::{GROUPS, Kind, USERS};
use crate::members::is_id;
use crate::overview::GroupSummary;
use crate::people::Person;
use crate::person::PersonState;
use crate::record::Record;
use crate::table::Range;
use crate::tenant::Tenant;
use crate::writes::Pointer;

/// Names one call reads before it answers with what it has.
const MAX_LOOKED_AT: usize = 1_000;
/// Names read at once.
const READ_AT_ONCE: usize = 100;
/// People of one exact value that are listed.
const MAX_EXACT: usize = 50;

impl Tenant {
    /// People whose id, mail address, external id or display name is the text, then people whose user name begins with
    /// it, in order of their names; with no text, everybody. Narrowed to the states, none for all. A page may be short
    /// and still have a next one.
    ///
    /// # Errors
    /// Only those of the table.
    pub async fn search_people(
        &self,
        text: &str,
        states: &[PersonState],
        after: Option<String>,
        limit: usize,
    ) -> Result<(Vec<Person>, Option<String>), Error> {
        let text = text.trim();
        let ground = self.ground().await?;
        let wanted = |record: &Record| states.is_empty() || states.contains(&record.state());
        let exact = self.exactly(text).await?;
        let known: BTreeSet<String> = exact.iter().map(|record| record.id.clone()).collect();
        let mut found: Vec<Record> = match after {
            None => exact.into_iter().filter(wanted).collect(),
            Some(_) => Vec::new(),
        };
        let (mut behind, mut looked_at) = (after, 0);
        loop {
            let room = limit.saturating_sub(found.len()).clamp(1, READ_AT_ONCE);
            let (records, next) = self.named(&USERS, text, behind, room).await?;
            looked_at += room;
            let new = |record: &Record| !known.contains(&record.id) && wanted(record);
            found.extend(records.into_iter().filter(new));
            behind = next;
            if behind.is_none() || found.len() >= limit || looked_at >= MAX_LOOKED_AT {
                break;
            }
        }
        let people = found.iter().map(|record| ground.person(record));
        Ok((people.collect::<Result<_, _>>()?, behind))
    }

    /// The groups whose names begin with the text, in order of their names, and behind which the next page starts.
    ///
    /// # Errors
    /// Only those of the table.
    pub async fn search_groups(
        &self,
        text: &str,
        after: Option<String>,
        limit: usize,
    ) -> Result<(Vec<GroupSummary>, Option<String>), Error> {
        let (records, next) = self.named(&GROUPS, text.trim(), after, limit).await?;
        Ok((self.summaries(&records).await?, next))
    }

    /// Those whom the text names as it stands, in any way but by their user name.
    async fn exactly(&self, text: &str) -> Result<Vec<Record>, Error> {
        if text.is_empty() {
            return Ok(Vec::new());
        }
        let mut ids = BTreeSet::new();
        if is_id(text) {
            ids.insert(text.to_owned());
        }
        for lookup in USERS.lookups {
            let partition = self.id.lookup(&USERS, lookup.code, &lookup.normalise(text));
            let range = Range::all(partition).limit(MAX_EXACT);
            for item in self.table.query(&range).await?.items {
                ids.insert(crate::item::text(&item, "SK")?.to_owned());
            }
        }
        self.records(&USERS, &Vec::from_iter(ids)).await
    }

    /// The next resources whose unique name begins with the text, in order of their names.
    pub(crate) async fn named(
        &self,
        kind: &'static Kind,
        beginning: &str,
        after: Option<String>,
        limit: usize,
    ) -> Result<(Vec<Record>, Option<String>), Error> {
        let beginning = fold(beginning);
        let range = Range::prefix(self.id.names(kind), name_prefix(&beginning))
            .after(after)
            .limit(limit);
        let page = self.table.query(&range).await?;
        let mut places = BTreeMap::new();
        for item in page.items {
            let name = text(&item, "SK")?.to_owned();
            places.insert(from_item::<Pointer>(item)?.id, name);
        }
        let ids: Vec<String> = places.keys().cloned().collect();
        let mut records = self.records(kind, &ids).await?;
        records.sort_by_key(|record| places.get(&record.id).cloned());
        Ok((records, page.next))
    }
}
