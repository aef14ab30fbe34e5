//! What follows changes, at the time of the story: places in the feed with their hashes, indexes, roles and findings. The
//! functions of the stream and of the queues do the same, with the same calls.

use std::time::Duration;

use rollcall_directory::{Directory, Event, Tenant, TenantId};
use rollcall_insight::Insight;
use tokio::time::Instant;

use super::trouble::Trouble;
use super::world::World;

/// How many entries get their places at once.
const AT_ONCE: usize = 100;
/// How far passes are apart, in minutes. An index that no pass has seen for two hours would count as new.
const PASS_MINUTES: usize = 100;
/// More time than anything takes. The thread has nothing else to do.
const PATIENCE: Duration = Duration::from_secs(600);

fn deadline() -> Instant {
    Instant::now() + PATIENCE
}

impl World<'_> {
    /// Does what follows the changes since the last call, and the changes that follow from those.
    pub(super) async fn follow(&mut self) -> Result<(), Trouble> {
        loop {
            let placed = self.place().await?;
            if placed.is_empty() {
                return Ok(());
            }
            for (tenant, events) in &placed {
                tenant.indexes().follow(events).await?;
                decide(&self.directory, events).await?;
            }
        }
    }

    /// Does what follows very many changes: it decides the roles of everybody once, as the hourly pass does.
    pub(super) async fn catch_up(&mut self) -> Result<(), Trouble> {
        self.place().await?;
        let tenant = self.handle()?;
        tenant.roles().settle_all_awaited().await?;
        let mut behind = None;
        loop {
            behind = tenant.roles().reconcile_all(behind, deadline()).await?;
            if behind.is_none() {
                break;
            }
        }
        self.place().await?;
        while !tenant.indexes().complete(deadline()).await?.complete {}
        Ok(())
    }

    /// Gives the changes since the last call their places in the feed.
    async fn place(&mut self) -> Result<Vec<(Tenant, Vec<Event>)>, Trouble> {
        let mut new: Vec<(String, String)> = Vec::new();
        while let Ok(inserted) = self.records.try_recv() {
            new.push((inserted.partition, inserted.sort));
        }
        let mut placed = Vec::new();
        for some in new.chunk_by(|(one, _), (next, _)| one == next) {
            let Some(tenant) = some.first().and_then(|(partition, _)| tenant(partition)) else {
                continue;
            };
            let tenant = self.directory.system(tenant);
            let ids: Vec<String> = some.iter().map(|(_, id)| id.clone()).collect();
            for ids in ids.chunks(AT_ONCE) {
                let events = tenant.journal().relay(ids).await?;
                self.directory.archive(&events).await?;
                placed.push((tenant.clone(), events));
            }
        }
        Ok(placed)
    }

    /// Checks the tenant, as the hourly pass does: findings open and close.
    pub(super) async fn check(&mut self) -> Result<(), Trouble> {
        let tenant = self.handle()?;
        loop {
            let health = Box::pin(Insight::of(&tenant).health()).await?;
            if health.complete {
                let findings = tenant.findings();
                let observed = health.observed();
                findings.observe(&health.record, &observed).await?;
                break;
            }
        }
        tenant.journal().take_checkpoint().await?;
        self.follow().await
    }

    /// Notes that the log of requests was indexed from this minute of a day until now, as the passes of the time would have
    /// done.
    pub(super) async fn note_indexed(&self, day: i64, minutes: i64) -> Result<(), Trouble> {
        let tenant = self.handle()?;
        for minutes in (minutes..(day + 1) * 1_440).step_by(PASS_MINUTES) {
            self.at(day, minutes);
            tenant.request_log().note_indexed().await?;
        }
        Ok(())
    }

    /// Does the rest of the hourly pass: completes the indexes of each of these tenants and what counts for it.
    pub(super) async fn settle(&mut self, tenants: &[(&'static str, &str)]) -> Result<(), Trouble> {
        self.follow().await?;
        for (id, _) in tenants {
            self.turn_to(id);
            let tenant = self.handle()?;
            tenant.roles().settle_all_awaited().await?;
            tenant.resources().complete_owners(deadline()).await?;
            tenant.credentials().complete_sole_connection().await?;
            tenant.lifecycle().count_for_ceilings().await?;
            while !tenant.indexes().complete(deadline()).await?.complete {}
            self.check().await?;
        }
        Ok(())
    }
}

/// Decides the roles that follow from events. Each event has a request id of its own, as in the queue.
async fn decide(directory: &Directory, events: &[Event]) -> Result<(), Trouble> {
    for event in events {
        let tenant = directory.system(event.tenant.clone());
        let mut rest = tenant.roles().follow_up(event, deadline()).await?;
        while let Some(left) = rest {
            rest = tenant.roles().go_on(&left, deadline()).await?;
        }
    }
    Ok(())
}

/// Returns the tenant whose journal has this partition key.
fn tenant(partition: &str) -> Option<TenantId> {
    let id = partition.strip_prefix("T#")?.strip_suffix("#J")?;
    id.parse().ok()
}
