//! Sign-in: the person who signs in, and the session that this opens.
//!
//! `log_in` finds the person that an assertion names and decides the role. `sessions` opens and ends sessions, and
//! `check` decides whether one is valid. `portal_links` issues the links that open a session without a person. `recent`
//! stores the sign-ins of the last days.

pub(crate) mod check;
pub(crate) mod handle;
pub(crate) mod log_in;
pub(crate) mod portal_links;
pub(crate) mod recent;
pub(crate) mod sessions;
