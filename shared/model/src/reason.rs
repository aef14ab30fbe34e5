//! Reason codes: why a request was refused, for programs. English comes last.

use std::fmt;

/// Why a request was refused, where its HTTP status and `scimType` do not say it.
///
/// The code is written with the entry of the request log, so that nothing has to be found in English text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The token was revoked.
    TokenRevoked,
    /// The token has expired.
    TokenExpired,
    /// The tenant would be left without an active owner.
    LastOwner,
    /// A member is not a user of the tenant, and the tenant rejects those.
    UnknownMember,
}

impl Reason {
    /// Every reason.
    pub const ALL: [Self; 4] = [
        Self::TokenRevoked,
        Self::TokenExpired,
        Self::LastOwner,
        Self::UnknownMember,
    ];

    /// Returns the code as it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TokenRevoked => "token_revoked",
            Self::TokenExpired => "token_expired",
            Self::LastOwner => "last_owner",
            Self::UnknownMember => "unknown_member",
        }
    }

    /// Returns the reason of a stored code; `None` for one that only a newer version knows.
    pub fn of(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == code)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
