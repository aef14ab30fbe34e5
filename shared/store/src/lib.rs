//! The single-table design: keys, items, and the DynamoDB operations on them.
//!
//! | module | content |
//! |---|---|
//! | `partition`, `keys`, `stack_keys`, `webhook_keys`, `brake_keys`, `health_keys` | all keys of the table; those of tenant data need a tenant id |
//! | `archive_keys` | the keys of the archive, a table of its own |
//! | `item` | DynamoDB items; an update keeps attributes that a newer version wrote |
//! | `table`, `transaction`, `commit` | reads, queries, conditional writes, retries; [`capacity`] measures their cost |
//! | `attempt` | a change that takes effect once, however often it is attempted |
//! | `put` | writes of one item |
//! | `fence`, `fenced_table` | a tenant that is thrown away: nothing of it reaches a journal or another tenant |
//! | `sweep` | the keys of all items of a tenant, for its erasure |
//! | `found` | items that were read together |
//! | `branding` | the stored branding of the stack and of tenants |
//! | `retry` | the retry loop of optimistic writes |
//! | `bounded_page` | one page of a list that is filtered while it is read |
//! | `scope` | [`Scope`]: the table, the tenant, the actor and the request id |
//! | `key_ring` | [`KeyRing`]: the keys of the stack, derived from one secret outside the table |
//! | `sealed` | texts that are encrypted with one of them |
//! | `clock`, `sdk`, [`create_table`] | the clock, the SDK's configuration, the definition of the table |
//! | `error` | [`Error`]: what the client may see, and what the log needs |
//!
//! Only `rollcall-directory` and `rollcall-insight` depend on this crate, and neither re-exports a key.
//!
//! ```
//! use rollcall_model::TenantId;
//! use rollcall_store::Keys;
//!
//! let tenant: TenantId = "acme".parse()?;
//! assert_eq!(Keys::of(&tenant).journal().as_str(), "T#acme#J");
//! # Ok::<(), rollcall_model::InvalidTenantId>(())
//! ```

mod archive_keys;
mod attempt;
mod bounded_page;
mod brake_keys;
mod branding;
mod call_failure;
pub mod capacity;
mod clock;
mod commit;
pub mod create_table;
mod error;
mod fence;
mod fenced_table;
mod found;
mod health_keys;
mod item;
mod journal_keys;
mod key_ring;
mod keys;
mod looking;
mod partition;
mod put;
mod range;
mod retry;
mod scope;
mod sdk;
mod sealed;
mod stack_keys;
mod sweep;
mod table;
mod transaction;
mod webhook_keys;

pub use archive_keys::ArchiveKeys;
pub use attempt::Attempt;
pub use bounded_page::BoundedPage;
pub use brake_keys::TRIPPED;
pub use branding::{BrandingItem, brand_in, brand_keys, stored_branding};
pub use call_failure::{TableFailure, call_failure};
pub use clock::{just_after, now};
pub use error::Error;
pub use found::Found;
pub use health_keys::REJECTED_MAILS;
pub use item::{Item, carry_over, from_item, key_item, number, string, strings, text, to_item};
pub use key_ring::{KeyRing, KeySource, KeyUse, StackKey};
pub use keys::{CONNECTION, COUNT_SHARDS, Keys, MAPPING, TENANT, name_prefix, word_and_user};
pub use partition::{Key, Partition};
pub use range::Range;
pub use retry::retry_stale;
pub use scope::{Scope, TenantItem};
pub use sdk::sdk_config;
pub use stack_keys::StackKeys;
pub use sweep::{Swept, SweptTo};
pub use table::{QueryPage, Table, Updated};
pub use transaction::{Expression, Guard, MAX_WRITES, Transaction};
