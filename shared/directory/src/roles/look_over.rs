//! The hourly look at the people of a tenant: with eventually consistent reads, and at a bounded number of people.
//!
//! Nothing is decided by what such reads say. Where they show something to do, the people of that part are read again and
//! reconciled as after an event.
//!
//! Who cannot be read, or whose roles cannot be decided because an item is unreadable, is set aside: the look goes on with the
//! others, and the next one tries again.

use rollcall_model::USERS;
use rollcall_store::Error;
use tokio::time::Instant;

use crate::resources::handle::Resources;
use crate::resources::record::Record;
use crate::roles::handle::Roles;

/// People who are looked at in one call.
const LOOKED_AT_ONCE: usize = 500;
/// People who are read again in one call. The deadline is looked at after each such part.
const READ_AGAIN_AT_ONCE: usize = 100;
/// How many times the people of such a part are divided to find those for whom an item is unreadable. One person takes
/// fourteen. Beyond that, all who are left are set aside.
const MOST_DIVISIONS: usize = 50;

/// How far a look at the people came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LookedOver {
    /// How many people were looked at.
    pub people: u64,
    /// How many of them were set aside, because an item is unreadable.
    pub set_aside: u64,
    /// The person after whom to continue; `None` when the last one was looked at.
    pub next: Option<String>,
}

/// How far the people of a part were read again.
#[derive(Default)]
struct Again {
    done: usize,
    set_aside: u64,
}

impl Roles<'_> {
    /// Looks at the people after the person `after`, at about `most` of them, until time runs out. Whose roles differ from
    /// the announced ones is reconciled.
    ///
    /// # Errors
    /// Only table errors, and none for an item that is unreadable.
    pub async fn look_over(
        self,
        after: Option<String>,
        most: u64,
        deadline: Instant,
    ) -> Result<LookedOver, Error> {
        let looking = self.scope.looking();
        let mut over = LookedOver {
            next: after,
            ..LookedOver::default()
        };
        loop {
            let behind = over.next.take();
            let page = Resources::of(&looking).readable_after(&USERS, behind, LOOKED_AT_ONCE);
            let page = page.await?;
            let people = page.records;
            let mut last_done = None;
            match Roles::of(&looking).check_people(&people).await {
                Err(error) if error.is_work() || error.is_corrupt() => {
                    let again = self.check_again(&people, deadline).await?;
                    over.set_aside += again.set_aside;
                    let is_part = again.done < people.len();
                    last_done = people[..again.done].last().filter(|_| is_part);
                }
                checked => checked?,
            }
            // Those behind the last one are met again.
            let is_done = |id: &str| last_done.is_none_or(|last| id < last.id.as_str());
            let unreadable = page.unreadable.iter().filter(|(id, _)| is_done(id));
            for (person, error) in unreadable {
                self.set_aside(person, error);
                over.people += 1;
                over.set_aside += 1;
            }
            let looked_at = people.iter().filter(|one| is_done(&one.id));
            over.people += looked_at.count() as u64;
            if let Some(last) = last_done {
                over.people += 1;
                over.next = Some(last.id.clone());
                return Ok(over);
            }
            over.next = page.next;
            if over.next.is_none() || over.people >= most || Instant::now() >= deadline {
                return Ok(over);
            }
        }
    }

    /// Reads people again, in parts, and reconciles them, until time runs out: at least one part.
    async fn check_again(self, people: &[Record], deadline: Instant) -> Result<Again, Error> {
        let mut again = Again::default();
        for part in people.chunks(READ_AGAIN_AT_ONCE) {
            if again.done > 0 && Instant::now() >= deadline {
                break;
            }
            let ids: Vec<_> = part.iter().map(|person| person.id.clone()).collect();
            let people = Resources::of(self.scope).records(&USERS, &ids).await?;
            again.set_aside += self.check_each(&people).await?;
            again.done += part.len();
        }
        Ok(again)
    }

    /// Reconciles people. If an item is unreadable, divides them until it is known whom that concerns. Returns how many were
    /// set aside.
    async fn check_each(self, people: &[Record]) -> Result<u64, Error> {
        let (mut left, mut divisions, mut set_aside) = (vec![people], 0, 0);
        while let Some(part) = left.pop() {
            match self.check_people(part).await {
                Err(error) if error.is_corrupt() => {
                    if part.len() > 1 && divisions < MOST_DIVISIONS {
                        divisions += 1;
                        let (first, second) = part.split_at(part.len() / 2);
                        left.extend([second, first]);
                        continue;
                    }
                    part.iter().for_each(|one| self.set_aside(&one.id, &error));
                    set_aside += part.len() as u64;
                }
                checked => checked?,
            }
        }
        Ok(set_aside)
    }

    fn set_aside(self, person: &str, error: &Error) {
        let error: &dyn std::error::Error = error;
        tracing::warn!(tenant = %self.scope.tenant, person, error, "this person is set aside, because an item is unreadable");
    }
}
