//! The directory in one DynamoDB table: tenants, connections, people, groups, roles, sign-ins and the journal.
//!
//! The crate consists of rooms. Each room uses only those that precede it in this table:
//!
//! | room | content |
//! |---|---|
//! | `journal` | an entry for each change; the audit log and the ordered event feed |
//! | `archive` | what ended, by ids alone, in a table of its own |
//! | `credentials` | secrets, connections, tokens and their rate limits, service keys, leases, idempotency keys |
//! | `resources` | users and groups: records, changes, members, intents, lists |
//! | `indexes` | what only the console and searches need: entries by subject and request, people by words |
//! | `request_log` | the requests of identity providers and their responses, redacted and diagnosed |
//! | `roles` | the role of each person and its reasons: grants, mappings, previews, reconciliation |
//! | `sign_in` | sign-ins, sessions and portal links |
//! | `erasure` | the erasure of a deleted tenant, and of a person |
//! | `export` | the export of a tenant, and of a person |
//! | `import` | people, groups and roles that the application already has |
//! | `webhooks` | webhooks, and what is left to send to them |
//! | `findings` | what checks of a tenant found wrong: since when, until when, and what an admin has put off |
//! | `tenants` | the lifecycle and the settings of a tenant |
//!
//! [`Directory`] is the entry point. [`Tenant`] has a method for each handle, such as [`Tenant::resources`] and
//! [`Tenant::roles`]. `rollcall-store` defines the keys and items of the table. This crate does not re-export them.
//!
//! ```no_run
//! # async fn example(directory: rollcall_directory::Directory) -> Result<(), rollcall_directory::Error> {
//! use rollcall_directory::{Provider, Verdict};
//!
//! let tenant = directory.system("acme".parse().expect("a tenant id"));
//! let okta = tenant.credentials().create_connection("Okta", Provider::Okta).await?;
//! let issued = tenant.credentials().issue_token(&okta.id, "production", None).await?;
//! let verdict = directory.authenticate(issued.secret.expose(), "request-1").await?;
//! assert!(matches!(verdict, Verdict::Accepted(caller) if caller.connection_id == okta.id));
//! # Ok(())
//! # }
//! ```

mod journal;

mod archive;

mod credentials;

mod resources;

mod indexes;

mod request_log;

mod roles;

mod sign_in;

mod erasure;

mod export;

mod import;

mod webhooks;

mod findings;

mod tenants;

mod cache;
mod directory;
mod reapply;
mod tenant;

pub use crate::archive::log::ARCHIVE_NAME_VARIABLE;
pub use crate::credentials::access_token::AccessToken;
pub use crate::credentials::authenticate::{Caller, Granted, UsedUp, Verdict};
pub use crate::credentials::connection_rules::ConnectionRules;
pub use crate::credentials::connections::{Connection, MadeReal, PeopleOf};
pub use crate::credentials::handle::Credentials;
pub use crate::credentials::idempotency::FormId;
pub use crate::credentials::invitations::{NotInvited, NotMailed};
pub use crate::credentials::key_history::{KeyChange, KeyChanger};
pub use crate::credentials::lease::Lease;
pub use crate::credentials::predecessors::Predecessor;
pub use crate::credentials::rejected_mail::{
    MailRejection, MailedTo, RejectedMail, RejectedMails, RejectingAddress, Reported,
};
pub use crate::credentials::repeats::{Repeat, RepeatKey, Repeated, StoredAnswer};
pub use crate::credentials::secret::{Purpose, TokenSecret};
pub use crate::credentials::service_key::{NewServiceKey, ServiceKey};
pub use crate::credentials::service_keys::{IssuedServiceKey, ServiceKeys};
pub use crate::credentials::sole_connection::LateObserved;
pub use crate::credentials::token_item::{Refusal, Token, TokenKind};
pub use crate::credentials::token_uses::TokenUses;
pub use crate::credentials::tokens::{IssuedToken, NewToken};
pub use crate::directory::{
    Directory, MAX_SESSION_IDLE_MINUTES_VARIABLE, MAX_SESSION_MINUTES_VARIABLE,
    SENDS_MAIL_VARIABLE, TABLE_NAME_VARIABLE,
};
pub use crate::erasure::handle::Erasures;
pub use crate::erasure::record::{Erased, Erasure};
pub use crate::erasure::unfinished::UnfinishedErasures;
pub use crate::export::handle::Exports;
pub use crate::export::pages::ExportPage;
pub use crate::findings::handle::Findings;
pub use crate::findings::last_pass::{BeforePass, Judged, LastPass};
pub use crate::findings::record::{
    ClosedFinding, FindingRecord, MAX_SNOOZE_DAYS, ObservedFinding, OpenFinding, Snooze,
};
pub use crate::findings::watch::Noticed;
pub use crate::import::handle::Imports;
pub use crate::import::outcome::{Counts, Field, Outcome, RowFailure, RowResult};
pub use crate::import::part::MAX_ROWS;
pub use crate::import::row::{ImportRow, RefusedRow};
pub use crate::import::state::{Import, ImportFormat, ImportMode, NewImport, PartResult};
pub use crate::import::unmatched::UnmatchedPerson;
pub use crate::indexes::fill::{Filled, IndexedPeople};
pub use crate::indexes::handle::Indexes;
pub use crate::journal::chain::Fault;
pub use crate::journal::checkpoints::Checkpoint;
pub use crate::journal::departures::{DepartureQuery, FeedSeal};
pub use crate::journal::entry::{AuditQuery, Entry};
pub use crate::journal::feed::{EVENT_VERSION, Event, FeedEvent, Integrity};
pub use crate::journal::feed_page::{FeedPage, FeedQuery, FeedRead};
pub use crate::journal::handle::Journal;
pub use crate::journal::reminders::REMINDER;
pub use crate::journal::verification::Verification;
pub use crate::reapply::{ArchiveBounds, Reapplied, reapply};
pub use crate::request_log::diagnosis::Diagnosis;
pub use crate::request_log::handle::RequestLog;
pub use crate::request_log::log::{LoggedRequest, RequestQuery};
pub use crate::request_log::redaction::{SentBody, filters_by_secret, without_quotes};
pub use crate::request_log::trace::RequestTrace;
pub use crate::resources::all_kinds::QueryOfAll;
pub use crate::resources::brake::Tripped;
pub use crate::resources::effects::{Effects, Written};
pub use crate::resources::handle::{Members, Resources};
pub use crate::resources::page::{Onward, Page};
pub use crate::resources::restore::Fate;
pub use crate::roles::continuation::Continuation;
pub use crate::roles::explain::{ExplainedGrant, HeldBack, PersonRole, Source};
pub use crate::roles::handle::Roles;
pub use crate::roles::look_over::LookedOver;
pub use crate::roles::made_real::makes_real;
pub use crate::roles::mappings::Mapping;
pub use crate::roles::mappings::NamedMapping;
pub use crate::roles::observed_changes::{Met, ObservedPage, ObservedPerson};
pub use crate::roles::outlook::{Outlook, RoleOutlook};
pub use crate::roles::person::{ChangedPerson, Person};
pub use crate::roles::preview::{AffectedPerson, Preview, RoleChange, WantedMappings};
pub use crate::roles::reconcile::Progress;
pub use crate::sign_in::assertion::Assertion;
pub use crate::sign_in::bindings::Bound;
pub use crate::sign_in::check::{Introspection, Session, SessionPerson, SessionUse};
pub use crate::sign_in::decide::Refusal as SignInRefusal;
pub use crate::sign_in::handle::SignIn;
pub use crate::sign_in::held_changes::{DecidedHeld, Decision, HeldChange, HeldKind, ReleasedHeld};
pub use crate::sign_in::log_in::{Routing, SignInOutcome, SignedIn};
pub use crate::sign_in::mailed_links::MailedLink;
pub use crate::sign_in::person_actions::Merging;
pub use crate::sign_in::portal_links::NewPortalLink;
pub use crate::sign_in::remedies::{Remedied, Remedy};
pub use crate::sign_in::sessions::{IssuedSession, PersonSession, PortalSession, SupportTerms};
pub use crate::sign_in::support::NewSupportAccess;
pub use crate::tenant::Tenant;
pub use crate::tenants::branding::{KeptBranding, StackBranding};
pub use crate::tenants::branding_history::BrandingChange;
pub use crate::tenants::change_settings::SettingsChange;
pub use crate::tenants::handle::{Lifecycle, TenantSettings};
pub use crate::tenants::hourly_pass::{BegunPass, HourlyPass, PassStep, PassTurn};
pub use crate::tenants::lifecycle::{
    CeilingsChange, NewTenant, TenantChange, TenantDetails, TenantSummary,
};
pub use crate::tenants::put_settings::WholeSettings;
pub use crate::tenants::put_tenant::WholeTenant;
pub use crate::tenants::schemas::Schemas;
pub use crate::tenants::stack_roles::{StackCatalogue, StackRoles};
pub use crate::tenants::stack_schemas::{SchemasOfStack, StackSchemas};
pub use crate::webhooks::change::{NewWebhook, Resumed, WebhookChange};
pub use crate::webhooks::handle::Webhooks;
pub use crate::webhooks::log::{Delivered, DeliveryEntry};
pub use crate::webhooks::pause::PauseReason;
pub use crate::webhooks::retry::{Failure, FailureKind};
pub use crate::webhooks::secret::WebhookSecret;
pub use crate::webhooks::stack_change::StackWebhooks;
pub use crate::webhooks::stack_history::StackWebhookChange;
pub use crate::webhooks::stack_progress::PausedFor;
pub use crate::webhooks::stack_webhook::StackWebhook;
pub use crate::webhooks::target::{check_target, is_allowed};
pub use crate::webhooks::turn::{Next, Turn};
pub use crate::webhooks::waiting::{Waiting, WaitingPage};
pub use crate::webhooks::webhook::Webhook;

pub use rollcall_model::{
    Accents, Actor, AddressList, AtCeiling, Binding, BrakeLimit, Brand, Branding, Catalogue,
    Ceilings, ClaimMatch, Colour, DEFAULT_READ_UNITS_PER_MINUTE, DeletedPeople, Effect, EventType,
    GROUPS, Identity, InSchemes, InvalidTenantId, KeyScope, Kind, KnownActor, LoggedValues, Logo,
    MAX_LOGO_BYTES, ManualRoles, NO_CONNECTION, Origin, Permission, PersonOrigin, PersonState,
    PortalLink, Provider, RateLimit, Reason, Role, RoleDefinition, RoleId, RoleSync, RouteBy,
    SessionBounds, Settings, SignUp, Subject, TenantId, USERS, UnknownMembers, UnknownRole,
    UnknownScope, Way, WebhookTargets, clock, is_id, mail_domain, sha256_hex, shown,
    without_secrets,
};
pub use rollcall_store::{
    Error, KeyRing, KeySource, call_failure, capacity, create_table, sdk_config,
};

/// The bounds that requests are checked with, for the document that states them.
pub mod bounds {
    pub use rollcall_model::{
        MAX_AT_LEAST, MAX_CHOSEN, MAX_DESCRIPTION, MAX_LINK, MAX_MAIL_ADDRESS, MAX_NETWORKS,
        MAX_ORIGIN, MAX_PERCENT, MAX_PERMISSION, MAX_PRODUCT_NAME, MAX_ROLE_ID, MAX_ROLE_NAME,
        MAX_ROLES, MAX_TENANT_ID, SETTABLE, is_chosen_id,
    };

    pub use crate::credentials::connection_rules::{MAX_ALIAS_CHARS, MAX_REPLACED};
    pub use crate::tenants::change_settings::{
        MAX_BURST, MAX_CACHE_SECONDS, MAX_CEILING_PER_MINUTE, MAX_CONTACTS, MAX_DOMAIN_CHARS,
        MAX_DOMAINS, MAX_ORIGINS, MAX_PER_MINUTE, MAX_RETENTION_DAYS, MAX_SAMPLING,
    };
    pub use crate::webhooks::target::MAX_URL;
}

/// The internal items that `rollcall-insight` needs in addition to the handles, to analyse the stored data. No other
/// crate may use them.
pub mod stored {
    pub use crate::indexes::words::{is_name, name_words_of, role_word, searched_words, words_of};
    pub use crate::request_log::mention::is_in_json;
    pub use crate::request_log::target::{Target, is_endpoint};
    pub use crate::resources::assemble::{Needs, assemble};
    pub use crate::resources::crud::not_found;
    pub use crate::resources::query_plan::{QueryPlan, plan};
    pub use crate::resources::record::Record;
    pub use crate::resources::sealed_cursor::{sealed_cursor, sealed_place};
    pub use crate::resources::signed::{list_cursor, list_place};
    pub use crate::resources::writes::Pointer;
    pub use crate::roles::context::RoleContext;
    pub use crate::roles::decide;
    pub use crate::roles::explain::person_role;
    pub use crate::roles::mappings::by_group;
    pub use crate::roles::person::person;
    pub use crate::sign_in::changed_subjects::changed_subjects;
    pub use crate::sign_in::presented::BroughtSubject;
    pub use crate::sign_in::recent::RecentSignIn;
    pub use crate::sign_in::refusals::RecentRefusal;
}
