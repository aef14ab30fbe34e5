//! The seed `demo`: a company of 2,000 people with a month of history, and two tenants that have only begun.
//!
//! - `names` and `company` are whom it has, `brand` how it looks. They are pure and the same at every start.
//! - `world` sends requests to the gateway at the times of the story, and `follow` does what follows changes: the feed with
//!   its hashes, the indexes, the roles and the findings.
//! - `tenants` and `trouble` are what all of them know: the tenants, and why something could not be written.
//! - `founding` is the first sync, `month` the days since then, `today` the last one, and `others` the other tenants.
//!
//! Everything is written by requests to the gateway, as an application and identity providers send them, on a thread
//! whose clock is behind. So all items are those that the service itself would have written at the time. The events are not
//! on the bus: when they happened, nobody listened.

mod brand;
mod company;
mod follow;
mod founding;
mod month;
mod names;
mod others;
mod tenants;
mod today;
mod trouble;
mod world;

use std::net::SocketAddr;
use std::thread;

use jiff::Timestamp;
use rollcall_directory::{Directory, KeyRing};

use crate::caller::Caller;
use crate::dynamodb::Dynamodb;
use crate::events::stream::Inserts;
use crate::gateway::Gateway;
use crate::start_error::StartError;
use crate::template::Template;
use crate::wiring;

use trouble::Trouble;
use world::World;

pub(crate) use tenants::TENANTS;

/// Where the demo is written to.
pub(crate) struct Place {
    pub(crate) dynamodb: Dynamodb,
    pub(crate) key_ring: KeyRing,
    /// Where the service will be reached.
    pub(crate) address: SocketAddr,
    /// A service key with all scopes.
    pub(crate) key: String,
}

/// Writes the demo unless it is there. Returns a token of its first connection if it was written.
///
/// # Errors
/// [`StartError::Demo`] when a request is refused, or when an earlier start has written only a part.
pub(crate) async fn write(place: Place) -> Result<Option<String>, StartError> {
    let (told, done) = tokio::sync::oneshot::channel();
    let failed = |error: std::io::Error| StartError::Demo(error.to_string());
    // A thread of its own, because its clock is behind.
    let thread = thread::Builder::new().name("demo".to_owned());
    let spawned = thread.spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        let written = match runtime {
            Ok(runtime) => runtime.block_on(written(place)),
            Err(error) => Err(failed(error)),
        };
        // Nobody waits any more if the start was given up.
        let _ = told.send(written);
    });
    spawned.map_err(failed)?;
    let ended = |_| StartError::Demo("the thread has ended".to_owned());
    done.await.map_err(ended)?
}

async fn written(place: Place) -> Result<Option<String>, StartError> {
    let dynamodb = place.dynamodb.apart();
    let (inserts, records) = Inserts::channel();
    dynamodb.tell(inserts);
    let client = dynamodb.client(dynamodb.in_process());
    let directory = Directory::new(client, dynamodb.table())
        .with_archive(dynamodb.archive())
        .with_keys(place.key_ring)
        .with_mail(true);
    let gateway = Gateway::new(Template::deployed()?, wiring::functions(&directory))?;
    let caller = Caller::local(&gateway, place.address);
    let mut world = World::new(caller, directory, place.key, records, Timestamp::now());
    let trouble = |Trouble(problem)| StartError::Demo(problem);
    let [(first, _), _, (last, _)] = TENANTS;
    let begun = world.is_there(first).await.map_err(trouble)?;
    let complete = world.is_there(last).await.map_err(trouble)?;
    match (begun, complete) {
        (true, true) => Ok(None),
        (true, false) => Err(StartError::Demo(
            "an earlier start ended before it had written everything".to_owned(),
        )),
        (false, _) => {
            story(&mut world).await.map_err(trouble)?;
            Ok(Some(world.token(company::Source::Okta).to_owned()))
        }
    }
}

async fn story(world: &mut World<'_>) -> Result<(), Trouble> {
    founding::found(world).await?;
    month::pass(world).await?;
    today::pass(world).await?;
    world.note_indexed(29, 1).await?;
    others::observe(world).await?;
    world.at(0, 1_440);
    let [first, second, last] = TENANTS;
    world.settle(&[first, second]).await?;
    others::end(world).await?;
    world.at(0, 1_440);
    world.settle(&[last]).await
}
