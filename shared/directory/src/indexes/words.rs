//! The words by which a search finds a person: those of the person's names and e-mail addresses. Pure.

use std::collections::BTreeSet;

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

/// Returns the first eight distinct words of a person's `displayName`, `name`, `userName` and e-mail addresses, folded.
///
/// # Errors
/// When the stored document is not JSON.
pub fn words_of(person: &Record) -> Result<BTreeSet<String>, Error> {
    let resource = person.resource(&USERS)?;
    let mut texts = Vec::new();
    for attribute in WORDED {
        match (attribute, resource.get(attribute)) {
            ("emails", Some(Value::Array(emails))) => {
                texts.extend(emails.iter().filter_map(|email| email["value"].as_str()));
            }
            (_, Some(Value::Object(parts))) => {
                texts.extend(parts.values().filter_map(Value::as_str));
            }
            (_, value) => texts.extend(value.and_then(Value::as_str)),
        }
    }
    Ok(first_words(&texts))
}

/// Returns what the index finds a person by: their words, and the roles that the last event reported.
///
/// # Errors
/// When the stored document is not JSON.
pub(super) fn indexed(person: &Record) -> Result<BTreeSet<String>, Error> {
    let account = &person.account;
    let roles = account.announced.iter().chain(&account.announced_below);
    let roles = roles.map(|role| role_word(role.as_str()));
    Ok(words_of(person)?.into_iter().chain(roles).collect())
}

/// Returns the word by which the index finds the people of a role. No text is split into such a word.
pub fn role_word(role: &str) -> String {
    format!("={role}")
}

/// Returns the words of a search text, folded.
pub fn searched_words(text: &str) -> Vec<String> {
    words(text).collect()
}

fn first_words(texts: &[&str]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for word in texts.iter().flat_map(|text| words(text)) {
        found.insert(word);
        if found.len() == MAX_WORDS {
            break;
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
            let found: Vec<String> = first_words(texts).into_iter().collect();
            assert_eq!(found, expected, "{texts:?}");
        }
        let long = "ü".repeat(1_000);
        assert_eq!(searched_words(&long), ["ü".repeat(32)]);
    }
}
