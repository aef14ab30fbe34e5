//! Makes real what a connection has said while it was only observed: what it gives, for everybody in turn. What it takes
//! away was held, and takes effect after that.

use rollcall_model::{EventType, USERS};
use rollcall_store::{Error, now};
use serde_json::Value;
use tokio::time::Instant;

use crate::credentials::connections::MadeReal;
use crate::credentials::handle::Credentials;
use crate::credentials::meter;
use crate::credentials::observing::observing;
use crate::journal::feed::Event;
use crate::resources::handle::Resources;
use crate::roles::handle::Roles;

/// People per page.
const PEOPLE_AT_ONCE: usize = 100;
/// A place before all people.
const BEFORE_ALL: &str = "0";

/// Returns whether an event says that a connection is no longer only observed.
pub fn makes_real(event: &Event) -> bool {
    let observing = |told: &Option<Value>| {
        let told = told.as_ref().and_then(|told| told["observing"].as_bool());
        told.unwrap_or_default()
    };
    EventType::of(&event.kind) == Some(EventType::ConnectionRulesChanged)
        && observing(&event.before)
        && !observing(&event.after)
}

impl Roles<'_> {
    /// Lets take effect for everybody after the person `after` what the connection has given while it was observed, until
    /// time runs out, and notes how far that is. Returns the person after whom to continue; `None` when that was everybody.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn make_real(
        self,
        connection: &str,
        after: Option<String>,
        deadline: Instant,
    ) -> Result<Option<String>, Error> {
        let (credentials, resources) = (Credentials::of(self.scope), Resources::of(self.scope));
        if after.is_none() {
            // From now on, no request of the connection is only observed.
            meter::refresh(&self.scope.table, &self.scope.tenant).await?;
            let people = resources.count(&USERS).await?;
            let begin = |made_real: &mut MadeReal| {
                (made_real.people, made_real.looked_at, made_real.done) = (people, 0, None);
            };
            credentials.note_made_real(connection, &begin).await?;
        }
        let mut behind = after;
        loop {
            let page = resources.records_after(&USERS, behind.clone(), PEOPLE_AT_ONCE);
            let (people, next) = page.await?;
            self.reconcile_people(&people).await?;
            let count = people.len() as u64;
            credentials
                .note_made_real(connection, &|made_real| made_real.looked_at += count)
                .await?;
            let last = people.last().map(|person| person.id.clone());
            match next {
                None => {
                    let observing = observing(self.scope).await?;
                    // The marks of groups come last: where nobody knows who put people in, they decide.
                    let is_done = resources.make_groups_real(&observing, deadline).await?;
                    let last = last.or(behind).unwrap_or_else(|| BEFORE_ALL.to_owned());
                    return Ok((!is_done).then_some(last));
                }
                next if Instant::now() >= deadline => return Ok(next),
                next => behind = next,
            }
        }
    }

    /// Notes that everything takes effect that the connection has said while it was observed.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn is_made_real(self, connection: &str) -> Result<(), Error> {
        let done = now();
        Credentials::of(self.scope)
            .note_made_real(connection, &|made_real| made_real.done = Some(done))
            .await
    }
}
