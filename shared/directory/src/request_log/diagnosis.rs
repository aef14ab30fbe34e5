//! What a failed request of an identity provider means, in words for the person who can fix it. Pure.
//!
//! The `detail` of the response is written for the client's developer. These sentences are written for the customer's
//! IT admin, who cannot change the client but can change its configuration.

use std::fmt;

use rollcall_model::Reason;
use serde::{Deserialize, Serialize};

use crate::request_log::target::Target;

/// What is wrong with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Diagnosis {
    /// A user was read or changed by an id that does not exist (any more).
    StaleUser,
    /// A group was read or changed by an id that does not exist (any more).
    StaleGroup,
    /// The user or group to delete does not exist (any more).
    GoneAlready,
    /// Something else does not exist.
    NotFound,
    /// The user name is taken.
    DuplicateUser,
    /// The name of the group is taken.
    DuplicateGroup,
    /// The token was revoked.
    Revoked,
    /// The token has expired.
    Expired,
    /// The request came from an address that is not allowed.
    ForeignAddress,
    /// The request has no valid token.
    NoToken,
    /// The tenant would be left without an active owner.
    LastOwner,
    /// The resource belongs to another connection.
    OwnedByAnother,
    /// No client may do this over SCIM.
    Forbidden,
    /// The filter is not valid (`invalidFilter`).
    Filter,
    /// A member of a group is not a user of the tenant, and the tenant rejects those.
    UnknownMember,
    /// A value is missing or not valid (`invalidValue`).
    Value,
    /// A path names no attribute or matches no value (`invalidPath`, `noTarget`).
    Path,
    /// The attribute cannot be changed (`mutability`).
    Mutability,
    /// The body cannot be parsed (`invalidSyntax`).
    Syntax,
    /// The response would be too large (`tooMany`).
    TooMany,
    /// The request is not valid in another way.
    BadRequest,
    /// The path or method is not supported: most likely the base URL is wrong.
    Method,
    /// Another client has changed the resource (412).
    Precondition,
    /// The body is too large.
    TooLarge,
    /// The rate limit was reached.
    Throttled,
    /// The token has read more than it may in a minute.
    ReadTooMuch,
    /// The request uses a part of SCIM that is not supported (501).
    NotOffered,
    /// The service failed (5xx).
    Failed,
    /// The request succeeded, but members that are not users of the tenant were left out.
    Skipped,
    /// The request succeeded, but a change of an attribute that does not exist here was ignored.
    IgnoredPath,
    /// A stored diagnosis that only a newer version of the code knows.
    #[serde(other)]
    Other,
}

impl Diagnosis {
    /// Returns what happened and what to do about it, in plain words.
    pub fn text(self) -> &'static str {
        match self {
            Self::StaleUser => STALE_USER,
            Self::StaleGroup => STALE_GROUP,
            Self::GoneAlready => GONE_ALREADY,
            Self::NotFound => NOT_FOUND,
            Self::DuplicateUser => DUPLICATE_USER,
            Self::DuplicateGroup => DUPLICATE_GROUP,
            Self::Revoked => REVOKED,
            Self::Expired => EXPIRED,
            Self::ForeignAddress => FOREIGN_ADDRESS,
            Self::NoToken => NO_TOKEN,
            Self::LastOwner => LAST_OWNER,
            Self::OwnedByAnother => OWNED_BY_ANOTHER,
            Self::Forbidden => FORBIDDEN,
            Self::Filter => FILTER,
            Self::UnknownMember => UNKNOWN_MEMBER,
            Self::Value => VALUE,
            Self::Path => PATH,
            Self::Mutability => MUTABILITY,
            Self::Syntax => SYNTAX,
            Self::TooMany => TOO_MANY,
            Self::BadRequest => BAD_REQUEST,
            Self::Method => METHOD,
            Self::Precondition => PRECONDITION,
            Self::TooLarge => TOO_LARGE,
            Self::Throttled => THROTTLED,
            Self::ReadTooMuch => READ_TOO_MUCH,
            Self::NotOffered => NOT_OFFERED,
            Self::Failed => FAILED,
            Self::Skipped => SKIPPED,
            Self::IgnoredPath => IGNORED_PATH,
            Self::Other => OTHER,
        }
    }
}

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

const STALE_USER: &str = "The identity provider holds the ID of a person who is no longer here, most likely because \
    they were deleted. Unassign the person from the application in your identity provider and assign them again: it \
    then looks them up by name and creates them anew.";
const STALE_GROUP: &str = "The identity provider holds the ID of a group that is no longer here. Unlink or remove the \
    group in your identity provider and push it again.";
const GONE_ALREADY: &str =
    "What the identity provider wanted to delete was already gone. You need to do nothing.";
const NOT_FOUND: &str = "The identity provider asked for something that is not here, or no longer here. If this \
    repeats for the same person or group, unassign and reassign it in your identity provider.";
const DUPLICATE_USER: &str = "Someone already has this user name. If it is the same person, let your identity \
    provider match by user name (import or match existing users) instead of creating; otherwise change one of the two \
    names.";
const DUPLICATE_GROUP: &str = "A group with this name already exists. Link the group in your identity provider to the \
    existing one, or rename one of the two.";
const REVOKED: &str = "The token has been revoked or its connection deleted. Issue a new token for the connection and \
    enter it in your identity provider.";
const EXPIRED: &str = "The token has expired. Issue a new token for the connection and enter it in your identity \
    provider.";
const FOREIGN_ADDRESS: &str = "The token is right, but the request came from an address that is not allowed, by the \
    settings or by the token itself. If the address is your identity provider's, add it to the settings, or issue a \
    token that allows it. If not, someone else has the token: revoke it.";
const NO_TOKEN: &str = "The request carried no valid token. Issue a token for the connection and enter it in your \
    identity provider.";
const LAST_OWNER: &str = "This would have removed the last owner. Make someone else an owner first; the identity \
    provider then succeeds on its next try.";
const OWNED_BY_ANOTHER: &str = "The person or group belongs to another connection, which sent them first. If this \
    connection takes over from that one, let an owner set that it replaces it; otherwise take the person or group out \
    of this application in your identity provider.";
const FORBIDDEN: &str = "The identity provider asked for something that is not allowed over SCIM. The answer says what.";
const FILTER: &str = "The identity provider searched with a filter that is not supported. Check the attribute that is \
    used to match people or groups in your identity provider's mapping.";
const UNKNOWN_MEMBER: &str = "A group arrived with a member who is not here, and your settings refuse such a group. \
    Assign its people to the application in your identity provider, or unassign and assign them again, so that they \
    arrive first; then push the group again. A group inside a group does not count as a member: assign its people.";
const VALUE: &str = "The identity provider sent a value that does not fit, or left out one that is needed. Check the \
    attribute mapping for the attribute that the answer names.";
const PATH: &str = "The identity provider tried to change an attribute that does not exist here, or part of one that \
    is not there. Check the attribute mapping for the attribute that the answer names.";
const MUTABILITY: &str = "The identity provider tried to change something that cannot be changed. Remove the attribute \
    that the answer names from the mapping.";
const SYNTAX: &str = "The identity provider sent something that cannot be read. If it is a custom integration, show its \
    developer the answer.";
const TOO_MANY: &str = "The identity provider asked for more than fits in one answer. A smaller page size, or leaving \
    out members, helps.";
const BAD_REQUEST: &str =
    "The identity provider sent something that does not fit. The answer says what.";
const METHOD: &str = "The identity provider used an operation that is not offered here. Check that the SCIM base URL \
    ends in /scim/v2, with nothing after it.";
const PRECONDITION: &str = "Someone else changed this in the meantime. The identity provider reads it again and \
    repeats the change by itself.";
const TOO_LARGE: &str =
    "The request was larger than 1 MB. Push fewer members at once, or smaller groups.";
const THROTTLED: &str = "The identity provider sent requests faster than this tenant's limit allows. It waits and \
    tries again, and nothing is lost; raise the rate limit in the settings if this happens all day.";
const READ_TOO_MUCH: &str = "The identity provider read more in a minute than the operator of this service allows, \
    most likely because it searches by an attribute that is not indexed. It waits and tries again, and nothing is \
    lost. Let it match people by user name, external ID or e-mail address, and groups by name.";
const NOT_OFFERED: &str = "The identity provider used a part of SCIM that is not offered here. It works without it; \
    turn the option off if your identity provider reports this as an error.";
const FAILED: &str = "The fault was on our side. The identity provider tries again by itself; if this repeats, give \
    support the request ID.";
const SKIPPED: &str = "Done, except that some members were left out because nobody here has these IDs. Unassign and \
    reassign these people in your identity provider, then push the group again. If an ID is a group's: a group inside \
    a group brings nobody; assign its people.";
const IGNORED_PATH: &str = "Done, except that the change of an attribute that does not exist here was ignored. Remove \
    the attribute from the mapping in your identity provider, or correct its name there.";

const OTHER: &str = "The request failed. This version of the service does not know the diagnosis; the detail of the \
    response says more.";

/// The facts that decide a diagnosis.
#[derive(Clone, Copy, Debug)]
pub(super) struct Symptoms<'a> {
    pub(super) http_method: &'a str,
    pub(super) target: &'a str,
    /// Whether the request was refused or failed.
    pub(super) failed: bool,
    /// Why. `None` if it is not known.
    pub(super) reason: Option<Reason>,
    /// Whether members were skipped.
    pub(super) skipped: bool,
    /// Whether a change of an attribute that does not exist was ignored.
    pub(super) ignored_path: bool,
}

/// Returns what is wrong with a request; `None` for one that fully succeeded.
pub(super) fn diagnose(request: Symptoms<'_>) -> Option<Diagnosis> {
    if !request.failed {
        return match request.skipped {
            true => Some(Diagnosis::Skipped),
            false => request.ignored_path.then_some(Diagnosis::IgnoredPath),
        };
    }
    let Some(reason) = request.reason else {
        return Some(Diagnosis::BadRequest);
    };
    let target = Target::of(request.target);
    Some(match reason {
        Reason::NotFound | Reason::AccountMerged | Reason::CursorAhead | Reason::EventsExpired => {
            missing(request.http_method, target)
        }
        Reason::NotUnique => match target {
            Target::Group | Target::Groups => Diagnosis::DuplicateGroup,
            _ => Diagnosis::DuplicateUser,
        },
        Reason::TokenExpired => Diagnosis::Expired,
        Reason::TokenRevoked => Diagnosis::Revoked,
        Reason::AddressNotAllowed => Diagnosis::ForeignAddress,
        Reason::NotAuthenticated | Reason::TokenMalformed | Reason::TokenUnknown => {
            Diagnosis::NoToken
        }
        Reason::LastOwner => Diagnosis::LastOwner,
        Reason::UnknownMember => Diagnosis::UnknownMember,
        Reason::OwnedByAnother => Diagnosis::OwnedByAnother,
        Reason::Forbidden
        | Reason::RoleAboveGiver
        | Reason::PersonOutranks
        | Reason::RoleInUse
        | Reason::SchemaInUse
        | Reason::IdempotencyKeyInUse
        | Reason::IdempotencyKeyReused
        | Reason::CeilingReached
        | Reason::PersonInactive
        | Reason::NotProvisioned
        | Reason::IdentityConflict
        | Reason::IdentityAmbiguous => Diagnosis::Forbidden,
        Reason::InvalidFilter => Diagnosis::Filter,
        Reason::InvalidValue | Reason::RoleNotMappable | Reason::InvalidCount => Diagnosis::Value,
        Reason::InvalidCursor | Reason::ExpiredCursor => Diagnosis::BadRequest,
        Reason::InvalidPath | Reason::NoTarget => Diagnosis::Path,
        Reason::NotMutable => Diagnosis::Mutability,
        Reason::InvalidSyntax => Diagnosis::Syntax,
        Reason::TooMany => Diagnosis::TooMany,
        Reason::NoEndpoint | Reason::MethodNotAllowed | Reason::UnsupportedVersion => {
            Diagnosis::Method
        }
        Reason::PreconditionFailed | Reason::Conflict => Diagnosis::Precondition,
        Reason::BodyTooLarge => Diagnosis::TooLarge,
        Reason::RateLimited => Diagnosis::Throttled,
        Reason::ReadBudgetSpent => Diagnosis::ReadTooMuch,
        Reason::NotImplemented => Diagnosis::NotOffered,
        Reason::Unavailable | Reason::Internal => Diagnosis::Failed,
    })
}

/// Returns the diagnosis of a request for something that does not exist.
fn missing(http_method: &str, target: Target) -> Diagnosis {
    match (http_method, target) {
        ("DELETE", Target::User | Target::Group) => Diagnosis::GoneAlready,
        // Some clients read a resource by its id before they write it.
        ("GET" | "PUT" | "PATCH", Target::User) => Diagnosis::StaleUser,
        ("GET" | "PUT" | "PATCH", Target::Group) => Diagnosis::StaleGroup,
        (_, Target::Elsewhere) => Diagnosis::Method,
        _ => Diagnosis::NotFound,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request_log::before_codes::reason_by_status;

    fn diagnosed(
        method: &str,
        target: &str,
        status: u16,
        scim_type: &str,
        reason: Option<Reason>,
    ) -> Option<Diagnosis> {
        diagnose(Symptoms {
            http_method: method,
            target,
            failed: status >= 400,
            reason: reason.or_else(|| reason_by_status(status, Some(scim_type))),
            skipped: false,
            ignored_path: false,
        })
    }

    #[test]
    fn each_failure_has_its_sentence() {
        for (method, target, status, scim_type, reason, expected) in [
            (
                "GET",
                "/Users",
                401,
                "",
                Some(Reason::TokenRevoked),
                Diagnosis::Revoked,
            ),
            (
                "GET",
                "/Users",
                401,
                "",
                Some(Reason::TokenExpired),
                Diagnosis::Expired,
            ),
            ("GET", "/Users", 401, "", None, Diagnosis::NoToken),
            ("PATCH", "/Users/1", 404, "", None, Diagnosis::StaleUser),
            ("PUT", "/Users/1?x=y", 404, "", None, Diagnosis::StaleUser),
            ("PATCH", "//Groups/1/", 404, "", None, Diagnosis::StaleGroup),
            ("DELETE", "/Users/1", 404, "", None, Diagnosis::GoneAlready),
            ("GET", "/Users/1", 404, "", None, Diagnosis::StaleUser),
            ("GET", "/Groups/1?x=y", 404, "", None, Diagnosis::StaleGroup),
            ("GET", "/Users", 404, "", None, Diagnosis::NotFound),
            ("GET", "/users", 404, "", None, Diagnosis::Method),
            ("GET", "/Users/Users?x=y", 404, "", None, Diagnosis::Method),
            ("GET", "/Users/Groups", 404, "", None, Diagnosis::Method),
            (
                "DELETE",
                "/Groups/Users/1",
                404,
                "",
                None,
                Diagnosis::Method,
            ),
            (
                "GET",
                "/Users/ServiceProviderConfig",
                404,
                "",
                None,
                Diagnosis::Method,
            ),
            (
                "POST",
                "/Users",
                409,
                "uniqueness",
                None,
                Diagnosis::DuplicateUser,
            ),
            (
                "POST",
                "/Groups",
                409,
                "uniqueness",
                None,
                Diagnosis::DuplicateGroup,
            ),
            (
                "GET",
                "/Users",
                400,
                "invalidFilter",
                None,
                Diagnosis::Filter,
            ),
            (
                "POST",
                "/Users",
                400,
                "invalidValue",
                None,
                Diagnosis::Value,
            ),
            (
                "PUT",
                "/Groups/1",
                400,
                "invalidValue",
                Some(Reason::UnknownMember),
                Diagnosis::UnknownMember,
            ),
            ("PATCH", "/Users/1", 400, "noTarget", None, Diagnosis::Path),
            ("PUT", "/Users/1", 412, "", None, Diagnosis::Precondition),
            ("PUT", "/Groups/1", 413, "", None, Diagnosis::TooLarge),
            ("PUT", "/Groups/1", 429, "", None, Diagnosis::Throttled),
            (
                "PATCH",
                "/Users/1",
                403,
                "",
                Some(Reason::LastOwner),
                Diagnosis::LastOwner,
            ),
            ("POST", "/Bulk", 501, "", None, Diagnosis::NotOffered),
            ("POST", "/Users", 503, "", None, Diagnosis::Failed),
            ("POST", "/Users", 418, "", None, Diagnosis::BadRequest),
        ] {
            let told = diagnosed(method, target, status, scim_type, reason);
            assert_eq!(told, Some(expected), "{method} {target} {status}");
        }
        assert_eq!(diagnosed("GET", "/Users", 200, "", None), None);
    }
}
