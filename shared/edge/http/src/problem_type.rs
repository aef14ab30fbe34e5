//! The types of problem documents (RFC 9457). Each stands for a group of reasons, and has a page that explains it.

use http::StatusCode;
use rollcall_directory::Reason;

/// The path of the pages about problem types, below the root.
pub const PROBLEMS_PATH: &str = "/api/v1/problems";

macro_rules! problem_types {
    ($($kind:ident = $status:literal $name:literal, $meaning:literal, $remedy:literal;)*) => {
        /// The type of a problem document.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum ProblemType {
            $(#[doc = $meaning] $kind,)*
        }

        impl ProblemType {
            /// All types, in order of their statuses.
            pub const ALL: &'static [Self] = &[$(Self::$kind),*];

            /// Returns the HTTP status of every response with this type.
            pub fn status(self) -> u16 {
                match self { $(Self::$kind => $status,)* }
            }

            /// Returns the name, which is the last segment of the type's URL and does not change.
            pub fn name(self) -> &'static str {
                match self { $(Self::$kind => $name,)* }
            }

            /// Returns what the problem is, in plain words.
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$kind => $meaning,)* }
            }

            /// Returns what to do about the problem.
            pub fn remedy(self) -> &'static str {
                match self { $(Self::$kind => $remedy,)* }
            }
        }
    };
}

problem_types! {
    InvalidSyntax = 400 "invalid-syntax",
        "The body or the query cannot be read.",
        "Send one JSON object as the body, and each parameter of the query once and only if the operation has it. `detail` says where the request cannot be read. Do not send it again unchanged.";
    InvalidFilter = 400 "invalid-filter",
        "The filter of the list cannot be read.",
        "Correct the filter: `detail` says what is wrong with it.";
    InvalidValue = 400 "invalid-value",
        "A value in the request is missing, or does not fit.",
        "`detail` names the value and says what it must be. Correct it; do not send the request again unchanged.";
    Unauthorized = 401 "unauthorized",
        "The request has no credential that is valid now.",
        "Send `Authorization: Bearer` with a service key, or with a session where the operation is for people. A credential that has expired or was revoked does not become valid again: issue another service key, or sign the person in again.";
    Forbidden = 403 "forbidden",
        "The credential is valid, but does not permit this.",
        "`detail` names the permission, the scope or the rule. Use a service key with the scope, or ask an owner of the tenant to do it or to give the role that may.";
    CeilingReached = 403 "ceiling-reached",
        "The tenant has as much of it as the operator of the service allows.",
        "Remove what is not needed any more, or raise the ceiling: the application can, with PATCH on the tenant.";
    PersonInactive = 403 "person-inactive",
        "The person who signs in was deactivated, blocked or deleted.",
        "Do not let the person in. If they should have access, activate them in the identity provider, or lift the block under Health in the console.";
    NotProvisioned = 403 "not-provisioned",
        "The tenant lets in only people whom an identity provider has pushed, and nobody pushed this one.",
        "Assign the person to the application in the identity provider and wait for the push, or set `sign_up` to `allowed`.";
    NotFound = 404 "not-found",
        "What the path names does not exist, or was deleted; or there is no endpoint at the path.",
        "Check the id and the tenant. If `reason` is `no_endpoint`, compare the path with the OpenAPI document. If it is `account_merged`, go on with the person in `merged_into`.";
    MethodNotAllowed = 405 "method-not-allowed",
        "The endpoint does not have this method.",
        "Use one of the methods in the header `Allow`.";
    Conflict = 409 "conflict",
        "The change does not fit what is stored, or another change came first.",
        "Read the resource again and decide from what it is now. If `reason` is `not_unique`, choose another value; if it is `role_in_use` or `schema_in_use`, first end the use that `detail` names.";
    IdempotencyKeyInUse = 409 "idempotency-key-in-use",
        "A request with this `Idempotency-Key` is under way, or its response was lost.",
        "Send the same request with the same key again after the seconds in `Retry-After`.";
    IdentityConflict = 409 "identity-conflict",
        "The person whom the sign-in names may be somebody else.",
        "Do not let the person in. An admin decides under Health in the console whether it is the same person.";
    IdentityAmbiguous = 409 "identity-ambiguous",
        "The sign-in could be that of several people.",
        "Send `connection` and `subject`, which name one person. Otherwise an admin decides under Health in the console.";
    Gone = 410 "gone",
        "The cursor has no place in the list or the feed any more.",
        "Begin a list again without `after`. For the event feed, read the directory anew and go on from its `events_after`, or go on from `next` of the problem and accept the gap.";
    PreconditionFailed = 412 "precondition-failed",
        "The resource is not the version that `If-Match` or `If-None-Match` requires.",
        "Read the resource again, and repeat the change with the new version.";
    TooLarge = 413 "too-large",
        "The body is too large.",
        "Send less at once: a body may have 1 MiB.";
    IdempotencyKeyReused = 422 "idempotency-key-reused",
        "The `Idempotency-Key` belongs to another request.",
        "Choose a new key for each request, and keep it only to repeat that one.";
    TooManyRequests = 429 "too-many-requests",
        "The tenant or the credential is over its rate limit.",
        "Send the request again after the seconds in `Retry-After`.";
    Internal = 500 "internal",
        "The service failed.",
        "Send the request again. If it fails again, give `instance` to the operator of the service: the logs have it.";
    NotImplemented = 501 "not-implemented",
        "The service does not have this part of the protocol.",
        "Do without it.";
    Unavailable = 503 "unavailable",
        "The service is busy.",
        "Send the request again after the seconds in `Retry-After`. It is likely to succeed.";
}

impl ProblemType {
    /// Returns the type for a reason.
    pub fn of(reason: Reason) -> Self {
        match reason {
            Reason::InvalidSyntax => Self::InvalidSyntax,
            Reason::InvalidFilter => Self::InvalidFilter,
            Reason::InvalidValue
            | Reason::InvalidPath
            | Reason::NoTarget
            | Reason::NotMutable
            | Reason::TooMany
            | Reason::InvalidCursor
            | Reason::InvalidCount
            | Reason::UnsupportedVersion
            | Reason::UnknownMember
            | Reason::RoleNotMappable => Self::InvalidValue,
            Reason::NotAuthenticated
            | Reason::TokenMalformed
            | Reason::TokenUnknown
            | Reason::TokenRevoked
            | Reason::TokenExpired
            | Reason::AddressNotAllowed => Self::Unauthorized,
            Reason::Forbidden
            | Reason::LastOwner
            | Reason::RoleAboveGiver
            | Reason::PersonOutranks
            | Reason::OwnedByAnother => Self::Forbidden,
            Reason::CeilingReached => Self::CeilingReached,
            Reason::PersonInactive => Self::PersonInactive,
            Reason::NotProvisioned => Self::NotProvisioned,
            Reason::NotFound | Reason::NoEndpoint | Reason::AccountMerged => Self::NotFound,
            Reason::MethodNotAllowed => Self::MethodNotAllowed,
            Reason::NotUnique | Reason::Conflict | Reason::RoleInUse | Reason::SchemaInUse => {
                Self::Conflict
            }
            Reason::IdempotencyKeyInUse => Self::IdempotencyKeyInUse,
            Reason::IdempotencyKeyReused => Self::IdempotencyKeyReused,
            Reason::IdentityConflict => Self::IdentityConflict,
            Reason::IdentityAmbiguous => Self::IdentityAmbiguous,
            Reason::CursorAhead | Reason::EventsExpired | Reason::ExpiredCursor => Self::Gone,
            Reason::PreconditionFailed => Self::PreconditionFailed,
            Reason::BodyTooLarge => Self::TooLarge,
            Reason::RateLimited | Reason::ReadBudgetSpent => Self::TooManyRequests,
            Reason::Internal => Self::Internal,
            Reason::NotImplemented => Self::NotImplemented,
            Reason::Unavailable => Self::Unavailable,
        }
    }

    /// Returns the type with this name.
    pub fn named(name: &str) -> Option<Self> {
        let mut all = Self::ALL.iter().copied();
        all.find(|kind| kind.name() == name)
    }

    /// Returns the reasons of the type.
    pub fn reasons(self) -> impl Iterator<Item = Reason> {
        let all = Reason::ALL.iter().copied();
        all.filter(move |reason| Self::of(*reason) == self)
    }

    /// Returns the standard phrase for the status, such as "Not Found".
    pub fn title(self) -> &'static str {
        let status = StatusCode::from_u16(self.status()).ok();
        let phrase = status.and_then(|status| status.canonical_reason());
        phrase.unwrap_or("Error")
    }

    /// Returns the URL of the type, at which its page is. `root` is the URL at which the client reached the service.
    pub fn url(self, root: &str) -> String {
        format!("{root}{PROBLEMS_PATH}/{}", self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_is_one_of_a_reason_and_explained() {
        let mut names = std::collections::BTreeSet::new();
        for kind in ProblemType::ALL {
            assert!(kind.reasons().next().is_some(), "{kind:?}");
            assert_eq!(ProblemType::named(kind.name()), Some(*kind));
            assert!(names.insert(kind.name()), "{kind:?}");
            assert_ne!(kind.title(), "Error");
            for text in [kind.meaning(), kind.remedy()] {
                assert!(text.ends_with('.'), "{text}");
                assert_eq!(text.matches('`').count() % 2, 0, "{text}");
            }
        }
        assert!(ProblemType::ALL.is_sorted_by_key(|kind| kind.status()));
    }
}
