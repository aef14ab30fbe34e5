//! Sign-in: the person who signs in, and the session that this opens.
//!
//! `log_in` signs in the person that an `assertion` names, and decides the role. `look_up` reads what that depends on:
//! the person, and the groups in `known_groups`. `sessions` opens and ends sessions, and `check` decides whether one is
//! valid. `portal_links` issues the links that open a session without a person. `recent` stores the sign-ins of the last
//! days.

pub(crate) mod assertion;
pub(crate) mod check;
pub(crate) mod decide;
pub(crate) mod handle;
mod known_groups;
pub(crate) mod log_in;
mod look_up;
pub(crate) mod portal_links;
pub(crate) mod recent;
pub(crate) mod sessions;
