//! What an admin does with a finding: acknowledges it, puts it off, or lets it count again.

use jiff::{SignedDuration, Timestamp};
use rollcall_model::{Actor, EventType, KnownActor};
use rollcall_scim as scim;
use rollcall_store::{Error, Transaction, now, retry_stale};

use crate::findings::handle::Findings;
use crate::findings::record::{MAX_SNOOZE_DAYS, ObservedFinding, Snooze};

/// The longest reason, in characters.
const MAX_REASON: usize = 500;
/// The most findings that are acknowledged or put off at once. With their reasons, they fit in one item of 400 KB.
const MAX_SNOOZES: usize = 50;

impl Findings<'_> {
    /// Acknowledges a finding, or puts it off for some days. Until the finding closes or the time is over, it counts no
    /// more, and nobody gets mail about it.
    ///
    /// # Errors
    /// `invalidValue` for a reason that is empty or too long, for days beyond [`MAX_SNOOZE_DAYS`], and if 50 findings are
    /// put off already.
    pub async fn snooze(
        self,
        finding: &ObservedFinding,
        reason: &str,
        days: Option<u32>,
    ) -> Result<Snooze, Error> {
        let reason = &checked(reason, days)?;
        let action = match days {
            Some(_) => EventType::HealthSnoozed,
            None => EventType::HealthAcknowledged,
        };
        let snooze = &self.new_snooze(finding, reason, days, now());
        retry_stale(|_| async move {
            let before = self.read().await?;
            let after = before.with(snooze.clone());
            if after.snoozes() > MAX_SNOOZES {
                let detail =
                    format!("{MAX_SNOOZES} findings are put off already, let some count again");
                return Err(scim::Error::InvalidValue(detail).into());
            }
            let entry = self.entry(action, finding.subject.clone());
            let mut transaction = Transaction::default();
            let entry = entry.with_change(None, Some(snooze.told()));
            transaction.put(entry.to_item(self.scope.keys())?);
            self.put_counted(&mut transaction, &before, after)?;
            let committed = self.scope.table.transact(&transaction).await?.is_empty();
            Ok(committed.then(|| snooze.clone()))
        })
        .await
    }

    /// Lets a finding count again. Returns whether it was acknowledged or put off.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn unsnooze(self, id: &str) -> Result<bool, Error> {
        retry_stale(|_| async move {
            let before = self.read().await?;
            let Some(snooze) = before.snooze(id, now()) else {
                return Ok(Some(false));
            };
            let entry = self.entry(EventType::HealthUnsnoozed, snooze.subject.clone());
            let mut transaction = Transaction::default();
            let entry = entry.with_change(Some(snooze.told()), None);
            transaction.put(entry.to_item(self.scope.keys())?);
            self.put_counted(&mut transaction, &before, before.without(id))?;
            let committed = self.scope.table.transact(&transaction).await?.is_empty();
            Ok(committed.then_some(true))
        })
        .await
    }

    /// Removes the words of a person who is erased from what they have acknowledged or put off. Returns from how many.
    ///
    /// # Errors
    /// Only table errors.
    pub(crate) async fn forget_words_of(self, person: &str) -> Result<u64, Error> {
        retry_stale(|_| async move {
            let before = self.read().await?;
            let (after, count) = before.without_words_of(person);
            if count == 0 {
                return Ok(Some(0));
            }
            let mut transaction = Transaction::default();
            self.put(&mut transaction, &before, after)?;
            let committed = self.scope.table.transact(&transaction).await?.is_empty();
            Ok(committed.then_some(count))
        })
        .await
    }

    fn new_snooze(
        self,
        finding: &ObservedFinding,
        reason: &str,
        days: Option<u32>,
        at: Timestamp,
    ) -> Snooze {
        let hours = |days: u32| SignedDuration::from_hours(i64::from(days) * 24);
        Snooze {
            id: finding.id.clone(),
            kind: finding.kind.clone(),
            title: finding.title.clone(),
            subject: finding.subject.clone(),
            reason: reason.to_owned(),
            by: without_address(&self.scope.actor),
            at,
            until: days.map(|days| at + hours(days)),
        }
    }
}

/// Returns the reason without white space around it.
fn checked(reason: &str, days: Option<u32>) -> Result<String, Error> {
    let invalid = |detail: String| Err(scim::Error::InvalidValue(detail).into());
    let reason = reason.trim();
    if days.is_some_and(|days| !(1..=MAX_SNOOZE_DAYS).contains(&days)) {
        return invalid(format!("`days` must be 1 to {MAX_SNOOZE_DAYS}"));
    }
    if !(1..=MAX_REASON).contains(&reason.chars().count()) {
        return invalid(format!("`reason` must have 1 to {MAX_REASON} characters"));
    }
    Ok(reason.to_owned())
}

/// Returns the actor without an address: the record stays when a person is erased.
fn without_address(actor: &Actor) -> Actor {
    match actor {
        Actor::Known(KnownActor::PortalLink { id, session, .. }) => {
            Actor::Known(KnownActor::PortalLink {
                id: id.clone(),
                email: None,
                session: session.clone(),
            })
        }
        other => other.clone(),
    }
}
