//! The parts of the pass that the schedule orders: each is ordered once, and each message of a part does its work once. What
//! the queue delivers a second time finds in the table that it is one too many. A pass over all tenants at once, which
//! somebody orders by hand, is such a part, too.
//!
//! If a delivery of a message dies, the next one notes each tenant before its work. If it dies as well, the one after it leaves
//! out that tenant, and hands the others on to a new message.

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
    ///
    /// Then, until `deadline`, it orders the erasures that are not finished. The next pass goes on with the others.
    pub(crate) async fn spread(
        &self,
        ordered_at: Timestamp,
        deadline: Instant,
    ) -> Result<(), Failure> {
        let passes = self.directory.hourly_pass();
        let Some(begun) = passes.begin(ordered_at, Timestamp::now()).await? else {
            tracing::info!(%ordered_at, "the full pass has begun already");
            return Ok(());
        };
        let parts = (0..PARTS).map(|part| {
            waiting(Pass {
                part: Some(part),
                pass: Some(begun.pass),
                not_before: Some(begun.from + BETWEEN_PARTS * i32::from(part)),
                ..Pass::default()
            })
        });
        self.queue.send_all(&parts.collect::<Vec<_>>()).await?;
        passes.note_ordered(&begun).await?;
        let behind = begun.erasures_behind().map(str::to_owned);
        let behind = self.order_erasures(behind, deadline).await;
        Ok(passes.note_erasures(&begun, behind).await?)
    }

    /// Queues messages for the erasures that are not finished, such as those of tenants that were deleted a week ago, after a
    /// place in their list and until `deadline`: for each tenant one for its own, and one for those of its people. Returns the
    /// place where the next pass goes on, if it is not the end.
    async fn order_erasures(
        &self,
        mut behind: Option<String>,
        deadline: Instant,
    ) -> Option<String> {
        let hour = Timestamp::now().as_second() / 3_600;
        let turn = usize::try_from(hour).unwrap_or_default();
        while Instant::now() < deadline {
            let ordered: Result<Option<String>, Failure> = async {
                let page = self.directory.unfinished_erasures(behind.clone(), turn);
                let page = page.await?;
                let each = page.erasures.into_iter();
                let each = each.map(|erasure| (Message::Erasure { erasure }, Duration::ZERO));
                self.queue.send_all(&each.collect::<Vec<_>>()).await?;
                Ok(page.next)
            }
            .await;
            match ordered {
                Ok(Some(next)) => behind = Some(next),
                Ok(None) => return None,
                Err(error) => {
                    tracing::error!(error = chain(&error), "{PART_FAILED}");
                    count(Metric::FailedParts);
                    break;
                }
            }
        }
        behind
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
        let mut noting = None;
        if let Some(step) = step {
            match passes.take(step).await? {
                PassTurn::Ours => pass.step += 1,
                PassTurn::Again(in_hand) => {
                    pass.step += 1;
                    noting = Some(step);
                    if let Some(tenant) = in_hand.filter(|tenant| !pass.is_behind(tenant)) {
                        return Ok(Some(left_out(pass, tenant)));
                    }
                }
                PassTurn::Theirs => return Err(Failure::Taken),
                PassTurn::Over => {
                    let PassStep { pass, step, .. } = step;
                    tracing::info!(%pass, part, step, "this part of the full pass was done already");
                    return Ok(None);
                }
            }
        }
        if begins_all {
            // Whatever is left of them waits for the pass of the hour.
            let now = Instant::now();
            let half = deadline.saturating_duration_since(now) / 2;
            self.order_erasures(None, now + half).await;
        }
        let left = self.full_pass(pass, noting, deadline).await;
        match (&left, step) {
            (Err(_), Some(step)) => self.give_back(step).await,
            (Ok(Some(_)), Some(step)) if noting.is_some() => {
                // It did not die.
                let noted = passes.note_in_hand(step, None).await;
                if let Err(error) = noted {
                    tracing::warn!(error = chain(&error), "a note of the full pass stays");
                }
            }
            _ => {}
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

/// Returns the message that continues a pass behind a tenant for which two deliveries of a message have died, so that the others
/// do not wait for it. The next pass tries it again.
fn left_out(pass: Pass, tenant: TenantId) -> Message {
    tracing::error!(%tenant, part = "all", error = "the process died twice", "{PART_FAILED}");
    count(Metric::FailedParts);
    let full_pass = Pass {
        behind: Some(tenant),
        tenant: None,
        held: None,
        person: None,
        people: 0,
        ..pass
    };
    Message::FullPass { full_pass }
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
