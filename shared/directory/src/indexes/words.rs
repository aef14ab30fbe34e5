//! The words by which a search finds a person: those of the person's names and e-mail addresses. Pure.

use std::collections::{BTreeMap, BTreeSet};

use rollcall_model::USERS;
use rollcall_scim::fold;
use rollcall_store::Error;
use serde_json::Value;

use crate::resources::record::Record;

/// The maximum number of words per person. Each is one write unit.
const MAX_WORDS: usize = 8;
/// The maximum length of a word in bytes. The rest of a longer one is cut off.
const MAX_WORD_BYTES: usize = 64;
/// The attributes with words, in the order in which they count.
pub(super) const WORDED: [&str; 4] = ["displayName", "name", "userName", "emails"];

/// What the index finds a person by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Indexed {
    /// The person's words, and those of the roles that the last event reported.
    pub(super) words: BTreeSet<String>,
    /// Those of the words that no name has, but an address or a user name.
    pub(super) addresses: BTreeSet<String>,
}

/// Returns the first eight distinct words of a person's `displayName`, `name`, `userName` and e-mail addresses, folded.
///
/// # Errors
/// When the stored document is not JSON.
pub fn words_of(person: &Record) -> Result<BTreeSet<String>, Error> {
    Ok(worded(person)?.into_keys().collect())
}

/// Returns those of [`words_of`] that `displayName` or `name` has.
///
/// # Errors
/// When the stored document is not JSON.
pub fn name_words_of(person: &Record) -> Result<BTreeSet<String>, Error> {
    let words = worded(person)?.into_iter();
    Ok(words
        .filter_map(|(word, is_name)| is_name.then_some(word))
        .collect())
}

/// Returns whether a `displayName` or a part of `name` is what people call somebody, and not nothing or an address.
pub fn is_name(text: &str) -> bool {
    let is_address = text.contains('@') && !text.trim().contains(char::is_whitespace);
    !text.trim().is_empty() && !is_address
}

/// Returns what the index finds a person by.
///
/// # Errors
/// When the stored document is not JSON.
pub(super) fn indexed(person: &Record) -> Result<Indexed, Error> {
    let account = &person.account;
    let roles = account.announced.iter().chain(&account.announced_below);
    let mut indexed = Indexed::default();
    for (word, is_name) in worded(person)? {
        if !is_name {
            indexed.addresses.insert(word.clone());
        }
        indexed.words.insert(word);
    }
    let roles = roles.map(|role| role_word(role.as_str()));
    indexed.words.extend(roles);
    Ok(indexed)
}

/// Returns the words of a person, and whether a name has each.
fn worded(person: &Record) -> Result<BTreeMap<String, bool>, Error> {
    let resource = person.resource(&USERS)?;
    let mut texts = Vec::new();
    for attribute in WORDED {
        match (attribute, resource.get(attribute)) {
            ("emails", Some(Value::Array(emails))) => {
                let values = emails.iter().filter_map(|email| email["value"].as_str());
                texts.extend(values.map(|value| (value, false)));
            }
            (_, Some(Value::Object(parts))) => {
                let parts = parts.values().filter_map(Value::as_str);
                texts.extend(parts.map(|part| (part, is_name(part))));
            }
            (_, value) => {
                let value = value.and_then(Value::as_str);
                let is_shown = attribute == "displayName";
                texts.extend(value.map(|value| (value, is_shown && is_name(value))));
            }
        }
    }
    Ok(first_words(&texts))
}

/// Returns the word by which the index finds the people of a role. No text is split into such a word.
pub fn role_word(role: &str) -> String {
    format!("={role}")
}

/// Returns the words of a search text, folded.
pub fn searched_words(text: &str) -> Vec<String> {
    words(text).collect()
}

/// Returns the first words of the texts, of which some are names, and whether a name has each.
fn first_words(texts: &[(&str, bool)]) -> BTreeMap<String, bool> {
    let mut found: BTreeMap<String, bool> = BTreeMap::new();
    for &(text, is_name) in texts {
        for word in words(text) {
            if found.len() < MAX_WORDS || found.contains_key(&word) {
                *found.entry(word).or_default() |= is_name;
            }
        }
    }
    found
}

fn words(text: &str) -> impl Iterator<Item = String> + use<> {
    let folded = fold(text);
    let words = folded.split(|c: char| !c.is_alphanumeric());
    let words = words.filter(|word| !word.is_empty()).map(cut);
    words.map(str::to_owned).collect::<Vec<_>>().into_iter()
}

fn cut(word: &str) -> &str {
    let end = (0..=word.len().min(MAX_WORD_BYTES))
        .rev()
        .find(|&end| word.is_char_boundary(end));
    &word[..end.unwrap_or(0)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_has_the_word_of_a_role() {
        let word = role_word("admin");
        assert!(!searched_words(&word).contains(&word));
    }

    #[test]
    fn text_is_split_and_folded() {
        for (texts, expected) in [
            (&["Ada King-Lovelace"][..], &["ada", "king", "lovelace"][..]),
            (&["ada@Example.test", "ADA"], &["ada", "example", "test"]),
            (&["Bo\u{308}rje Strauß"], &["börje", "strauss"]),
            (&["林 太郎", "o'Brien"], &["brien", "o", "太郎", "林"]),
            (&["", " @#-"], &[]),
            (
                &["a b c d e", "e f g h i j"],
                &["a", "b", "c", "d", "e", "f", "g", "h"],
            ),
        ] {
            let texts: Vec<(&str, bool)> = texts.iter().map(|text| (*text, true)).collect();
            let found: Vec<String> = first_words(&texts).into_keys().collect();
            assert_eq!(found, expected, "{texts:?}");
        }
        let long = "ü".repeat(1_000);
        assert_eq!(searched_words(&long), ["ü".repeat(32)]);
    }
    #[test]
    fn a_word_is_a_name_if_any_name_has_it() {
        let texts = [
            ("ada@acme.test", false),
            ("Ada Acme-King", true),
            ("king@acme.test", false),
            ("Lovelace", true),
        ];
        let found = first_words(&texts);
        let names = found.iter().filter(|(_, is_name)| **is_name);
        let names: Vec<&str> = names.map(|(word, _)| &**word).collect();
        assert_eq!(names, ["acme", "ada", "king", "lovelace"]);
        assert_eq!(found.get("test"), Some(&false));
    }

    #[test]
    fn an_address_is_no_name() {
        for (text, expected) in [
            ("Ada", true),
            ("Ada @ Work", true),
            ("  ", false),
            ("ada@example.test", false),
            (" ada@example.test ", false),
        ] {
            assert_eq!(is_name(text), expected, "{text}");
        }
    }
}
