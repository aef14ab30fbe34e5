//! The snapshot of a directory, page by page: the groups, then the people.
//!
//! The place in the feed is read before everything else. What an earlier event tells of is committed by then, so the
//! snapshot has it; later events tell of what the snapshot may have or not. So whoever reads the snapshot and then the
//! events after this place, each as the newest state, misses nothing.

use std::collections::BTreeMap;

use rollcall_directory::Person;
use rollcall_directory::stored::{Record, list_cursor, list_place};
use rollcall_model::{Catalogue, GROUPS, Kind, USERS};
use rollcall_store::{Error, Item, Range, text};
use serde::{Deserialize, Serialize};

use crate::handle::Insight;
use crate::lists::{GroupSummary, mapped, summary};

/// What the cursors of a snapshot are bound to.
const QUERY: &str = "directory";
/// Groups or people that are read per query.
const READ_AT_ONCE: usize = 250;
/// A page ends once its items have so many bytes, roughly. One query more reads at most 1 MB, and Lambda, which returns
/// at most 6 MB, escapes quotes.
const ENOUGH_BYTES: usize = 1_500_000;
/// The bytes of a person or group beside what clients sent, and those of each group of a person, roughly.
const OWN_BYTES: usize = 600;
const GROUP_BYTES: usize = 120;

/// A page of a snapshot.
#[derive(Clone, Debug)]
pub struct SnapshotPage {
    /// The roles of the tenant, on the first page.
    pub roles: Option<Catalogue>,
    /// Groups, in order of creation. All of them come before the first person.
    pub groups: Vec<GroupSummary>,
    /// People, in order of creation.
    pub people: Vec<Person>,
    /// The kinds and ids of groups and people that cannot be read. Nothing is known of them, not even that they are gone.
    pub unreadable: Vec<(&'static Kind, String)>,
    /// The cursor of the next page; `None` on the last one.
    pub next: Option<String>,
    /// The place in the feed after which events tell what has changed since. The same on all pages of a walk.
    pub events_after: u64,
}

/// Where a page of a snapshot starts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Place {
    #[serde(rename = "f")]
    events_after: u64,
    #[serde(rename = "s")]
    section: Section,
    /// The id after which to continue.
    #[serde(rename = "b", default, skip_serializing_if = "Option::is_none")]
    behind: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Section {
    #[serde(rename = "g")]
    Groups,
    #[serde(rename = "u")]
    Users,
}

impl Section {
    fn kind(self) -> &'static Kind {
        match self {
            Self::Groups => &GROUPS,
            Self::Users => &USERS,
        }
    }

    fn next(self) -> Option<Self> {
        match self {
            Self::Groups => Some(Self::Users),
            Self::Users => None,
        }
    }
}

impl Place {
    /// Returns the place after what a query has read; `None` at the end.
    fn further(&self, behind: Option<String>) -> Option<Self> {
        let section = match behind {
            Some(_) => self.section,
            None => self.section.next()?,
        };
        Some(Self {
            section,
            behind,
            events_after: self.events_after,
        })
    }
}

/// The size of an item as it is shown, without its groups, roughly.
fn shown_bytes(item: &Item) -> usize {
    text(item, "document").map_or(0, str::len) + OWN_BYTES
}

fn groups_bytes(person: &Person) -> usize {
    person.groups.len() * GROUP_BYTES
}

impl Insight<'_> {
    /// Reads the page of a snapshot of the directory that starts at a cursor; the first page without one. A page has at
    /// most `limit` groups and people, and reads a bounded part of the table.
    ///
    /// # Errors
    /// `404` when the tenant was deleted; `invalidCursor` and `expiredCursor`.
    pub async fn directory_snapshot(
        self,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<SnapshotPage, Error> {
        let begun: Option<Place> = match cursor {
            Some(cursor) => Some(list_place(self.scope, QUERY, cursor).await?),
            None => None,
        };
        let is_first = begun.is_none();
        let mut place = match begun {
            Some(place) => place,
            None => self.beginning().await?,
        };
        let context = self.tenant.roles().context().await?;
        let mappings = match place.section {
            Section::Groups => mapped(self.tenant.roles().mappings().await?),
            Section::Users => BTreeMap::new(),
        };
        let events_after = place.events_after;
        let resources = self.tenant.resources();
        let (mut groups, mut people, mut unreadable) = (Vec::new(), Vec::new(), Vec::new());
        let (mut count, mut size) = (0, 0);
        let next = loop {
            let kind = place.section.kind();
            let range = Range::all(self.scope.keys().resources(kind))
                .after(place.behind.clone())
                .limit((limit - count).min(READ_AT_ONCE));
            let page = self.scope.table.query(&range).await?;
            count += page.items.len();
            size += page.items.iter().map(shown_bytes).sum::<usize>();
            let without = match place.section {
                Section::Groups => {
                    let shown = |record: &Record| summary(record, &mappings);
                    let (found, without) = resources.readable(kind, page.items, shown)?;
                    groups.extend(found);
                    without
                }
                Section::Users => {
                    let shown = |record: &Record| context.person(record);
                    let (found, without) = resources.readable(kind, page.items, shown)?;
                    size += found.iter().map(groups_bytes).sum::<usize>();
                    people.extend(found);
                    without
                }
            };
            unreadable.extend(without.into_iter().map(|id| (kind, id)));
            match place.further(page.next) {
                Some(further) => place = further,
                None => break None,
            }
            if size >= ENOUGH_BYTES || count >= limit {
                break Some(place);
            }
        };
        let next = match next {
            Some(place) => Some(list_cursor(self.scope, QUERY, &place).await?),
            None => None,
        };
        Ok(SnapshotPage {
            roles: is_first.then(|| context.catalogue().clone()),
            groups,
            people,
            unreadable,
            next,
            events_after,
        })
    }

    /// Returns where a snapshot begins: the place in the feed comes first, and then whatever is only partly applied.
    async fn beginning(self) -> Result<Place, Error> {
        let events_after = self.tenant.journal().last_sequence().await?;
        self.tenant.members().settle().await?;
        Ok(Place {
            events_after,
            section: Section::Groups,
            behind: None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_follow_groups() {
        let place = |section, behind: Option<&str>| Place {
            events_after: 7,
            section,
            behind: behind.map(str::to_owned),
        };
        let groups = place(Section::Groups, None);
        let more = groups.further(Some("g-1".to_owned()));
        assert_eq!(more, Some(place(Section::Groups, Some("g-1"))));
        let users = more.and_then(|more| more.further(None));
        assert_eq!(users, Some(place(Section::Users, None)));
        assert_eq!(users.and_then(|users| users.further(None)), None);
    }
}
