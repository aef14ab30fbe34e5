//! Optimistic writes: read, decide, commit on the condition that nothing has changed, or start over.

use crate::error::Error;

/// How often a write starts over before the table counts as busy.
const MAX_TURNS: usize = 40;

/// Runs `attempt` until it answers something. `None` means that what it had read was stale: it reads again.
///
/// `attempt` gets the number of the turn, from 0.
///
/// # Errors
/// Those of `attempt`, and [`Error::Busy`] after 40 turns.
pub async fn retry_stale<T, F>(mut attempt: impl FnMut(usize) -> F) -> Result<T, Error>
where
    F: Future<Output = Result<Option<T>, Error>>,
{
    for turn in 0..MAX_TURNS {
        if let Some(done) = attempt(turn).await? {
            return Ok(done);
        }
    }
    Err(Error::Busy(None))
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
