//! The comparison of user names: the profile `UsernameCaseMapped` of PRECIS (RFC 8265 §3.3, RFC 7644 §5).
//!
//! This code takes the stance: the profile says which names are the same, and hardly ever which names there are.
//! Identity providers send names with spaces, symbols, scripts that are newer than the profile's tables, and Hebrew before
//! an `@`, so only characters that nobody sees are refused. And capitals become small letters as in Unicode, where a sigma
//! at the end of a word has a form of its own.

use std::borrow::Cow;

use icu_normalizer::ComposingNormalizer;
use precis_core::profile::Rules;
use precis_core::{DerivedPropertyValue, IdentifierClass, StringClass};
use precis_profiles::UsernameCaseMapped;

use crate::fold::lower;

/// Returns a user name in the form that is compared: full-width and half-width characters in their ordinary form, small
/// letters, composed.
///
/// Letters that only look alike stay different, and so do letters that have the same capital: `ſ` and `s`, `ı` and `i`,
/// `ß` and `ss`. The form of the form is the form itself.
pub fn compared_user_name(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    match UsernameCaseMapped::new().width_mapping_rule(text) {
        Ok(mapped) => lower(&mapped),
        Err(_) => lower(text),
    }
}

/// Whether text has a character that no name can have by PRECIS (RFC 8264 §9.12 and §9.13): a control character, or one
/// that nobody sees, such as a zero-width space or a mark that turns the direction of writing.
pub fn has_unseen_character(text: &str) -> bool {
    let text = match text.is_ascii() {
        true => Cow::Borrowed(text),
        // Korean syllables that are written in parts are composed first.
        false => ComposingNormalizer::new_nfc().normalize(text),
    };
    let class = IdentifierClass::default();
    let is_unseen = |one: char| class.get_value_from_char(one) == DerivedPropertyValue::Disallowed;
    text.chars().any(is_unseen)
}

#[cfg(test)]
mod tests {
    use precis_core::profile::Profile;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn which_names_are_the_same() {
        for (a, b, same) in [
            ("Ada@Example.TEST", "ada@example.test", true),
            ("Ada Lovelace", "ada lovelace", true),
            ("Å", "a\u{30a}", true),
            ("Å", "\u{212b}", true),
            ("\u{212a}ai", "kai", true), // the sign of Kelvin is the letter
            ("ΣΊΣΥΦΟΣ", "σίσυφος", true),
            ("ÉQUIPE", "équipe", true),
            ("ＡＤＡ＠ｘ", "ada@x", true), // full-width
            ("ｶﾞ", "ガ", true),             // half-width
            ("가", "\u{1100}\u{1161}", true),
            // Letters that look alike
            ("ada", "аda", false),         // Cyrillic
            ("ida", "ıda", false),         // without the dot
            ("ida", "İda", false),         // with it
            ("ada\u{17f}", "adas", false), // the long s
            ("groß", "gross", false),
            ("ﬁona", "fiona", false),
            ("ada²", "ada2", false),
            ("ada", "adа", false),
            ("o", "ο", false), // omicron
        ] {
            let (one, other) = (compared_user_name(a), compared_user_name(b));
            assert_eq!(one == other, same, "{a} and {b}");
        }
    }

    #[test]
    fn what_nobody_sees() {
        for (name, unseen) in [
            ("ada", false),
            ("Ada Lovelace", false),
            ("ada+x=y~z|{}^`<>\"@example.test", false),
            ("שרה@example.test", false),
            ("محمد", false),
            ("नमस्ते", false),
            ("😀", false),
            ("가\u{1100}\u{1161}", false),
            ("𞤀", false),
            ("ａda", false),
            ("ad\u{0}a", true),
            ("ada\u{200b}", true), // the space without a width
            ("ada\u{202e}", true), // from right to left
            ("ada\u{2060}", true), // the word joiner
            ("ada\u{feff}", true), // the mark of the byte order
            ("ada\u{ad}", true),   // the soft hyphen
            ("ada\u{e0001}", true),
            ("ada\u{115f}", true), // a letter that is none
        ] {
            assert_eq!(has_unseen_character(name), unseen, "{name:?}");
        }
    }

    proptest! {
        #[test]
        fn the_form_of_the_form_is_the_form(text in any::<String>()) {
            let once = compared_user_name(&text);
            prop_assert_eq!(compared_user_name(&once), once);
        }

        #[test]
        fn what_the_profile_accepts_has_its_form(text in "[a-zA-ZÀ-ÖØ-öø-ÿĀ-ſА-яΑ-Ρα-ρＡ-Ｚａ-ｚｱ-ﾝ0-9@.]{1,8}") {
            if let Ok(form) = UsernameCaseMapped::new().enforce(text.as_str()) {
                prop_assert_eq!(compared_user_name(&text), form);
            }
        }
    }
}
