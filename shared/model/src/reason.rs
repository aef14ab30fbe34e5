//! Reason codes: machine-readable reasons for refused requests.

use std::fmt;

/// The reason for a refused request, if the HTTP status and the `scimType` do not express it.
///
/// The request log stores the code, so that nothing depends on the English text of an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The token was revoked.
    TokenRevoked,
    /// The token has expired.
    TokenExpired,
    /// The tenant would be left without an active owner.
    LastOwner,
    /// A member is not a user of the tenant, and the tenant has
    /// [`UnknownMembers::Reject`](crate::UnknownMembers::Reject).
    UnknownMember,
}

impl Reason {
    /// All reasons.
    pub const ALL: [Self; 4] = [
        Self::TokenRevoked,
        Self::TokenExpired,
        Self::LastOwner,
        Self::UnknownMember,
    ];

    /// Returns the code in stored items.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TokenRevoked => "token_revoked",
            Self::TokenExpired => "token_expired",
            Self::LastOwner => "last_owner",
            Self::UnknownMember => "unknown_member",
        }
    }

    /// Returns the reason with a stored code; `None` for a code that only a newer version knows.
    pub fn of(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == code)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
