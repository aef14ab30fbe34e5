//! Ids and hashes.

use sha2::{Digest, Sha256};
use uuid::{Uuid, Variant, Version};

use crate::clock::timed_uuid;

/// Generates an id: a UUIDv7, so that ids sort by creation time.
pub fn new_id() -> String {
    timed_uuid().to_string()
}

/// Returns whether the text has the form of an id of [`new_id`]: a hyphenated UUID.
///
/// A text without this form is not the id of a stored item, so no read is necessary.
pub fn is_id(text: &str) -> bool {
    text.len() == 36 && Uuid::try_parse(text).is_ok()
}

/// The maximum length of an id that a client chose.
pub const MAX_CHOSEN: usize = 64;

/// Returns whether the text has the form of an id that a client can choose: 1 to 64 of `a-z`, `0-9`, `-` and `_`,
/// beginning with a letter or a digit. The ids of [`new_id`] have it too.
pub fn is_chosen_id(text: &str) -> bool {
    let is_plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let begins = text.bytes().next().is_some_and(is_plain);
    let is_allowed = |b: u8| is_plain(b) || b == b'-' || b == b'_';
    begins && text.len() <= MAX_CHOSEN && text.bytes().all(is_allowed)
}

/// Returns the id as a number, if it has the form that [`new_id`] generates: a UUIDv7 in lower case.
pub fn generated_id(text: &str) -> Option<u128> {
    let id = Uuid::try_parse(text).ok().filter(is_generated)?;
    (id.to_string() == text).then(|| id.as_u128())
}

/// Returns the id with this number, if it has the form that [`new_id`] generates.
pub fn generated_id_of(number: u128) -> Option<String> {
    let id = Uuid::from_u128(number);
    is_generated(&id).then(|| id.to_string())
}

fn is_generated(id: &Uuid) -> bool {
    id.get_version() == Some(Version::SortRand) && id.get_variant() == Variant::RFC4122
}

/// Returns the first 64 characters of an id or name that a client sent, for use in an error.
pub fn shown(text: &str) -> String {
    text.chars().take(64).collect()
}

/// Returns the SHA-256 hash of the text as 64 hexadecimal digits.
pub fn sha256_hex(text: &str) -> String {
    sha256_hex_of(text.as_bytes())
}

/// Returns the SHA-256 hash of bytes, as [`sha256_hex`] does.
pub(crate) fn sha256_hex_of(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_recognised() {
        assert!(is_id(&new_id()));
        for other in ["", "bob", "../x", &"0".repeat(36)] {
            assert!(!is_id(other), "{other}");
        }
    }

    #[test]
    fn chosen_ids_are_bounded() {
        for good in ["a", "okta-production", "0_a", &new_id(), &"x".repeat(64)] {
            assert!(is_chosen_id(good), "{good}");
        }
        for bad in [
            "",
            "-a",
            "_a",
            "Okta",
            "a b",
            "a#b",
            "a/b",
            "ä",
            &"x".repeat(65),
        ] {
            assert!(!is_chosen_id(bad), "{bad}");
        }
    }

    #[test]
    fn generated_ids_are_numbers() {
        let id = new_id();
        let number = generated_id(&id).unwrap();
        assert_eq!(generated_id_of(number).as_deref(), Some(id.as_str()));
        for other in [
            "bob",
            "5f2a5a3c-0000-4000-8000-000000000000",
            &id.to_uppercase(),
        ] {
            assert_eq!(generated_id(other), None, "{other}");
        }
        assert_eq!(generated_id_of(0), None);
    }

    #[test]
    fn hashes_are_those_of_fips_180() {
        assert_eq!(
            sha256_hex("abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }
}
