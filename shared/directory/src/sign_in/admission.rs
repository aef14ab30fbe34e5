//! The person of an accepted sign-in, with what it changes of who they are: the subject that is bound to them, and the
//! identifiers that are proven.

use rollcall_model::{
    EventType, IdentifierKind, Identity, NO_CONNECTION, PersonOrigin, USERS, without_secrets,
};
use rollcall_scim::Resource;
use rollcall_store::{Error, Guard, Scope, Transaction, now};
use serde_json::json;

use crate::journal::entry::Entry;
use crate::resources::names::check_user_name;
use crate::resources::record::Record;
use crate::resources::subjects::{BoundPeople, write_replaced};
use crate::resources::traces::nobody_had_it;
use crate::resources::writes::{account_writes, resource_writes, subject};
use crate::roles::withheld::write_given_back;
use crate::sign_in::assertion::Assertion;
use crate::sign_in::decide::{Bind, Found};
use crate::sign_in::look_up::LookedUp;
use crate::sign_in::presented::Presented;

/// Whom a sign-in lets in.
#[derive(Debug)]
pub(super) struct Admission<'a> {
    pub(super) presented: &'a Presented,
    looked_up: &'a LookedUp,
    /// The person as stored; `None` for somebody new.
    before: Option<&'a Record>,
    /// The person as this sign-in leaves them, as far as their identity goes.
    pub(super) record: Record,
    /// What happens to the subject.
    bind: Bind,
}

impl<'a> Admission<'a> {
    /// Lets in a person who was found.
    ///
    /// # Errors
    /// When the stored document is not JSON.
    pub(super) fn of(
        found: &Found,
        before: &'a Record,
        presented: &'a Presented,
        looked_up: &'a LookedUp,
    ) -> Result<Self, Error> {
        let mut record = before.clone();
        record.identity.by_email = found.by_email;
        if record.identity.proven.is_none() {
            record.prove_identifiers()?;
        }
        let mut admission = Self {
            presented,
            looked_up,
            before: Some(before),
            record,
            bind: found.bind.clone(),
        };
        admission.prove()?;
        admission.give_back();
        admission.bind();
        Ok(admission)
    }

    /// The subject of before shows that a restored person is the same, so the role that was given by hand is theirs.
    fn give_back(&mut self) {
        let (presented, record) = (self.presented, &mut self.record);
        let is_same = !matches!(self.bind, Bind::New | Bind::MovedFrom(_));
        let is_of_before = record
            .identity
            .bindings
            .iter()
            .any(|(connection, binding)| {
                let is_brought = presented.concerns(connection) && presented.is_subject_of(binding);
                is_brought && record.account.returns_by(connection, &binding.subject)
            });
        if is_same && is_of_before {
            record.account.give_back();
        }
    }

    /// Lets in somebody new. Only a new name is checked, because earlier versions stored every name.
    ///
    /// # Errors
    /// `invalidValue` for a name that cannot be stored.
    pub(super) fn of_newcomer(
        id: String,
        assertion: &Assertion,
        presented: &'a Presented,
        looked_up: &'a LookedUp,
    ) -> Result<Self, Error> {
        check_user_name("user_name", &assertion.user_name)?;
        let resource = Resource::parse(USERS.resource_type, body(assertion))?;
        let mut record = Record::new(&USERS, id, resource, now())?;
        record.identity = Identity::new(PersonOrigin::SignIn, None);
        let is_bound = presented.subject.is_some();
        let mut admission = Self {
            presented,
            looked_up,
            before: None,
            record,
            bind: if is_bound { Bind::New } else { Bind::Nothing },
        };
        admission.prove()?;
        admission.bind();
        Ok(admission)
    }

    /// What an accepted sign-in brings is proven, and of what is proven already, what the person still has. So whoever once
    /// signed in as them under another name cannot do so again when they have got a role.
    fn prove(&mut self) -> Result<(), Error> {
        let external_id = self.record.text(&USERS, "externalId")?;
        let served =
            external_id.filter(|id| Some(id) == self.presented.sought_external_id.as_ref());
        let brought = self.presented.external_id.clone().or(served);
        let (id, identity) = (&self.record.id, &mut self.record.identity);
        identity.prove(id, IdentifierKind::UserName, Some(&self.presented.name));
        identity.prove(id, IdentifierKind::ExternalId, brought.as_deref());
        let name = (IdentifierKind::UserName, self.presented.name.as_str());
        let brought = brought.as_deref();
        let external_id = brought.map(|id| (IdentifierKind::ExternalId, id));
        let brought: Vec<_> = std::iter::once(name).chain(external_id).collect();
        self.record.prove_no_others(&brought)
    }

    fn bind(&mut self) {
        let Some(subject) = &self.presented.subject else {
            return;
        };
        let is_firm = match self.bind {
            Bind::Nothing | Bind::Confirm => true,
            Bind::New | Bind::MovedFrom(_) => false,
        };
        let connection = self.connection();
        if let Some(alias) = &self.presented.alias {
            self.record.identity.bindings.remove(alias);
        }
        if matches!(self.bind, Bind::New) {
            // It replaces the binding of before the application named connections.
            self.record.identity.bindings.remove(NO_CONNECTION);
        }
        self.record.identity.bind(&connection, subject, is_firm);
    }

    /// Returns the connection in which the subject is bound afterwards: the one that the sign-in names, or else the one
    /// in which it is bound already.
    fn connection(&self) -> String {
        let bindings = self.record.identity.bindings.iter();
        let mut known = bindings.filter(|(connection, binding)| {
            *connection != NO_CONNECTION && self.presented.is_subject_of(binding)
        });
        match (&self.presented.connection, known.next()) {
            (None, Some((connection, _))) => connection.clone(),
            _ => self.presented.namespace().to_owned(),
        }
    }

    /// Returns the revision of the person after the sign-in. Somebody new has the first one: a record that begins with a
    /// later one is told as restored.
    pub(super) fn revision(&self) -> u64 {
        let before = self.before.map(|before| before.revision);
        before.map_or(self.record.revision, |before| before + 1)
    }

    /// Returns the writes that store the person as `after`, and the subject.
    ///
    /// # Errors
    /// When something does not serialise.
    pub(super) fn writes(&self, scope: &Scope, after: &Record) -> Result<Transaction, Error> {
        let mut transaction = match self.before {
            Some(before) => account_writes(scope, before, after)?,
            None => {
                let mut created = resource_writes(scope, &USERS, None, Some(after))?;
                // What was read is no snapshot: somebody may just have been deleted.
                for key in &self.looked_up.deleted_keys.current {
                    created.check(key.clone(), nobody_had_it(), Guard::Stale);
                }
                created
            }
        };
        self.write_subject(scope, &mut transaction)?;
        self.write_entry(scope, &mut transaction)?;
        if let Some(before) = self.before {
            let tenant = &self.looked_up.tenant;
            write_given_back(scope, &mut transaction, tenant, before, &self.record)?;
        }
        Ok(transaction)
    }

    fn write_subject(&self, scope: &Scope, transaction: &mut Transaction) -> Result<(), Error> {
        let Some(subject) = &self.presented.subject else {
            return Ok(());
        };
        let before = &self.looked_up.bound;
        let (person, connection) = (&self.record.id, self.connection());
        let mut after: BoundPeople = before.clone();
        // A binding of somebody else, whom this sign-in does not mean, stays.
        let is_own = |named: &String, holder: &String| {
            let is_moved = matches!(&self.bind, Bind::MovedFrom(from) if from == holder);
            let is_alias = self.presented.alias.as_ref() == Some(named);
            holder == person || is_moved || is_alias
        };
        let is_other = |named: &String| named != &connection && self.presented.concerns(named);
        after
            .people
            .retain(|named, holder| !is_other(named) || !is_own(named, holder));
        after.people.insert(connection.clone(), person.clone());
        match after == *before {
            true => Ok(()),
            false => after.write(scope, transaction, subject),
        }
    }

    /// Adds the writes that take from the person the subjects that this sign-in replaces.
    ///
    /// # Errors
    /// Only table errors.
    pub(super) async fn forget_replaced(
        &self,
        scope: &Scope,
        transaction: &mut Transaction,
    ) -> Result<(), Error> {
        match (self.before, &self.presented.subject) {
            (Some(before), Some(subject)) => {
                write_replaced(scope, transaction, before, &self.record, subject).await
            }
            _ => Ok(()),
        }
    }

    fn write_entry(&self, scope: &Scope, transaction: &mut Transaction) -> Result<(), Error> {
        let (action, from) = match (&self.bind, self.before) {
            (Bind::New, Some(_)) => (EventType::UserSubjectBound, None),
            (Bind::MovedFrom(from), _) => (EventType::UserSubjectMoved, Some(from)),
            _ => return Ok(()),
        };
        let told = json!({"connection": self.presented.meant()});
        let entry = Entry::new(scope, action, subject(&USERS, &self.record)?);
        let from = from.map(|from| json!({"person": from}));
        transaction.put(entry.with_change(from, Some(told)).to_item(scope.keys())?);
        Ok(())
    }
}

/// Returns a `name` from the words of the display name, or else of the user name. Okta's tests of a SCIM service expect
/// everybody in a list to have one; the first push replaces it.
fn name_of(assertion: &Assertion) -> serde_json::Value {
    let display_name = assertion.display_name.as_deref().unwrap_or_default();
    let local_part = assertion.user_name.split('@').next().unwrap_or_default();
    let is_gap = |c: char| c.is_whitespace();
    let is_mark = |c: char| matches!(c, '.' | '_' | '-');
    let words: Vec<&str> = match display_name.trim().is_empty() {
        true => local_part.split(is_mark).collect(),
        false => display_name.split(is_gap).collect(),
    };
    // A part of a secret does not look like one.
    let told = [display_name, local_part].map(str::trim);
    if let Some(secret) = told.into_iter().find(|text| without_secrets(text) != *text) {
        return json!({"givenName": secret, "familyName": secret});
    }
    let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
    let (given, others) = match words.split_first() {
        Some((given, others)) => (*given, others),
        None => (assertion.user_name.as_str(), &[][..]),
    };
    let family = match others.is_empty() {
        true => given.to_owned(),
        false => others.join(" "),
    };
    json!({"givenName": given, "familyName": family})
}

fn body(assertion: &Assertion) -> serde_json::Value {
    let mut body = json!({
        "schemas": [USERS.resource_type.schema.id],
        "userName": assertion.user_name,
        "externalId": assertion.external_id,
        "displayName": assertion.display_name,
        "name": name_of(assertion),
        "active": true,
    });
    if let Some(email) = &assertion.email {
        body["emails"] = json!([{"value": email, "primary": true}]);
    }
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_has_a_name() {
        for (user_name, display_name, given, family) in [
            ("ada@x.test", None, "ada", "ada"),
            ("ada.king@x.test", None, "ada", "king"),
            ("a", Some("Ada"), "Ada", "Ada"),
            ("a", Some("Ada  King Noel"), "Ada", "King Noel"),
            ("a", Some(" "), "a", "a"),
            (".@x", None, ".@x", ".@x"),
            (
                "rcs_acme_0123456789@x.test",
                None,
                "rcs_acme_0123456789",
                "rcs_acme_0123456789",
            ),
        ] {
            let name = name_of(&Assertion {
                user_name: user_name.to_owned(),
                display_name: display_name.map(str::to_owned),
                ..Assertion::default()
            });
            let expected = json!({"givenName": given, "familyName": family});
            assert_eq!(name, expected, "{user_name}");
        }
    }
}
