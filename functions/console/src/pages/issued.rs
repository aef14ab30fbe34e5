//! What a page shows for some minutes: a new token, or a new OAuth client.
//!
//! The form is answered with a redirect to a page, which survives Back and a reload, and the secret travels there sealed in
//! a cookie: nothing of it is stored, and a sealed text is of no use without the session. Without keys of the stack, the
//! answer to the form shows it once.

use axum::response::Response;
use http::HeaderMap;
use http::header::{HeaderValue, SET_COOKIE};
use jiff::Timestamp;
use rollcall_directory::{IssuedToken, Token, TokenKind, TokenSecret};
use rollcall_edge_api::Gate;
use rollcall_edge_http::{BASE_PATH, Problem};
use serde::Deserialize;

use crate::layout::{Layout, redirect};
use crate::messages::t;
use crate::session_cookie::{issued_cookie, issued_in};
use crate::visitor::Visitor;

/// The query of a page that can show a new secret.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Arrived {
    pub(super) done: Option<String>,
    /// The id of the new token.
    issued: Option<String>,
}

/// What was just issued, with its secret.
pub(super) struct Issued {
    pub(super) secret: TokenSecret,
    /// What else an identity provider asks for if it is an OAuth client.
    pub(super) client: Option<Client>,
    /// Until when the page shows it; `None` if it is shown only now.
    pub(super) until: Option<Timestamp>,
}

/// The public part of an OAuth client.
pub(super) struct Client {
    pub(super) id: String,
    pub(super) token_url: String,
}

impl Issued {
    pub(super) fn of<G: Gate>(
        visitor: &Visitor<G>,
        token: Token,
        secret: TokenSecret,
        until: Option<Timestamp>,
    ) -> Self {
        let client = (token.kind == TokenKind::OauthClient).then(|| Client {
            id: token.id,
            token_url: format!("{}{BASE_PATH}/oauth/token", visitor.root().as_str()),
        });
        Self {
            secret,
            client,
            until,
        }
    }
}

/// Redirects to the page at this path below `/console`, which shows what was issued. Without keys of the stack, there is no
/// such page.
pub(super) async fn shown_at<G: Gate>(
    visitor: &Visitor<G>,
    issued: &IssuedToken,
    path: &str,
) -> Result<Option<Response>, Problem> {
    let credentials = visitor.tenant().credentials();
    let sealed = credentials
        .seal_issued(issued, &visitor.form_token())
        .await?;
    let Some((sealed, until)) = sealed else {
        return Ok(None);
    };
    let id = &issued.token.id;
    let mut response = redirect(&format!("{}{path}?issued={id}", visitor.console()));
    let cookie = issued_cookie(visitor.root(), path, id, (&sealed, until));
    if let Ok(cookie) = HeaderValue::try_from(cookie) {
        response.headers_mut().insert(SET_COOKIE, cookie);
    }
    Ok(Some(response))
}

/// Opens what the page's address asks for, as long as it can be shown and the token is accepted. Otherwise the page says
/// so.
pub(super) async fn reopened<G: Gate>(
    visitor: &Visitor<G>,
    arrived: &Arrived,
    headers: &HeaderMap,
    mut layout: Layout,
) -> Result<(Layout, Option<Issued>), Problem> {
    let Some(id) = &arrived.issued else {
        return Ok((layout, None));
    };
    let issued = match layout.may_configure() {
        true => opened(visitor, id, headers).await?,
        false => None,
    };
    if issued.is_none() {
        layout.refusal = Some(t("issued-over").plain());
    }
    Ok((layout, issued))
}

async fn opened<G: Gate>(
    visitor: &Visitor<G>,
    id: &str,
    headers: &HeaderMap,
) -> Result<Option<Issued>, Problem> {
    let Some(sealed) = issued_in(headers, visitor.root(), id) else {
        return Ok(None);
    };
    let credentials = visitor.tenant().credentials();
    let holder = visitor.form_token();
    let Some((secret, until)) = credentials.open_issued(id, &holder, &sealed).await? else {
        return Ok(None);
    };
    let now = Timestamp::now();
    let tokens = credentials.tokens().await?;
    let is_live = |token: &Token| {
        token.revoked_at.is_none() && token.expires_at.is_none_or(|expires| expires > now)
    };
    let mut tokens = tokens.into_iter();
    let token = tokens.find(|token| token.id == id).filter(is_live);
    Ok(token.map(|token| Issued::of(visitor, token, secret, Some(until))))
}
