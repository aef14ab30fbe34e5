//! The chain of hashes over the events of a tenant's feed. It shows that no event was changed, removed, added or moved
//! later, also after personal data was erased.
//!
//! ```text
//! content = SHA-256(salt, event as JSON)
//! hash    = SHA-256(hash of the event before, sequence, type, time, content), with a line feed between them
//! ```
//!
//! An erasure removes the salt and the personal data of an event. Its content hash stays: without the salt, nobody can
//! find out by trying what the event said, and the hashes still match. The chain begins anew, visibly, where the event
//! before has no hash: an earlier version gave it its place, before the upgrade or after a roll-back.

use jiff::Timestamp;
use rollcall_model::sha256_hex;
use serde::{Deserialize, Serialize};

/// What an event contributes to the chain, as it is stored beside the event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Link {
    /// The hash of the event, in hexadecimal.
    pub(super) hash: String,
    /// The hash of the event's content, in hexadecimal.
    pub(super) content: String,
    /// The random salt of the content; absent once the content was erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) salt: Option<String>,
    /// Whether the chain begins with this event.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) begins: bool,
}

/// The part of an event that stays when its content is erased.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    pub(super) sequence: u64,
    pub(super) kind: &'a str,
    pub(super) at: Timestamp,
}

impl Link {
    /// Links an event, given as JSON, to the one before it. Without the hash of that one, the chain begins.
    pub(super) fn new(previous: Option<&str>, place: Place<'_>, json: &str) -> Self {
        let salt = format!("{:032x}", rand::random::<u128>());
        let content = content_hash(&salt, json);
        Self {
            hash: event_hash(previous, place, &content),
            content,
            salt: Some(salt),
            begins: previous.is_none(),
        }
    }

    /// Returns what is wrong with the link, if anything.
    pub(super) fn fault(
        &self,
        previous: Option<&str>,
        place: Place<'_>,
        json: &str,
    ) -> Option<Fault> {
        let is_content = |salt: &String| content_hash(salt, json) == self.content;
        if !self.salt.as_ref().is_none_or(is_content) {
            return Some(Fault::Content);
        }
        if self.begins && previous.is_some() {
            return Some(Fault::Order);
        }
        let is_known = self.begins || previous.is_some();
        (is_known && event_hash(previous, place, &self.content) != self.hash)
            .then_some(Fault::Order)
    }
}

/// What is wrong with an event in the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The event does not say what it said when it got its place.
    Content,
    /// The event does not follow the one before it: one of both was changed, or an event between them is missing.
    Order,
    /// The event has no hash although the chain does not begin anew after it.
    Unlinked,
}

fn content_hash(salt: &str, json: &str) -> String {
    sha256_hex(&format!("{salt}{json}"))
}

fn event_hash(previous: Option<&str>, place: Place<'_>, content: &str) -> String {
    let Place { sequence, kind, at } = place;
    let previous = previous.unwrap_or_default();
    sha256_hex(&format!("{previous}\n{sequence}\n{kind}\n{at}\n{content}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(sequence: u64) -> Place<'static> {
        Place {
            sequence,
            kind: "user.created",
            at: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn a_changed_event_is_found_and_an_erased_one_is_not_a_fault() {
        let first = Link::new(None, place(1), "{1}");
        let second = Link::new(Some(&first.hash), place(2), "{2}");
        assert!(first.begins && !second.begins);
        assert_eq!(first.fault(None, place(1), "{1}"), None);
        assert_eq!(second.fault(Some(&first.hash), place(2), "{2}"), None);
        // After its predecessor expired, only its content can be checked.
        assert_eq!(second.fault(None, place(2), "{2}"), None);
        assert_eq!(second.fault(None, place(2), "{3}"), Some(Fault::Content));
        assert_eq!(
            second.fault(Some(&first.hash), place(3), "{2}"),
            Some(Fault::Order)
        );
        assert_eq!(
            second.fault(Some(&second.hash), place(2), "{2}"),
            Some(Fault::Order)
        );
        let erased = Link {
            salt: None,
            ..second.clone()
        };
        assert_eq!(erased.fault(Some(&first.hash), place(2), "{erased}"), None);
        let forged = Link {
            content: first.content.clone(),
            ..erased
        };
        assert_eq!(
            forged.fault(Some(&first.hash), place(2), ""),
            Some(Fault::Order)
        );
        assert_eq!(
            first.fault(Some(&second.hash), place(1), "{1}"),
            Some(Fault::Order)
        );
        // Equal events have different hashes, so a content cannot be guessed and compared.
        assert_ne!(Link::new(None, place(1), "{1}").content, first.content);
    }
}
