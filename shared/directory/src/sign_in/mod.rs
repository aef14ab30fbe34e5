//! Sign-in: who a sign-in is, and the session that it opens.
//!
//! `log_in` takes what an assertion says and decides the person and the role. `sessions` opens, checks and ends sessions,
//! `portal_links` those of links that the application gives out. `recent` keeps the sign-ins of the last days.

pub(crate) mod handle;
pub(crate) mod log_in;
pub(crate) mod portal_links;
pub(crate) mod recent;
pub(crate) mod sessions;
