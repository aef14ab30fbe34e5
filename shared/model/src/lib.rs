//! The product's vocabulary: plain types and pure rules, without I/O.
//!
//! | module | what it holds |
//! |---|---|
//! | `tenant_id`, `id` | the id of a tenant; ids of everything else, and fingerprints |
//! | `kind` | how [`USERS`] and [`GROUPS`] differ |
//! | `role` | the catalogue of roles, and the permissions they carry |
//! | `account` | what is known of a person beyond their SCIM attributes |
//! | `settings` | what a tenant can set for itself |
//! | `actor` | who makes a change, and what it is about |
//! | `provider` | the products that connect |
//! | `reason` | why a request was refused, as a code |
//!
//! What is stored may come from a newer version of the code. So the stored forms keep a role id that is not in the
//! catalogue, and read a value of a closed list that they do not know as the default:
//!
//! ```
//! use rollcall_model::{Grant, Role};
//!
//! let stored = r#"{"role": "auditor", "since": "2026-11-28T12:00:00Z"}"#;
//! let grant: Grant = serde_json::from_str(stored)?;
//! assert_eq!(grant.role.as_str(), "auditor");
//! assert_eq!(grant.role(), None::<Role>); // it grants nothing here
//! # Ok::<(), serde_json::Error>(())
//! ```

mod account;
mod actor;
mod id;
mod kind;
mod provider;
mod reason;
mod role;
mod settings;
mod tenant_id;

pub use account::{Account, Claimed, Grant, PersonState};
pub use actor::{Actor, KnownActor, Subject};
pub use id::{is_id, new_id, sha256_hex, shown};
pub use kind::{GROUPS, Kind, Lookup, USERS};
pub use provider::Provider;
pub use reason::Reason;
pub use role::{Mappings, Permission, Role, RoleId, UnknownRole};
pub use settings::{ManualRoles, RateLimit, RoleSync, RouteBy, Settings, UnknownMembers};
pub use tenant_id::{InvalidTenantId, TenantId};
