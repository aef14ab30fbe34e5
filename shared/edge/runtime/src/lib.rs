//! What every Lambda function needs, whether it handles requests or events.
//!
//! - `deadline` says how long a call may still work.
//! - `log` starts logging and formats errors for the log.
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
mod queue;

pub use deadline::time_left;
pub use log::{chain, init_logging, subscriber};
pub use queue::each_message;
