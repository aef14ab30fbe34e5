//! Who a person is to the directory, beside their SCIM attributes: where they came from, which connection owns them,
//! the subjects that are bound to them, and the identifiers that are proven to be theirs.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::sha256_hex;

/// The number of proven identifiers of each kind that are kept: the latest ones.
const MAX_PROVEN: usize = 5;
/// The number of connections that a person's bindings are kept for.
const MAX_BINDINGS: usize = 20;
/// The characters of a proven identifier's hash that are kept.
const HASH_CHARS: usize = 32;

/// The namespace of subjects of sign-ins that name no connection.
pub const NO_CONNECTION: &str = "-";

/// What brought a person into the directory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PersonOrigin {
    /// They signed in.
    SignIn,
    /// The application brought them with an import. Earlier versions read it as pushed.
    Import,
    /// An identity provider pushed them. This also stands for origins that only another version knows.
    #[default]
    #[serde(other)]
    Pushed,
}

/// A subject that is bound to a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Binding {
    /// The SHA-256 of the subject, in hexadecimal digits.
    pub subject: String,
    /// Whether a second sign-in has brought it. Until then another subject may replace it.
    #[serde(default)]
    pub firm: bool,
}

/// What an identifier is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdentifierKind {
    /// A `userName`, folded.
    UserName,
    /// An `externalId`.
    ExternalId,
}

/// The hashes of the identifiers that are proven, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Proven {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    user_names: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    external_ids: Vec<String>,
}

/// A request that does not take effect yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldRequest {
    /// The id of the connection whose request it is.
    pub connection: String,
    /// Its id. Empty if an earlier version held it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub request_id: String,
    /// When the gateway received it. `None` if that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received_at: Option<Timestamp>,
}

/// What held of a person or a group when a connection that is only observed first wrote it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observation {
    /// The id of the connection.
    pub connection: String,
    /// The connection that owned the resource; `None` if nobody did, or it is new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Whether the person was deactivated: they stay so.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub out: bool,
}

/// Who a person is, beside their SCIM attributes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Identity {
    /// The application's own id of the person, if an import brought it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub application_id: Option<String>,
    /// The connection that owns the person; `None` if nobody does, or an earlier version stored the person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// What brought them; `None` if an earlier version stored the person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<PersonOrigin>,
    /// The bound subjects by connection.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub bindings: BTreeMap<String, Binding>,
    /// The proven identifiers. `None` if an earlier version stored the person: then those that they have are proven,
    /// until SCIM changes them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proven: Option<Proven>,
    /// Since when an admin's block keeps the person out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blocked_at: Option<Timestamp>,
    /// The groups that a restored person is still to return to.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub returning: BTreeSet<String>,
    /// Whether other people have the e-mail addresses of the person too: an address alone then means nobody.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub email_shared: bool,
    /// Whether a deactivation by SCIM does not take effect until somebody agrees to it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub deactivation_held: bool,
    /// Whether a deletion by SCIM does not take effect until somebody agrees to it. The connection no longer sees the
    /// person.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub deletion_held: bool,
    /// The connection whose change is held.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held_by: Option<String>,
    /// When what is held takes effect by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held_until: Option<Timestamp>,
    /// The request that is held: the first, if several say that the person goes. `None` if an earlier version held it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held_request: Option<HeldRequest>,
    /// Whether the resource is there only because a connection that is only observed has sent it: nothing about it takes
    /// effect.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub observed: bool,
    /// What held before a connection that is only observed wrote the resource. What it said since then takes no effect.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observation: Option<Observation>,
    /// How often SCIM has changed the user name or the external id. A session that knows a lower number is older than
    /// the last change.
    #[serde(skip_serializing_if = "is_zero")]
    pub renamings: u64,
    /// What `renamings` was when an admin last gave the person a role. A session that knows a lower number has ended: it could
    /// be that of somebody else, who signed in under another name before.
    #[serde(skip_serializing_if = "is_zero")]
    pub sessions_since: u64,
    /// The traces of the user names, external ids and e-mail addresses that the person had before, the latest ones. Each is
    /// a keyed hash.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub former: Vec<String>,
    /// Whether only the e-mail address found the person at the last sign-in.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub by_email: bool,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl Identity {
    /// Returns who a new person is, of whom nothing is proven yet.
    pub fn new(origin: PersonOrigin, owner: Option<String>) -> Self {
        Self {
            owner,
            origin: Some(origin),
            proven: Some(Proven::default()),
            ..Self::default()
        }
    }

    /// Returns whether nothing is known beyond what earlier versions stored.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// Returns whether a change by SCIM is held back.
    pub fn is_held(&self) -> bool {
        self.deactivation_held || self.deletion_held
    }

    /// Forgets that a change by SCIM was held back.
    pub fn end_hold(&mut self) {
        (self.deactivation_held, self.deletion_held) = (false, false);
        (self.held_by, self.held_until, self.held_request) = (None, None, None);
    }

    /// Forgets that a connection was only observed.
    pub fn end_observation(&mut self) {
        (self.observed, self.observation) = (false, None);
    }

    /// Returns the connection that owns the resource as far as that is in effect: what is only observed changes no owner.
    pub fn owner_in_effect(&self) -> Option<&String> {
        match &self.observation {
            Some(before) => before.owner.as_ref(),
            None => self.owner.as_ref(),
        }
    }

    /// Returns whether the person was deactivated when a connection that is only observed wrote them first.
    pub fn was_out(&self) -> bool {
        self.observation.as_ref().is_some_and(|it| it.out)
    }

    /// Returns the request that is held, as far as it is known.
    pub fn request_held(&self) -> Option<HeldRequest> {
        let connection = self.held_by.as_ref().filter(|_| self.is_held())?;
        let unknown = || HeldRequest {
            connection: connection.clone(),
            request_id: String::new(),
            received_at: None,
        };
        Some(self.held_request.clone().unwrap_or_else(unknown))
    }

    /// Returns whether the person only came by signing in, and no connection owns them.
    pub fn only_signed_in(&self) -> bool {
        self.origin == Some(PersonOrigin::SignIn) && self.owner.is_none()
    }

    /// Returns whether no connection owns the resource, because it came by signing in or with an import. The first push
    /// adopts it.
    pub fn is_unowned(&self) -> bool {
        let came_otherwise = matches!(
            self.origin,
            Some(PersonOrigin::SignIn | PersonOrigin::Import)
        );
        came_otherwise && self.owner.is_none()
    }

    /// Returns whether an identifier that the person has is proven.
    pub fn proves(&self, person: &str, kind: IdentifierKind, value: &str) -> bool {
        let hash = hash_of(person, value);
        self.proven
            .as_ref()
            .is_none_or(|proven| proven.of(kind).contains(&hash))
    }

    /// Returns whether no identifier was proven yet.
    pub fn proves_nothing(&self) -> bool {
        self.proven.as_ref() == Some(&Proven::default())
    }

    /// Adds identifiers to the proven ones. Without a value, nothing is added.
    pub fn prove(&mut self, person: &str, kind: IdentifierKind, value: Option<&str>) {
        let Some(value) = value.filter(|value| !value.is_empty()) else {
            return;
        };
        let hash = hash_of(person, value);
        let proven = self.proven.get_or_insert_default().of_mut(kind);
        if proven.contains(&hash) {
            return;
        }
        proven.push(hash);
        let surplus = proven.len().saturating_sub(MAX_PROVEN);
        proven.drain(..surplus);
    }

    /// Ends the proof of all identifiers but these. Somebody to whom something was proven goes on to have proofs, though none
    /// that a sign-in can bring: they are not as somebody of whom nothing was ever proven.
    pub fn prove_no_others(&mut self, person: &str, kept: &[(IdentifierKind, &str)]) {
        let Some(proven) = self.proven.as_mut() else {
            return;
        };
        let had_any = *proven != Proven::default();
        for kind in [IdentifierKind::UserName, IdentifierKind::ExternalId] {
            let kept = kept.iter().filter(|(of, _)| *of == kind);
            let kept: BTreeSet<_> = kept.map(|(_, value)| hash_of(person, value)).collect();
            proven.of_mut(kind).retain(|hash| kept.contains(hash));
        }
        if had_any && *proven == Proven::default() {
            proven.user_names.push(hash_of(person, ""));
        }
    }

    /// Binds a subject in a connection, and ends its binding in the namespace without a connection.
    pub fn bind(&mut self, connection: &str, subject: &str, firm: bool) {
        let subject = subject.to_owned();
        if self.bindings.len() >= MAX_BINDINGS && !self.bindings.contains_key(connection) {
            self.bindings.pop_first();
        }
        self.bindings
            .retain(|key, binding| key != NO_CONNECTION || binding.subject != subject);
        let binding = Binding { subject, firm };
        self.bindings.insert(connection.to_owned(), binding);
    }
}

impl Proven {
    fn of(&self, kind: IdentifierKind) -> &Vec<String> {
        match kind {
            IdentifierKind::UserName => &self.user_names,
            IdentifierKind::ExternalId => &self.external_ids,
        }
    }

    fn of_mut(&mut self, kind: IdentifierKind) -> &mut Vec<String> {
        match kind {
            IdentifierKind::UserName => &mut self.user_names,
            IdentifierKind::ExternalId => &mut self.external_ids,
        }
    }
}

/// The person's id makes the same identifier of two people different.
fn hash_of(person: &str, value: &str) -> String {
    let mut hash = sha256_hex(&format!("{person}#{value}"));
    hash.truncate(HASH_CHARS);
    hash
}

/// The form of an external id. Only ids of one form contradict each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Guid,
    Okta,
    Number,
    Address,
    Other,
}

fn shape(id: &str) -> Shape {
    let is_okta = id.len() == 20
        && id.starts_with("00u")
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    match () {
        () if uuid::Uuid::try_parse(id).is_ok() => Shape::Guid,
        () if is_okta => Shape::Okta,
        () if id.contains('@') => Shape::Address,
        () if id.bytes().all(|byte| byte.is_ascii_digit()) => Shape::Number,
        () => Shape::Other,
    }
}

/// Returns whether two external ids cannot be those of the same person. Identity providers push one attribute while
/// applications pass another, so ids of different forms say nothing about each other.
pub fn contradict(one: &str, other: &str) -> bool {
    let is_known = !one.is_empty() && !other.is_empty();
    is_known && !one.eq_ignore_ascii_case(other) && shape(one) == shape(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ids_of_one_form_contradict() {
        let guid = "5f2a5a3c-0000-4000-8000-000000000000";
        let okta = "00u1abcdefghijklmnop";
        for (one, other, expected) in [
            ("a", "b", true),
            ("a", "A", false),
            ("a", "", false),
            (guid, "ada", false),
            (guid, okta, false),
            (guid, "5f2a5a3c-0000-4000-8000-000000000001", true),
            (okta, "00u1abcdefghijklmnoq", true),
            ("17", "18", true),
            ("17", "ada", false),
            ("ada@x.test", "bob@x.test", true),
            ("ada@x.test", "ada", false),
        ] {
            assert_eq!(contradict(one, other), expected, "{one} {other}");
            assert_eq!(contradict(other, one), expected, "{other} {one}");
        }
    }

    #[test]
    fn identifiers_of_an_earlier_version_are_proven_and_new_ones_are_not() {
        let kind = IdentifierKind::UserName;
        assert!(Identity::default().proves("p", kind, "ada"));
        let mut new = Identity::new(PersonOrigin::Pushed, None);
        assert!(!new.proves("p", kind, "ada"));
        for name in ["ada", "b", "c", "d", "e", "e"] {
            new.prove("p", kind, Some(name));
        }
        assert!(new.proves("p", kind, "ada") && !new.proves("q", kind, "ada"));
        assert!(!new.proves("p", IdentifierKind::ExternalId, "ada"));
        new.prove("p", kind, Some("f"));
        assert!(!new.proves("p", kind, "ada") && new.proves("p", kind, "f"));
        new.prove("p", kind, None);
        assert!(new.proves("p", kind, "b"));
    }

    #[test]
    fn what_was_proven_ends_and_is_not_forgotten() {
        let kind = IdentifierKind::UserName;
        let mut identity = Identity::new(PersonOrigin::Pushed, None);
        identity.prove_no_others("p", &[]);
        assert!(identity.proves_nothing());
        for name in ["ada", "mallory"] {
            identity.prove("p", kind, Some(name));
        }
        identity.prove("p", IdentifierKind::ExternalId, Some("mallory"));
        identity.prove_no_others("p", &[(kind, "ada"), (kind, "bob")]);
        assert!(identity.proves("p", kind, "ada") && !identity.proves("p", kind, "mallory"));
        assert!(!identity.proves("p", IdentifierKind::ExternalId, "mallory"));
        assert!(!identity.proves("p", kind, "bob"));
        identity.prove_no_others("p", &[(kind, "bob")]);
        assert!(!identity.proves("p", kind, "ada") && !identity.proves_nothing());
    }

    #[test]
    fn a_binding_moves_to_the_connection_that_brings_it() {
        let mut identity = Identity::default();
        identity.bind(NO_CONNECTION, "s", false);
        identity.bind("c", "s", true);
        assert_eq!(identity.bindings.len(), 1);
        assert!(identity.bindings["c"].firm);
        identity.bind("d", "t", false);
        assert_eq!(identity.bindings.len(), 2);
    }

    #[test]
    fn a_push_adopts_what_came_by_sign_in_or_import() {
        for (origin, owner, expected) in [
            (PersonOrigin::SignIn, None, true),
            (PersonOrigin::Import, None, true),
            (PersonOrigin::Pushed, None, false),
            (PersonOrigin::Import, Some("c".to_owned()), false),
        ] {
            let identity = Identity::new(origin, owner);
            assert_eq!(identity.is_unowned(), expected, "{origin:?}");
        }
        assert!(!Identity::default().is_unowned());
    }

    #[test]
    fn what_a_newer_version_stored_can_be_read() {
        let stored = r#"{"origin": "by_letter", "owner": "c", "held": true}"#;
        let identity: Identity = serde_json::from_str(stored).unwrap();
        assert_eq!(identity.origin, Some(PersonOrigin::Pushed));
        assert!(!identity.only_signed_in() && !identity.is_unowned());
    }
}
