//! The endpoints that the application's backend calls at each sign-in and at each request of a signed-in person.

use axum::Json;
use jiff::Timestamp;
use rollcall_directory::{
    Assertion, Reason, Session, SignInOutcome, SignInRefusal, SignedIn, TenantId,
};
use rollcall_edge_http::Problem;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::application::{ApplicationAt, Introspector};
use crate::fields::Fields;
use crate::gate::Sessions;
use crate::people::Person;
use crate::role::{Role, roles};
use crate::sessions::{SessionDetails, SessionUser};

/// The maximum length of the id of a connection, in characters.
const MAX_CONNECTION_CHARS: usize = 200;
/// The maximum length of a subject, in characters.
const MAX_SUBJECT_CHARS: usize = 1_000;
/// The maximum length of the format of a subject, in characters.
const MAX_FORMAT_CHARS: usize = 200;

/// What the assertion of an SSO sign-in says, once the application has verified it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Login {
    /// The subject's name, matched with `userName` without regard to case.
    #[schema(example = "ada@example.com", pattern = r"\S")]
    user_name: String,
    /// The id of the connection that the person signs in with. Pass it if the tenant has several identity providers.
    #[schema(max_length = 200)]
    connection: Option<String>,
    /// The identity provider's id of the person that never changes: a persistent SAML `NameID`, the `oid` or `sub` of
    /// OIDC. From the second sign-in on, nobody else's subject signs in as this person. An e-mail address is no subject.
    #[schema(max_length = 1000)]
    subject: Option<String>,
    /// The `Format` of the SAML `NameID`, if the subject is one. A subject that is declared `emailAddress` or `transient`
    /// counts as a name, and is not bound.
    #[schema(
        max_length = 200,
        example = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
    )]
    subject_format: Option<String>,
    /// The identity provider's id of the person, matched with `externalId`.
    external_id: Option<String>,
    /// For people who are created by this sign-in.
    display_name: Option<String>,
    /// For people who are created by this sign-in; with the setting `match_email`, also to find people.
    email: Option<String>,
    /// Whether the identity provider has verified the e-mail address. One that it says it has not finds nobody.
    email_verified: Option<bool>,
    /// The `groups` claim: names, external ids or ids of pushed groups. Leave it out when the assertion has none.
    groups: Option<Vec<String>>,
}

/// The result of a sign-in.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LoggedIn {
    user: Person,
    /// The role that counts.
    role: Option<Role>,
    /// All roles of the person, highest first.
    roles: Vec<Role>,
    routing: Routing,
    session: NewSession,
}

/// What decided the role.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Routing {
    /// `scim-group:<name>`, `sso-config-default` or `existing-grants`.
    #[schema(example = "scim-group:Engineers")]
    source: String,
    /// The names of the mapped groups that counted, highest role first.
    matched: Vec<String>,
}

/// A session, shown this once.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NewSession {
    token: String,
    expires_at: Timestamp,
}

impl From<SignedIn> for LoggedIn {
    fn from(signed_in: SignedIn) -> Self {
        Self {
            role: signed_in.person.role.map(Role::from),
            roles: roles(signed_in.person.roles.clone()),
            user: signed_in.person.into(),
            routing: Routing {
                source: signed_in.routing.source,
                matched: signed_in.routing.matched,
            },
            session: NewSession {
                token: signed_in.session.secret.expose().to_owned(),
                expires_at: signed_in.session.expires_at,
            },
        }
    }
}

/// Signs a person in: the groups of the assertion decide the role, or else the memberships that were pushed, or else
/// the tenant's default role. Somebody who was never pushed is created, unless the tenant lets in only people who were
/// pushed: 403 `not_provisioned`.
///
/// The subject decides whose sign-in it is, then the external id, then the user name. Somebody who was deactivated,
/// blocked or deleted is refused: 403 `person_inactive`. A sign-in that could mean several people is refused: 409
/// `identity_ambiguous`. So is one that names somebody who has another subject or another external id, who belongs to
/// another connection, or who holds a role that needs more than this name: 409 `identity_conflict`. The audit log says
/// why, and whom it could mean. `infra/signing-in.md` in the repository says what to pass for Okta, Entra ID and
/// Google, and what to show the user.
#[utoipa::path(post, path = "/api/v1/tenants/{tenant}/sso/logins", operation_id = "log_in", tag = "sign-in", request_body = Login,
    params(("tenant" = String, Path, description = "The tenant's id")),
    responses((status = 200, body = LoggedIn),
        (status = 403, description = "`person_inactive`: deactivated, blocked or deleted. `not_provisioned`: never pushed."),
        (status = 409, description = "`identity_conflict` or `identity_ambiguous`: it is not certain who this is.")),
    security(("service_key" = ["sessions:create"])))]
pub(crate) async fn log_in(
    at: ApplicationAt<Sessions>,
    Fields(login): Fields<Login>,
) -> Result<Json<LoggedIn>, Problem> {
    check_length(
        "connection",
        login.connection.as_deref(),
        MAX_CONNECTION_CHARS,
    )?;
    check_length("subject", login.subject.as_deref(), MAX_SUBJECT_CHARS)?;
    let format = login.subject_format.as_deref();
    check_length("subject_format", format, MAX_FORMAT_CHARS)?;
    let assertion = Assertion {
        connection: login.connection,
        subject: login.subject,
        subject_format: login.subject_format,
        email_verified: login.email_verified,
        user_name: login.user_name,
        external_id: login.external_id,
        display_name: login.display_name,
        email: login.email,
        groups: login.groups,
    };
    match at.tenant.sign_in().log_in(&assertion).await? {
        SignInOutcome::Accepted(signed_in) => Ok(Json((*signed_in).into())),
        SignInOutcome::Refused(refusal) => Err(refused(refusal)),
    }
}

fn check_length(key: &str, given: Option<&str>, max: usize) -> Result<(), Problem> {
    match given.is_some_and(|text| text.chars().count() > max) {
        true => Err(Problem::invalid(format!(
            "`{key}` has more than {max} characters"
        ))),
        false => Ok(()),
    }
}

/// Returns the answer for a refused sign-in. It names nobody: only admins may learn whom the sign-in could mean.
fn refused(refusal: SignInRefusal) -> Problem {
    match refusal {
        SignInRefusal::Inactive => Problem::new(
            Reason::PersonInactive,
            "this person was deactivated, and cannot sign in until their directory or an admin activates them again",
        ),
        SignInRefusal::NotProvisioned => Problem::new(
            Reason::NotProvisioned,
            "only people whom the organization's directory has assigned to this application can sign in",
        ),
        SignInRefusal::Ambiguous => Problem::new(
            Reason::IdentityAmbiguous,
            "this sign-in could be that of several people; an admin of the organization sees whom in the audit log",
        ),
        SignInRefusal::OtherSubject
        | SignInRefusal::OtherExternalId
        | SignInRefusal::OtherConnection
        | SignInRefusal::Unproven
        | SignInRefusal::SameEmail => Problem::new(
            Reason::IdentityConflict,
            "this name may belong to someone else; an admin of the organization sees why in the audit log",
        ),
    }
}

/// The session to introspect.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Introspection)]
pub(crate) struct Presented {
    /// The session's token.
    token: String,
}

/// Whether a session is in force and what it allows now, similar to RFC 7662. If it is not in force, only `active` is
/// present.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct Introspected {
    /// Whether the session is in force.
    active: bool,
    /// The tenant.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    tenant: Option<TenantId>,
    /// The person; not there when a portal link opened the session.
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<SessionUser>,
    /// The role that counts now; not there for somebody without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<Role>,
    /// All roles that count now, highest first.
    #[serde(skip_serializing_if = "Option::is_none")]
    roles: Option<Vec<Role>>,
    /// What the roles allow: in this API and in the console, and in words of the application.
    #[serde(skip_serializing_if = "Option::is_none")]
    permissions: Option<Vec<String>>,
    /// When the session ends by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
    /// For how many seconds the application may answer from its memory, by the tenant's setting of this name. 0 means: ask
    /// at each request. Forget what you remember of a person at `user.deactivated`, `user.deleted`, `user.blocked`,
    /// `user.role_changed`, `user.session_ended`, `user.sessions_ended` and `auth.logout`. What you ask for after such an
    /// event is no older than it.
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_seconds: Option<u32>,
}

impl From<Option<Session>> for Introspected {
    fn from(session: Option<Session>) -> Self {
        let Some(session) = session else {
            return Self::default();
        };
        let cache_seconds = session.cache_seconds;
        let session = SessionDetails::from(session);
        Self {
            active: true,
            tenant: Some(session.tenant),
            user: session.user,
            role: session.role,
            roles: Some(session.roles),
            permissions: Some(session.permissions),
            expires_at: Some(session.expires_at),
            cache_seconds: Some(cache_seconds),
        }
    }
}

/// Reads whether a session is in force and what it allows now. For an invalid token, the response is
/// `{"active": false}` and not an error.
///
/// It counts at once when the session ends, when the person is deactivated or deleted, and when their groups or the role
/// that they were given by hand change. Up to five seconds old may be the service key, and, with `cache_seconds` 0, the
/// tenant with its settings and the mappings of groups to roles. A key that was revoked may introspect for five more
/// seconds, and is refused at once everywhere else.
#[utoipa::path(post, path = "/api/v1/sessions/introspect", operation_id = "introspect_session", tag = "sign-in", request_body = Presented,
    responses((status = 200, body = Introspected)), security(("service_key" = ["sessions:introspect"])))]
pub(crate) async fn introspect(
    introspector: Introspector,
    asked: Result<Fields<Presented>, Problem>,
) -> Result<Json<Introspected>, Problem> {
    let token = asked.as_ref().map_or("", |Fields(asked)| &asked.token);
    let session = introspector.introspect(token).await?;
    // Only a caller with a good service key learns what is wrong with the body.
    asked?;
    Ok(Json(session.into()))
}
