//! The product over one DynamoDB table: tenants, connections, tokens, users, groups, memberships, journal.
//!
//! Lowest first:
//!
//! - [`keys`](TenantId) make every key; `kind` says how [`USERS`] and [`GROUPS`] differ; `item`, `table` and
//!   `transaction` are the few DynamoDB operations everything is made of, with retries and [`cost`] in one place.
//! - `record` is a stored resource, in a `format` that has a number; `complete` turns records into SCIM resources,
//!   `writes` plans the transaction of a change, `journal` its entry.
//! - `resources` creates, reads, replaces, patches and deletes; `members` and `intents` change memberships, however
//!   many; `access`, `search`, `bookmarks` and `counts` list.
//! - `tenant`, `connections`, `tokens`, `secret`: who there is and who may call; `forms` are used once.
//! - `requests` is the request log; `redaction` says what may be kept of a request, `mention` whom it names, `diagnosis`
//!   what is wrong with it.
//! - For the console: `digest` is what the request log comes to; `checkup` reads what `judge` makes findings of, and
//!   `advice` words them; `sign_ins` says who was here lately; `preview` tells what a mapping would change; `finder`,
//!   `profile`, `why` and `trace` find somebody, show them, and say why they have their role and which request did it.
//! - [`Directory`] is the way in; through [`Directory::tenant`] everything is done for one caller of one tenant.

mod credentials;
mod directory;
mod error;
mod insight;
mod journal;
mod model;
mod request_log;
mod resources;
mod roles;
mod sign_in;
mod store;
mod tenant;
mod tenants;

pub use credentials::authenticate::{Caller, Refusal, Verdict};
pub use credentials::connections::{Connection, Provider};
pub use credentials::idempotency::FormId;
pub use credentials::lease::Claim;
pub use credentials::secret::{Purpose, TokenSecret};
pub use credentials::service_keys::ServiceKey;
pub use credentials::tokens::{IssuedToken, Token};
pub use directory::{Directory, TABLE_NAME_VARIABLE};
pub use error::Error;
pub use insight::find::Lacking;
pub use insight::health::finding::{Finding, FindingKind, Health, Severity};
pub use insight::lists::{GroupSummary, PeopleQuery};
pub use insight::profile::{PersonGroup, PersonProfile};
pub use insight::traffic::{Digest, Hour, Milestones, RepeatedFailure};
pub use journal::entry::{Actor, AuditQuery, Entry, Subject};
pub use journal::feed::{EVENT_VERSION, Event, REMINDER};
pub use model::kind::{GROUPS, Kind, USERS};
pub use model::role::{Grant, Permission, Role, Source, UnknownRole};
pub use request_log::diagnosis::Diagnosis;
pub use request_log::effects as notes;
pub use request_log::log::{LoggedRequest, RequestQuery};
pub use request_log::redaction::SentBody;
pub use request_log::trace::RequestTrace;
pub use resources::list::Page;
pub use roles::decide::PersonState;
pub use roles::explain::{HeldBack, PersonRole};
pub use roles::mappings::Mapping;
pub use roles::person::Person;
pub use roles::preview::{Preview, RoleChange};
pub use roles::reconcile::{Progress, Rest};
pub use sign_in::sessions::{IssuedSession, PersonSession, Session, SessionPerson};
pub use sign_in::sign_in::{Assertion, Routing, SignIn, SignedIn};
pub use store::capacity as cost;
pub use store::create_table as setup;
pub use store::keys::{InvalidTenantId, TenantId};
pub use store::sdk::sdk_config;
pub use tenant::{
    ManualRoles, NewTenant, RateLimit, RoleSync, RouteBy, Settings, Tenant, UnknownMembers,
};
pub use tenants::change_settings::SettingsChange;
pub use tenants::lifecycle::TenantSummary;
