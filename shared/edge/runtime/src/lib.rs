//! What every Lambda function needs, whether it handles requests or events.
//!
//! - `deadline` says how long a call may still work.
//! - `log` starts logging and formats errors for the log.
//! - `metrics` writes metrics beside the lines of the log, for CloudWatch.
//! - `trace` finds the id of the trace that the lines of the log carry.
//! - `queue` handles a batch of messages from a queue.
//!
//! Nothing here knows HTTP or the directory.
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! use aws_lambda_events::sqs::SqsMessage;
//!
//! rollcall_runtime::init_logging();
//! let mut message = SqsMessage::default();
//! message.message_id = Some("m-1".to_owned());
//! let handle = async |_: SqsMessage| Err(std::io::Error::other("the table does not exist"));
//! let answer = rollcall_runtime::each_message(vec![message], handle).await;
//! assert_eq!(answer.batch_item_failures[0].item_identifier, "m-1");
//! # });
//! ```

mod deadline;
mod log;
mod metrics;
mod queue;
mod trace;

pub use deadline::time_left;
pub use log::{chain, init_logging, measuring, subscriber};
pub use metrics::{Measured, Metric, NAMESPACE_VARIABLE, REQUESTS_VARIABLE, Record};
pub use queue::each_message;
pub use trace::{TRACE_HEADER, trace_id, traced};
