//! Tokens: every token of every connection, new ones, rotation and revocation.

use askama::Template;
use axum::response::Response;
use jiff::Timestamp;
use rollcall_directory::{Connection, FormId, Token, TokenSecret};
use rollcall_edge_api::{Configure, Gate, Id, Params, name};
use rollcall_edge_http::Problem;
use serde::Deserialize;

use super::activity::ConnectionNames;
use super::connection::Confirmed;
use super::{Done, form_id};
use crate::frame::{Frame, Section, go};
use crate::visitor::{Change, Visitor};
use crate::words;

/// Tokens that are accepted no longer and shown all the same; the audit log has every one.
const PAST_SHOWN: usize = 50;

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

    fn title(self) -> &'static str {
        match self {
            Self::Live => "In use",
            Self::Expired => "Expired",
            Self::Revoked => "Revoked",
        }
    }

    fn is_live(self) -> bool {
        self == Self::Live
    }
}

/// One token in the list.
struct Row {
    token: Token,
    /// What its connection is called.
    connection: String,
    state: TokenState,
}

impl Row {
    /// What nobody confuses it with: a token and the one that takes over from it have the same label.
    fn distinct(&self) -> String {
        format!(
            "{} ({}…)",
            words::name(&self.token.label),
            self.token.prefix
        )
    }
}

#[derive(Template)]
#[template(path = "tokens.html")]
struct Page {
    frame: Frame,
    connections: Vec<Connection>,
    /// Those that are accepted, the newest first.
    live: Vec<Row>,
    /// The latest of those that are accepted no longer.
    past: Vec<Row>,
    /// How many are accepted no longer.
    past_count: u64,
    issued: Option<TokenSecret>,
    /// Whether the issued one is to take over from another.
    rotated: bool,
    /// The first day on which a token can expire.
    tomorrow: String,
}

pub(crate) async fn show(
    visitor: Visitor<Configure>,
    Params(asked): Params<Done>,
) -> Result<Response, Problem> {
    page(&visitor, asked.done.as_deref(), None).await
}

async fn page<G: Gate>(
    visitor: &Visitor<G>,
    done: Option<&str>,
    rotated: Option<TokenSecret>,
) -> Result<Response, Problem> {
    let tenant = visitor.tenant();
    let connections = tenant.connections().await?;
    let now = Timestamp::now();
    let mut tokens = tenant.tokens().await?;
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
    past.truncate(PAST_SHOWN);
    crate::frame::show(&Page {
        frame: visitor.frame(Section::Tokens).with_notice(done),
        rotated: rotated.is_some(),
        connections,
        live,
        past,
        past_count,
        issued: rotated,
        tomorrow: words::day(&(now + jiff::SignedDuration::from_hours(24))),
    })
}

/// A token to be.
#[derive(Debug, Deserialize)]
pub(crate) struct NewToken {
    #[serde(deserialize_with = "form_id")]
    form_id: FormId,
    connection: String,
    label: String,
    /// The last day on which it works, or nothing.
    #[serde(default)]
    expires: String,
}

pub(crate) async fn issue(change: Change<Configure, NewToken>) -> Result<Response, Problem> {
    let Change { visitor, form } = change;
    let label = name("label", &form.label)?;
    let expires_at = expiry(&form.expires)?;
    let issued = visitor
        .tenant()
        .issue_token_by(form.form_id, &form.connection, &label, expires_at)
        .await?;
    let secret = issued.ok_or_else(used_already)?.secret;
    super::connection::page(&visitor, &form.connection, None, Some(secret)).await
}

/// Somebody clicked twice, or loaded the answer again.
fn used_already() -> Problem {
    Problem::conflict(
        "this form was already used: the token that it made was shown once, then; if nobody copied it, revoke it \
         under Tokens and make another",
    )
}

/// The end of a day that a form names.
fn expiry(day: &str) -> Result<Option<Timestamp>, Problem> {
    let Some(end) = super::midnight("expires", day, 1)? else {
        return Ok(None);
    };
    match end > Timestamp::now() {
        true => Ok(Some(end)),
        false => Err(Problem::invalid("`expires` must be in the future")),
    }
}

/// What a rotation needs beside its address.
#[derive(Debug, Deserialize)]
pub(crate) struct Rotation {
    #[serde(deserialize_with = "form_id")]
    form_id: FormId,
}

/// A second token for the same connection; the first works until it is revoked.
pub(crate) async fn rotate(
    Id(id): Id,
    change: Change<Configure, Rotation>,
) -> Result<Response, Problem> {
    let Change { visitor, form } = change;
    let tenant = visitor.tenant();
    let tokens = tenant.tokens().await?;
    let old = tokens.into_iter().find(|token| token.id == id);
    let old = old.ok_or_else(|| Problem::not_found(format!("token `{id}`")))?;
    // As long a life as the first one was given: rotation must not make what expires live for ever.
    let expires_at = old.expires_at.map(|end| {
        let life = end.duration_since(old.created_at);
        Timestamp::now().checked_add(life).unwrap_or(end)
    });
    let issued = tenant
        .issue_token_by(form.form_id, &old.connection_id, &old.label, expires_at)
        .await?;
    let secret = issued.ok_or_else(used_already)?.secret;
    page(&visitor, None, Some(secret)).await
}

pub(crate) async fn revoke(
    Id(id): Id,
    change: Change<Configure, Confirmed>,
) -> Result<Response, Problem> {
    let visitor = change.visitor;
    visitor.tenant().revoke_token(&id).await?;
    Ok(go(&format!(
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
