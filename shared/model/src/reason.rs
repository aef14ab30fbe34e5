//! Reason codes: machine-readable reasons for refused requests.

use std::fmt;

use rollcall_scim::Error;

macro_rules! reasons {
    ($($reason:ident = $code:literal, $meaning:literal;)*) => {
        /// The reason for a refused request.
        ///
        /// Logs and the API have the code, so that nothing depends on the English text of an error.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Reason {
            $(#[doc = $meaning] $reason,)*
        }

        impl Reason {
            /// All reasons.
            pub const ALL: &'static [Self] = &[$(Self::$reason),*];

            /// Returns the code, which does not change.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$reason => $code,)*
                }
            }

            /// Returns what was wrong, in plain words.
            pub fn meaning(self) -> &'static str {
                match self {
                    $(Self::$reason => $meaning,)*
                }
            }
        }
    };
}

reasons! {
    // the request
    InvalidSyntax = "invalid_syntax", "The body, the query or a header cannot be parsed.";
    InvalidValue = "invalid_value", "A value is missing, or does not fit.";
    InvalidFilter = "invalid_filter", "The filter cannot be parsed, or compares what cannot be compared.";
    InvalidPath = "invalid_path", "The `path` of a PATCH operation cannot be parsed.";
    NoTarget = "no_target", "A PATCH operation selects nothing that it could change.";
    NotMutable = "not_mutable", "The attribute cannot be changed or removed.";
    TooMany = "too_many", "The request asks for more than the service does at once.";
    InvalidCursor = "invalid_cursor", "The cursor was not made for this query, or not for this token.";
    ExpiredCursor = "expired_cursor", "The cursor is too old.";
    InvalidCount = "invalid_count", "The `count` of a query by cursor is not a number.";
    UnsupportedVersion = "unsupported_version", "The URL names a version of SCIM other than 2.0.";
    BodyTooLarge = "body_too_large", "The body, or the resource that it describes, is too large.";
    NoEndpoint = "no_endpoint", "There is no endpoint at the path.";
    MethodNotAllowed = "method_not_allowed", "The endpoint does not have this method.";
    NotImplemented = "not_implemented", "The service does not have this part of SCIM.";
    // what is stored
    NotFound = "not_found", "The resource does not exist, or was deleted.";
    NotUnique = "not_unique", "Another resource has this value, or had it and it cannot be used again.";
    Conflict = "conflict", "Another change came first.";
    IdempotencyKeyInUse = "idempotency_key_in_use", "A request with this `Idempotency-Key` is under way, or its answer was lost.";
    IdempotencyKeyReused = "idempotency_key_reused", "The `Idempotency-Key` belongs to another request.";
    PreconditionFailed = "precondition_failed", "The resource is not the version that `If-Match` or `If-None-Match` requires.";
    UnknownMember = "unknown_member", "A member is the id of no user, and the settings reject such members, or the group would be left without any.";
    LastOwner = "last_owner", "The tenant would be left without an active owner.";
    RoleAboveGiver = "role_above_giver", "Nobody gives or takes a role above their own.";
    PersonOutranks = "person_outranks", "Nobody acts on the identity of somebody who ranks above them.";
    RoleNotMappable = "role_not_mappable", "A group cannot give this role.";
    SchemaInUse = "schema_in_use", "The change of a declared schema does not fit values that may be stored.";
    RoleInUse = "role_in_use", "The role is still given by groups, by hand or by default.";
    CeilingReached = "ceiling_reached", "The tenant has as much of it as the operator of the service allows.";
    PersonInactive = "person_inactive", "The person was deactivated, blocked or deleted.";
    NotProvisioned = "not_provisioned", "Nobody pushed the person, and the settings let in only people who were pushed.";
    IdentityConflict = "identity_conflict", "Whom the sign-in names may be somebody else.";
    IdentityAmbiguous = "identity_ambiguous", "The sign-in could be that of several people.";
    OwnedByAnother = "owned_by_another", "The resource belongs to another connection of the tenant.";
    AccountMerged = "account_merged", "The account was closed, and its name went to another person.";
    CursorAhead = "cursor_ahead", "The feed has not reached the cursor.";
    EventsExpired = "events_expired", "Events after the cursor have expired.";
    // the credential
    NotAuthenticated = "not_authenticated", "The request has no valid credential.";
    TokenMalformed = "token_malformed", "The token does not have the form or the proof of a token.";
    TokenUnknown = "token_unknown", "The token was never issued.";
    TokenRevoked = "token_revoked", "The token was revoked, or its connection or tenant was deleted.";
    TokenExpired = "token_expired", "The token has expired.";
    AddressNotAllowed = "address_not_allowed", "The token is valid, but the request came from an address that is not allowed.";
    Forbidden = "forbidden", "The credential is valid, but does not permit this.";
    // the service
    RateLimited = "rate_limited", "The tenant or the token is over its rate limit.";
    ReadBudgetSpent = "read_budget_spent", "The token or the session has read more than the operator of the service allows in a minute.";
    Unavailable = "unavailable", "The service is busy. A retry is likely to succeed.";
    Internal = "internal", "The service failed.";
}

impl Reason {
    /// Returns the reason with this code; `None` for a code that only a newer version knows.
    pub fn of(code: &str) -> Option<Self> {
        let mut all = Self::ALL.iter().copied();
        all.find(|reason| reason.as_str() == code)
    }
}

impl From<&Error> for Reason {
    /// Returns the reason for an error of the protocol. A refusal of the directory can have a more specific one.
    fn from(error: &Error) -> Self {
        match error {
            Error::InvalidSyntax(_) => Self::InvalidSyntax,
            Error::InvalidValue(_) => Self::InvalidValue,
            Error::InvalidFilter(_) => Self::InvalidFilter,
            Error::InvalidPath(_) => Self::InvalidPath,
            Error::NoTarget(_) => Self::NoTarget,
            Error::Mutability(_) => Self::NotMutable,
            Error::TooMany(_) | Error::TooManyOperations { .. } => Self::TooMany,
            Error::InvalidCursor => Self::InvalidCursor,
            Error::ExpiredCursor => Self::ExpiredCursor,
            Error::InvalidCount(_) => Self::InvalidCount,
            Error::InvalidVersion => Self::UnsupportedVersion,
            Error::Uniqueness { .. } => Self::NotUnique,
            Error::NotFound { .. } | Error::Unresolved(_) => Self::NotFound,
            Error::PreconditionFailed => Self::PreconditionFailed,
            Error::PayloadTooLarge { .. } => Self::BodyTooLarge,
            Error::Unauthorized => Self::NotAuthenticated,
            Error::Forbidden(_) => Self::Forbidden,
            Error::NoEndpoint(_) => Self::NoEndpoint,
            Error::MethodNotAllowed => Self::MethodNotAllowed,
            Error::NotImplemented { .. } => Self::NotImplemented,
            Error::TooManyRequests { .. } => Self::RateLimited,
            Error::ReadTooMuch { .. } => Self::ReadBudgetSpent,
            Error::Unavailable { .. } => Self::Unavailable,
            Error::Internal => Self::Internal,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
