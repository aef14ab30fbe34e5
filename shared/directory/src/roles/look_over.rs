//! The hourly look at the people of a tenant: with eventually consistent reads, and at a bounded number of people.
//!
//! Nothing is decided by what such reads say. Where they show something to do, the people of that part are read again and
//! reconciled as after an event.

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

/// How far a look at the people came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LookedOver {
    /// How many people were looked at.
    pub people: u64,
    /// The person after whom to continue; `None` when the last one was looked at.
    pub next: Option<String>,
}

impl Roles<'_> {
    /// Looks at the people after the person `after`, at about `most` of them, until time runs out. Whose roles differ from
    /// the announced ones is reconciled.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn look_over(
        self,
        after: Option<String>,
        most: u64,
        deadline: Instant,
    ) -> Result<LookedOver, Error> {
        let looking = self.scope.looking();
        let mut over = LookedOver {
            people: 0,
            next: after,
        };
        loop {
            let behind = over.next.take();
            let page = Resources::of(&looking).records_after(&USERS, behind, LOOKED_AT_ONCE);
            let (people, next) = page.await?;
            match Roles::of(&looking).check_people(&people).await {
                Err(error) if error.is_work() => {
                    let checked = self.check_again(&people, deadline).await?;
                    if let Some(last) = people[..checked].last().filter(|_| checked < people.len())
                    {
                        over.people += checked as u64;
                        over.next = Some(last.id.clone());
                        return Ok(over);
                    }
                }
                checked => checked?,
            }
            over.people += people.len() as u64;
            over.next = next;
            if over.next.is_none() || over.people >= most || Instant::now() >= deadline {
                return Ok(over);
            }
        }
    }

    /// Reads people again, in parts, and reconciles them, until time runs out: at least one part. Returns how many were
    /// done.
    async fn check_again(self, people: &[Record], deadline: Instant) -> Result<usize, Error> {
        let mut done = 0;
        for part in people.chunks(READ_AGAIN_AT_ONCE) {
            if done > 0 && Instant::now() >= deadline {
                break;
            }
            let ids: Vec<_> = part.iter().map(|person| person.id.clone()).collect();
            let people = Resources::of(self.scope).records(&USERS, &ids).await?;
            self.check_people(&people).await?;
            done += part.len();
        }
        Ok(done)
    }
}
