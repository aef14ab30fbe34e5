//! Optimistic writes: read the items, decide, and commit on the condition that the items have not changed. If they
//! have, start over.

use std::time::Duration;

use tokio::time::Instant;

use crate::error::Error;

/// The maximum number of attempts before the table counts as busy.
const MAX_TURNS: usize = 40;
/// After this time, no further attempt begins.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long one transaction or batch is retried in total. Every attempt of it can contain the SDK's own retries.
const PATIENCE_OF_ONE: Duration = Duration::from_secs(18);

/// Calls `attempt` until it returns a value. It returns `None` if the items that it read were stale.
///
/// The argument of `attempt` is the number of the attempt, starting from 0.
///
/// # Errors
/// The errors of `attempt`; [`Error::Busy`] after 40 attempts, or 20 seconds.
pub async fn retry_stale<T, F>(mut attempt: impl FnMut(usize) -> F) -> Result<T, Error>
where
    F: Future<Output = Result<Option<T>, Error>>,
{
    let late = Instant::now() + PATIENCE;
    for turn in 0..MAX_TURNS {
        if turn > 0 && Instant::now() >= late {
            break;
        }
        if let Some(done) = attempt(turn).await? {
            return Ok(done);
        }
    }
    Err(Error::Busy(None))
}

/// Ends a loop of retries that has taken too long: the SDK may have retried every call of it.
///
/// # Errors
/// [`Error::Busy`] when the time is over; otherwise those of the loop.
pub(crate) async fn in_time<T>(
    retries: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    tokio::time::timeout(PATIENCE_OF_ONE, Box::pin(retries))
        .await
        .unwrap_or(Err(Error::Busy(None)))
}

/// Waits before the next attempt.
///
/// # Errors
/// [`Error::Busy`] when there is none left.
pub(crate) async fn pause(delays: &mut impl Iterator<Item = Duration>) -> Result<(), Error> {
    let delay = delays.next().ok_or(Error::Busy(None))?;
    tokio::time::sleep(delay).await;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_stale_write_starts_over() {
        let done = retry_stale(|turn| async move { Ok((turn == 3).then_some(turn)) }).await;
        assert_eq!(done.unwrap(), 3);
        let busy: Result<(), Error> = retry_stale(|_| async { Ok(None) }).await;
        assert!(matches!(busy, Err(Error::Busy(None))));
    }
}
