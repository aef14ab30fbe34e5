//! The tokens and OAuth clients of connections. An admin copies one into the identity provider.

use axum::Json;
use axum::response::Response;
use http::StatusCode;
use jiff::Timestamp;
use rollcall_directory::{
    AddressList, IssuedToken, NewToken as New, Token as Stored, TokenKind, shown,
};
use rollcall_edge_http::Problem;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::caller::Access;
use crate::cursor::Cursors;
use crate::fields::{Fields, Id, List, Params, created, limit, name, page, with_secret};
use crate::gate::Configure;

/// How an identity provider calls with what it was given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = TokenKind)]
pub(crate) enum Kind {
    /// With the token itself, in each request.
    #[default]
    Bearer,
    /// With access tokens of one hour, which it fetches from the token endpoint with the id and the secret of an OAuth client
    /// (RFC 6749, client credentials).
    OauthClient,
}

impl From<TokenKind> for Kind {
    fn from(kind: TokenKind) -> Self {
        match kind {
            TokenKind::Bearer => Self::Bearer,
            TokenKind::OauthClient => Self::OauthClient,
        }
    }
}

impl From<Kind> for TokenKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Bearer => Self::Bearer,
            Kind::OauthClient => Self::OauthClient,
        }
    }
}

/// A token, or an OAuth client, as lists show it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Token {
    /// Its id. Of an OAuth client, it is the client id.
    id: String,
    /// Whether it is a token or an OAuth client.
    kind: Kind,
    /// The connection it belongs to.
    connection_id: String,
    /// What the admin calls it.
    label: String,
    /// The first characters of its secret, by which people recognise it.
    #[schema(example = "rcs_acme_x7Qp")]
    prefix: String,
    /// When it was issued.
    created_at: Timestamp,
    /// When it was last accepted. Of an OAuth client, an access token of it, too.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_used_at: Option<Timestamp>,
    /// When it expires.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
    /// When it was revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked_at: Option<Timestamp>,
    /// The networks from which it is accepted, as CIDR blocks, in addition to what the settings of the tenant require.
    /// Absent if it has no list of its own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    allowed_addresses: Vec<String>,
    /// Whether the token carries a proof that this stack issued it. Tokens of earlier versions do not, and the operator
    /// of the stack can end those: replace them.
    keyed: bool,
}

/// A new token or OAuth client, whose secret is shown this once.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NewlyIssuedToken {
    #[serde(flatten)]
    stored: Token,
    /// The token itself, or the secret of the OAuth client. It cannot be read again, and a repetition of the request leaves
    /// it out.
    #[schema(required = false)]
    token: String,
    /// Whether the answer is one that was sent before, without the secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    secret_omitted: Option<bool>,
}

impl From<Stored> for Token {
    fn from(token: Stored) -> Self {
        Self {
            id: token.id,
            kind: token.kind.into(),
            connection_id: token.connection_id,
            label: token.label,
            prefix: token.prefix,
            created_at: token.created_at,
            last_used_at: token.last_used_at,
            expires_at: token.expires_at,
            revoked_at: token.revoked_at,
            allowed_addresses: token.allowed_addresses.to_texts(),
            keyed: token.is_keyed,
        }
    }
}

impl From<IssuedToken> for NewlyIssuedToken {
    fn from(issued: IssuedToken) -> Self {
        Self {
            token: issued.secret.expose().to_owned(),
            secret_omitted: None,
            stored: issued.token.into(),
        }
    }
}

/// A token or an OAuth client to create.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewToken {
    /// What to call it. Spaces at its ends are left out.
    #[schema(example = "Okta, second half of 2026")]
    label: String,
    /// Whether to create a token or an OAuth client; without it, a token.
    kind: Option<Kind>,
    /// When it expires. Without it, the token does not expire.
    expires_at: Option<Timestamp>,
    /// The networks from which it is accepted, of IPv4 and IPv6, as CIDR blocks such as `203.0.113.0/24`, or as addresses. At
    /// most 50. Without it, or with none, only the list in the settings of the tenant counts. It cannot be changed: issue
    /// another token.
    allowed_addresses: Option<Vec<String>>,
}

/// The query of the list of tokens.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct TokensPage {
    /// `next` of the page before.
    after: Option<String>,
    /// Items of the page: 100 unless given, at most 500.
    #[param(minimum = 1)]
    limit: Option<i64>,
}

/// Lists the tokens and OAuth clients of a connection, oldest first, revoked ones too.
#[utoipa::path(get, path = "/api/v1/scim/connections/{id}/tokens", operation_id = "list_tokens", tag = "tokens",
    params(("id" = String, Path, description = "The connection's id"), TokensPage),
    responses((status = 200, body = List<Token>)), security(("session" = ["sso:configure"])))]
pub(crate) async fn list(
    access: Access<Configure>,
    Id(connection): Id,
    Params(asked): Params<TokensPage>,
) -> Result<Json<List<Token>>, Problem> {
    let limit = limit(asked.limit)?;
    let cursors = Cursors::of("tokens", &[access.tenant.id().as_str(), &connection]);
    let after = cursors.place(asked.after.as_deref())?;
    let all = access.tenant.credentials().tokens_of(&connection).await?;
    let (tokens, next) = page(all, |token| &token.id, after.as_deref(), limit);
    Ok(List::of(tokens, cursors.next(next)))
}

/// Issues a token or an OAuth client. A connection may have any number of them, so that rotation overlaps.
///
/// An OAuth client fetches access tokens of one hour with `POST {SCIM base URL}/oauth/token` (RFC 6749, client
/// credentials). Its `id` is the client id, and `token` the client secret. They count against its rate limit, and end with
/// it.
#[utoipa::path(post, path = "/api/v1/scim/connections/{id}/tokens", operation_id = "create_token", tag = "tokens", request_body = NewToken,
    params(("id" = String, Path, description = "The connection's id")),
    responses((status = 201, body = NewlyIssuedToken)), security(("session" = ["sso:configure"])))]
pub(crate) async fn create(
    access: Access<Configure>,
    Id(connection): Id,
    Fields(new): Fields<NewToken>,
) -> Result<Response, Problem> {
    let label = name("label", &new.label)?;
    if new.expires_at.is_some_and(|at| at <= Timestamp::now()) {
        return Err(Problem::invalid("`expires_at` must be in the future"));
    }
    let addresses = allowed_addresses(new.allowed_addresses.as_deref().unwrap_or_default())?;
    let issued = access
        .tenant
        .credentials()
        .issue(New {
            connection_id: &connection,
            kind: new.kind.unwrap_or_default().into(),
            label: &label,
            expires_at: new.expires_at,
            allowed_addresses: Some(&addresses),
        })
        .await?;
    let issued = NewlyIssuedToken::from(issued);
    let path = access.path(&format!("/scim/tokens/{}", issued.stored.id));
    Ok(with_secret(created(&path, &issued), "token"))
}

/// Reads the networks from which a token is accepted.
///
/// # Errors
/// 400 for what is no network.
pub fn allowed_addresses(texts: &[String]) -> Result<AddressList, Problem> {
    AddressList::parse(texts).map_err(|fault| {
        let colon = if fault.starts_with('`') { ":" } else { "" };
        Problem::invalid(format!("`allowed_addresses`{colon} {fault}"))
    })
}

/// Reads a token or an OAuth client, revoked or not, without its secret.
#[utoipa::path(get, path = "/api/v1/scim/tokens/{id}", operation_id = "read_token", tag = "tokens",
    params(("id" = String, Path, description = "The token's id")),
    responses((status = 200, body = Token)), security(("session" = ["sso:configure"])))]
pub(crate) async fn read(access: Access<Configure>, Id(id): Id) -> Result<Json<Token>, Problem> {
    let tokens = access.tenant.credentials().tokens().await?;
    match tokens.into_iter().find(|token| token.id == id) {
        Some(token) => Ok(Json(token.into())),
        None => Err(Problem::not_found(format!("token `{}`", shown(&id)))),
    }
}

/// Revokes a token or an OAuth client: it is refused from the next request on, and so are the access tokens of a client.
/// Revoking again changes nothing.
#[utoipa::path(delete, path = "/api/v1/scim/tokens/{id}", operation_id = "revoke_token", tag = "tokens",
    params(("id" = String, Path, description = "The token's id")),
    responses((status = 204)), security(("session" = ["sso:configure"])))]
pub(crate) async fn revoke(access: Access<Configure>, Id(id): Id) -> Result<StatusCode, Problem> {
    access.tenant.credentials().revoke_token(&id).await?;
    Ok(StatusCode::NO_CONTENT)
}
