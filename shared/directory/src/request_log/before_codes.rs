//! Reads the reasons of log entries that earlier versions wrote without reason codes.
//!
//! This is the only code that searches English text: the texts are those of the versions that wrote the entries.

use rollcall_model::Reason;

/// Returns the reason of an entry without a reason code; `None` for a success.
pub(super) fn reason_before_codes(
    status: u16,
    scim_type: Option<&str>,
    detail: Option<&str>,
) -> Option<Reason> {
    let says = |text: &str| detail.is_some_and(|detail| detail.contains(text));
    match (status, scim_type) {
        (401, _) if says("expired") => Some(Reason::TokenExpired),
        (401, _) if says("revoked") => Some(Reason::TokenRevoked),
        (403, _) if says("owner") => Some(Reason::LastOwner),
        (400, Some("invalidValue")) if says("is the id of no user") => Some(Reason::UnknownMember),
        _ => reason_by_status(status, scim_type),
    }
}

/// Returns the reason that an HTTP status and a `scimType` express; `None` for a success and for statuses that Rollcall
/// does not send.
pub(super) fn reason_by_status(status: u16, scim_type: Option<&str>) -> Option<Reason> {
    Some(match (status, scim_type) {
        (400, Some("invalidSyntax")) => Reason::InvalidSyntax,
        (400, Some("invalidValue")) => Reason::InvalidValue,
        (400, Some("invalidFilter")) => Reason::InvalidFilter,
        (400, Some("invalidPath")) => Reason::InvalidPath,
        (400, Some("noTarget")) => Reason::NoTarget,
        (400, Some("mutability")) => Reason::NotMutable,
        (400, Some("tooMany")) => Reason::TooMany,
        (400, Some("invalidCursor")) => Reason::InvalidCursor,
        (400, Some("expiredCursor")) => Reason::ExpiredCursor,
        (400, Some("invalidCount")) => Reason::InvalidCount,
        (400, Some("invalidVers")) => Reason::UnsupportedVersion,
        (401, _) => Reason::NotAuthenticated,
        (403, _) => Reason::Forbidden,
        (404, _) => Reason::NotFound,
        (405, _) => Reason::MethodNotAllowed,
        (409, _) => Reason::NotUnique,
        (412, _) => Reason::PreconditionFailed,
        (413, _) => Reason::BodyTooLarge,
        (429, _) => Reason::RateLimited,
        (501, _) => Reason::NotImplemented,
        (503, _) => Reason::Unavailable,
        (500.., _) => Reason::Internal,
        _ => return None,
    })
}
