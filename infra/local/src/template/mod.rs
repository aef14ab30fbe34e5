//! Reads `infra/template.yaml` and `infra/data.yaml`: the routes with their functions and authorizers, the gateway
//! responses, and the event wiring. There is no other routing table.
//!
//! `cloudformation` parses the text. `stacks` joins the two templates. `document` finds resources in them. `api`, `events` and `responses` read their
//! resources. `read` builds the [`Template`] from them.

mod api;
mod cloudformation;
mod document;
mod error;
mod events;
mod read;
mod responses;
mod stacks;

pub use api::{Authorizer, Payload, Route};
pub use error::TemplateError;
pub use events::{Consumer, EventWiring, QueueSettings, Rule, Stream, Trigger};
pub use read::Template;
pub use responses::{Context, GatewayResponse, ResponseType};

#[cfg(test)]
mod tests;

#[cfg(test)]
mod rights_tests;

#[cfg(test)]
mod stack_tests;

#[cfg(test)]
mod environment_tests;

#[cfg(test)]
mod alarm_tests;

#[cfg(test)]
mod operations_tests;

#[cfg(test)]
mod table_tests;

#[cfg(test)]
mod watch_tests;
