//! The single-table design: keys, items, and the few DynamoDB operations that everything is made of.
//!
//! | module | what it holds |
//! |---|---|
//! | `keys` | every key of the table; none can be built without a tenant |
//! | `item` | items as DynamoDB holds them, changed without losing what a newer version wrote |
//! | `table`, `transaction` | reads, queries, conditional writes, retries; [`capacity`] counts what they cost |
//! | `retry` | the one loop of optimistic writes |
//! | `bounded_page` | one page of a list that is filtered while it is read |
//! | `scope` | [`Scope`]: the table, the tenant, who acts, and within which request |
//! | `clock`, `sdk`, [`create_table`] | the time, the SDK's configuration, the table's definition |
//! | `error` | [`Error`]: what the client may know, and what the log must know |
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

mod bounded_page;
pub mod capacity;
mod clock;
pub mod create_table;
mod error;
mod item;
mod keys;
mod retry;
mod scope;
mod sdk;
mod table;
mod transaction;

pub use bounded_page::BoundedPage;
pub use clock::{just_after, now};
pub use error::Error;
pub use item::{Item, carry_over, from_item, key_item, number, string, text, to_item};
pub use keys::{
    CONNECTION, COUNT_SHARDS, Key, Keys, MAPPING, Partition, StackKeys, TENANT, name_prefix,
};
pub use retry::retry_stale;
pub use scope::{Scope, TenantItem};
pub use sdk::sdk_config;
pub use table::{QueryPage, Range, Table, Updated};
pub use transaction::{Expression, Guard, MAX_WRITES, Transaction};
