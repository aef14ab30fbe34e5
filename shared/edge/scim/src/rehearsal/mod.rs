//! Rehearsals: the requests of an identity provider, played through the handlers of single requests in a throw-away
//! tenant.
//!
//! `conversation` has the requests, which come from the transcripts of the tests. `play` sends them one after the other and
//! collects what was answered. Nothing is logged and nobody is charged: a request of a rehearsal has no token.

mod conversation;
mod play;

pub use conversation::Conversation;
pub use play::{Exchange, rehearse};
