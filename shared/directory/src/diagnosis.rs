//! What a failed request of an identity provider means, in the words of whoever has to mend it. Pure.
//!
//! The answer's `detail` speaks to the client's developer; these sentences speak to the customer's IT admin, who cannot
//! change the client and can change how it is set up.

use crate::requests::LoggedRequest;

/// What a request was about, as far as its target shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Target {
    User,
    Users,
    Group,
    Groups,
    Elsewhere,
}

impl Target {
    fn of(target: &str) -> Self {
        let path = target.split('?').next().unwrap_or_default();
        let mut segments = path.split('/').filter(|segment| !segment.is_empty());
        let one = |single, all, id: Option<&str>| match id {
            None | Some(".search") => all,
            Some(_) => single,
        };
        match segments.next() {
            Some("Users") => one(Self::User, Self::Users, segments.next()),
            Some("Groups") => one(Self::Group, Self::Groups, segments.next()),
            _ => Self::Elsewhere,
        }
    }
}

const STALE_USER: &str = "The identity provider holds an id of a person who is no longer here, most likely because \
    they were deleted. Unassign the person from the application in your identity provider and assign them again: it \
    then looks them up by name and creates them anew.";
const STALE_GROUP: &str = "The identity provider holds an id of a group that is no longer here. Unlink or remove the \
    pushed group in your identity provider and push it again.";
const GONE_ALREADY: &str =
    "What the identity provider wanted to delete was already gone. There is nothing to do.";
const NOT_FOUND: &str = "The identity provider asked for something that is not here (any more). If this repeats for \
    the same person or group, unassign and reassign it in your identity provider.";
const DUPLICATE_USER: &str = "There is a person with this user name already. If it is the same person, let your \
    identity provider match by user name (import or match existing users) instead of creating; otherwise change one \
    of the two names.";
const DUPLICATE_GROUP: &str = "There is a group with this name already. Link the pushed group to the existing one in \
    your identity provider, or rename one of the two.";
const REVOKED: &str = "The token that was used has been revoked or its connection deleted. Issue a new token for the \
    connection and enter it in your identity provider.";
const EXPIRED: &str = "The token that was used has expired. Issue a new token for the connection and enter it in your \
    identity provider.";
const NO_TOKEN: &str = "The request carried no valid token. Issue a token for the connection and enter it in your \
    identity provider.";
const LAST_OWNER: &str = "This would have taken away the last owner. Make somebody else an owner first; the identity \
    provider then succeeds on its next try.";
const FORBIDDEN: &str =
    "The identity provider asked for something that nobody may do over SCIM. The answer says what.";
const FILTER: &str = "The identity provider searched with a filter that cannot be understood. Check the attribute that \
    is used to match people or groups in your identity provider's mapping.";
const VALUE: &str = "The identity provider sent a value that does not fit, or left out one that is needed. Check the \
    attribute mapping for the attribute that the answer names.";
const PATH: &str = "The identity provider tried to change an attribute that does not exist here, or part of one that \
    is not there. Check the attribute mapping for the attribute that the answer names.";
const MUTABILITY: &str = "The identity provider tried to change something that cannot be changed. Remove the attribute \
    that the answer names from the mapping.";
const SYNTAX: &str = "The identity provider sent something that cannot be read. If it is a custom integration, show its \
    developer the answer.";
const TOO_MANY: &str = "The identity provider asked for more than fits one answer. A smaller page size, or leaving out \
    members, helps.";
const BAD_REQUEST: &str =
    "The identity provider sent something that does not fit. The answer says what.";
const METHOD: &str = "The identity provider used an operation that is not offered here. Check that the SCIM base URL \
    ends in /scim/v2 and nothing more.";
const PRECONDITION: &str = "Somebody else changed this in the meantime. The identity provider reads it again and \
    repeats the change by itself.";
const TOO_LARGE: &str =
    "The request was larger than 1 MB. Push fewer members at once, or smaller groups.";
const THROTTLED: &str = "The identity provider sent faster than this tenant's limit. It waits and tries again, nothing \
    is lost; raise the rate limit in the settings if this happens all day.";
const NOT_OFFERED: &str = "The identity provider used a part of SCIM that is not offered here. It does without; turn \
    the option off if your identity provider reports this as an error.";
const FAILED: &str = "The fault was on our side. The identity provider tries again by itself; if this repeats, give \
    support the request id.";
const SKIPPED: &str = "Done, except that some members were left out because nobody here has these ids. Unassign and \
    reassign these people in your identity provider, then push the group again.";

/// What happened and what to do about it; nothing for a request that went well.
pub(crate) fn diagnose(request: &LoggedRequest) -> Option<&'static str> {
    let target = Target::of(&request.target);
    let method = request.http_method.as_str();
    let detail = request.detail.as_deref().unwrap_or_default();
    Some(match (request.http_status, request.scim_type.as_deref()) {
        (..=399, _) if !request.skipped_members.is_empty() => SKIPPED,
        (..=399, _) => return None,
        (401, _) if detail.contains("expired") => EXPIRED,
        (401, _) if detail.contains("revoked") => REVOKED,
        (401, _) => NO_TOKEN,
        (403, _) if detail.contains("owner") => LAST_OWNER,
        (403, _) => FORBIDDEN,
        (404, _) => match (method, target) {
            ("DELETE", Target::User | Target::Group) => GONE_ALREADY,
            ("PUT" | "PATCH", Target::User) => STALE_USER,
            ("PUT" | "PATCH", Target::Group) => STALE_GROUP,
            (_, Target::Elsewhere) => METHOD,
            _ => NOT_FOUND,
        },
        (405, _) => METHOD,
        (409, _) => match target {
            Target::Group | Target::Groups => DUPLICATE_GROUP,
            _ => DUPLICATE_USER,
        },
        (412, _) => PRECONDITION,
        (413, _) => TOO_LARGE,
        (429, _) => THROTTLED,
        (501, _) => NOT_OFFERED,
        (500.., _) => FAILED,
        (_, Some("invalidFilter")) => FILTER,
        (_, Some("invalidValue")) => VALUE,
        (_, Some("invalidPath" | "noTarget")) => PATH,
        (_, Some("mutability")) => MUTABILITY,
        (_, Some("invalidSyntax")) => SYNTAX,
        (_, Some("tooMany")) => TOO_MANY,
        _ => BAD_REQUEST,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn diagnosed(
        method: &str,
        target: &str,
        status: u16,
        scim_type: &str,
        detail: &str,
    ) -> Option<&'static str> {
        let mut request = LoggedRequest::new(method, target, status);
        request.scim_type = Some(scim_type.to_owned()).filter(|text| !text.is_empty());
        request.detail = Some(detail.to_owned());
        diagnose(&request)
    }

    #[test]
    fn each_failure_has_its_sentence() {
        for (method, target, status, scim_type, detail, expected) in [
            ("GET", "/Users", 401, "", "the token was revoked", REVOKED),
            ("GET", "/Users", 401, "", "the token has expired", EXPIRED),
            ("GET", "/Users", 401, "", "", NO_TOKEN),
            ("PATCH", "/Users/1", 404, "", "", STALE_USER),
            ("PUT", "/Users/1?x=y", 404, "", "", STALE_USER),
            ("PATCH", "//Groups/1/", 404, "", "", STALE_GROUP),
            ("DELETE", "/Users/1", 404, "", "", GONE_ALREADY),
            ("GET", "/Users/1", 404, "", "", NOT_FOUND),
            ("GET", "/users", 404, "", "", METHOD),
            ("POST", "/Users", 409, "uniqueness", "", DUPLICATE_USER),
            ("POST", "/Groups", 409, "uniqueness", "", DUPLICATE_GROUP),
            ("GET", "/Users", 400, "invalidFilter", "", FILTER),
            ("POST", "/Users", 400, "invalidValue", "", VALUE),
            ("PATCH", "/Users/1", 400, "noTarget", "", PATH),
            ("PUT", "/Users/1", 412, "", "", PRECONDITION),
            ("PUT", "/Groups/1", 413, "", "", TOO_LARGE),
            ("PUT", "/Groups/1", 429, "", "", THROTTLED),
            (
                "PATCH",
                "/Users/1",
                403,
                "",
                "the last active owner",
                LAST_OWNER,
            ),
            ("POST", "/Bulk", 501, "", "", NOT_OFFERED),
            ("POST", "/Users", 503, "", "", FAILED),
            ("POST", "/Users", 418, "", "", BAD_REQUEST),
        ] {
            let told = diagnosed(method, target, status, scim_type, detail);
            assert_eq!(told, Some(expected), "{method} {target} {status}");
        }
        assert_eq!(diagnosed("GET", "/Users", 200, "", ""), None);
    }

    #[test]
    fn what_was_left_out_is_told_too() {
        let mut request = LoggedRequest::new("PATCH", "/Groups/1", 204);
        request.skipped_members = vec!["nobody".to_owned()];
        assert_eq!(diagnose(&request), Some(SKIPPED));
    }
}
