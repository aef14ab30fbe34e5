//! Imports: people, groups and roles that the application already has, before an identity provider pushes them.
//!
//! The application sends its list in parts of a bounded size. Each part is done in one request, and noted with what became
//! of it (`state`), so an import goes on with the next part after it was interrupted, and a part that is sent again
//! changes nothing. `look_up` reads whom the rows of a part mean, `compare` decides what differs (pure), `part` runs the
//! rows, `people` and `groups` write, and `outcome` names what became of a row.
//!
//! Two other modes share the rows and change nothing: a report compares the list with the directory, and `adoption`
//! decides what the pushes of an identity provider would do. Both note whom they have met, so that `unmatched` can list
//! who is left over.

mod adoption;
mod compare;
mod groups;
pub(crate) mod handle;
mod late;
mod look_up;
mod met;
pub(crate) mod outcome;
pub(crate) mod part;
mod people;
pub(crate) mod row;
pub(crate) mod state;
pub(crate) mod unmatched;
