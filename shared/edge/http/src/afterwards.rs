//! Work that requests leave for after their answers.

use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};

use futures::FutureExt;
use futures::future::{BoxFuture, join_all};

/// Collects work that is done after the answer. It is cheap to clone.
///
/// Only a function that has one leaves work ([`HttpFunction::leaving`](crate::HttpFunction::leaving)). Whoever gave it
/// calls [`Afterwards::done`] when the answer is sent.
#[derive(Clone, Default)]
pub struct Afterwards(Arc<Mutex<Vec<BoxFuture<'static, ()>>>>);

impl Afterwards {
    /// Leaves work for after the answer. It must bound its own time and report its own failures.
    pub fn leave(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.lock().push(work.boxed());
    }

    /// Does all the work that was left, at the same time. A panic of one part does not end the others.
    pub async fn done(&self) {
        let left = std::mem::take(&mut *self.lock());
        let parts = left
            .into_iter()
            .map(|part| AssertUnwindSafe(part).catch_unwind());
        for outcome in join_all(parts).await {
            if outcome.is_err() {
                // The panic hook has already written the message to stderr.
                tracing::error!("what was left for after the answer panicked");
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<BoxFuture<'static, ()>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Afterwards {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Afterwards")
            .field(&self.lock().len())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test]
    async fn what_is_left_is_done_once_whatever_panics() {
        let afterwards = Afterwards::default();
        let count = Arc::new(AtomicU32::new(0));
        for number in 0..3 {
            let count = Arc::clone(&count);
            afterwards.leave(async move {
                assert_ne!(number, 1, "on purpose");
                count.fetch_add(1, Ordering::SeqCst);
            });
        }
        assert_eq!(count.load(Ordering::SeqCst), 0);
        afterwards.done().await;
        afterwards.done().await;
        assert_eq!(count.load(Ordering::SeqCst), 2);
    }
}
