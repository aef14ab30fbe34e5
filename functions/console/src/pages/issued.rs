//! What a page shows once: a new token, or a new OAuth client.

use rollcall_directory::{IssuedToken, TokenKind, TokenSecret};
use rollcall_edge_api::Gate;
use rollcall_edge_http::BASE_PATH;

use crate::visitor::Visitor;

/// What was just issued, with its secret, which the page shows once.
pub(super) struct Issued {
    pub(super) secret: TokenSecret,
    /// What else an identity provider asks for if it is an OAuth client.
    pub(super) client: Option<Client>,
}

/// The public part of an OAuth client.
pub(super) struct Client {
    pub(super) id: String,
    pub(super) token_url: String,
}

impl Issued {
    pub(super) fn of<G: Gate>(visitor: &Visitor<G>, issued: IssuedToken) -> Self {
        let IssuedToken { token, secret } = issued;
        let client = (token.kind == TokenKind::OauthClient).then(|| Client {
            id: token.id,
            token_url: format!("{}{BASE_PATH}/oauth/token", visitor.root().as_str()),
        });
        Self { secret, client }
    }
}
