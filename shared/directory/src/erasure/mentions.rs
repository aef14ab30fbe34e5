//! What an entry of a log says about a person who is erased. Pure.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::AttributeValue;
use rollcall_model::{Actor, EventType, Subject};
use rollcall_store::Item;

use crate::request_log::log::LoggedRequest;
use crate::request_log::mention::is_in_json;

/// A person who is erased: their id, and what they were called, in lower case.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Person<'a> {
    pub(crate) id: &'a str,
    pub(crate) identifiers: &'a BTreeSet<String>,
}

/// What becomes of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It says nothing about the person.
    Keep,
    /// It is about the person.
    Remove,
    /// It is about something else, and says where the person acted from.
    CleanActor,
    /// It is about something else, and names the person.
    Clean,
}

impl Person<'_> {
    /// Decides what becomes of a change with this type, actor and subject, and with these JSON texts.
    ///
    /// Names are given again: the history of another person stays, whatever they are called.
    pub(super) fn verdict<'t>(
        &self,
        kind: &str,
        actor: &Actor,
        subject: &Subject,
        texts: impl IntoIterator<Item = &'t str>,
    ) -> Verdict {
        let is = |known: EventType| kind == known.as_str();
        if is(EventType::UserErasureRequested) || is(EventType::UserErased) {
            return Verdict::Keep;
        }
        if subject.id == self.id {
            return Verdict::Remove;
        }
        let is_person = |name: &str| self.identifiers.contains(&name.to_lowercase());
        let named = texts.into_iter().any(|text| self.is_in(text)) || is_person(&subject.name);
        let acts = actor.person_id() == Some(self.id) || actor.email().is_some_and(is_person);
        match (named, acts) {
            (true, _) if is(EventType::AuthRefused) => Verdict::Remove,
            (true, _) if subject.kind != "user" => Verdict::Clean,
            (_, true) => Verdict::CleanActor,
            _ => Verdict::Keep,
        }
    }

    fn is_in(&self, json: &str) -> bool {
        let json = json.to_lowercase();
        let mut names = self.identifiers.iter();
        names.any(|name| is_in_json(&json, name))
    }

    /// Returns whether a request names the person.
    pub(crate) fn is_in_request(&self, request: &LoggedRequest) -> bool {
        let mut names: Vec<String> = self.identifiers.iter().cloned().collect();
        names.push(self.id.to_owned());
        let detail = request.detail.as_deref().unwrap_or_default();
        let detail = detail.to_lowercase();
        request.is_about(&names)
            || request.names.iter().any(|name| names.contains(name))
            || names.iter().any(|name| detail.contains(name.as_str()))
    }

    /// Returns whether any text of an item contains the person's id or a name of theirs.
    pub(crate) fn is_in_item(&self, item: &Item) -> bool {
        item.values().any(|value| self.is_in_value(value))
    }

    fn is_in_value(&self, value: &AttributeValue) -> bool {
        match value {
            AttributeValue::S(text) => {
                let text = text.to_lowercase();
                text.contains(self.id) || self.identifiers.iter().any(|name| text.contains(name))
            }
            AttributeValue::M(map) => {
                let is_key = |key: &String| key.contains(self.id);
                map.keys().any(is_key) || map.values().any(|value| self.is_in_value(value))
            }
            AttributeValue::L(list) => list.iter().any(|value| self.is_in_value(value)),
            AttributeValue::Ss(set) => set.iter().any(|text| text.contains(self.id)),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_becomes_of_a_change() {
        let identifiers = BTreeSet::from(["ada@x.test".to_owned()]);
        let person = Person {
            id: "p",
            identifiers: &identifiers,
        };
        let user = |id: &str, name: &str| Subject::new("user", id, name);
        let group = Subject::new("group", "g", "Staff");
        let (system, herself) = (Actor::SYSTEM, Actor::person("p", "s"));
        let named = r#"{"email":"Ada@x.test"}"#;
        for (kind, actor, subject, text, expected) in [
            ("user.created", &system, user("p", "x"), "", Verdict::Remove),
            ("user.erased", &system, user("p", ""), "", Verdict::Keep),
            (
                "user.created",
                &system,
                user("q", "ada@x.test"),
                named,
                Verdict::Keep,
            ),
            (
                "user.blocked",
                &herself,
                user("q", "bob"),
                "",
                Verdict::CleanActor,
            ),
            (
                "group.updated",
                &herself,
                group.clone(),
                "",
                Verdict::CleanActor,
            ),
            ("group.updated", &system, group.clone(), "{}", Verdict::Keep),
            (
                "portal_link.created",
                &system,
                group.clone(),
                named,
                Verdict::Clean,
            ),
            (
                "auth.refused",
                &system,
                user("q", "bob"),
                named,
                Verdict::Remove,
            ),
        ] {
            let verdict = person.verdict(kind, actor, &subject, [text]);
            assert_eq!(verdict, expected, "{kind} {subject:?}");
        }
    }
}
