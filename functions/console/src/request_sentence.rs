//! Says what a request of an identity provider did, such as "Deactivated Maya Chen". Pure.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use rollcall_directory::{Diagnosis, LoggedRequest};

use crate::asked::{Asked, Deed, MemberChange, Thing};
use crate::bursts::Cause;
use crate::known_names::Names;
use crate::messages::{Text, t};
use crate::request_refusal::briefly;

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
        let mut about = "";
        let key = match self.asked.deed {
            Deed::Add(Thing::Person) => "request-many-people-added",
            Deed::Add(Thing::Group) => "request-many-groups-added",
            Deed::Read(Thing::Person) => "request-many-people-read",
            Deed::Read(Thing::Group) => "request-many-groups-read",
            Deed::List(Thing::Person) => "request-many-people-listed",
            Deed::List(Thing::Group) => "request-many-groups-listed",
            Deed::Search(Thing::Person) => "request-many-people-searched",
            Deed::Search(Thing::Group) => "request-many-groups-searched",
            Deed::Delete(Thing::Person) => "request-many-people-deleted",
            Deed::Delete(Thing::Group) => "request-many-groups-deleted",
            Deed::Change(_) if self.request.changes.is_empty() => "request-many-same",
            Deed::Change(Thing::Person) if self.has_changed("user.deactivated") => {
                "request-many-people-deactivated"
            }
            Deed::Change(Thing::Person) if self.has_changed("user.reactivated") => {
                "request-many-people-reactivated"
            }
            Deed::Change(Thing::Person) => "request-many-people-changed",
            Deed::Change(Thing::Group) if self.asked.members().is_some() => {
                about = &self.asked.id;
                "request-many-memberships"
            }
            Deed::Change(Thing::Group) => "request-many-groups-changed",
            Deed::Describe => "request-many-service-read",
            Deed::Other => return None,
        };
        Some(Cause {
            by: self.request.connection_id.clone(),
            key,
            about: about.to_owned(),
            role: String::new(),
        })
    }

    /// Says what the request did, or what it could not do and why.
    pub(crate) fn sentence(&self, names: &Names) -> Text {
        let why = self.request.diagnosed();
        if self.request.http_status >= 400 {
            let said = self.failed(names);
            return match why {
                Some(why) => t("request-failed")
                    .part("said", said)
                    .part("why", briefly(why)),
                None => said,
            };
        }
        let said = self.done(names);
        match why {
            Some(Diagnosis::Skipped) => t("request-members-left-out")
                .part("said", said)
                .n("members", self.request.skipped_members.len()),
            Some(why) => t("request-done-but")
                .part("said", said)
                .part("why", briefly(why)),
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
        let former = || match self.asked.deed {
            Deed::Delete(_) => names.former(&self.asked.id),
            _ => None,
        };
        known.or_else(former).or_else(|| self.asked.name_in_body())
    }

    /// Returns whether the request has deleted a person or a group: the journal then has the name.
    pub(crate) fn has_deleted(&self) -> bool {
        matches!(self.asked.deed, Deed::Delete(_)) && self.request.http_status < 400
    }

    /// Returns the message with this key about the person or group of the request, who may have no name any more.
    fn about(&self, key: &'static str, names: &Names) -> Text {
        if let Some(name) = self.name(names) {
            return t(key).choice("what", "named").name("name", name);
        }
        let is_done = self.request.http_status < 400;
        t(key).choice(
            "what",
            match self.asked.deed {
                Deed::Add(_) => "some",
                Deed::Delete(_) if is_done => "some",
                _ if names.are_hidden() => "some",
                _ if self.request.http_status == 404 => "unknown",
                _ => "deleted",
            },
        )
    }

    fn done(&self, names: &Names) -> Text {
        match self.asked.deed {
            Deed::Add(Thing::Person) => self.about("request-person-added", names),
            Deed::Add(Thing::Group) => self.about("request-group-added", names),
            Deed::Read(Thing::Person) => self.about("request-person-read", names),
            Deed::Read(Thing::Group) => self.about("request-group-read", names),
            Deed::Delete(Thing::Person) => self.about("request-person-deleted", names),
            Deed::Delete(Thing::Group) => self.about("request-group-deleted", names),
            Deed::Change(Thing::Person) => self.person_changed(names),
            Deed::Change(Thing::Group) => self.group_changed(names),
            Deed::Search(thing) => self.searched(thing),
            Deed::List(thing) => self.listed(thing),
            Deed::Describe => t("request-service-read"),
            Deed::Other => t("request-other")
                .s("method", &self.request.http_method)
                .name("path", self.path()),
        }
    }

    /// The path of a request for something else.
    fn path(&self) -> &str {
        self.request.target.split('?').next().unwrap_or_default()
    }

    fn searched(&self, thing: Thing) -> Text {
        let text = self.asked.searched().unwrap_or_default();
        match (thing, self.request.found) {
            (Thing::Person, None) => t("request-person-searched").name("text", text),
            (Thing::Group, None) => t("request-group-searched").name("text", text),
            (Thing::Person, Some(found)) => t("request-person-searched-found")
                .name("text", text)
                .n("found", found),
            (Thing::Group, Some(found)) => t("request-group-searched-found")
                .name("text", text)
                .n("found", found),
        }
    }

    fn listed(&self, thing: Thing) -> Text {
        match (thing, self.request.found) {
            (Thing::Person, None) => t("request-people-listed"),
            (Thing::Group, None) => t("request-groups-listed"),
            (Thing::Person, Some(total)) => t("request-people-listed-total").n("total", total),
            (Thing::Group, Some(total)) => t("request-groups-listed-total").n("total", total),
        }
    }

    fn person_changed(&self, names: &Names) -> Text {
        if self.has_changed("brake.held") {
            return self.about("request-person-held", names);
        }
        if self.request.changes.is_empty() {
            return self.about("request-person-same", names);
        }
        if self.has_changed("user.deactivated") {
            return self.about("request-person-deactivated", names);
        }
        if self.has_changed("user.reactivated") {
            return self.about("request-person-reactivated", names);
        }
        match self.attributes() {
            Some(listed) => self
                .about("request-person-attributes", names)
                .part("attributes", listed),
            None => self.about("request-person-changed", names),
        }
    }

    fn group_changed(&self, names: &Names) -> Text {
        if self.has_changed("brake.held") {
            return self.about("request-group-held", names);
        }
        if self.request.changes.is_empty() {
            return self.about("request-group-same", names);
        }
        let Some(change) = self.asked.members() else {
            return match self.attributes() {
                Some(listed) => self
                    .about("request-group-attributes", names)
                    .part("attributes", listed),
                None => self.about("request-group-changed", names),
            };
        };
        let member = self.only_member();
        let member = member.as_deref().and_then(|id| names.of(id));
        let many = |key, number: usize| {
            let members = t("count-members").n("count", number);
            self.about(key, names).part("members", members)
        };
        match (change.added.len(), change.removed.len(), change.replaces) {
            (added, _, true) => many("request-members-set", added),
            (0, 0, _) => self.about("request-members-cleared", names),
            (added, 0, _) => match member {
                Some(name) => self
                    .about("request-member-added", names)
                    .name("member", name),
                None => many("request-members-added", added),
            },
            (0, removed, _) => match member {
                Some(name) => self
                    .about("request-member-removed", names)
                    .name("member", name),
                None => many("request-members-removed", removed),
            },
            (added, removed, _) => {
                many("request-members-added-and-removed", added).n("removed", removed)
            }
        }
    }

    /// Names the attributes that the request changes; `None` if it does not say. Their names can be any text, too.
    fn attributes(&self) -> Option<Text> {
        let names = self.asked.attributes();
        let more = names.len().saturating_sub(MAX_NAMES);
        let mut names = names.iter().take(MAX_NAMES);
        let first = t("request-attribute").name("name", names.next()?);
        let listed = names.fold(first, |listed, name| {
            t("request-attributes-listed")
                .part("listed", listed)
                .name("name", name)
        });
        Some(match more {
            0 => listed,
            more => t("request-attributes")
                .part("listed", listed)
                .n("more", more),
        })
    }

    fn failed(&self, names: &Names) -> Text {
        match self.asked.deed {
            Deed::Add(Thing::Person) => self.about("request-person-not-added", names),
            Deed::Add(Thing::Group) => self.about("request-group-not-added", names),
            Deed::Read(Thing::Person) => self.about("request-person-not-read", names),
            Deed::Read(Thing::Group) => self.about("request-group-not-read", names),
            Deed::Delete(Thing::Person) => self.about("request-person-not-deleted", names),
            Deed::Delete(Thing::Group) => self.about("request-group-not-deleted", names),
            Deed::Change(Thing::Person) if self.asked.deactivates() => {
                self.about("request-person-not-deactivated", names)
            }
            Deed::Change(Thing::Person) => self.about("request-person-not-changed", names),
            Deed::Change(Thing::Group) if self.asked.members().is_some() => {
                self.about("request-members-not-changed", names)
            }
            Deed::Change(Thing::Group) => self.about("request-group-not-changed", names),
            Deed::Search(_) => {
                let searched = self.asked.searched().unwrap_or_default();
                t("request-not-searched").name("text", searched)
            }
            Deed::List(Thing::Person) => t("request-people-not-listed"),
            Deed::List(Thing::Group) => t("request-groups-not-listed"),
            Deed::Describe => t("request-service-not-read"),
            Deed::Other => t("request-other-refused")
                .s("method", &self.request.http_method)
                .name("path", self.path()),
        }
    }
}
