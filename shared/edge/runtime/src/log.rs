//! Logging: JSON lines on standard output, with each error on one line, and beside them the lines of metrics.

use std::error::Error;

use tracing::Subscriber;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{EnvFilter, FilterFn, LevelFilter};
use tracing_subscriber::fmt::{self, MakeWriter};
use tracing_subscriber::layer::SubscriberExt;

use crate::metrics::{self, Measured};

/// Directives that apply whatever `RUST_LOG` says. The runtime's traces contain whole events. Its panic layer logs a
/// refused token as an error of the authorizer, while real faults are logged where they happen. Metrics have lines of
/// their own.
const NEVER: &str = "lambda_runtime=info,lambda_runtime::layers::panic=off,rollcall_metrics=off";

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
    W: for<'writer> MakeWriter<'writer> + Clone + Send + Sync + 'static,
{
    measuring(writer, Measured::from_env())
}

/// Returns the subscriber that [`init_logging`] installs, with another writer and these metrics.
pub fn measuring<W>(writer: W, measured: Measured) -> impl Subscriber + Send + Sync
where
    W: for<'writer> MakeWriter<'writer> + Clone + Send + Sync + 'static,
{
    let metrics = measured.namespace.clone().map(|namespace| {
        let lines = metrics::Lines {
            writer: writer.clone(),
            namespace,
        };
        let sees = FilterFn::new(move |what| measured.sees(what));
        lines.with_filter(sees.with_max_level_hint(LevelFilter::INFO))
    });
    let lines = fmt::layer()
        .json()
        .flatten_event(true)
        .with_span_list(false)
        .with_writer(writer)
        .with_filter(lines_of_the_log());
    tracing_subscriber::registry().with(lines).with(metrics)
}

/// Returns which lines the log has.
fn lines_of_the_log() -> EnvFilter {
    let variable = |name: &str| std::env::var(name).ok();
    let level = variable("AWS_LAMBDA_LOG_LEVEL").and_then(|level| level.parse().ok());
    let level = level.unwrap_or(LevelFilter::INFO).to_string();
    // A later directive replaces an earlier one for the same target.
    let directives = [
        level,
        variable("RUST_LOG").unwrap_or_default(),
        NEVER.to_owned(),
    ];
    EnvFilter::builder().parse_lossy(directives.join(","))
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
pub(crate) mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use super::*;

    /// The logged bytes, shared between the subscriber and the test.
    #[derive(Clone, Default)]
    pub(crate) struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Lines {
        /// Returns each line as JSON.
        pub(crate) fn json(&self) -> Vec<serde_json::Value> {
            let bytes = self.0.lock().expect("not poisoned").clone();
            let text = String::from_utf8(bytes).expect("UTF-8");
            text.lines()
                .map(|line| serde_json::from_str(line).expect("JSON"))
                .collect()
        }
    }

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
        let lines = lines.json();
        let [line] = &lines[..] else {
            panic!("{lines:?}")
        };
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
