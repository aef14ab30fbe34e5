//! The types of the domain and their rules, without I/O.
//!
//! | module | content |
//! |---|---|
//! | `clock` | the time, and how the local run writes what was |
//! | `tenant_id`, `id` | the id of a tenant; all other ids, and hashes |
//! | `kind` | the differences between [`USERS`] and [`GROUPS`] |
//! | `role`, `catalogue` | a role and its permissions; the roles of a tenant |
//! | `short` | short texts that can be copied |
//! | `key_scope` | the scopes of service keys |
//! | `account` | the data of a person beyond the SCIM attributes |
//! | `identity` | who a person is: origin, owner, bound subjects, proven identifiers |
//! | `brake` | how much a connection may take away within an hour |
//! | `effect` | what takes effect of what SCIM said: sign-in, sessions, roles |
//! | `settings` | the settings of a tenant |
//! | `address_list` | from which addresses a token is accepted |
//! | `branding`, `colour` | how the product is called and looks on pages; its colour and those that follow from it |
//! | `session_bounds` | how long sessions last, within the bounds of the operator |
//! | `secrets` | what looks like a secret, by its name or its shape |
//! | `ceilings` | what the operator allows a tenant |
//! | `actor`, `origin` | the actor and the subject of a change; where its request came from |
//! | `event_type` | the types of events |
//! | `provider` | the identity providers |
//! | `reason` | the reason codes of refused requests |
//! | `mail_address` | which addresses get mail |
//! | `return_url` | where somebody who opened a portal link goes back to |
//!
//! A newer version of the code may have written the stored data. The types therefore keep the id of an unknown role,
//! and read an unknown setting as its default:
//!
//! ```
//! use rollcall_model::{Catalogue, Grant};
//!
//! let stored = r#"{"role": "auditor", "since": "2026-11-28T12:00:00Z"}"#;
//! let grant: Grant = serde_json::from_str(stored)?;
//! assert_eq!(grant.role.as_str(), "auditor");
//! assert_eq!(Catalogue::default().role(&grant.role), None); // it grants nothing here
//! # Ok::<(), serde_json::Error>(())
//! ```

mod account;
mod actor;
mod address_list;
mod brake;
mod branding;
mod catalogue;
mod ceilings;
pub mod clock;
mod colour;
mod effect;
mod event_type;
mod id;
mod identity;
mod key_scope;
mod kind;
mod mail_address;
mod origin;
mod provider;
mod reason;
mod return_url;
mod role;
mod secrets;
mod session_bounds;
mod settings;
mod short;
mod tenant_id;
mod webhook_targets;

pub use account::{Account, BelowAtLogin, Claimed, Grant, PersonState, Withheld};
pub use actor::{Actor, KnownActor, PortalLink, Subject};
pub use address_list::{AddressList, MAX_NETWORKS};
pub use brake::{BrakeLimit, MAX_AT_LEAST, MAX_PERCENT};
pub use branding::{
    Brand, Branding, Logo, LogoKind, LogoMark, MAX_LINK, MAX_LOGO_BYTES, MAX_PRODUCT_NAME,
};
pub use catalogue::{
    Catalogue, MAX_DESCRIPTION, MAX_PERMISSION, MAX_ROLES, RoleDefinition, UnknownRole,
};
pub use ceilings::{AtCeiling, Ceilings, DEFAULT_READ_UNITS_PER_MINUTE};
pub use colour::{Accents, Colour, InSchemes, InvalidColour};
pub use effect::{Causes, Effect};
pub use event_type::EventType;
pub use id::{
    MAX_CHOSEN, generated_id, generated_id_of, is_chosen_id, is_id, new_id, sha256_hex, shown,
};
pub use identity::{
    Binding, HeldRequest, IdentifierKind, Identity, NO_CONNECTION, Observation, PersonOrigin,
    Proven, contradict,
};
pub use key_scope::{KeyScope, UnknownScope};
pub use kind::{ChangeEvents, GROUPS, Kind, Lookup, USERS};
pub use mail_address::{MAX_MAIL_ADDRESS, mail_domain};
pub use origin::Origin;
pub use provider::Provider;
pub use reason::Reason;
pub use return_url::{MAX_ORIGIN, MAX_RETURN_URL, is_return_origin, may_return_to};
pub use role::{MAX_ROLE_ID, MAX_ROLE_NAME, Mappings, NoPermission, Permission, Role, RoleId, Way};
pub use secrets::{
    REDACTED, cleaned, cleaned_value, compares_secret, is_secret_name, is_secret_parameter,
    names_secret, without_secrets,
};
pub use session_bounds::{SETTABLE, SessionBounds, SessionLimits};
pub use settings::{
    ClaimMatch, DeletedPeople, LoggedValues, ManualRoles, RateLimit, RoleSync, RouteBy, Settings,
    SignUp, UnknownMembers,
};
pub use tenant_id::{InvalidTenantId, MAX_TENANT_ID, TenantId};
pub use webhook_targets::WebhookTargets;
