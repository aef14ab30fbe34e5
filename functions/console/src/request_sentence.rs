//! Says what a request of an identity provider did, such as "Deactivated Maya Chen". Pure.

use std::collections::BTreeSet;

use rollcall_directory::{Diagnosis, LoggedRequest};

use crate::asked::{Asked, Deed, MemberChange, Thing};
use crate::bursts::Cause;
use crate::display;
use crate::sentence::{Names, Sentence};

/// Attributes named in a line. The panel shows the whole request.
const MAX_NAMES: usize = 3;

/// A request, as its line tells of it.
#[derive(Clone, Debug)]
pub(crate) struct Told<'a> {
    request: &'a LoggedRequest,
    asked: Asked,
}

impl<'a> Told<'a> {
    pub(crate) fn of(request: &'a LoggedRequest) -> Self {
        Self {
            asked: Asked::of(request),
            request,
        }
    }

    /// Adds the ids whose names the line needs.
    pub(crate) fn name_ids(&self, people: &mut BTreeSet<String>, groups: &mut BTreeSet<String>) {
        let id = Some(&self.asked.id).filter(|id| !id.is_empty()).cloned();
        match self.thing() {
            Some(Thing::Person) => people.extend(id),
            Some(Thing::Group) => groups.extend(id),
            None => {}
        }
        people.extend(self.only_member());
    }

    /// What several such requests of a connection have in common. A failure has no cause to share, and neither has what is
    /// held.
    pub(crate) fn cause(&self) -> Option<Cause> {
        if self.request.diagnosed().is_some() || self.has_changed("brake.held") {
            return None;
        }
        let (words, about) = match self.asked.deed {
            Deed::Add(Thing::Person) => ("Added # people", ""),
            Deed::Add(Thing::Group) => ("Added # groups", ""),
            Deed::Read(Thing::Person) => ("Read # people", ""),
            Deed::Read(Thing::Group) => ("Read # groups", ""),
            Deed::List(Thing::Person) => ("Listed people # times", ""),
            Deed::List(Thing::Group) => ("Listed groups # times", ""),
            Deed::Search(Thing::Person) => ("Searched for people # times", ""),
            Deed::Search(Thing::Group) => ("Searched for groups # times", ""),
            Deed::Delete(Thing::Person) => ("Deleted # people", ""),
            Deed::Delete(Thing::Group) => ("Deleted # groups", ""),
            Deed::Change(_) if self.request.changes.is_empty() => {
                ("Sent # times, nothing changed", "")
            }
            Deed::Change(Thing::Person) if self.has_changed("user.deactivated") => {
                ("Deactivated # people", "")
            }
            Deed::Change(Thing::Person) if self.has_changed("user.reactivated") => {
                ("Reactivated # people", "")
            }
            Deed::Change(Thing::Person) => ("Changed # people", ""),
            Deed::Change(Thing::Group) if self.asked.members().is_some() => {
                ("Changed the members of % # times", &*self.asked.id)
            }
            Deed::Change(Thing::Group) => ("Changed # groups", ""),
            Deed::Describe => ("Read the description of the service # times", ""),
            Deed::Other => return None,
        };
        Some(Cause {
            by: self.request.connection_id.clone(),
            words: words.to_owned(),
            about: about.to_owned(),
        })
    }

    /// Says what the request did, or what it could not do and why.
    pub(crate) fn sentence(&self, names: &Names) -> Sentence {
        if self.request.http_status >= 400 {
            let said = self.failed(names);
            return match self.request.diagnosed() {
                Some(why) => said.text(format!(": {}", briefly(why))),
                None => said,
            };
        }
        let said = self.done(names);
        match self.request.diagnosed() {
            Some(Diagnosis::Skipped) => {
                let many = self.request.skipped_members.len() as u64;
                let many = display::count(&many, "unknown member", "unknown members");
                said.text(format!(", {many} left out"))
            }
            Some(why) => said.text(format!(", {}", briefly(why))),
            None => said,
        }
    }

    /// The icon of the line.
    pub(crate) fn icon(&self) -> &'static str {
        match self.asked.deed {
            _ if self.request.http_status >= 400 => "circle-x",
            _ if self.request.diagnosed().is_some() => "triangle-alert",
            Deed::Add(Thing::Person) => "user-plus",
            Deed::Change(Thing::Person) if self.has_changed("user.deactivated") => "user-x",
            Deed::Change(Thing::Person) if self.has_changed("user.reactivated") => "user-check",
            Deed::Delete(Thing::Person) => "user-x",
            Deed::Change(Thing::Group) | Deed::Add(Thing::Group) => "users",
            Deed::Change(_) | Deed::Delete(_) => "pencil",
            Deed::Read(_) | Deed::List(_) | Deed::Search(_) => "search",
            Deed::Describe | Deed::Other => "info",
        }
    }

    /// The colour of the icon, which means something only where something is wrong.
    pub(crate) fn tone(&self) -> &'static str {
        match self.request.http_status {
            429 => "invited",
            400.. => "failed",
            _ if self.request.diagnosed().is_some() => "invited",
            _ if self.request.changes.is_empty() => "",
            _ => "active",
        }
    }

    fn thing(&self) -> Option<Thing> {
        match self.asked.deed {
            Deed::Add(thing)
            | Deed::Read(thing)
            | Deed::Change(thing)
            | Deed::Delete(thing)
            | Deed::Search(thing)
            | Deed::List(thing) => Some(thing),
            Deed::Describe | Deed::Other => None,
        }
    }

    fn has_changed(&self, action: &str) -> bool {
        self.request.changes.iter().any(|one| one == action)
    }

    /// The one member whom a change of a group is about.
    fn only_member(&self) -> Option<String> {
        let MemberChange {
            mut added,
            mut removed,
            replaces,
        } = self.asked.members()?;
        match (added.len(), removed.len(), replaces) {
            (1, 0, false) => added.pop(),
            (0, 1, false) => removed.pop(),
            _ => None,
        }
    }

    /// What the person or group is called.
    fn name<'n>(&'n self, names: &'n Names) -> Option<&'n str> {
        let known = names
            .of(&self.asked.id)
            .filter(|_| !self.asked.id.is_empty());
        known.or_else(|| self.asked.name_in_body())
    }

    /// Adds the group that the request is about: with the word for it, if it has a name.
    fn grouped(&self, words: &str, names: &Names) -> Sentence {
        let group = self.name(names).map_or("", |_| "group ");
        self.named(Sentence::of(format!("{words} {group}")), names)
    }

    /// Adds what the request is about, by its name.
    fn named(&self, said: Sentence, names: &Names) -> Sentence {
        let unknown = match (self.thing(), self.request.http_status) {
            (Some(Thing::Group), _) if names.are_hidden() => "a group",
            _ if names.are_hidden() => "a person",
            (Some(Thing::Group), 404) => "an unknown group",
            (Some(Thing::Group), _) => "a deleted group",
            (_, 404) => "an unknown person",
            _ => "a deleted person",
        };
        match self.name(names) {
            Some(name) => said.name(name),
            None => said.text(match self.asked.deed {
                Deed::Add(Thing::Person) => "a person",
                Deed::Add(Thing::Group) => "a group",
                Deed::Delete(Thing::Person) if self.request.http_status < 400 => "a person",
                Deed::Delete(Thing::Group) if self.request.http_status < 400 => "a group",
                _ => unknown,
            }),
        }
    }

    fn done(&self, names: &Names) -> Sentence {
        let named = |words: &str| self.named(Sentence::of(words), names);
        match self.asked.deed {
            Deed::Add(Thing::Person) => named("Added "),
            Deed::Add(Thing::Group) => self.grouped("Added", names),
            Deed::Read(Thing::Person) => named("Read "),
            Deed::Read(Thing::Group) => self.grouped("Read", names),
            Deed::Delete(Thing::Person) => named("Deleted "),
            Deed::Delete(Thing::Group) => self.grouped("Deleted", names),
            Deed::Change(Thing::Person) => self.person_changed(names),
            Deed::Change(Thing::Group) => self.group_changed(names),
            Deed::Search(thing) => self.searched(thing),
            Deed::List(Thing::Person) => Sentence::of(format!("Listed people{}", self.total())),
            Deed::List(Thing::Group) => Sentence::of(format!("Listed groups{}", self.total())),
            Deed::Describe => Sentence::of("Read the description of the service"),
            Deed::Other => self.other(),
        }
    }

    fn other(&self) -> Sentence {
        let path = self.request.target.split('?').next().unwrap_or_default();
        Sentence::of(format!("{} ", self.request.http_method)).name(path)
    }

    fn searched(&self, thing: Thing) -> Sentence {
        let said = match thing {
            Thing::Person => Sentence::of("Searched for "),
            Thing::Group => Sentence::of("Searched for group "),
        };
        let said = said.name(self.asked.searched().unwrap_or_default());
        match self.request.found {
            None => said,
            Some(0) => said.text(": no match"),
            Some(1) => said.text(": found"),
            Some(many) => said.text(format!(": {} matches", display::number(&many))),
        }
    }

    fn total(&self) -> String {
        let total = self.request.found;
        total.map_or(String::new(), |total| {
            format!(": {} in all", display::number(&total))
        })
    }

    fn person_changed(&self, names: &Names) -> Sentence {
        let named = |words: &str| self.named(Sentence::of(words), names);
        if self.has_changed("brake.held") {
            return named("Held: a change of ");
        }
        if self.request.changes.is_empty() {
            return named("Sent ").text(", nothing changed");
        }
        if self.has_changed("user.deactivated") {
            return named("Deactivated ");
        }
        if self.has_changed("user.reactivated") {
            return named("Reactivated ");
        }
        match self.attributes() {
            Some(said) => self.named(said.text(" of "), names),
            None => named("Changed "),
        }
    }

    fn group_changed(&self, names: &Names) -> Sentence {
        let named = |said: Sentence| self.named(said, names);
        if self.has_changed("brake.held") {
            return self.grouped("Held: a change of", names);
        }
        if self.request.changes.is_empty() {
            return self.grouped("Sent", names).text(", nothing changed");
        }
        let Some(change) = self.asked.members() else {
            return match self.attributes() {
                Some(said) => {
                    let group = self.name(names).map_or("", |_| "group ");
                    named(said.text(format!(" of {group}")))
                }
                None => self.grouped("Changed", names),
            };
        };
        let member = self.only_member();
        let member = member.as_deref().and_then(|id| names.of(id));
        let people = |number: usize| display::count(&(number as u64), "member", "members");
        match (change.added.len(), change.removed.len(), change.replaces) {
            (added, _, true) => {
                let many = people(added);
                named(Sentence::of("Set the members of ")).text(format!(": {many}"))
            }
            (0, 0, _) => named(Sentence::of("Removed all members from ")),
            (added, 0, _) => named(match member {
                Some(name) => Sentence::of("Added ").name(name).text(" to "),
                None => Sentence::of(format!("Added {} to ", people(added))),
            }),
            (0, removed, _) => named(match member {
                Some(name) => Sentence::of("Removed ").name(name).text(" from "),
                None => Sentence::of(format!("Removed {} from ", people(removed))),
            }),
            (added, removed, _) => named(Sentence::of(format!("Added {} to ", people(added))))
                .text(format!(", removed {}", display::number(&(removed as u64)))),
        }
    }

    /// Begins with the attributes that the request changes; `None` if it does not say. Their names can be any text, too.
    fn attributes(&self) -> Option<Sentence> {
        let names = self.asked.attributes();
        let (first, others) = names.split_first()?;
        let others = others.iter().take(MAX_NAMES - 1);
        let said = others.fold(Sentence::of("Changed ").name(first), |said, name| {
            said.text(", ").name(name)
        });
        Some(match names.len().saturating_sub(MAX_NAMES) {
            0 => said,
            more => said.text(format!(" and {more} more")),
        })
    }

    fn failed(&self, names: &Names) -> Sentence {
        let named = |words: &str| self.named(Sentence::of(words), names);
        match self.asked.deed {
            Deed::Add(Thing::Person) => named("Could not add "),
            Deed::Add(Thing::Group) => self.grouped("Could not add", names),
            Deed::Read(Thing::Person) => named("Could not read "),
            Deed::Read(Thing::Group) => self.grouped("Could not read", names),
            Deed::Delete(Thing::Person) => named("Could not delete "),
            Deed::Delete(Thing::Group) => self.grouped("Could not delete", names),
            Deed::Change(Thing::Person) if self.asked.deactivates() => {
                named("Could not deactivate ")
            }
            Deed::Change(Thing::Person) => named("Could not change "),
            Deed::Change(Thing::Group) if self.asked.members().is_some() => {
                named("Could not change the members of ")
            }
            Deed::Change(Thing::Group) => self.grouped("Could not change", names),
            Deed::Search(_) => {
                let searched = self.asked.searched().unwrap_or_default();
                Sentence::of("Could not search for ").name(searched)
            }
            Deed::List(Thing::Person) => Sentence::of("Could not list people"),
            Deed::List(Thing::Group) => Sentence::of("Could not list groups"),
            Deed::Describe => Sentence::of("Could not read the description of the service"),
            Deed::Other => Sentence::of("Refused: ").text(self.other().to_string()),
        }
    }
}

/// What is wrong, in a few words. The panel says what to do about it.
pub(crate) fn briefly(diagnosis: Diagnosis) -> &'static str {
    match diagnosis {
        Diagnosis::StaleUser => "the id belongs to no one here",
        Diagnosis::StaleGroup => "the id belongs to no group here",
        Diagnosis::GoneAlready => "already gone",
        Diagnosis::NotFound => "not here",
        Diagnosis::DuplicateUser => "user name taken",
        Diagnosis::DuplicateGroup => "group name taken",
        Diagnosis::Revoked => "the token was revoked",
        Diagnosis::Expired => "the token has expired",
        Diagnosis::NoToken => "no valid token",
        Diagnosis::ForeignAddress => "not from an allowed address",
        Diagnosis::LastOwner => "the last owner",
        Diagnosis::OwnedByAnother => "belongs to another connection",
        Diagnosis::Forbidden => "not allowed",
        Diagnosis::Filter => "the filter cannot be read",
        Diagnosis::UnknownMember => "an unknown member",
        Diagnosis::Value => "a value does not fit",
        Diagnosis::Path => "an unknown attribute",
        Diagnosis::Mutability => "cannot be changed",
        Diagnosis::Syntax => "cannot be read",
        Diagnosis::TooMany => "the answer would be too large",
        Diagnosis::BadRequest => "not valid",
        Diagnosis::Method => "no such address",
        Diagnosis::Precondition => "changed in the meantime",
        Diagnosis::TooLarge => "too large",
        Diagnosis::Throttled => "slowed down",
        Diagnosis::ReadTooMuch => "read too much at once",
        Diagnosis::NotOffered => "not offered here",
        Diagnosis::Failed => "the fault was on our side",
        Diagnosis::Skipped => "unknown members left out",
        Diagnosis::IgnoredPath => "an unknown attribute ignored",
        Diagnosis::Other => "see the details",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn names() -> Names {
        let known = [("u", "Maya Chen"), ("g", "Finance")];
        Names::known(
            known
                .map(|(id, name)| (id.to_owned(), name.to_owned()))
                .into(),
        )
    }

    fn request(method: &str, target: &str, status: u16, body: Value) -> LoggedRequest {
        let mut request = LoggedRequest::new(method, target, status);
        request.sent = (!body.is_null()).then(|| body.to_string());
        request.connection_id = "c".to_owned();
        request
    }

    fn patch(operations: Value) -> Value {
        json!({"Operations": operations})
    }

    #[test]
    fn a_success_says_what_it_did() {
        let off = patch(json!([{"op": "replace", "path": "active", "value": false}]));
        let three = json!([{"value": "a"}, {"value": "b"}, {"value": "c"}]);
        let join = patch(json!([{"op": "add", "path": "members", "value": three}]));
        let one = patch(json!([{"op": "add", "path": "members", "value": [{"value": "u"}]}]));
        let leave = patch(json!([{"op": "remove", "path": "members[value eq \"u\"]"}]));
        let title = patch(json!([{"op": "replace", "path": "title", "value": "x"}]));
        let none = Value::Null;
        for (method, target, body, changes, found, expected) in [
            (
                "PATCH",
                "/Users/u",
                off.clone(),
                "user.deactivated",
                None,
                "Deactivated Maya Chen",
            ),
            (
                "PATCH",
                "/Users/u",
                off,
                "",
                None,
                "Sent Maya Chen, nothing changed",
            ),
            (
                "PATCH",
                "/Users/u",
                title.clone(),
                "user.updated",
                None,
                "Changed title of Maya Chen",
            ),
            (
                "PUT",
                "/Users/u",
                json!({"userName": "m"}),
                "user.updated",
                None,
                "Changed Maya Chen",
            ),
            (
                "PATCH",
                "/Users/u",
                title,
                "brake.held",
                None,
                "Held: a change of Maya Chen",
            ),
            (
                "PATCH",
                "/Groups/g",
                join,
                "group.members_changed",
                None,
                "Added 3 members to Finance",
            ),
            (
                "PATCH",
                "/Groups/g",
                one,
                "group.members_changed",
                None,
                "Added Maya Chen to Finance",
            ),
            (
                "PATCH",
                "/Groups/g",
                leave,
                "group.members_changed",
                None,
                "Removed Maya Chen from Finance",
            ),
            (
                "POST",
                "/Users",
                json!({"userName": "m", "displayName": "Mo"}),
                "user.created",
                None,
                "Added Mo",
            ),
            (
                "POST",
                "/Groups",
                json!({"displayName": "Sales"}),
                "group.created",
                None,
                "Added group Sales",
            ),
            (
                "DELETE",
                "/Users/gone",
                none.clone(),
                "user.deleted",
                None,
                "Deleted a person",
            ),
            (
                "GET",
                "/Users?filter=userName+eq+%22m%40x%22",
                none.clone(),
                "",
                Some(0),
                "Searched for m@x: no match",
            ),
            (
                "GET",
                "/Users?filter=userName+eq+%22m%40x%22",
                none.clone(),
                "",
                Some(1),
                "Searched for m@x: found",
            ),
            (
                "GET",
                "/Groups?filter=displayName+eq+%22F%22",
                none.clone(),
                "",
                None,
                "Searched for group F",
            ),
            (
                "GET",
                "/Users",
                none.clone(),
                "",
                Some(2_016),
                "Listed people: 2,016 in all",
            ),
            ("GET", "/Users/u", none.clone(), "", None, "Read Maya Chen"),
            (
                "GET",
                "/Schemas",
                none.clone(),
                "",
                None,
                "Read the description of the service",
            ),
        ] {
            let mut request = request(method, target, 200, body);
            request.changes = vec![changes.to_owned()];
            request.changes.retain(|one| !one.is_empty());
            request.found = found;
            assert_eq!(Told::of(&request).sentence(&names()).to_string(), expected);
        }
    }

    #[test]
    fn a_failure_says_what_it_could_not_do_and_why() {
        let off = patch(json!([{"op": "replace", "path": "active", "value": false}]));
        let rania = json!({"userName": "rania", "displayName": "Rania Khoury"});
        for (method, target, status, scim_type, body, expected) in [
            (
                "POST",
                "/Users",
                409,
                "uniqueness",
                rania,
                "Could not add Rania Khoury: user name taken",
            ),
            (
                "PATCH",
                "/Users/x",
                404,
                "",
                off,
                "Could not deactivate an unknown person: the id belongs to no one here",
            ),
            (
                "GET",
                "/Users?filter=nonsense",
                400,
                "invalidFilter",
                Value::Null,
                "Could not search for nonsense: the filter cannot be read",
            ),
        ] {
            let mut request = request(method, target, status, body);
            request.scim_type = Some(scim_type.to_owned()).filter(|text| !text.is_empty());
            let told = Told::of(&request);
            assert_eq!(told.sentence(&names()).to_string(), expected);
            assert_eq!((told.cause(), told.icon()), (None, "circle-x"));
        }
    }

    #[test]
    fn a_success_in_part_has_a_line_of_its_own_that_says_so() {
        let three = json!([{"value": "a"}, {"value": "b"}, {"value": "c"}]);
        let join = patch(json!([{"op": "add", "path": "members", "value": three}]));
        let mut request = request("PATCH", "/Groups/g", 204, join);
        request.changes = vec!["group.members_changed".to_owned()];
        assert_eq!(
            Told::of(&request)
                .cause()
                .map(|it| it.told(7, "Finance").to_string()),
            Some("Changed the members of Finance 7 times".to_owned())
        );
        request.skipped_members = vec!["c".to_owned()];
        let told = Told::of(&request);
        let said = "Added 3 members to Finance, 1 unknown member left out";
        assert_eq!(told.sentence(&names()).to_string(), said);
        assert_eq!(told.cause(), None);
    }

    #[test]
    fn a_name_that_is_cut_or_missing_is_not_made_up() {
        let mut cut = request("PUT", "/Users/x", 200, Value::Null);
        cut.sent = Some(r#"{"userName":"ada","title":"… (cut)"#.to_owned());
        cut.changes = vec!["user.updated".to_owned()];
        let said = Told::of(&cut).sentence(&names());
        assert_eq!(said.to_string(), "Changed a deleted person");
    }
}
