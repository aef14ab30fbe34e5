//! A token as it is stored, and as lists show it.

use jiff::Timestamp;
use rollcall_model::{AddressList, Reason};
use serde::{Deserialize, Serialize};

use crate::credentials::booking::{Metered, State};

/// How an identity provider calls with what was issued to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TokenKind {
    /// With the token itself, in each request.
    #[default]
    Bearer,
    /// With short-lived access tokens, which it fetches with the secret of an OAuth client (RFC 6749 §4.4).
    OauthClient,
}

impl TokenKind {
    /// Returns the name in events.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bearer => "bearer",
            Self::OauthClient => "oauth_client",
        }
    }
}

/// A token as lists show it, or an OAuth client: both are what a connection calls with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Its id; of an OAuth client, the client id.
    pub id: String,
    /// Whether it is a token or an OAuth client.
    pub kind: TokenKind,
    /// The id of the connection that it belongs to.
    pub connection_id: String,
    /// The name that the admin gave it.
    pub label: String,
    /// The first characters of its secret, by which people recognise it.
    pub prefix: String,
    /// When it was issued.
    pub created_at: Timestamp,
    /// When it was last accepted.
    pub last_used_at: Option<Timestamp>,
    /// When it expires.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// The networks from which it is accepted; empty for those of the tenant's settings alone.
    pub allowed_addresses: AddressList,
    /// Whether it carries a proof that this stack issued it. Tokens of earlier versions do not, and an operator can end
    /// those with the parameter `UnkeyedTokens`.
    pub is_keyed: bool,
}

/// Why a token is not accepted. The text is for the tenant's request log; the caller does not see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It does not have the form or the checksum of a token.
    #[error("the token is malformed")]
    Malformed,
    /// It was never issued.
    #[error("the token is unknown")]
    Unknown,
    /// It was revoked.
    #[error("the token was revoked")]
    Revoked,
    /// It has expired.
    #[error("the token has expired")]
    Expired,
    /// The request came from an address that its tenant or the token does not allow. The caller is not told, so that whoever
    /// has a stolen token does not learn that it is valid.
    #[error("the token is not accepted from this address")]
    ForeignAddress,
}

impl Refusal {
    /// Returns the reason code. It is for logs alone, as the text is.
    pub fn reason(self) -> Reason {
        match self {
            Self::Malformed => Reason::TokenMalformed,
            Self::Unknown => Reason::TokenUnknown,
            Self::Revoked => Reason::TokenRevoked,
            Self::Expired => Reason::TokenExpired,
            Self::ForeignAddress => Reason::AddressNotAllowed,
        }
    }
}

/// A token as it is stored. Times are microseconds since 1970, the unit of the meter.
///
/// `tat` and `allow_at` are the state of the meter (see `gcra`). Each update changes both. The limit and the retention
/// are copies of those in the tenant's meter, which counts (see `meter`).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct TokenItem {
    #[serde(rename = "SK")]
    pub(super) hash: String,
    pub(super) id: String,
    pub(super) connection_id: String,
    pub(super) title: String,
    pub(super) shown: String,
    pub(super) created_us: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) used_us: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ends_us: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) revoked_us: Option<i64>,
    pub(super) tat: i64,
    pub(super) allow_at: i64,
    pub(super) cost_us: i64,
    pub(super) lead_us: i64,
    /// Days for which requests with this token are kept in the request log.
    pub(super) keep_days: u32,
    /// The time from which the next request is allowed, as far as it depends on what the earlier ones have read (see
    /// `read_budget`). Tokens that never read much do not have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) reads_allow_at: Option<i64>,
    /// The budget by which that time was computed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) reads_budget: Option<u32>,
    /// The id of the key of the stack that the token was made with; `None` for a token without a proof.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) key_id: Option<char>,
    /// Whether it is an OAuth client, whose secret is not accepted as a token. Versions that do not know clients accept
    /// neither its secret nor its access tokens.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) is_client: bool,
    /// When it leaves the table, in seconds since 1970, for DynamoDB's time to live: after its end or its revocation, for as
    /// long as requests with it are kept. Tokens without an end do not have it, nor do those that earlier versions revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) expires: Option<i64>,
    /// The networks from which it is accepted. Versions that do not know them accept it from everywhere.
    #[serde(default, skip_serializing_if = "AddressList::is_empty")]
    pub(super) addresses: AddressList,
}

impl Metered for TokenItem {
    const VALID: &str = "attribute_exists(PK) AND attribute_not_exists(revoked_us) \
                         AND (attribute_not_exists(ends_us) OR ends_us > :now)";
    const STAMP: &str = ", used_us = :now";
    const ALLOWED: &str = " AND (attribute_not_exists(reads_allow_at) OR reads_allow_at <= :now)";

    fn is_valid(&self, now_us: i64) -> bool {
        self.refusal(now_us).is_none()
    }

    fn state(&self) -> State {
        State {
            tat: self.tat,
            allow_at: self.reads_allow_at.unwrap_or(i64::MIN).max(self.allow_at),
        }
    }
}

impl TokenItem {
    pub(crate) fn connection_id(&self) -> &str {
        &self.connection_id
    }

    pub(crate) fn is_revoked(&self) -> bool {
        self.revoked_us.is_some()
    }

    /// Returns why the token is not accepted, if it is not.
    pub(super) fn refusal(&self, now_us: i64) -> Option<Refusal> {
        if self.is_revoked() {
            return Some(Refusal::Revoked);
        }
        let expired = self.ends_us.is_some_and(|end| end <= now_us);
        expired.then_some(Refusal::Expired)
    }

    /// Returns whether the token has ended and will leave the table.
    pub(super) fn is_leaving(&self, now_us: i64) -> bool {
        self.expires.is_some() && self.refusal(now_us).is_some()
    }

    /// Returns when a token that ends at a time leaves the table, in seconds since 1970. `end_us` is in microseconds.
    pub(super) fn leaves_at(end_us: i64, keep_days: u32) -> i64 {
        end_us / 1_000_000 + i64::from(keep_days) * 86_400
    }

    /// Returns the seconds until the token has paid for what it has read, at least 1; `None` if it has.
    pub(super) fn seconds_of_reads(&self, now_us: i64) -> Option<u32> {
        let allow_at = self.reads_allow_at?;
        let State { tat, .. } = self.state();
        State { tat, allow_at }.seconds_to_wait(now_us)
    }

    pub(super) fn token(self) -> Token {
        let time = |us: i64| Timestamp::from_microsecond(us).unwrap_or_default();
        Token {
            id: self.id,
            kind: match self.is_client {
                true => TokenKind::OauthClient,
                false => TokenKind::Bearer,
            },
            connection_id: self.connection_id,
            label: self.title,
            prefix: self.shown,
            created_at: time(self.created_us),
            last_used_at: self.used_us.map(time),
            expires_at: self.ends_us.map(time),
            revoked_at: self.revoked_us.map(time),
            allowed_addresses: self.addresses,
            is_keyed: self.key_id.is_some(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_the_authorizer_writes_alone_is_no_token() {
        // Its rights in `infra/template.yaml` are these attributes. Each other one of a token keeps this from being one.
        let counted = json!({
            "SK": "", "allow_at": 0, "cost_us": 0, "keep_days": 90, "lead_us": 0, "reads_allow_at": 0, "reads_budget": 1,
            "tat": 0, "used_us": 0,
        });
        let missing = ["id", "connection_id", "title", "shown", "created_us"];
        for left_out in missing {
            let mut item = counted.clone();
            for name in missing.iter().filter(|name| **name != left_out) {
                item[*name] = match *name {
                    "created_us" => json!(0),
                    _ => json!(""),
                };
            }
            let item = serde_json::from_value::<TokenItem>(item);
            assert!(item.is_err(), "{left_out}");
        }
    }
}
