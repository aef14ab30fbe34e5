//! Checks of unique names.

use rollcall_model::{GROUPS, Kind, USERS};
use rollcall_scim as scim;
use rollcall_scim::{Resource, has_unseen_character};
use rollcall_store::Error;
use serde_json::Value;

/// Checks the unique name of a resource that is created or changed.
///
/// An unchanged name is always accepted, because earlier versions accepted every name.
///
/// # Errors
/// `invalidValue` for control characters, for white space at either end of a user name, and for characters in it that
/// nobody sees.
pub(crate) fn check_name(
    kind: &Kind,
    before: Option<&Resource>,
    after: &Resource,
) -> Result<(), Error> {
    let name = |resource: &Resource| {
        let name = resource.get(kind.unique).and_then(Value::as_str);
        name.map(str::to_owned)
    };
    let (old, new) = (before.and_then(name), name(after));
    match new {
        Some(new) if old.as_ref() != Some(&new) => check(kind, kind.unique, &new),
        _ => Ok(()),
    }
}

/// Checks the new user name of a sign-in, as `check_name` does. The error calls the name `attribute`.
///
/// # Errors
/// `invalidValue` for control characters, for white space at either end, and for characters that nobody sees.
pub(crate) fn check_user_name(attribute: &str, name: &str) -> Result<(), Error> {
    check(&USERS, attribute, name)
}

/// Returns whether an error says that another person has the name.
pub(crate) fn is_taken(error: &Error) -> bool {
    matches!(error, Error::Scim(scim::Error::Uniqueness { attribute }) if attribute == USERS.unique)
}

/// Returns whether an error says that another group has the name.
pub(super) fn is_taken_by_group(error: &Error) -> bool {
    matches!(error, Error::Scim(scim::Error::Uniqueness { attribute }) if attribute == GROUPS.unique)
}

/// Returns the error for a name without visible characters.
pub(crate) fn no_name(attribute: &str) -> Error {
    let detail = format!("`{attribute}` must not be empty");
    scim::Error::InvalidValue(detail).into()
}

fn check(kind: &Kind, attribute: &str, name: &str) -> Result<(), Error> {
    let fault = if name.chars().any(char::is_control) {
        "contains a control character"
    } else if !kind.has_members() && name.trim() != name {
        "begins or ends with white space"
    } else if !kind.has_members() && has_unseen_character(name) {
        "contains a character that nobody sees"
    } else {
        return Ok(());
    };
    let detail = format!("`{attribute}` {fault}, remove it");
    Err(scim::Error::InvalidValue(detail).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_printable_and_user_names_trimmed() {
        for (kind, name, accepted) in [
            (&USERS, "ada@example.com", true),
            (&USERS, "Ada Lovelace", true),
            (&USERS, " ada", false),
            (&USERS, "ada\u{a0}", false),
            (&USERS, "a\u{0}da", false),
            (&USERS, "ada\n", false),
            (&USERS, "ada\u{200b}", false),
            (&USERS, "שרה@example.test", true),
            (&GROUPS, "Engin\u{200b}eering", true),
            (&GROUPS, "Engineering ", true),
            (&GROUPS, "Engin\teering", false),
        ] {
            assert_eq!(check(kind, "name", name).is_ok(), accepted, "{name:?}");
        }
    }
}
