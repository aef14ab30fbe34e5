//! The hourly pass over all tenants, and the one that somebody orders by hand: that each is ordered once, and each message of its
//! parts does its work once.
//!
//! Whoever orders a pass, and the queue with the messages of its parts, can deliver a message more than once. One item says
//! which pass began last, and one for each part which message of it is at work. A message that comes too late, or a second
//! time, finds that there and does nothing.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};
use rollcall_model::TenantId;
use rollcall_store::{
    Error, Expression, Guard, StackKeys, Table, Transaction, Updated, from_item, now, number,
    retry_stale, string, to_item,
};
use serde::{Deserialize, Serialize};

/// Two orders that are less than this apart mean the same pass. The schedule orders one each hour.
const SAME_PASS: SignedDuration = SignedDuration::from_mins(30);
/// After this time without a message, a part is lost, and the next pass begins it again.
const LOST_AFTER: SignedDuration = SignedDuration::from_mins(30);
/// How long a message is at work at most. It is less than the time after which the queue delivers it again.
const AT_WORK: Duration = Duration::from_secs(300);

/// A pass that began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BegunPass {
    /// When it was ordered, which is its id.
    pub pass: Timestamp,
    /// When its first part begins.
    pub from: Timestamp,
    /// Whether all its parts were sent to the queue.
    #[serde(default)]
    ordered: bool,
    /// The place in the list of unfinished erasures after which the next pass orders them; absent for the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    erasures_behind: Option<String>,
}

impl BegunPass {
    /// Returns the place in the list of unfinished erasures after which it is this pass's turn to order them, because the one
    /// before had no time for more.
    pub fn erasures_behind(&self) -> Option<&str> {
        self.erasures_behind.as_deref()
    }
}

/// A message of a part of a pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PassStep {
    /// The id of the pass.
    pub pass: Timestamp,
    /// The part; [`Self::ALL_TENANTS`] for a pass that is not divided.
    pub part: u8,
    /// The number of the message: how many messages of the part came before.
    pub step: u32,
}

impl PassStep {
    /// In place of a part: the pass over all tenants at once, which somebody orders by hand. A later one takes the place of one
    /// that is on its way, because it is to reach all tenants from now on.
    pub const ALL_TENANTS: u8 = u8::MAX;
}

/// What becomes of a message of a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PassTurn {
    /// It does the work.
    Ours,
    /// It does the work once more: the delivery before has died. If that noted what it did, it was at work for this tenant.
    Again(Option<TenantId>),
    /// The same message was delivered before and may still be at work. If it is not, deliver this one later.
    Theirs,
    /// The work was done, or belongs to another pass.
    Over,
}

/// How far a part is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct PartItem {
    /// Increases by one with each message.
    revision: u64,
    pass: Timestamp,
    step: u32,
    taken_at: Timestamp,
    /// When the message that is at work ends at the latest.
    taken_until: Timestamp,
    #[serde(default)]
    finished: bool,
    /// The tenant for which the message is at work, if it notes that because an earlier delivery of it has died.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    in_hand: Option<TenantId>,
}

impl PartItem {
    /// Returns what becomes of a message that arrives at this time.
    fn turn(&self, step: &PassStep, at: Timestamp) -> PassTurn {
        let is_later = self.step > step.step || self.finished;
        if self.pass > step.pass || (self.pass == step.pass && is_later) {
            return PassTurn::Over;
        }
        if self.pass == step.pass {
            let was_taken = self.step == step.step && self.taken_until > self.taken_at;
            return match was_taken {
                true if self.taken_until > at => PassTurn::Theirs,
                true => PassTurn::Again(self.in_hand.clone()),
                false => PassTurn::Ours,
            };
        }
        // An earlier pass is still on its way through the part, and reaches the last tenants only if it goes on.
        let gives_way = step.part == PassStep::ALL_TENANTS;
        let is_alive = !gives_way && at.duration_since(self.taken_at) < LOST_AFTER;
        match !self.finished && is_alive {
            true => PassTurn::Over,
            false => PassTurn::Ours,
        }
    }
}

/// The handle on the hourly pass.
#[derive(Clone, Copy, Debug)]
pub struct HourlyPass<'a> {
    table: &'a Table,
}

impl<'a> HourlyPass<'a> {
    pub(crate) fn of(table: &'a Table) -> Self {
        Self { table }
    }

    /// Begins the pass that was ordered at this time, and of which the first part is to begin at `from`. Returns `None` if it
    /// has begun and its parts were sent, or if a later one has begun.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn begin(
        self,
        ordered_at: Timestamp,
        from: Timestamp,
    ) -> Result<Option<BegunPass>, Error> {
        retry_stale(|_| async move {
            let item = self.table.get(&StackKeys::pass()).await?;
            let last: Option<BegunPass> = item.map(from_item).transpose()?;
            if let Some(last) = &last
                && ordered_at.duration_since(last.pass) < SAME_PASS
            {
                let is_same = last.pass.duration_since(ordered_at) < SAME_PASS;
                let sends = is_same && !last.ordered;
                return Ok(Some(sends.then(|| last.clone())));
            }
            let begun = BegunPass {
                pass: ordered_at,
                from,
                ordered: false,
                erasures_behind: last.as_ref().and_then(|last| last.erasures_behind.clone()),
            };
            let as_read = last.map_or_else(Expression::absent, |last| of_pass(last.pass));
            let mut transaction = Transaction::default();
            let item = to_item(&StackKeys::pass(), &begun)?;
            transaction.put_if(item, as_read, Guard::Stale);
            let written = self.table.transact(&transaction).await?.is_empty();
            Ok(written.then_some(Some(begun)))
        })
        .await
    }

    /// Notes that all parts of a pass were sent to the queue.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn note_ordered(self, begun: &BegunPass) -> Result<(), Error> {
        self.note(begun, begun.erasures_behind.clone()).await
    }

    /// Notes, of a pass whose parts were sent, after which place in the list of unfinished erasures the next one orders them.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn note_erasures(
        self,
        begun: &BegunPass,
        behind: Option<String>,
    ) -> Result<(), Error> {
        match behind == begun.erasures_behind {
            true => Ok(()),
            false => self.note(begun, behind).await,
        }
    }

    async fn note(self, begun: &BegunPass, erasures_behind: Option<String>) -> Result<(), Error> {
        let as_read = of_pass(begun.pass);
        let ordered = BegunPass {
            ordered: true,
            erasures_behind,
            ..begun.clone()
        };
        let mut transaction = Transaction::default();
        let item = to_item(&StackKeys::pass(), &ordered)?;
        transaction.put_if(item, as_read, Guard::Stale);
        // If the condition does not hold, a later pass has begun.
        self.table.transact(&transaction).await?;
        Ok(())
    }

    /// Takes the work of a message, unless it is done, or another delivery of the message is at work.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn take(self, step: PassStep) -> Result<PassTurn, Error> {
        let key = StackKeys::pass_part(step.part);
        retry_stale(|_| {
            let key = key.clone();
            async move {
                let at = now();
                let item = self.table.get(&key).await?;
                let mark: Option<PartItem> = item.map(from_item).transpose()?;
                let turn = mark
                    .as_ref()
                    .map_or(PassTurn::Ours, |mark| mark.turn(&step, at));
                let in_hand = match &turn {
                    PassTurn::Ours => None,
                    PassTurn::Again(tenant) => tenant.clone(),
                    PassTurn::Theirs | PassTurn::Over => return Ok(Some(turn)),
                };
                let taken = PartItem {
                    revision: mark.as_ref().map_or(0, |mark| mark.revision) + 1,
                    pass: step.pass,
                    step: step.step,
                    taken_at: at,
                    taken_until: at.checked_add(AT_WORK).unwrap_or(at),
                    finished: false,
                    in_hand,
                };
                let as_read = mark.map_or_else(Expression::absent, |mark| {
                    Expression::at_revision(mark.revision)
                });
                let mut transaction = Transaction::default();
                transaction.put_if(to_item(&key, &taken)?, as_read, Guard::Stale);
                let written = self.table.transact(&transaction).await?.is_empty();
                Ok(written.then_some(turn))
            }
        })
        .await
    }

    /// Gives back the work of a message that failed, so that its next delivery does it.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn give_back(self, step: PassStep) -> Result<(), Error> {
        let free = Expression::new("SET taken_until = taken_at REMOVE in_hand");
        self.change(step, free).await?;
        Ok(())
    }

    /// Notes for which tenant a message is at work, so that the next delivery knows it if the process dies; `None` for none.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn note_in_hand(
        self,
        step: PassStep,
        tenant: Option<&TenantId>,
    ) -> Result<(), Error> {
        let set = match tenant {
            Some(id) => {
                Expression::new("SET in_hand = :tenant").with(":tenant", string(id.as_str()))
            }
            None => Expression::new("REMOVE in_hand"),
        };
        self.change(step, set).await?;
        Ok(())
    }

    /// Notes that a part has reached all its tenants. Returns whether that is new.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn finish(self, step: PassStep) -> Result<bool, Error> {
        let set = Expression::new("SET finished = :finished");
        let set = set.with(":finished", AttributeValue::Bool(true));
        self.change(step, set).await
    }

    /// Changes the mark of a part whose last message this is. Returns whether it still is.
    async fn change(self, step: PassStep, set: Expression) -> Result<bool, Error> {
        let condition = of_pass(step.pass)
            .and("step = :step AND finished = :unfinished")
            .with(":step", number(step.step))
            .with(":unfinished", AttributeValue::Bool(false));
        let key = StackKeys::pass_part(step.part);
        let changed = self.table.update_if(&key, &set, &condition).await?;
        Ok(matches!(changed, Updated::Done(_)))
    }
}

/// Returns the condition that the item is of this pass.
fn of_pass(pass: Timestamp) -> Expression {
    Expression::new("pass = :pass").with(":pass", string(&pass.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minute(number: i64) -> Timestamp {
        Timestamp::from_second(number * 60).unwrap()
    }

    #[test]
    fn each_message_of_a_part_has_its_turn_once() {
        let mark = |step: u32, finished: bool| PartItem {
            revision: 1,
            pass: minute(60),
            step,
            taken_at: minute(60),
            taken_until: minute(65),
            finished,
            in_hand: None,
        };
        let arriving = |pass: i64, step: u32| PassStep {
            pass: minute(pass),
            part: 0,
            step,
        };
        for (mark, step, at, turn) in [
            // The same message again: while the first is at work, and when that has died.
            (mark(2, false), arriving(60, 2), 64, PassTurn::Theirs),
            (mark(2, false), arriving(60, 2), 66, PassTurn::Again(None)),
            // One that was handed on, and the one to which it was.
            (mark(2, false), arriving(60, 1), 61, PassTurn::Over),
            (mark(2, false), arriving(60, 3), 61, PassTurn::Ours),
            // The part has ended.
            (mark(2, true), arriving(60, 2), 66, PassTurn::Over),
            (mark(2, true), arriving(60, 3), 61, PassTurn::Over),
            // The next pass: the part has ended, is under way, and was lost.
            (mark(2, true), arriving(120, 0), 61, PassTurn::Ours),
            (mark(2, false), arriving(120, 0), 89, PassTurn::Over),
            (mark(2, false), arriving(120, 0), 91, PassTurn::Ours),
            // A message of the pass before.
            (mark(2, true), arriving(0, 9), 200, PassTurn::Over),
        ] {
            assert_eq!(mark.turn(&step, minute(at)), turn, "{mark:?} {step:?} {at}");
            // One that is not divided differs in one thing: it waits for none before it.
            let (in_part, at) = (step, minute(at));
            let of_all = PassStep {
                part: PassStep::ALL_TENANTS,
                ..in_part
            };
            let turn = match step.pass > mark.pass {
                true => PassTurn::Ours,
                false => turn,
            };
            assert_eq!(mark.turn(&of_all, at), turn, "{mark:?} {of_all:?}");
        }
    }
}
