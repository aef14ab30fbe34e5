//! What the console shows of a tenant: lists, search, profiles, traffic, health.
//!
//! Everything here is read, bounded however large the tenant is, and computed by pure functions.
//!
//! | module | what it holds |
//! |---|---|
//! | `lists` | people with state and role, groups with count and mapping, members of a group |
//! | `find` | people and groups found by name, address or id |
//! | `profile` | everything about one person, in a handful of reads |
//! | `traffic` | what the request log comes to: by hour, by connection, by failure |
//! | `health` | what is wrong, and what to do about it: snapshot, rules, wording |
//!
//! [`Insight::of`] is the way in:
//!
//! ```no_run
//! # async fn example(tenant: rollcall_directory::Tenant) -> Result<(), rollcall_directory::Error> {
//! let health = rollcall_insight::Insight::of(&tenant).health().await?;
//! for finding in health.findings {
//!     println!("{}: {}", finding.title(), finding.advice());
//! }
//! # Ok(())
//! # }
//! ```

mod handle;

mod find;
mod lists;
mod profile;

mod traffic;

mod health;

pub use crate::handle::Insight;
pub use crate::health::finding::{Finding, FindingKind, Health, Severity};
pub use crate::lists::{GroupFilter, GroupSummary, PeopleQuery};
pub use crate::profile::{PersonGroup, PersonProfile};
pub use crate::traffic::digest::{Digest, Hour, Milestones};
pub use crate::traffic::failures::RepeatedFailure;
