//! Case-insensitive comparison of text.

use std::borrow::Cow;

use icu_casemap::CaseMapper;
use icu_normalizer::{ComposingNormalizer, DecomposingNormalizer};

/// Folds text so that spellings that differ only in case or in Unicode composition become equal.
///
/// The function implements Unicode canonical caseless matching: decompose, fold case, compose. Compatibility
/// characters stay as they are. Folding is idempotent. User names compare by [`crate::compared_user_name`].
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let decomposed = DecomposingNormalizer::new_nfd().normalize(text);
    let folded = CaseMapper::new().fold_string(&decomposed);
    ComposingNormalizer::new_nfc()
        .normalize(&folded)
        .into_owned()
}

/// Lower-cases text, so that spellings that differ only in case or in Unicode composition become equal.
///
/// Unlike [`fold`], different letters stay different, even if they have the same capital: `ſ` and `s`, `ß` and `ss`. So
/// nobody passes for somebody else by a letter that looks alike. What is equal here is equal after folding too.
pub fn lower(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let composed = ComposingNormalizer::new_nfc().normalize(text);
    let lowered = composed.to_lowercase();
    ComposingNormalizer::new_nfc()
        .normalize(&lowered)
        .into_owned()
}

/// Folds text, unless the attribute is `caseExact` (RFC 7643 §2.2).
pub(crate) fn fold_unless(case_exact: bool, text: &str) -> Cow<'_, str> {
    if case_exact || is_folded_ascii(text) {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(fold(text))
    }
}

fn is_folded_ascii(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(a: &str, b: &str, same: bool) {
        assert_eq!(fold(a) == fold(b), same, "{a:?} and {b:?}");
    }

    #[test]
    fn spellings_of_one_name_are_equal() {
        check("Ada@Example.TEST", "ada@example.test", true);
        check("STRASSE", "straße", true);
        check("Å", "a\u{30a}", true);
        check("ΣΊΣΥΦΟΣ", "σίσυφος", true);
        check("ada", "adam", false);
        check("e", "é", false);
    }

    #[test]
    fn lower_case_keeps_letters_apart() {
        for (a, b, same) in [
            ("Admins", "ADMINS", true),
            ("Å", "a\u{30a}", true),
            ("ÉQUIPE", "équipe", true),
            ("aDMIN\u{17f}", "Admins", false),
            ("groß", "gross", false),
            ("ﬁnance", "finance", false),
            ("Ａdmins", "Admins", false),
            ("Аdmins", "Admins", false),
        ] {
            assert_eq!(lower(a) == lower(b), same, "{a} and {b}");
        }
    }

    proptest! {
        #[test]
        fn what_lower_case_makes_equal_folding_makes_equal(text in any::<String>()) {
            prop_assert_eq!(fold(&lower(&text)), fold(&text));
        }

        #[test]
        fn folding_twice_is_folding_once(text in any::<String>()) {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once);
        }

        #[test]
        fn fold_unless_agrees_with_fold(text in any::<String>()) {
            prop_assert_eq!(fold_unless(false, &text), fold(&text));
            prop_assert_eq!(fold_unless(true, &text), text.as_str());
        }
    }
}
