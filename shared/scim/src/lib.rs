//! SCIM 2.0 (RFC 7643, RFC 7644) as values and functions.
//!
//! The crate performs no I/O, reads no clock, and has no notion of a tenant. It takes JSON and text, and
//! returns JSON and decisions.
//!
//! | module | contents |
//! |---|---|
//! | `schema` | the attributes and their characteristics, as data that all other modules read |
//! | `formatted` | `name.formatted`, kept true when parts of a name change |
//! | `resource`, `value` | a User or Group in canonical form, and the checks on its JSON |
//! | `names`, `path` | names, URNs, and attribute paths: `name.givenName`, `urn:…:User:manager.value` |
//! | `filter` | one syntax tree for `filter=`, `emails[…]` and PATCH paths: parser, printer, evaluator |
//! | `patch` | PATCH requests: parsed, normalized, applied; Group members separately |
//! | `location` | the URLs of resources |
//! | `bulk` | bulk requests: operations, the references between them, their order |
//! | `query`, `sort`, `projection`, `list` | list requests and their responses |
//! | `precondition` | `If-Match`, `If-None-Match` |
//! | [`discovery`] | ServiceProviderConfig, ResourceTypes, Schemas |
//! | `dialect` | the rules for what identity providers send although the RFC does not allow it |
//! | `reading` | the codes for what a request contains although the RFC does not expect it |
//! | `error` | every error, with its HTTP status and `scimType` |
//! | [`limits`] | every limit on input |
//! | `compared`, `fold`, `user_name` | case-insensitive comparison; that of user names by PRECIS |
//!
//! # Example
//!
//! Parse a User, match it with a filter, and apply a PATCH to it:
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

mod formatted;
mod resource;
mod value;

mod names;
mod path;

mod filter;

mod patch;

mod bulk;

mod list;
mod location;
mod projection;
mod query;
mod sort;

mod precondition;

pub mod discovery;

mod dialect;
mod reading;

mod compared;
mod error;
mod fold;
pub mod limits;
mod user_name;

pub use self::bulk::{
    BULK_REQUEST_URN, BULK_RESPONSE_URN, BulkCall, BulkOperation, BulkOutcome, BulkRequest,
    BulkStep, bulk_response,
};
pub use self::error::{ERROR_URN, Error};
pub use self::filter::{CompareOp, Filter, Literal, Matcher};
pub use self::fold::{fold, lower};
pub use self::list::{LIST_RESPONSE_URN, ListResponse};
pub use self::patch::{MemberChange, MemberOp, PATCH_OP_URN, Patch};
pub use self::path::AttrPath;
pub use self::precondition::Precondition;
pub use self::projection::Projection;
pub use self::query::{PARAMETERS, Query, SEARCH_REQUEST_URN};
pub use self::reading::{Reading, Readings, observe};
pub use self::resource::Resource;
pub use self::schema::{
    Attribute, AttributeKind, Declaration, DeclaredAttribute, ENTERPRISE_USER_SCHEMA, ExtendedType,
    Extension, GROUP, GROUP_SCHEMA, Incompatible, Mutability, RESOURCE_TYPE_SCHEMA, ResourceType,
    ResourceTypes, Returned, SCHEMA_SCHEMA, SERVICE_PROVIDER_CONFIG_SCHEMA, Schema, USER,
    USER_SCHEMA, Uniqueness,
};
pub use self::sort::{Sort, SortKey};
pub use self::user_name::{compared_user_name, has_unseen_character};
