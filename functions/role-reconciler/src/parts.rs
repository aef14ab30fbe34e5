//! The parts of the pass that the schedule orders: each is ordered once, and each message of a part does its work once. What
//! the queue delivers a second time finds in the table that it is one too many. A pass over all tenants at once, which
//! somebody orders by hand, is such a part, too.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rollcall_directory::{Error, PassStep, PassTurn, TenantId};
use rollcall_runtime::{Metric, chain};
use tokio::time::Instant;

use crate::message::{Message, PARTS, Pass};
use crate::queue::NotSent;
use crate::{Failure, PART_FAILED, Reconciler, count, count_several};

/// The time from the begin of one part of a pass to that of the next.
const BETWEEN_PARTS: SignedDuration = SignedDuration::from_secs(3_600 / PARTS as i64);
/// The message of the log when a pass, or a part of one, ends.
const PASS_COMPLETE: &str = "the full pass is complete";

impl Reconciler {
    /// Orders the parts of the pass that was ordered at this time, each to begin when it is its turn. If the pass has begun,
    /// sends only what an earlier delivery of the order could not.
    pub(crate) async fn spread(&self, ordered_at: Timestamp) -> Result<(), Failure> {
        let passes = self.directory.hourly_pass();
        let Some(begun) = passes.begin(ordered_at, Timestamp::now()).await? else {
            tracing::info!(%ordered_at, "the full pass has begun already");
            return Ok(());
        };
        self.order_erasures().await;
        let parts = (0..PARTS).map(|part| {
            waiting(Pass {
                part: Some(part),
                pass: Some(begun.pass),
                not_before: Some(begun.from + BETWEEN_PARTS * i32::from(part)),
                ..Pass::default()
            })
        });
        self.queue.send_all(&parts.collect::<Vec<_>>()).await?;
        Ok(passes.note_ordered(begun).await?)
    }

    /// Queues a message for each erasure that is not finished, such as those of tenants that were deleted a week ago. If that
    /// fails, the next pass does it.
    async fn order_erasures(&self) {
        let ordered: Result<(), Failure> = async {
            let unfinished = self.directory.unfinished_erasures().await?.into_iter();
            let each = unfinished.map(|erasure| (Message::Erasure { erasure }, Duration::ZERO));
            Ok(self.queue.send_all(&each.collect::<Vec<_>>()).await?)
        }
        .await;
        if let Err(error) = ordered {
            tracing::error!(error = chain(&error), "{PART_FAILED}");
            count(Metric::FailedParts);
        }
    }

    /// Sends a part of a pass to the queue: to begin now, or to be looked at again when it is its turn. The queue holds back a
    /// message for five minutes at most.
    pub(crate) async fn begin_later(&self, pass: Pass) -> Result<(), NotSent> {
        let (message, left) = waiting(pass);
        self.queue.send_later(&message, left).await
    }

    /// Goes on with a pass, or a part of one, until `deadline`, unless that was done before. One of all tenants that was
    /// ordered at a known time takes the place of an earlier one: whatever is left of that does nothing. Returns the message
    /// that continues it, if any.
    pub(crate) async fn go_on_with_pass(
        &self,
        mut pass: Pass,
        deadline: Instant,
    ) -> Result<Option<Message>, Failure> {
        let begins_all = pass.begins_all();
        let (part, step) = (pass.part, pass.mark());
        let passes = self.directory.hourly_pass();
        if let Some(step) = step {
            match passes.take(step).await? {
                PassTurn::Ours => pass.step += 1,
                PassTurn::Theirs => return Err(Failure::Taken),
                PassTurn::Over => {
                    let PassStep { pass, step, .. } = step;
                    tracing::info!(%pass, part, step, "this part of the full pass was done already");
                    return Ok(None);
                }
            }
        }
        if begins_all {
            self.order_erasures().await;
        }
        let left = self.full_pass(pass, deadline).await;
        if let (Err(_), Some(step)) = (&left, step) {
            self.give_back(step).await;
        }
        let left = left?;
        if left.is_none() {
            let is_new = match step {
                Some(step) => passes.finish(step).await?,
                None => true,
            };
            if is_new {
                tracing::info!(part, "{PASS_COMPLETE}");
                // Of a whole pass, all parts have ended.
                let parts = part.map_or(PARTS, |_| 1);
                count_several(Metric::CompletePasses, parts.into());
            }
        }
        Ok(left)
    }

    /// Lets the next delivery of a message do its work at once. Without that, it waits some minutes.
    async fn give_back(&self, step: PassStep) {
        let given: Result<(), Error> = self.directory.hourly_pass().give_back(step).await;
        if let Err(error) = given {
            tracing::warn!(error = chain(&error), "a part of the full pass waits");
        }
    }
}

/// Returns the message that begins a part of a pass when it is its turn, and how long that is from now.
fn waiting(mut pass: Pass) -> (Message, Duration) {
    let now = Timestamp::now();
    let left = pass.not_before.map(|at| at.duration_since(now));
    let left = left.filter(|left| left.is_positive());
    // To an earlier version, which looks at all tenants, none is left while it waits.
    pass.behind = left.map(|_| TenantId::last_possible());
    if left.is_none() {
        pass.not_before = None;
    }
    let left = left.and_then(|left| Duration::try_from(left).ok());
    let message = Message::FullPass { full_pass: pass };
    (message, left.unwrap_or_default())
}
