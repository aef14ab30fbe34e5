//! The access review: everybody, with their state, roles and what gives these, groups, last sign-in and connection.

use std::collections::{BTreeMap, BTreeSet};

use rollcall_directory::stored::{Record, list_cursor, list_place};
use rollcall_directory::{Person, Source};
use rollcall_model::{Role, USERS};
use rollcall_store::{Error, Range};

use crate::evidence::made::{Made, Place};
use crate::handle::Insight;

/// What the cursors of a review are bound to.
const QUERY: &str = "access-review";
/// People on one page. One query reads at most 1 MB of them.
const MAX_PEOPLE: usize = 250;

/// A person, and what gives them their roles.
#[derive(Clone, Debug)]
pub struct ReviewedPerson {
    /// The person.
    pub person: Person,
    /// Every role that was given to them, with what gave it.
    pub sources: Vec<(Role, Source)>,
}

impl ReviewedPerson {
    /// Returns the groups that they are in, and those that give them roles.
    fn named_groups(&self) -> impl Iterator<Item = &String> {
        let of_sources = self.sources.iter().filter_map(|(_, source)| match source {
            Source::Mapped { group } => Some(group),
            Source::Manual | Source::Default => None,
        });
        self.person.groups.iter().chain(of_sources)
    }
}

/// A page of an access review, in order of creation.
#[derive(Clone, Debug)]
pub struct ReviewPage {
    /// The people.
    pub people: Vec<ReviewedPerson>,
    /// The names of their groups and of those that give them roles, by id.
    pub groups: BTreeMap<String, String>,
    /// The names of their connections, by id.
    pub connections: BTreeMap<String, String>,
    /// The cursor of the next page; `None` on the last one.
    pub next: Option<String>,
    /// When the review was made.
    pub made: Made,
}

impl Insight<'_> {
    /// Reads the page of an access review that starts at a cursor; the first page without one. A page has at most 250
    /// people, and reads a bounded part of the table.
    ///
    /// What changes while a review is read can be in it or not; events of the feed after [`Made::feed_sequence`] tell of it.
    ///
    /// # Errors
    /// `404` when the tenant was deleted; `invalidCursor` and `expiredCursor`.
    pub async fn access_review(
        self,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<ReviewPage, Error> {
        let Place { made, behind } = match cursor {
            Some(cursor) => list_place(self.scope, QUERY, cursor).await?,
            None => {
                let place = self.begin_evidence().await?;
                self.tenant.members().settle().await?;
                place
            }
        };
        let context = self.tenant.roles().context().await?;
        let range = Range::all(self.scope.keys().resources(&USERS))
            .after(behind)
            .limit(limit.min(MAX_PEOPLE));
        let read = self.scope.table.query(&range).await?;
        let mut people = Vec::new();
        for item in read.items {
            let record = Record::from_item(item)?;
            people.push(ReviewedPerson {
                person: context.person(&record)?,
                sources: context.sources(&record),
            });
        }
        // What gives a role can be a group that they have left, or that their last sign-in named.
        let of_groups = people.iter().flat_map(ReviewedPerson::named_groups);
        let groups: BTreeSet<String> = of_groups.cloned().collect();
        let owners = people.iter();
        let owners = owners.filter_map(|one| one.person.identity.owner.clone());
        let connections = self.connection_names(owners.collect()).await?;
        let next = match read.next {
            Some(behind) => {
                let made = made.clone();
                let behind = Some(behind);
                Some(list_cursor(self.scope, QUERY, &Place { made, behind }).await?)
            }
            None => None,
        };
        Ok(ReviewPage {
            groups: self.group_names(&groups).await?,
            people,
            connections,
            next,
            made,
        })
    }
}
