//! What the console shows of a tenant: lists, search, profiles, traffic, health.
//!
//! Calls read a bounded amount, however large the tenant is. Pure functions compute the results.
//!
//! | module | contents |
//! |---|---|
//! | `lists` | people with state and role, groups with member count and mapping, members of a group |
//! | `list_people` | people by state, role, group and text, with signed cursors |
//! | `by_filter` | people whom a SCIM filter finds by key |
//! | `picker` | people by name, with their ids and names alone |
//! | `find_groups` | groups by any part of their names, by role and by what they lack |
//! | `find` | search for people and groups by name, e-mail address or id |
//! | `by_word` | people by the beginnings of words of their names and addresses, in an index |
//! | `snapshot` | everything of the directory, page by page, with its place in the event feed |
//! | `evidence` | who has access and why, and who left, as auditors ask |
//! | `profile` | everything about one person, in a few reads |
//! | `deleted` | people who were deleted and have not come back |
//! | `identity` | why a person was kept out, and what they were called before |
//! | `traffic` | a digest of the request log: by hour, by connection, by failure |
//! | `health` | what is wrong, and what to do about it: snapshot, rules, wording |
//!
//! Start with [`Insight::of`]:
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

mod by_filter;
mod by_word;
mod deleted;
mod evidence;
mod find;
mod find_groups;
mod identity;
mod list_people;
mod lists;
mod picker;
mod profile;
mod snapshot;

mod traffic;

mod health;

pub use crate::deleted::DeletedPerson;
pub use crate::evidence::access_review::{ReviewPage, ReviewedPerson};
pub use crate::evidence::made::Made;
pub use crate::evidence::offboarding::{Departure, OffboardingPage, OffboardingQuery};
pub use crate::find::FoundPeople;
pub use crate::find_groups::{FoundGroups, GroupQuery};
pub use crate::handle::Insight;
pub use crate::health::check::Seen;
pub use crate::health::finding::{Finding, FindingKind, Health, Severity};
pub use crate::health::grouping::FindingGroup;
pub use crate::health::refused::{refusal_remedy, refusal_text};
pub use crate::health::wording::isolated;
pub use crate::identity::{FormerIdentifier, RefusedSignIn, former_identifiers};
pub use crate::list_people::{PeopleOrder, PeoplePage};
pub use crate::lists::{GroupFilter, GroupSummary, PeopleQuery};
pub use crate::picker::PickedPerson;
pub use crate::profile::{PersonGroup, PersonProfile};
pub use crate::snapshot::SnapshotPage;
pub use crate::traffic::digest::{DayOfRequests, Digest, Hour, Milestones};
pub use crate::traffic::failures::RepeatedFailure;
pub use crate::traffic::quirks::{Quirk, Quirks};
