//! Tokens: the tokens of every connection, and the forms to issue, rotate and revoke them.

use askama::Template;
use axum::response::Response;
use http::HeaderMap;
use jiff::Timestamp;
use rollcall_directory::{Connection, FormId, NewToken as New, Token, TokenKind, shown};
use rollcall_edge_api::{Configure, Gate, Id, Params, allowed_addresses, name};
use rollcall_edge_http::Problem;
use serde::Deserialize;

use super::fields::{self, NoFields, form_id};
use super::issued::{self, Arrived, Issued};
use super::log_names::ConnectionNames;
use super::settings_fields::words;
use crate::display;
use crate::layout::{Layout, Section, redirect, render};
use crate::messages::{Text, t};
use crate::visitor::{Change, Visitor};

/// Expired and revoked tokens shown on the page. The audit log has all of them.
const MAX_PAST: usize = 50;

/// Whether a token is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TokenState {
    Live,
    Expired,
    Revoked,
}

impl TokenState {
    fn of(token: &Token, now: Timestamp) -> Self {
        match (token.revoked_at, token.expires_at) {
            (Some(_), _) => Self::Revoked,
            (None, Some(expires)) if expires <= now => Self::Expired,
            (None, _) => Self::Live,
        }
    }

    fn id(self) -> &'static str {
        match self {
            Self::Live => "active",
            Self::Expired | Self::Revoked => "inactive",
        }
    }

    fn title(self) -> Text {
        match self {
            Self::Live => t("tokens-in-use"),
            Self::Expired => t("tokens-expired"),
            Self::Revoked => t("tokens-revoked"),
        }
    }

    fn is_live(self) -> bool {
        self == Self::Live
    }
}

/// One token in the list.
struct Row {
    token: Token,
    /// The name of its connection.
    connection: String,
    state: TokenState,
}

impl Row {
    fn is_client(&self) -> bool {
        self.token.kind == TokenKind::OauthClient
    }

    /// A label that identifies the token. A token and its replacement have the same label, so the prefix is added.
    fn unambiguous_label(&self) -> String {
        format!(
            "{} ({}…)",
            display::name(&self.token.label),
            self.token.prefix
        )
    }
}

#[derive(Template)]
#[template(path = "tokens.html")]
struct Page {
    layout: Layout,
    connections: Vec<Connection>,
    /// The accepted tokens, newest first.
    live: Vec<Row>,
    /// The newest of the tokens that are no longer accepted.
    past: Vec<Row>,
    /// The number of tokens that are no longer accepted.
    past_count: u64,
    issued: Option<Issued>,
    /// Whether the issued token replaces another.
    rotated: bool,
    /// The first day on which a token can expire.
    tomorrow: String,
}

pub(crate) async fn show(
    visitor: Visitor<Configure>,
    Params(arrived): Params<Arrived>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let layout = visitor.layout(Section::Tokens);
    let layout = layout.with_notice(arrived.done.as_deref());
    let (layout, rotated) = issued::reopened(&visitor, &arrived, &headers, layout).await?;
    page(&visitor, layout, rotated).await
}

async fn page<G: Gate>(
    visitor: &Visitor<G>,
    layout: Layout,
    rotated: Option<Issued>,
) -> Result<Response, Problem> {
    let tenant = visitor.tenant();
    let connections = tenant.credentials().connections().await?;
    let now = Timestamp::now();
    let mut tokens = tenant.credentials().tokens().await?;
    let used = tokens.iter().map(|token| &*token.connection_id);
    let names = ConnectionNames::read(tenant, &connections, used.collect()).await?;
    let row = |token: Token| Row {
        connection: names.of(&token.connection_id),
        state: TokenState::of(&token, now),
        token,
    };
    tokens.sort_by(|a, b| b.id.cmp(&a.id));
    let rows = tokens.into_iter().map(row);
    let (live, mut past): (Vec<Row>, Vec<Row>) = rows.partition(|row| row.state.is_live());
    let past_count = past.len() as u64;
    past.truncate(MAX_PAST);
    render(&Page {
        layout,
        rotated: rotated.is_some(),
        connections,
        live,
        past,
        past_count,
        issued: rotated,
        tomorrow: display::day(&(now + jiff::SignedDuration::from_hours(24))),
    })
}

/// What a form asks for.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    #[default]
    Bearer,
    OauthClient,
}

impl From<Kind> for TokenKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Bearer => Self::Bearer,
            Kind::OauthClient => Self::OauthClient,
        }
    }
}

/// The form for a new token or OAuth client.
#[derive(Debug, Deserialize)]
pub(crate) struct NewToken {
    #[serde(deserialize_with = "form_id")]
    form_id: FormId,
    connection: String,
    #[serde(default)]
    kind: Kind,
    label: String,
    /// The last day on which the token works; empty for no end.
    #[serde(default)]
    expires: String,
    /// Networks, separated by commas or white space; empty for those of the settings alone.
    #[serde(default)]
    allowed_addresses: String,
}

pub(crate) async fn issue(change: Change<Configure, NewToken>) -> Result<Response, Problem> {
    let Change { visitor, form } = change;
    let label = name("label", &form.label)?;
    let expires_at = expiry(&form.expires)?;
    let addresses = allowed_addresses(&words(&form.allowed_addresses))?;
    let issued = visitor
        .tenant()
        .credentials()
        .issue_by(
            form.form_id,
            New {
                connection_id: &form.connection,
                kind: form.kind.into(),
                label: &label,
                expires_at,
                allowed_addresses: Some(&addresses),
            },
        )
        .await?;
    let issued = issued.ok_or_else(form_already_used)?;
    let path = format!("{}/{}", Section::Connect.path(), form.connection);
    match issued::shown_at(&visitor, &issued, &path).await? {
        Some(response) => Ok(response),
        None => {
            let issued = Issued::of(&visitor, issued.token, issued.secret, None);
            super::connection::issued(&visitor, &form.connection, issued).await
        }
    }
}

/// The answer to a form that arrives twice, after a double click or a reload.
fn form_already_used() -> Problem {
    Problem::conflict(t("tokens-form-used"))
}

/// The end of the day in a form's field.
fn expiry(day: &str) -> Result<Option<Timestamp>, Problem> {
    let Some(end) = fields::start_of_day("tokens-expires", day, 1)? else {
        return Ok(None);
    };
    match end > Timestamp::now() {
        true => Ok(Some(end)),
        false => Err(Problem::invalid(t("tokens-expires-past"))),
    }
}

/// The form that rotates a token.
#[derive(Debug, Deserialize)]
pub(crate) struct Rotation {
    #[serde(deserialize_with = "form_id")]
    form_id: FormId,
}

/// Issues a second token for the same connection. The first one works until it is revoked.
pub(crate) async fn rotate(
    Id(id): Id,
    change: Change<Configure, Rotation>,
) -> Result<Response, Problem> {
    let Change { visitor, form } = change;
    let tenant = visitor.tenant();
    let tokens = tenant.credentials().tokens().await?;
    let old = tokens.into_iter().find(|token| token.id == id);
    let old = old.ok_or_else(|| Problem::not_found(format!("token `{}`", shown(&id))))?;
    // The new token lives as long as the first one was meant to: a rotation must not remove the expiry.
    let expires_at = old.expires_at.map(|end| {
        let life = end.duration_since(old.created_at);
        Timestamp::now().checked_add(life).unwrap_or(end)
    });
    let issued = tenant
        .credentials()
        .issue_by(
            form.form_id,
            New {
                connection_id: &old.connection_id,
                kind: old.kind,
                label: &old.label,
                expires_at,
                allowed_addresses: Some(&old.allowed_addresses),
            },
        )
        .await?;
    let issued = issued.ok_or_else(form_already_used)?;
    match issued::shown_at(&visitor, &issued, Section::Tokens.path()).await? {
        Some(response) => Ok(response),
        None => {
            let issued = Issued::of(&visitor, issued.token, issued.secret, None);
            page(&visitor, visitor.layout(Section::Tokens), Some(issued)).await
        }
    }
}

pub(crate) async fn revoke(
    Id(id): Id,
    change: Change<Configure, NoFields>,
) -> Result<Response, Problem> {
    let visitor = change.visitor;
    visitor.tenant().credentials().revoke_token(&id).await?;
    Ok(redirect(&format!(
        "{}/tokens?done=token-revoked",
        visitor.console()
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_ends_with_its_last_moment() {
        assert_eq!(expiry(" ").ok(), Some(None));
        let end = expiry("2999-12-31")
            .ok()
            .flatten()
            .map(|end| end.to_string());
        assert_eq!(end.as_deref(), Some("3000-01-01T00:00:00Z"));
        for refused in ["tomorrow", "2001-01-01", "9999-12-31"] {
            assert!(expiry(refused).is_err(), "{refused}");
        }
    }
}
