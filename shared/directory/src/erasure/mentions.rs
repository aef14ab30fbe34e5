//! What an entry of a log says about a person who is erased. Pure.
//!
//! An identifier counts only as a whole value: a part of another value can be about somebody else. A name counts only
//! where users are searched by it.

use aws_sdk_dynamodb::types::AttributeValue;
use percent_encoding::percent_decode_str;
use rollcall_model::{Actor, EventType, Subject};
use rollcall_store::Item;
use serde_json::Value;

use crate::erasure::cut::whole_part;
use crate::erasure::needles::Needles;
use crate::erasure::protocol::{self, Place};
use crate::request_log::log::LoggedRequest;

/// What replaces an identifier in what is about something else.
pub(super) const ERASED: &str = "erased";
/// The attributes of a reference to a person: `manager`, `members`.
const REFERENCE: [&str; 2] = ["id", "value"];
/// What such a reference tells of the person.
const TOLD: [&str; 3] = ["display", "displayName", "name"];

/// The end of the path of a search whose query is the body.
const SEARCH: &str = "/.search";
/// The types of events with words of whoever has put a finding off.
const OF_FINDINGS: &str = "health.";

/// A person who is erased: their id, their identifiers and their names.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Person<'a> {
    pub(crate) id: &'a str,
    pub(crate) identifiers: &'a Needles,
    pub(crate) names: &'a Needles,
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
    /// Identifiers are given again: only sign-ins and portal links, which bring one, are about whoever had it.
    pub(super) fn verdict<'t>(
        &self,
        kind: &str,
        actor: &Actor,
        subject: &Subject,
        texts: impl IntoIterator<Item = &'t str>,
    ) -> Verdict {
        let is = |known: EventType| kind == known.as_str();
        let by_actor = match self.acts(actor) {
            true => Verdict::CleanActor,
            false => Verdict::Keep,
        };
        if is(EventType::UserErasureRequested) || is(EventType::UserErased) {
            return by_actor;
        }
        if subject.id == self.id {
            return Verdict::Remove;
        }
        let is_told = texts
            .into_iter()
            .any(|text| self.cleaned(kind, subject, text).is_some());
        let is_named = is_told || self.is_subject(kind, subject);
        match is_named {
            // The subject is the tenant, because the sign-in was refused before anybody was found.
            true if is(EventType::AuthRefused) && subject.kind != "user" => Verdict::Remove,
            true => Verdict::Clean,
            false => by_actor,
        }
    }

    /// Returns whether the subject of a change, which is not a user, is called by an identifier of the person.
    pub(super) fn is_subject(&self, kind: &str, subject: &Subject) -> bool {
        let is_user = subject.kind == "user";
        !is_user && brings_identifier(kind, subject) && self.is_called(&subject.name)
    }

    /// Returns whether the person did it.
    pub(super) fn acts(&self, actor: &Actor) -> bool {
        actor.person_id() == Some(self.id) || actor.email().is_some_and(|it| self.is_called(it))
    }

    /// Returns the JSON text of a change without what it says about the person; `None` if it says nothing.
    pub(super) fn cleaned(&self, kind: &str, subject: &Subject, text: &str) -> Option<String> {
        let before: Value = serde_json::from_str(text).ok()?;
        let mut after = before.clone();
        self.clean(&mut after, brings_identifier(kind, subject));
        (after != before).then(|| after.to_string())
    }

    fn clean(&self, value: &mut Value, has_identifiers: bool) {
        match value {
            Value::String(text) if has_identifiers && self.is_called(text) => {
                ERASED.clone_into(text);
            }
            Value::Array(list) => {
                for value in list {
                    self.clean(value, has_identifiers);
                }
            }
            Value::Object(object) => {
                let is_person = REFERENCE
                    .iter()
                    .any(|name| object.get(*name).and_then(Value::as_str) == Some(self.id));
                for (name, value) in object {
                    match is_person && TOLD.contains(&name.as_str()) {
                        true => *value = Value::from(ERASED),
                        false => self.clean(value, has_identifiers),
                    }
                }
            }
            _ => {}
        }
    }

    /// Returns whether a text is an identifier of the person.
    pub(super) fn is_called(&self, text: &str) -> bool {
        self.identifiers.has(text)
    }

    /// Returns whether a request names the person.
    pub(crate) fn is_in_request(&self, request: &LoggedRequest) -> bool {
        let mut ids = request.names.iter().chain(&request.skipped_members);
        ids.any(|id| id == self.id || self.is_called(id))
            || self.is_in_target(&request.target)
            || request.detail.iter().any(|it| self.is_quoted_in(it))
            || request.sent.iter().any(|it| self.is_in_json(it))
            || self.is_searched(request)
    }

    /// Returns whether a request searches for users by a name of the person. It may have meant a namesake.
    fn is_searched(&self, request: &LoggedRequest) -> bool {
        let (path, query) = request
            .target
            .split_once('?')
            .unwrap_or((&request.target, ""));
        let path = path.trim_end_matches('/');
        let has_body = path.ends_with(SEARCH);
        let place = path.strip_suffix(SEARCH).unwrap_or(path);
        if !place.is_empty() && !place.to_lowercase().ends_with("/users") {
            return false;
        }
        let asked = decoded(&query.replace('+', " "));
        let body = request.sent.iter().filter(|_| has_body);
        let texts = body.map(|sent| sent.replace("\\\"", "\""));
        std::iter::once(asked)
            .chain(texts)
            .any(|text| self.names.is_quoted_in(&text))
    }

    /// Returns the JSON text of a change without the words that the person has written into it; `None` if it has none.
    pub(super) fn without_words(&self, kind: &str, actor: &Actor, text: &str) -> Option<String> {
        if !kind.starts_with(OF_FINDINGS) || !self.acts(actor) {
            return None;
        }
        let mut value: Value = serde_json::from_str(text).ok()?;
        let reason = value.get_mut("reason").filter(|it| it.is_string())?;
        *reason = Value::from(ERASED);
        Some(value.to_string())
    }

    /// Returns whether a target has the id, an identifier as a segment behind the resource type, or one in quotes.
    fn is_in_target(&self, target: &str) -> bool {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut segments = path.trim_start_matches('/').split('/');
        let place = segments.next().unwrap_or_default();
        let mut segments = segments.map(decoded);
        segments.any(|it| self.is_called(&it) && !protocol::is_endpoint(place, &it))
            || self.is_quoted_in(&decoded(path))
            || self.is_quoted_in(&decoded(query))
            || self.is_quoted_in(&decoded(&query.replace('+', " ")))
    }

    /// Returns whether a text contains the id, or an identifier in quotes.
    fn is_quoted_in(&self, text: &str) -> bool {
        // No other text contains an id.
        text.contains(self.id) || self.identifiers.is_quoted_in(text)
    }

    fn is_in_json(&self, text: &str) -> bool {
        if let Ok(value) = serde_json::from_str::<Value>(text) {
            return self.is_in_json_value(&value, Place::default());
        }
        let (whole, rest) = match whole_part(text) {
            Some((whole, rest)) => (Some(whole), rest),
            None => (None, text),
        };
        text.contains(self.id)
            || whole.is_some_and(|it| self.is_in_json_value(&it, Place::default()))
            || self.identifiers.is_in_json(rest)
    }

    /// Words of the protocol do not count: somebody called `replace` is not in every PATCH.
    fn is_in_json_value(&self, value: &Value, place: Place) -> bool {
        match value {
            Value::String(text) => {
                self.is_quoted_in(text) || self.is_called(text) && !place.is_protocol(text)
            }
            Value::Array(list) => {
                let place = place.element();
                list.iter().any(|value| self.is_in_json_value(value, place))
            }
            Value::Object(members) => {
                let object = place.object(members);
                let mut members = members.iter();
                members.any(|(name, value)| self.is_in_json_value(value, object.member(name)))
            }
            _ => false,
        }
    }

    /// Returns whether a value of an item is the person's id or an identifier, or contains one as a whole. The keys of the
    /// item do not count.
    pub(crate) fn is_in_item(&self, item: &Item) -> bool {
        let mut values = item
            .iter()
            .filter(|(name, _)| !["PK", "SK"].contains(&name.as_str()));
        values.any(|(_, value)| self.is_in_value(value))
    }

    fn is_in_value(&self, value: &AttributeValue) -> bool {
        match value {
            AttributeValue::S(text) => self.is_in_text(text),
            AttributeValue::M(map) => {
                let is_key = |key: &String| key == self.id;
                map.keys().any(is_key) || map.values().any(|value| self.is_in_value(value))
            }
            AttributeValue::L(list) => list.iter().any(|value| self.is_in_value(value)),
            AttributeValue::Ss(set) => set.iter().any(|text| self.is_in_text(text)),
            _ => false,
        }
    }

    fn is_in_text(&self, text: &str) -> bool {
        text == self.id
            || self.is_called(text)
            || match text.chars().next() {
                Some('{' | '[') => self.is_in_json(text),
                Some('/') => self.is_in_target(text),
                _ => self.is_quoted_in(text),
            }
    }
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// Returns whether an identifier in a change of this type is that of whoever had it at that time: what a refused sign-in
/// or a portal link brought. A user's own history stays, whatever they are called.
fn brings_identifier(kind: &str, subject: &Subject) -> bool {
    kind == EventType::AuthRefused.as_str()
        || subject.kind != "user"
            && ["auth.", "portal_link."]
                .iter()
                .any(|it| kind.starts_with(it))
}

#[cfg(test)]
mod tests {
    use rollcall_store::string;

    use super::*;

    const ID: &str = "01890000-0000-7000-8000-000000000001";

    fn as_person(then: impl Fn(Person<'_>)) {
        let identifiers = ["ada", "ada@x.test"].map(str::to_owned);
        let names = ["ada king", "king"].map(str::to_owned);
        then(Person {
            id: ID,
            identifiers: &Needles::new(identifiers.into()).unwrap(),
            names: &Needles::new(names.into()).unwrap(),
        });
    }

    #[test]
    fn what_becomes_of_a_change() {
        let user = |id: &str, name: &str| Subject::new("user", id, name);
        let (bob, ada) = (user("q", "bob"), user(ID, "x"));
        let group = Subject::new("group", "g", "Ada");
        let tenant = Subject::new("tenant", "acme", "acme");
        let (system, herself) = (Actor::SYSTEM, Actor::person(ID, "s"));
        let named = r#"{"email":"Ada@x.test"}"#;
        let manager = format!(r#"{{"manager":{{"value":"{ID}","displayName":"Ada"}}}}"#);
        let member = format!(r#"{{"added":["{ID}"]}}"#);
        for (kind, actor, subject, text, expected) in [
            ("user.created", &system, &ada, "", Verdict::Remove),
            ("user.erased", &system, &ada, "", Verdict::Keep),
            ("user.erased", &herself, &bob, "", Verdict::CleanActor),
            (
                "user.created",
                &system,
                &user("q", "ada@x.test"),
                named,
                Verdict::Keep,
            ),
            ("user.blocked", &herself, &bob, "", Verdict::CleanActor),
            ("group.updated", &herself, &group, "", Verdict::CleanActor),
            (
                "group.updated",
                &system,
                &group,
                r#"{"displayName":"Ada"}"#,
                Verdict::Keep,
            ),
            (
                "group.members_changed",
                &system,
                &group,
                &member,
                Verdict::Keep,
            ),
            ("user.updated", &system, &bob, &manager, Verdict::Clean),
            (
                "portal_link.created",
                &system,
                &tenant,
                named,
                Verdict::Clean,
            ),
            (
                "portal_link.created",
                &system,
                &tenant,
                r#"{"email":"ada@x.test.org"}"#,
                Verdict::Keep,
            ),
            (
                "auth.login",
                &system,
                &user("q", "ada"),
                named,
                Verdict::Keep,
            ),
            ("auth.refused", &system, &bob, named, Verdict::Clean),
            ("auth.refused", &system, &tenant, named, Verdict::Remove),
        ] {
            as_person(|person| {
                let verdict = person.verdict(kind, actor, subject, [text]);
                assert_eq!(verdict, expected, "{kind} {subject:?} {text}");
            });
        }
    }

    #[test]
    fn what_is_cleaned_keeps_the_rest() {
        let tenant = Subject::new("tenant", "acme", "acme");
        as_person(|person| {
            let text = r#"{"email":"ada@x.test","role_id":"admin"}"#;
            let cleaned = person.cleaned("portal_link.created", &tenant, text);
            let expected = r#"{"email":"erased","role_id":"admin"}"#;
            assert_eq!(cleaned.as_deref(), Some(expected));
        });
    }

    #[test]
    fn what_the_person_wrote_about_a_finding_goes() {
        let (herself, other) = (Actor::person(ID, "s"), Actor::person("q", "s"));
        let text = r#"{"finding":"f","reason":"ask Ada"}"#;
        as_person(|person| {
            let told = |kind, actor| person.without_words(kind, actor, text);
            let expected = r#"{"finding":"f","reason":"erased"}"#;
            assert_eq!(told("health.snoozed", &herself).as_deref(), Some(expected));
            assert_eq!(told("health.snoozed", &other), None);
            assert_eq!(told("auth.refused", &herself), None);
        });
    }

    #[test]
    fn a_request_names_somebody_by_a_whole_value() {
        let about = format!("/Users/{ID}");
        for (target, sent, named) in [
            (about.as_str(), "", true),
            ("/Users/ada?attributes=id", "", true),
            ("/Users/ada%40x.test", "", true),
            ("/Users/joada", "", false),
            ("/ada", "", false),
            ("/Users?filter=userName%20eq%20%22Ada%22", "", true),
            ("/Users?filter=userName+eq+%22ada%40x.test%22", "", true),
            ("/Users?filter=userName%20eq%20%22ada.king%22", "", false),
            (
                "/Users?filter=displayName%20eq%20%22Ada%20King%22",
                "",
                true,
            ),
            ("/Users?filter=name.familyName+co+%22king%22", "", true),
            ("/Users?filter=displayName+co+%22kingsley%22", "", false),
            ("/Groups?filter=displayName+eq+%22king%22", "", false),
            (
                "/Users/.search",
                r#"{"filter":"displayName co \"King\""}"#,
                true,
            ),
            ("/Users", r#"{"displayName":"King"}"#, false),
            ("/Users?sortBy=ada", "", false),
            ("/Users", r#"{"userName":"ADA"}"#, true),
            ("/Users", r#"{"userName":"ada.king","ada":true}"#, false),
            ("/Groups/g", r#"{"path":"members[value eq \"ada\"]"}"#, true),
            ("/Users", r#"{"userName":"ada","title":"… (cut)"#, true),
        ] {
            let sent = Some(sent.to_owned()).filter(|sent| !sent.is_empty());
            let request = LoggedRequest {
                sent,
                ..LoggedRequest::new("GET", target, 200)
            };
            as_person(|person| {
                assert_eq!(person.is_in_request(&request), named, "{request:?}");
            });
        }
    }

    /// Somebody can be called as the protocol is, and is then not in every request of the tenant.
    #[test]
    fn a_request_names_nobody_by_the_words_of_the_protocol() {
        let called = ["replace", "work", "user", "displayname", ".search", "false"];
        let called = called.map(str::to_owned);
        let (identifiers, names) = (Needles::new(called.into()), Needles::new([].into()));
        let person = Person {
            id: ID,
            identifiers: &identifiers.unwrap(),
            names: &names.unwrap(),
        };
        let patch = |rest: &str| {
            format!(
                r#"{{"Operations":[{{"op":"Replace","path":"displayName","value":"x"}},{{"op":"replace","path":"emails[type eq \"work\"].value","value":"x"}},{{"op":"Replace","path":"active","value":"False"}}{rest}"#
            )
        };
        for (target, sent, named) in [
            ("/Users/q", patch("]}"), false),
            ("/Users/q", patch(r#",{"op":"add"… (cut)"#), false),
            ("/Users/q", patch(r#",{"value":"work","op":"add"}]}"#), true),
            (
                "/Users/q",
                patch(r#",{"value":"work","op":"a… (cut)"#),
                true,
            ),
            (
                "/Users/.search",
                r#"{"sortBy":"displayName"}"#.to_owned(),
                false,
            ),
            (
                "/Users?filter=emails%5Btype%20eq%20%22work%22%5D",
                String::new(),
                false,
            ),
            ("/ResourceTypes/User", String::new(), false),
            ("/Users/work", String::new(), true),
            ("/Users", r#"{"externalId":"replace"}"#.to_owned(), true),
            (
                "/Users",
                r#"{"emails":[{"value":"x","type":"work"}],"meta":{"resourceType":"User"}}"#
                    .to_owned(),
                false,
            ),
        ] {
            let sent = Some(sent).filter(|sent| !sent.is_empty());
            let request = LoggedRequest {
                sent,
                ..LoggedRequest::new("PATCH", target, 200)
            };
            assert_eq!(person.is_in_request(&request), named, "{request:?}");
        }
    }

    #[test]
    fn an_item_names_somebody_by_a_whole_value() {
        let event = format!(r#"{{"actor":{{"id":"{ID}"}}}}"#);
        for (attribute, text, named) in [
            ("user", ID, true),
            ("user_name", "Ada", true),
            ("event", &event, true),
            ("event", r#"{"name":"Adam"}"#, false),
            ("target", "/Users/ada", true),
            ("detail", "the user `ada` exists", true),
            ("hash", "bada55adaff", false),
            ("PK", "T#acme#ada", false),
            ("SK", "ada", false),
        ] {
            let item = Item::from([(attribute.to_owned(), string(text))]);
            as_person(|person| {
                assert_eq!(person.is_in_item(&item), named, "{attribute} {text}");
            });
        }
    }
}
