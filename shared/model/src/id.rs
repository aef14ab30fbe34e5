//! Ids and hashes.

use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Generates an id: a UUIDv7, so that ids sort by creation time.
pub fn new_id() -> String {
    Uuid::now_v7().to_string()
}

/// Returns whether the text has the form of an id of [`new_id`]: a hyphenated UUID.
///
/// A text without this form is not the id of a stored item, so no read is necessary.
pub fn is_id(text: &str) -> bool {
    text.len() == 36 && Uuid::try_parse(text).is_ok()
}

/// Returns the first 64 characters of an id or name that a client sent, for use in an error.
pub fn shown(text: &str) -> String {
    text.chars().take(64).collect()
}

/// Returns the SHA-256 hash of the text as 64 hexadecimal digits.
pub fn sha256_hex(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
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
    fn hashes_are_those_of_fips_180() {
        assert_eq!(
            sha256_hex("abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }
}
