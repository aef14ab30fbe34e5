//! One user or group as it is stored.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use rollcall_model::{
    Account, Causes, Effect, IdentifierKind, Identity, Kind, PersonState, Subject, USERS,
};
use rollcall_scim::{Resource, fold};
use rollcall_store::{Error, Item, Keys, carry_over, from_item, to_item};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::resources::document::Document;
use crate::resources::format;

/// Attributes that the document leaves out, because they are stored elsewhere or computed.
const SERVER_OWNED: [&str; 5] = ["id", "meta", "groups", "members", "schemas"];

/// The name of the item attribute with the document. `Record::raw` leaves it out.
const DOCUMENT: &str = "document";

/// A stored resource: the attributes that the client sent, and what the directory stores in addition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The resource's id.
    #[serde(rename = "SK")]
    pub id: String,
    /// The attributes that clients own, without `id`, `meta`, `groups`, `members` and `schemas`.
    #[serde(default)]
    pub(crate) document: Document,
    /// Increases by one with every change of the representation. It is the ETag.
    pub(crate) version: u64,
    /// Increases by one with every write. A write is conditional on the revision that was read.
    pub(crate) revision: u64,
    /// When the resource was created.
    pub created: Timestamp,
    /// When the representation was last changed.
    pub modified: Timestamp,
    /// Whether the user was deactivated by `active: false`. Removing `active` does not reactivate the user. What takes
    /// effect says [`Self::effect`].
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub inactive: bool,
    /// The ids of the groups that a user is in.
    #[serde(
        default,
        with = "serde_dynamo::string_set",
        skip_serializing_if = "BTreeSet::is_empty"
    )]
    pub groups: BTreeSet<String>,
    /// The ids of the groups that a user has left, and that count until somebody agrees to that.
    #[serde(
        default,
        with = "serde_dynamo::string_set",
        skip_serializing_if = "BTreeSet::is_empty"
    )]
    pub held_groups: BTreeSet<String>,
    /// The groups among `groups` that a connection that is only observed has put the user in. They do not count.
    #[serde(
        default,
        with = "serde_dynamo::string_set",
        skip_serializing_if = "BTreeSet::is_empty"
    )]
    pub observed_groups: BTreeSet<String>,
    /// Which connection has put the user in which of them, as `connection#group`.
    #[serde(
        default,
        with = "serde_dynamo::string_set",
        skip_serializing_if = "BTreeSet::is_empty"
    )]
    pub(crate) observed_joins: BTreeSet<String>,
    /// How many members a group has.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub members: u64,
    /// The state of a person's account, which is not in the document.
    #[serde(
        rename = "standing",
        default,
        skip_serializing_if = "Account::is_default"
    )]
    pub account: Account,
    /// Where the resource came from, who owns it, and how sign-ins find the person.
    #[serde(default, skip_serializing_if = "Identity::is_default")]
    pub identity: Identity,
    /// The unique values of declared attributes that it has claimed.
    #[serde(
        default,
        with = "serde_dynamo::string_set",
        skip_serializing_if = "BTreeSet::is_empty"
    )]
    pub(crate) claims: BTreeSet<String>,
    /// The form of its unique name that the key of the name has, if earlier versions would give it another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) named: Option<String>,
    /// The open intent that is changing this group's members.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) intent: Option<String>,
    /// The item as it was read, without the document. It may have attributes of a newer version that this code does not
    /// know.
    #[serde(skip)]
    raw: Arc<Item>,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl Record {
    /// Returns a new record, which is not stored yet.
    pub(crate) fn new(
        kind: &Kind,
        id: String,
        resource: Resource,
        at: Timestamp,
    ) -> Result<Self, Error> {
        let inactive = says_inactive(&resource).unwrap_or(false);
        let name = resource.get(kind.unique).and_then(Value::as_str);
        let named = name.and_then(|name| kind.compared_since(name));
        Ok(Self {
            id,
            named,
            document: Document::of(kind, client_owned(resource))?,
            version: 1,
            revision: 1,
            created: at,
            modified: at,
            inactive,
            groups: BTreeSet::new(),
            held_groups: BTreeSet::new(),
            observed_groups: BTreeSet::new(),
            observed_joins: BTreeSet::new(),
            members: 0,
            account: Account::default(),
            identity: Identity::default(),
            claims: BTreeSet::new(),
            intent: None,
            raw: Arc::default(),
        })
    }

    /// Returns the record with the client's change; `None` if the change has no effect.
    pub(crate) fn changed_to(
        &self,
        kind: &Kind,
        resource: Resource,
        at: Timestamp,
    ) -> Result<Option<Self>, Error> {
        let inactive = says_inactive(&resource).unwrap_or(self.inactive);
        let attributes = client_owned(resource);
        let before = self.resource(kind)?.attributes();
        let owned = before.keys().filter(|name| is_client_owned(name)).count();
        let is_same = owned == attributes.len()
            && attributes
                .iter()
                .all(|(name, value)| before.get(name) == Some(value));
        if is_same && inactive == self.inactive {
            return Ok(None);
        }
        let mut after = Self {
            document: Document::of(kind, attributes)?,
            inactive,
            version: self.version + 1,
            modified: at,
            ..self.clone()
        };
        if self.inactive && !after.inactive {
            // Only going from false to true lets in whom an admin has blocked.
            after.identity.blocked_at = None;
            // Nor is anything held any more that the identity provider itself has taken back.
            after.identity.end_hold();
        }
        if self.effect().has_sessions() && !after.effect().has_sessions() {
            after.shut_out(at);
        }
        after.revision += 1;
        after.rename(self, kind)?;
        if *kind == USERS && after.identifiers()? != self.identifiers()? {
            after.identity.renamings += 1;
        }
        if *kind == USERS && self.identity.proven.is_none() {
            after.prove_identifiers_of(self)?;
        }
        Ok(Some(after))
    }

    /// Returns the record with the next revision, for a change of what clients do not see.
    pub(crate) fn rewritten(&self) -> Self {
        Self {
            revision: self.revision + 1,
            ..self.clone()
        }
    }

    /// Returns the record after a change of members alone.
    pub(crate) fn touched(&self, at: Timestamp) -> Self {
        Self {
            version: self.version + 1,
            modified: at,
            ..self.rewritten()
        }
    }

    /// Makes the present identifiers of a person proven, and no others.
    ///
    /// # Errors
    /// When the stored document is not JSON.
    pub(crate) fn prove_identifiers(&mut self) -> Result<(), Error> {
        let now = self.clone();
        self.prove_identifiers_of(&now)?;
        self.prove_no_others(&[])
    }

    /// Prepares a person for a role that somebody gives by hand, and who may vouch for whose the identifiers are. What another
    /// name has opened ends: what it proves, and the sessions that began before the last change of name.
    ///
    /// # Errors
    /// When the stored document is not JSON.
    pub(crate) fn entrust(&mut self, is_vouched_for: bool) -> Result<(), Error> {
        self.identity.sessions_since = self.identity.renamings;
        match is_vouched_for {
            true => self.prove_identifiers(),
            false => self.prove_unchanged_identifiers(),
        }
    }

    /// Makes the present identifiers of a person proven, who gets a role from somebody who does not know whose they are:
    /// only if they are those of before, or if nothing was proven yet. Otherwise a rename and the role together would let
    /// in whoever has the new name. In any case, an identifier that they do not have any more is proven no longer: whoever
    /// signed in by it, before the role, could be somebody else.
    ///
    /// # Errors
    /// When the stored document is not JSON.
    fn prove_unchanged_identifiers(&mut self) -> Result<(), Error> {
        match self.identity.renamings == 0 || self.identity.proves_nothing() {
            true => self.prove_identifiers(),
            false => self.prove_no_others(&[]),
        }
    }

    /// Ends the proof of all identifiers but the present ones and these.
    ///
    /// # Errors
    /// When the stored document is not JSON.
    pub(crate) fn prove_no_others(
        &mut self,
        brought: &[(IdentifierKind, &str)],
    ) -> Result<(), Error> {
        let (name, external_id) = self.identifiers()?;
        // Proofs of earlier versions have the form that the key has still.
        let in_key = self.name_in_key(&USERS)?;
        let names = std::iter::once(name.as_str()).chain(in_key.as_deref());
        let mut kept: Vec<_> = names.map(|name| (IdentifierKind::UserName, name)).collect();
        kept.extend(
            external_id
                .as_deref()
                .map(|id| (IdentifierKind::ExternalId, id)),
        );
        kept.extend(brought);
        self.identity.prove_no_others(&self.id, &kept);
        Ok(())
    }

    /// Ends the sessions of a person, and what counts until the next sign-in.
    pub(crate) fn shut_out(&mut self, at: Timestamp) {
        self.account.end_sessions(at);
        self.account.at_login.clear();
    }

    /// Returns the user name, as it is compared, and the external id of a person.
    fn identifiers(&self) -> Result<(String, Option<String>), Error> {
        let name = USERS.compared(&self.user_name()?);
        Ok((name, self.text(&USERS, "externalId")?))
    }

    fn prove_identifiers_of(&mut self, earlier: &Self) -> Result<(), Error> {
        let (id, identity) = (&self.id, &mut self.identity);
        let (name, external_id) = earlier.identifiers()?;
        identity.prove(id, IdentifierKind::UserName, Some(&name));
        identity.prove(id, IdentifierKind::ExternalId, external_id.as_deref());
        Ok(())
    }

    /// Returns the record of a group whose number of members changes by `growth`.
    pub(crate) fn grown_by(mut self, growth: i64) -> Self {
        self.members = self.members.saturating_add_signed(growth);
        self
    }

    /// Reads a stored record.
    ///
    /// # Errors
    /// When the item is not a record, or has a format that is newer than this code.
    pub fn from_item(item: Item) -> Result<Self, Error> {
        let item = format::lifted(item)?;
        let others = item.iter().filter(|(name, _)| *name != DOCUMENT);
        let raw = others.map(|(name, value)| (name.clone(), value.clone()));
        let raw = Arc::new(raw.collect());
        Ok(Self {
            raw,
            ..from_item(item)?
        })
    }

    /// Returns the item to store. It keeps the attributes of the item that was read that this version does not know.
    pub(crate) fn to_item(&self, keys: Keys<'_>, kind: &Kind) -> Result<Item, Error> {
        let key = keys.resource(kind, &self.id);
        let mut item = to_item(&key, self)?;
        if !self.raw.is_empty() {
            let before: Self = from_item((*self.raw).clone())?;
            let before = to_item(&key, &before)?;
            carry_over(&self.raw, &before, &mut item, &["standing", "identity"]);
        }
        Ok(format::marked(item))
    }

    /// Returns the weak ETag (RFC 7644 §3.14).
    pub(crate) fn etag(&self) -> String {
        format!("W/\"{}\"", self.version)
    }

    /// Returns the weak ETag after one more change.
    pub(crate) fn next_etag(&self) -> String {
        format!("W/\"{}\"", self.version + 1)
    }

    /// Returns the client's attributes as a resource, to which PUT and PATCH apply.
    ///
    /// # Errors
    /// When the stored document is not JSON.
    pub fn resource(&self, kind: &Kind) -> Result<&Resource, Error> {
        self.document.resource(kind)
    }

    /// Returns the resource with `id` and `meta`, but without `members` and `groups`.
    ///
    /// # Errors
    /// When the stored document is not JSON.
    pub fn full_resource(&self, kind: &Kind) -> Result<Resource, Error> {
        let mut resource = self.resource(kind)?.clone();
        resource.set("id", json!(self.id));
        resource.set(
            "meta",
            json!({
                "resourceType": kind.resource_type.name,
                "created": self.created.to_string(),
                "lastModified": self.modified.to_string(),
                "version": self.etag(),
            }),
        );
        Ok(resource)
    }

    /// Returns a string attribute of the document.
    ///
    /// # Errors
    /// When the stored document is not JSON.
    pub fn text(&self, kind: &Kind, attribute: &str) -> Result<Option<String>, Error> {
        let value = self.resource(kind)?.get(attribute);
        Ok(value.and_then(Value::as_str).map(str::to_owned))
    }

    /// Returns the resource as the subject of a journal entry.
    ///
    /// # Errors
    /// When the stored document is not JSON.
    pub(crate) fn subject(&self, kind: &Kind) -> Result<Subject, Error> {
        let name = self.text(kind, kind.unique)?.unwrap_or_default();
        Ok(Subject::new(kind.noun, &self.id, name))
    }

    /// Returns the `userName` of a person.
    ///
    /// # Errors
    /// When the stored document is not JSON.
    pub fn user_name(&self) -> Result<String, Error> {
        Ok(self.text(&USERS, USERS.unique)?.unwrap_or_default())
    }

    /// Returns the primary e-mail address of a person, or else the first.
    ///
    /// # Errors
    /// When the stored document is not JSON.
    pub fn email(&self) -> Result<Option<String>, Error> {
        let emails = self.resource(&USERS)?.get("emails");
        let Some(emails) = emails.and_then(Value::as_array) else {
            return Ok(None);
        };
        let primary = emails.iter().find(|email| email["primary"] == true);
        let address = primary
            .or(emails.first())
            .and_then(|it| it["value"].as_str());
        Ok(address.map(str::to_owned))
    }

    /// Returns all e-mail addresses of a person, in their order.
    ///
    /// # Errors
    /// When the stored document is not JSON.
    pub(crate) fn emails(&self) -> Result<Vec<Email>, Error> {
        let emails = self.resource(&USERS)?.get("emails");
        let emails = emails.and_then(Value::as_array).into_iter().flatten();
        let email = |it: &Value| {
            let is_work = it["type"].as_str().is_some_and(|kind| fold(kind) == "work");
            Some(Email {
                value: it["value"].as_str()?.to_owned(),
                is_main: it["primary"] == true || is_work,
            })
        };
        Ok(emails.filter_map(email).collect())
    }

    /// Returns what takes effect for a person, of what SCIM said and what stands against it.
    pub fn effect(&self) -> Effect {
        Effect::of(Causes {
            is_deactivated: self.inactive || self.identity.was_out(),
            is_blocked: self.identity.blocked_at.is_some(),
            is_deactivation_held: self.identity.deactivation_held && !self.identity.was_out(),
            is_observed: self.identity.observed && !self.identity.was_out(),
        })
    }

    /// Returns whether the person cannot sign in: the identity provider has deactivated them, or an admin blocks them.
    pub fn is_out(&self) -> bool {
        !self.effect().may_sign_in()
    }

    /// Returns the person's state.
    pub fn state(&self) -> PersonState {
        match (self.is_out(), self.account.first_login_at) {
            (true, _) => PersonState::Inactive,
            (false, None) => PersonState::Invited,
            (false, Some(_)) => PersonState::Active,
        }
    }
}

/// An e-mail address of a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Email {
    /// The address.
    pub(crate) value: String,
    /// Whether it is the primary address or one for work.
    pub(crate) is_main: bool,
}

fn says_inactive(resource: &Resource) -> Option<bool> {
    let active = resource.get("active").and_then(Value::as_bool);
    active.map(|active| !active)
}

fn client_owned(resource: Resource) -> Map<String, Value> {
    let mut attributes = resource.into_attributes();
    attributes.retain(|name, _| is_client_owned(name));
    attributes
}

fn is_client_owned(name: &str) -> bool {
    !SERVER_OWNED.contains(&name)
}
