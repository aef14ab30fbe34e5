//! Users and groups: stored, changed, listed. Both use the same code, and differ only in the data of their kind.
//!
//! `record` is a stored resource with its `document`, in a numbered `format`. `writes` plans the transaction of a change, `names` checks
//! unique names, `name_keys` says where they are claimed and
//! looked up, and `unique_values` those of declared attributes, and `owners` protects the last active owner.
//! `members` plans a change of memberships in `steps`, and `intents` applies one that is too large for one transaction. `draft` is
//! a planned change; `create`, `crud` and `delete` carry changes out, and return the `effects` with the result. `brake`
//! counts what a connection takes away, and `held` is what does not take effect because it was too much.
//! `assemble` turns records into SCIM resources. `list` answers a query as `query_plan` decides: from `candidates`,
//! from one `page_cursor` to the next, or by a `full_scan`;
//! `patience` ends a list that takes too long, and `all_kinds` lists users and groups at once. `by_cursor` reads a
//! `page` from one `cursor` to the next, which is `signed`, in a `walk_order` or by a `stored_order`, and `in_order`
//! sorts by any attribute. Clients cannot read a `sealed_cursor`. `counters` counts, and `slice` cuts the page. `claimable`
//! finds the groups that a claim names. `readable` leaves out what cannot be read, where that must not end the whole.
//!
//! `ownership` says which connection may write a resource, `take_over` gives it to another one, and `lifted_owners` finds
//! the owners of earlier versions. `sign_in_only` gives way to what is pushed, `subjects` says whom a sign-in's subject is
//! bound to, and `identity_change` tells when a name moves that a role hangs on. `tombstones` and `traces` say what stays
//! of the deleted, `restore` brings them back, and `admit` lets others have their identifiers. `application_ids` finds
//! people by the application's own ids, and `imported` has the groups that came with an import.

mod admit;
pub(crate) mod all_kinds;
pub(crate) mod application_ids;
pub(crate) mod assemble;
pub(crate) mod brake;
mod by_cursor;
pub(crate) mod candidates;
pub(crate) mod claimable;
pub(crate) mod counters;
pub(crate) mod create;
pub(crate) mod crud;
mod cursor;
mod delete;
mod document;
mod draft;
pub(crate) mod effects;
pub(crate) mod format;
pub(crate) mod full_scan;
pub(crate) mod handle;
pub(crate) mod held;
pub(crate) mod held_list;
mod identity_change;
pub(crate) mod imported;
mod in_order;
mod intent;
pub(crate) mod intents;
mod lifted_owners;
pub(crate) mod list;
pub(crate) mod members;
mod name_keys;
pub(crate) mod names;
pub(crate) mod observed;
pub(crate) mod owners;
pub(crate) mod ownership;
pub(crate) mod page;
pub(crate) mod page_cursor;
mod patience;
mod prepared_intents;
pub(crate) mod query_plan;
mod readable;
pub(crate) mod record;
pub(crate) mod restore;
pub(crate) mod sealed_cursor;
pub(crate) mod sign_in_only;
pub(crate) mod signed;
pub(crate) mod slice;
mod steps;
mod stored_order;
pub(crate) mod subjects;
mod take_over;
mod taken_back;
pub(crate) mod tombstones;
pub(crate) mod traces;
mod unique_values;
mod walk_order;
pub(crate) mod writes;
