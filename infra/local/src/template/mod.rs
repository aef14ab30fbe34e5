//! What `infra/template.yaml` says about the API: its routes, who answers them, who must allow them, and what the gateway
//! answers by itself. There is no other routing table.
//!
//! `cloudformation` reads the text, `document` finds resources in it, `api`, `events` and `responses` read theirs.

mod api;
mod cloudformation;
mod document;
mod error;
mod events;
mod read;
mod responses;

pub use api::{Authorizer, Route};
pub use error::TemplateError;
pub use events::{Consumer, EventWiring, QueueSettings, Rule, Stream, Trigger};
pub use read::Template;
pub use responses::{Context, GatewayResponse, ResponseType};

#[cfg(test)]
mod tests;

#[cfg(test)]
mod stack_tests;

#[cfg(test)]
mod watch_tests;
