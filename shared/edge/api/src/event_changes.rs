//! The schemas of `before` and `after` in events. Only the OpenAPI document uses these types.
//!
//! A role is any text here: an event says what is stored, and a newer version may have stored a role that is unknown here.

use jiff::Timestamp;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{Object, ObjectBuilder, Schema, SchemaType, Type};
use utoipa::{OpenApi, PartialSchema, ToSchema};

use crate::connections::Provider;
use crate::event_declarations::{
    DeclaredAttribute, DeclaredSchema, DeclaredSchemaText, DeclaredSubAttribute,
};
use crate::event_findings::{ClosedFinding, OpenedFinding, PutOffFinding};
use crate::limits::{BrakeLimit, RequestCeiling};
use crate::settings::Settings;

/// The roles that somebody gave a person, or that a group gives its members.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the JSON of events")]
struct GivenRole {
    /// The highest role; null for none.
    #[schema(required)]
    role_id: Option<String>,
    /// All of them, highest first. Events of earlier versions do not have it.
    role_ids: Option<Vec<String>>,
}

/// The roles that a group will give its members once it is pushed.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the JSON of events")]
struct AwaitedRole {
    /// The name of the group.
    group: String,
    /// The highest role; null for none.
    #[schema(required)]
    role_id: Option<String>,
    /// All of them, highest first.
    role_ids: Vec<String>,
}

/// The effective role of a person.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the JSON of events")]
struct EffectiveRole {
    /// The role; null for none.
    #[schema(required)]
    role: Option<String>,
    /// All roles of the person, highest first. Events of earlier versions do not have it.
    roles: Option<Vec<String>>,
}

/// What a sign-in decided.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the JSON of events")]
struct SignInDecision {
    /// The effective role; null for none.
    #[schema(required)]
    role: Option<String>,
    /// All roles of the person, highest first. Events of earlier versions do not have it.
    roles: Option<Vec<String>>,
    /// What decided the role: `scim-group:<name>`, `sso-config-default` or `existing-grants`.
    source: String,
    /// The names of the mapped groups that counted.
    matched: Vec<String>,
    /// How many values the `groups` claim had; null without such a claim.
    #[schema(required)]
    claim_values: Option<u64>,
}

/// Why a sign-in was refused.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the JSON of events")]
struct RefusedSignIn {
    /// `ambiguous`, `other_subject`, `other_external_id`, `other_connection`, `unproven`, `same_email`, `inactive` or
    /// `not_provisioned`. A newer version may have others.
    reason: String,
    /// The ids of the people whom it could mean.
    candidates: Vec<String>,
    /// The user name that it brought, in lower case.
    user_name: String,
    /// The connection that it named; null for none.
    #[schema(required)]
    connection: Option<String>,
}

/// Why somebody got no invitation mail.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the JSON of events")]
struct MissingInvitation {
    /// `no_address`, `invalid_address`, `domain_not_allowed`, `already_invited`, `daily_limit` or `undeliverable`. A newer
    /// version may have others.
    reason: String,
}

/// How many people are refused because their subjects changed.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the JSON of events")]
struct ChangedSubjects {
    /// The people who were refused within an hour.
    refused_people: u64,
}

/// How much a connection took away within an hour.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the JSON of events")]
struct TakenAway {
    /// The deactivations, deletions and lost groups.
    taken: u64,
    /// How many of them are allowed.
    allowed: u64,
    /// Whether those beyond the limit are held.
    holds: bool,
}

/// The connection in which the subject of a sign-in is bound to the person.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the JSON of events")]
struct BoundSubject {
    /// The connection that the sign-in named, or else the tenant's only one; null for neither.
    #[schema(required)]
    connection: Option<String>,
}

/// The connections in which the person had subjects.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the JSON of events")]
struct ForgottenSubjects {
    /// The ids of the connections, or `-` for sign-ins without one.
    connections: Vec<String>,
}

/// The connection that owns a person or a group.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the JSON of events")]
struct OwningConnection {
    /// The connection's id.
    owner: String,
}

/// The person to whom the subject of a sign-in was bound before.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the JSON of events")]
struct FormerPerson {
    /// The user's id.
    person: String,
}

/// What a person is called by an identity provider.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the JSON of events")]
struct PersonIdentifiers {
    /// `userName`.
    user_name: String,
    /// `externalId`; null for none.
    #[schema(required)]
    external_id: Option<String>,
}

/// What becomes of the people of a deleted connection.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the JSON of events")]
struct LeftPeople {
    /// `keep`, `hand_over` or `deactivate`.
    people: String,
    /// The id of the connection that they were handed over to.
    to: Option<String>,
}

/// The person who got the name of a closed account.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the JSON of events")]
struct MergedPerson {
    /// The user's id.
    merged_into: String,
}

/// A person who joined or left a group.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the JSON of events")]
struct ChangedMember {
    /// The user's id.
    member: String,
}

/// A connection.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the JSON of events")]
struct ConnectionDetails {
    /// What people call it.
    name: String,
    /// The identity provider.
    provider: Provider,
}

/// How a connection tells people apart.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the JSON of events")]
struct ConnectionRules {
    /// The ids of the connections that it replaces.
    replaces: Vec<String>,
    /// Whether external ids in sign-ins have nothing to do with those that it pushes.
    external_ids_unrelated: bool,
    /// Until when sign-ins may bind another subject; null for no longer.
    #[schema(required)]
    rebind_until: Option<Timestamp>,
    /// What the application calls the connection in sign-ins; null for nothing.
    alias: Option<String>,
    /// What it may take away within an hour; null for what the tenant's settings say.
    brake_limit: Option<BrakeLimit>,
    /// Whether what it takes away beyond that is held. Events of earlier versions do not have it.
    brake_holds: Option<bool>,
    /// Whether it is only observed. Events of earlier versions do not have it.
    observing: Option<bool>,
}

/// The name of a tenant.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the JSON of events")]
struct TenantName {
    /// The name.
    name: String,
}

/// The limit for the requests of all tokens together.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the JSON of events")]
struct ChangedRequestCeiling {
    /// The limit; null for none.
    #[schema(required)]
    request_ceiling: Option<RequestCeiling>,
    /// The other ceilings. Absent if none is or was set.
    ceilings: Option<SetCeilings>,
}

/// The operator's ceilings that are set.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the JSON of events")]
struct SetCeilings {
    /// Tokens.
    tokens: Option<u64>,
    /// People.
    people: Option<u64>,
    /// Groups.
    groups: Option<u64>,
    /// Invitations per day.
    invitations_per_day: Option<u32>,
    /// The shortest retention, in days.
    min_retention_days: Option<u32>,
    /// Read units of one SCIM token per minute.
    read_units_per_minute: Option<u32>,
}

/// The roles of a tenant.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the JSON of events")]
struct DefinedRoles {
    /// All roles, lowest first.
    roles: Vec<DefinedRole>,
    /// Whether they are those of the stack. Absent in events of earlier versions.
    inherited: Option<bool>,
}

/// How the product is called and looks for a tenant. What is absent is as the stack has it.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the JSON of events")]
struct ChangedBranding {
    /// The name of the product.
    product_name: Option<String>,
    /// The colour of buttons and links.
    accent: Option<String>,
    logo: Option<ChangedLogo>,
    /// The page where people get help.
    support_url: Option<String>,
    /// The e-mail address that people write to for help.
    support_email: Option<String>,
    /// Where pages lead back to.
    return_url: Option<String>,
}

/// Which logo it is.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the JSON of events")]
struct ChangedLogo {
    /// The SHA-256 hash of the image.
    digest: String,
    /// The kind of image: `png` or `webp`.
    kind: String,
}

/// A role of a tenant.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the JSON of events")]
struct DefinedRole {
    /// Its id.
    id: String,
    /// Its name.
    name: String,
    /// What it is for.
    description: Option<String>,
    /// Its rank: of several roles, the highest counts.
    rank: u16,
    /// Whether a group may be mapped to it.
    by_mapping: bool,
    /// Whether it may be given by hand.
    by_hand: bool,
    /// Whether it may be the default role.
    by_default: bool,
    /// What it allows.
    permissions: Option<Vec<String>>,
    /// Whether the stack has no such role any more, and it stays for those who still have it.
    retired: Option<bool>,
}

/// What a connection was issued to call with.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the JSON of events")]
struct IssuedToken {
    /// `bearer` for a token, `oauth_client` for an OAuth client. A newer version may have others.
    kind: String,
    /// The id of the connection.
    connection: String,
    /// The networks from which it is accepted, if not from those of the tenant's settings alone.
    #[schema(required = false)]
    allowed_addresses: Vec<String>,
}

/// A new portal link.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the JSON of events")]
struct MadePortalLink {
    /// Its id, which the actor of all that is done with the link has.
    id: String,
    /// The address of the person for whom the link was made, if the application named one.
    email: Option<String>,
    /// The role of the session that it opens.
    role_id: String,
    /// Until when it can be opened.
    expires_at: Timestamp,
    /// Why, if the link is support access: its session only reads, and ends at `expires_at` too.
    support_reason: Option<String>,
    /// Whether the link is mailed to `email`.
    mail: Option<bool>,
}

/// A portal link that was not mailed.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the JSON of events")]
struct UnmailedPortalLink {
    /// Its id.
    id: String,
    /// The address to which it was to be mailed. Only events of earlier versions have it.
    email: Option<String>,
    /// `invalid_address`, `domain_not_allowed`, `already_mailed`, `daily_limit`, `undeliverable` or `link_ended`. A newer
    /// version may have others.
    reason: String,
}

/// A mail that was rejected after it was sent.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the JSON of events")]
struct RejectedMail {
    /// `bounced` or `complained`: its receiver reported it as spam. A newer version may have others.
    reason: String,
    /// To whom it was sent: `person` (the subject of the event), `contact` or `portal_link`. A newer version may have others.
    to: String,
    /// The id of the portal link, if it was one.
    link: Option<String>,
}

/// A webhook.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the JSON of events")]
struct WebhookDetails {
    /// What people call it.
    name: String,
    /// Where events are sent, without the path of the URL, which can be a secret.
    origin: String,
    /// The types of the events that it gets; empty for all.
    types: Vec<String>,
}

/// Why a webhook was paused.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the JSON of events")]
struct WebhookPause {
    /// `by_hand`, `failing`, `gone`, `events_expired`, `cursor_ahead` or `restored`. A newer version may have others.
    reason: String,
    /// The sequence of the last event that was delivered before.
    after: u64,
}

/// From where a webhook sends again.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the JSON of events")]
struct WebhookResumption {
    /// The sequence after which it goes on.
    after: u64,
    /// How many events it does not get, because they have expired.
    skipped: u64,
}

/// The place of a webhook in the feed.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the JSON of events")]
struct WebhookPlace {
    /// The sequence after which it goes on.
    after: u64,
}

/// A session or portal link that was ended.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the JSON of events")]
struct EndedSession {
    /// Its id, which is not a credential.
    session: String,
}

/// The schemas above, by their names.
#[derive(utoipa::OpenApi)]
#[openapi(components(schemas(
    GivenRole,
    AwaitedRole,
    EffectiveRole,
    SignInDecision,
    RefusedSignIn,
    MissingInvitation,
    ChangedSubjects,
    TakenAway,
    OpenedFinding,
    ClosedFinding,
    PutOffFinding,
    BoundSubject,
    ForgottenSubjects,
    OwningConnection,
    FormerPerson,
    PersonIdentifiers,
    LeftPeople,
    MergedPerson,
    ChangedMember,
    ConnectionDetails,
    ConnectionRules,
    TenantName,
    DefinedRoles,
    DefinedRole,
    ChangedBranding,
    ChangedLogo,
    DeclaredSchema,
    DeclaredSchemaText,
    DeclaredAttribute,
    DeclaredSubAttribute,
    ChangedRequestCeiling,
    SetCeilings,
    IssuedToken,
    MadePortalLink,
    UnmailedPortalLink,
    RejectedMail,
    WebhookDetails,
    WebhookPause,
    WebhookResumption,
    WebhookPlace,
    EndedSession
)))]
struct Changes;

/// Returns the schemas of the changes by their names, without those of people and groups.
pub(crate) fn changes() -> utoipa::openapi::OpenApi {
    Changes::openapi()
}

/// Returns the schema of the settings of a tenant.
pub(crate) fn stored_settings() -> Schema {
    let mut settings = object_of::<Settings>();
    let nullable = SchemaType::Array(vec![Type::String, Type::Null]);
    let role = ObjectBuilder::new().schema_type(nullable);
    let role = role.description(Some(
        "The role of people for whom no group decides the role at their first sign-in; null for none.",
    ));
    let key = "sso_default_role".to_owned();
    settings.properties.insert(key, role.build().into());
    // Entries from before a setting existed do not have it.
    settings.required.clear();
    Schema::Object(settings)
}

/// Returns the schema of a struct.
pub(crate) fn object_of<T: PartialSchema>() -> Object {
    match T::schema() {
        RefOr::T(Schema::Object(object)) => object,
        _ => Object::new(),
    }
}
