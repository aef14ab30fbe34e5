//! Sign-in: the person who signs in, and the session that this opens.
//!
//! `log_in` signs in the person that an `assertion` names, and decides the role. `presented` says what the assertion
//! presents, `look_up` reads what the sign-in depends on: the people whom it could mean, and the groups in
//! `known_groups`. `candidates` are these people as the rules of `decide` see them, and `reach` whom a connection
//! finds although another one owns them. `admission` is whom a sign-in lets in, and `refusals` records whom it keeps
//! out; `changed_subjects` announces that this happens to many at once. `sessions` opens and lists sessions, `end_sessions` ends them, and
//! `check` decides whether one is valid; `reads` is what its use leaves on it. `person_actions` is what admins do about who one person is, `remedies` what they do
//! about all people of a connection, `held_changes` what they decide about changes that the brake holds, and `bindings`
//! takes the subjects that the application knows. `portal_links` issues the links that open a session without a person,
//! and `mailed_links` those of them that are mailed. `recent` stores the sign-ins of the last days.

mod admission;
pub(crate) mod assertion;
pub(crate) mod bindings;
mod candidates;
pub(crate) mod changed_subjects;
pub(crate) mod check;
pub(crate) mod decide;
mod end_sessions;
pub(crate) mod handle;
pub(crate) mod held_changes;
mod known_groups;
pub(crate) mod log_in;
mod look_up;
pub(crate) mod mailed_links;
pub(crate) mod person_actions;
pub(crate) mod portal_links;
pub(crate) mod presented;
mod reach;
mod reads;
pub(crate) mod recent;
pub(crate) mod refusals;
pub(crate) mod remedies;
pub(crate) mod sessions;
pub(crate) mod support;
