//! SCIM 2.0 (RFC 7643, RFC 7644), as values and functions.
//!
//! Nothing here does I/O, reads a clock, or knows a tenant: JSON and text come in, JSON and decisions
//! go out.
//!
//! | module | what it holds |
//! |---|---|
//! | `schema` | attributes and their characteristics, as data; what everything below reads |
//! | `resource`, `value` | a User or Group in canonical form, and how JSON gets there |
//! | `path` | `name.givenName`, `urn:…:User:manager.value` |
//! | `filter` | one syntax tree for `filter=`, `emails[…]` and PATCH paths: parser, printer, evaluator |
//! | `patch` | PATCH messages: read, brought into the RFC's form, applied; group members apart |
//! | `query`, `sort`, `projection`, `list` | list requests and what is answered |
//! | `precondition` | `If-Match`, `If-None-Match` |
//! | [`discovery`] | ServiceProviderConfig, ResourceTypes, Schemas |
//! | `dialect` | what identity providers send that the RFC does not allow, rule by rule |
//! | `error` | every refusal, its status and `scimType` |
//! | [`limits`] | every bound on input |
//! | `fold` | caseless comparison |
//!
//! # Example
//!
//! A User arrives, a filter matches it, and a PATCH changes it:
//!
//! ```
//! use rollcall_scim::{Filter, PATCH_OP_URN, Patch, Resource, USER, USER_SCHEMA};
//! use serde_json::json;
//!
//! # fn main() -> Result<(), rollcall_scim::Error> {
//! let body = json!({
//!     "schemas": [USER_SCHEMA.id],
//!     "userName": "ada@example.com",
//!     "emails": [{ "type": "work", "value": "ada@example.com" }],
//!     "active": true,
//! });
//! let user = Resource::parse(&USER, body)?;
//!
//! let filter = Filter::parse(&USER, r#"userName eq "ADA@example.com" and active eq true"#)?;
//! assert!(filter.matches(&user));
//!
//! let body = json!({
//!     "schemas": [PATCH_OP_URN],
//!     "Operations": [{ "op": "replace", "path": "active", "value": false }],
//! });
//! let patched = Patch::parse(&USER, body)?.apply(&user)?;
//! assert_eq!(patched.get("active"), Some(&json!(false)));
//! assert!(!filter.matches(&patched));
//! # Ok(())
//! # }
//! ```

mod schema;

mod resource;
mod value;

mod path;

mod filter;

mod patch;

mod list;
mod projection;
mod query;
mod sort;

mod precondition;

pub mod discovery;

mod dialect;

mod error;
mod fold;
pub mod limits;

pub use self::error::{ERROR_URN, Error};
pub use self::filter::{CompareOp, Filter, Literal, member_filter_matches};
pub use self::fold::fold;
pub use self::list::{LIST_RESPONSE_URN, list_response};
pub use self::patch::{MemberChange, MemberOp, PATCH_OP_URN, Patch};
pub use self::path::AttrPath;
pub use self::precondition::Precondition;
pub use self::projection::Projection;
pub use self::query::{Query, SEARCH_REQUEST_URN};
pub use self::resource::Resource;
pub use self::schema::{
    Attribute, AttributeKind, ENTERPRISE_USER_SCHEMA, Extension, GROUP, GROUP_SCHEMA, Mutability,
    RESOURCE_TYPE_SCHEMA, ResourceType, Returned, SCHEMA_SCHEMA, SERVICE_PROVIDER_CONFIG_SCHEMA,
    Schema, USER, USER_SCHEMA, Uniqueness,
};
pub use self::sort::{Sort, SortKey};
