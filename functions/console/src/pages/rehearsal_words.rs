//! What the requests of a test are for, in the language of the visit. A result is kept in English, since another visitor
//! can read it.

use std::borrow::Cow;

use crate::language::{self, Language};
use crate::messages::t;

/// The messages that say what requests are for: each kind of request, and what the conversations say of theirs.
const SAID: [&str; 64] = [
    "rehearsal-describe",
    "rehearsal-read-person",
    "rehearsal-read-group",
    "rehearsal-find-people",
    "rehearsal-find-groups",
    "rehearsal-create-person",
    "rehearsal-create-group",
    "rehearsal-delete-person",
    "rehearsal-delete-group",
    "rehearsal-change-person",
    "rehearsal-change-group",
    "rehearsal-said-test-query",
    "rehearsal-said-other-attributes",
    "rehearsal-said-every-attribute",
    "rehearsal-said-without-quotes",
    "rehearsal-said-look-up",
    "rehearsal-said-created-once",
    "rehearsal-said-one-value",
    "rehearsal-said-replace-creates",
    "rehearsal-said-disabled-string",
    "rehearsal-said-still-found",
    "rehearsal-said-restored",
    "rehearsal-said-new-principal",
    "rehearsal-said-cleared",
    "rehearsal-said-recycle-bin",
    "rehearsal-said-another-id",
    "rehearsal-said-microsoft-schema",
    "rehearsal-said-only-listed",
    "rehearsal-said-no-member",
    "rehearsal-said-empty-list",
    "rehearsal-said-with-flag",
    "rehearsal-said-membership-stays",
    "rehearsal-said-hard-delete",
    "rehearsal-said-unused-schema",
    "rehearsal-said-empty-arrays",
    "rehearsal-said-null-emails",
    "rehearsal-said-saving-reads",
    "rehearsal-said-unknown-name",
    "rehearsal-said-with-password",
    "rehearsal-said-exactly-one",
    "rehearsal-said-writes-back",
    "rehearsal-said-same-again",
    "rehearsal-said-leaves-get",
    "rehearsal-said-leaves-put",
    "rehearsal-said-still-read",
    "rehearsal-said-no-second",
    "rehearsal-said-without-active",
    "rehearsal-said-returns",
    "rehearsal-said-whole-group",
    "rehearsal-said-last-member",
    "rehearsal-said-suspended",
    "rehearsal-said-suspended-patch",
    "rehearsal-said-unknown-key",
    "rehearsal-said-other-case",
    "rehearsal-said-difference",
    "rehearsal-said-unlinked",
    "rehearsal-said-whole-person",
    "rehearsal-said-update-put",
    "rehearsal-said-merged",
    "rehearsal-said-overwritten",
    "rehearsal-said-as-in-rfc",
    "rehearsal-said-disabled-deleted",
    "rehearsal-said-last-day",
    "rehearsal-said-hired-again",
];

/// Returns a message in English.
pub(super) fn in_english(key: &'static str) -> String {
    language::with(Language::English, || t(key).plain())
}

/// Says in the language of the visit what is kept in English. What no message says stays as it is.
pub(super) fn said(kept: &str) -> Cow<'_, str> {
    if language::spoken() == Language::English {
        return Cow::Borrowed(kept);
    }
    let key = SAID.into_iter().find(|key| in_english(key) == kept);
    key.map_or(Cow::Borrowed(kept), |key| t(key).into())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    #[test]
    fn what_the_conversations_say_is_said_in_every_language() {
        let folder =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/edge/scim/conversations");
        let mut count = 0;
        for entry in fs::read_dir(folder).unwrap() {
            let text = fs::read_to_string(entry.unwrap().path()).unwrap();
            for part in text.split("\"say\": \"").skip(1) {
                let kept = super::super::rehearsal::sentence(part.split('"').next().unwrap());
                let is_known = SAID.iter().any(|key| in_english(key) == kept);
                assert!(is_known, "{kept}");
                let german = language::with(Language::German, || said(&kept).into_owned());
                assert_ne!(german, kept);
                count += 1;
            }
        }
        assert!(count > 40, "{count}");
        assert_eq!(said("Something else"), "Something else");
    }
}
