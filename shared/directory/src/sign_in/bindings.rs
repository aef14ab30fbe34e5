//! A list of bindings from the application: which subject belongs to which person, before they sign in.

use rollcall_model::{Binding, EventType, USERS, sha256_hex};
use rollcall_scim::fold;
use rollcall_store::{Error, retry_stale};
use serde_json::json;

use crate::credentials::handle::Credentials;
use crate::journal::entry::Entry;
use crate::resources::handle::Resources;
use crate::resources::record::Record;
use crate::resources::subjects::{BoundPeople, write_replaced};
use crate::resources::writes::{account_writes, committed, subject as subject_of};
use crate::sign_in::handle::SignIn;

/// What became of one line of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// The subject is bound to the person, or would be.
    Now,
    /// It was bound to them before.
    Already,
    /// There is no such person.
    NoPerson,
    /// It is bound to somebody else.
    ToAnother,
    /// It is a name, which may be given to somebody else later.
    NoSubject,
}

impl SignIn<'_> {
    /// Binds a subject in a connection firmly to a person, as the application says. With `is_preview`, nothing changes.
    ///
    /// # Errors
    /// `404` when the connection does not exist.
    pub async fn bind(
        self,
        connection: &str,
        user: &str,
        subject: &str,
        is_preview: bool,
    ) -> Result<Bound, Error> {
        let credentials = Credentials::of(self.scope);
        let connection = &credentials.connection(connection).await?.id;
        retry_stale(|_| async move {
            let record = match Resources::of(self.scope).record(&USERS, user).await {
                Err(error) if error.is_refusal() => return Ok(Some(Bound::NoPerson)),
                record => record?,
            };
            if is_name(subject, &record)? {
                return Ok(Some(Bound::NoSubject));
            }
            let hash = sha256_hex(subject);
            let key = self.scope.keys().subject(&hash);
            let mut bound = BoundPeople::from_item(self.scope.table.get(&key).await?)?;
            let holder = bound.people.get(connection);
            let firm = Binding {
                subject: hash.clone(),
                firm: true,
            };
            let is_theirs = holder == Some(&record.id);
            if is_theirs && record.identity.bindings.get(connection) == Some(&firm) {
                return Ok(Some(Bound::Already));
            }
            let other = holder.filter(|_| !is_theirs);
            if self.has_binding(other, connection, &hash).await? {
                return Ok(Some(Bound::ToAnother));
            }
            if is_preview {
                return Ok(Some(Bound::Now));
            }
            let mut after = record.rewritten();
            after.identity.bind(connection, &hash, true);
            let mut transaction = account_writes(self.scope, &record, &after)?;
            bound.people.insert(connection.clone(), record.id.clone());
            bound.write(self.scope, &mut transaction, &hash)?;
            write_replaced(self.scope, &mut transaction, &record, &after, &hash).await?;
            let about = subject_of(&USERS, &record)?;
            let entry = Entry::new(self.scope, EventType::UserSubjectBound, about);
            let entry = entry.with_change(None, Some(json!({"connection": connection})));
            transaction.put(entry.to_item(self.scope.keys())?);
            let is_committed = committed(self.scope, &transaction, &USERS).await?;
            Ok(is_committed.then_some(Bound::Now))
        })
        .await
    }
}

impl SignIn<'_> {
    /// Returns whether the subject is bound to somebody who may sign in.
    async fn has_binding(
        self,
        holder: Option<&String>,
        connection: &str,
        subject: &str,
    ) -> Result<bool, Error> {
        let ids: Vec<String> = holder.into_iter().cloned().collect();
        let people = Resources::of(self.scope).records(&USERS, &ids).await?;
        Ok(people.iter().any(|person| {
            let binding = person.identity.bindings.get(connection);
            !person.is_out() && binding.is_some_and(|binding| binding.subject == subject)
        }))
    }
}

fn is_name(subject: &str, record: &Record) -> Result<bool, Error> {
    let folded = fold(subject);
    let is_empty = folded.trim().is_empty();
    Ok(is_empty || folded.contains('@') || folded == fold(&record.user_name()?))
}
