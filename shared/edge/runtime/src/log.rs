//! Logging: JSON lines on standard output, with each error on one line.

use std::error::Error;

use tracing::Subscriber;
use tracing_subscriber::filter::{EnvFilter, LevelFilter};
use tracing_subscriber::fmt::MakeWriter;

/// Directives that apply whatever `RUST_LOG` says. The runtime's traces contain whole events. Its panic layer logs a
/// refused token as an error of the authorizer, while real faults are logged where they happen.
const NEVER: &str = "lambda_runtime=info,lambda_runtime::layers::panic=off";

/// Starts logging to standard output, one JSON object per line, as CloudWatch Logs Insights reads it.
///
/// Lambda's `AWS_LAMBDA_LOG_LEVEL` sets the level (default `info`). `RUST_LOG` adds directives that override it. A
/// second call has no effect.
pub fn init_logging() {
    // An error means that a subscriber is already installed. It stays.
    _ = tracing::subscriber::set_global_default(subscriber(std::io::stdout));
}

/// Returns the subscriber that [`init_logging`] installs, with another writer.
pub fn subscriber<W>(writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'writer> MakeWriter<'writer> + Send + Sync + 'static,
{
    let variable = |name: &str| std::env::var(name).ok();
    let level = variable("AWS_LAMBDA_LOG_LEVEL").and_then(|level| level.parse().ok());
    let level = level.unwrap_or(LevelFilter::INFO).to_string();
    // A later directive replaces an earlier one for the same target.
    let directives = [
        level,
        variable("RUST_LOG").unwrap_or_default(),
        NEVER.to_owned(),
    ];
    let filter = EnvFilter::builder().parse_lossy(directives.join(","));
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_span_list(false)
        .with_env_filter(filter)
        .with_writer(writer)
        .finish()
}

/// Formats an error and its chain of sources on one line, outermost first, separated by `: `.
pub fn chain(error: &(dyn Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |&error| error.source());
    causes
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use super::*;

    /// The logged bytes, shared between the subscriber and the test.
    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0
                .lock()
                .expect("not poisoned")
                .extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_line_is_an_object_and_whole_events_stay_out() {
        let lines = Lines::default();
        let writer = lines.clone();
        tracing::subscriber::with_default(subscriber(move || writer.clone()), || {
            tracing::info!(answer = 42, "said");
            tracing::trace!(target: "lambda_runtime", "a whole event");
            tracing::error!(target: "lambda_runtime::layers::panic", "a refused token");
        });
        let text = String::from_utf8(lines.0.lock().expect("not poisoned").clone()).expect("UTF-8");
        let [line] = &text.lines().collect::<Vec<_>>()[..] else {
            panic!("{text}")
        };
        let line: serde_json::Value = serde_json::from_str(line).expect("JSON");
        assert_eq!(
            (&line["answer"], &line["message"]),
            (&42.into(), &"said".into())
        );
    }

    #[test]
    fn a_chain_names_every_cause() {
        #[derive(Debug, thiserror::Error)]
        #[error("outer")]
        struct Outer(#[source] io::Error);
        assert_eq!(chain(&Outer(io::Error::other("inner"))), "outer: inner");
    }
}
