//! The keys of unique names: where the name of a resource is claimed, and where a name is looked up.
//!
//! The key of a name has the form in which names are compared (`Kind::compared`). Earlier versions folded all names, which
//! is the same for nearly every name, but gave `groß` and `gross` one key. Where the two forms differ, the record notes that
//! it has the key of today, and whoever looks for the name tries both keys and compares the names that are found. What
//! earlier versions stored stays where it is until it is renamed, or the hourly pass finds it: it reads everybody anyway,
//! and gives such a name the key of today. From then on, nobody can be added who has the same name in another spelling, and
//! the key of before is free for whoever has that name.

use rollcall_model::{IdentifierKind, Kind, USERS};
use rollcall_scim as scim;
use rollcall_store::{Error, Transaction, from_item};

use crate::resources::handle::Resources;
use crate::resources::record::Record;
use crate::resources::writes::{Pointer, write_name, write_record};

impl Record {
    /// Notes the key of the name, unless the key stays where it is. A new spelling of the same name can have another key.
    pub(super) fn rename(&mut self, before: &Self, kind: &Kind) -> Result<(), Error> {
        let (old, new) = (
            before.text(kind, kind.unique)?,
            self.text(kind, kind.unique)?,
        );
        let compared = |name: &Option<String>| name.as_deref().map(|name| kind.compared(name));
        let key_of_before = new.as_deref().and_then(|name| kind.compared_before(name));
        let is_same = compared(&old) == compared(&new);
        if !is_same || before.name_in_key(kind)? != key_of_before {
            self.named = new.and_then(|name| kind.compared_since(&name));
        }
        Ok(())
    }

    /// Returns the form of the unique name that its key has; `None` if there is no name.
    ///
    /// # Errors
    /// When the stored document is not JSON.
    pub fn name_in_key(&self, kind: &Kind) -> Result<Option<String>, Error> {
        let name = self.text(kind, kind.unique)?;
        Ok(name.map(|name| {
            let compared = kind.compared(&name);
            // What an earlier version renamed since is where that version put it.
            let is_noted = self.named.as_ref() == Some(&compared);
            let before = kind.compared_before(&name).filter(|_| !is_noted);
            before.unwrap_or(compared)
        }))
    }

    /// Returns the person with the key of today for the name; `None` if that is the key already.
    fn lifted_name(&self) -> Result<Option<Self>, Error> {
        let name = self.user_name()?;
        let (now, in_key) = (USERS.compared(&name), self.name_in_key(&USERS)?);
        let Some(before) = in_key.filter(|in_key| *in_key != now) else {
            return Ok(None);
        };
        let mut lifted = self.rewritten();
        lifted.named = Some(now.clone());
        // Who has proven the name has done so in the form of its key.
        let (kind, identity) = (IdentifierKind::UserName, &mut lifted.identity);
        if identity.proven.is_some() && identity.proves(&self.id, kind, &before) {
            identity.prove(&self.id, kind, Some(&now));
        }
        Ok(Some(lifted))
    }

    /// Returns whether this is the name of the resource, in any spelling.
    ///
    /// # Errors
    /// When the stored document is not JSON.
    pub fn is_named(&self, kind: &Kind, name: &str) -> Result<bool, Error> {
        let own = self.text(kind, kind.unique)?;
        Ok(own.is_some_and(|own| kind.compared(&own) == kind.compared(name)))
    }
}

impl Resources<'_> {
    /// Returns the resource with this name, in any spelling.
    ///
    /// # Errors
    /// Only table errors.
    pub(crate) async fn holder_of(
        self,
        kind: &'static Kind,
        name: &str,
    ) -> Result<Option<Record>, Error> {
        let forms = std::iter::once(kind.compared(name)).chain(kind.compared_before(name));
        for form in forms.filter(|form| !form.is_empty()) {
            let holder = self.holder_of_key(kind, &form).await?;
            if let Some(holder) = holder
                && holder.is_named(kind, name)?
            {
                return Ok(Some(holder));
            }
        }
        Ok(None)
    }

    /// Refuses a new name that somebody has under the key of an earlier version. Only such a name is looked for.
    ///
    /// # Errors
    /// `uniqueness` when the name is taken.
    pub(super) async fn refuse_name_of_before(
        self,
        kind: &'static Kind,
        before: Option<&Record>,
        after: &Record,
    ) -> Result<(), Error> {
        if after.named.is_none() || before.is_some_and(|before| before.named == after.named) {
            return Ok(());
        }
        let name = after.text(kind, kind.unique)?.unwrap_or_default();
        let Some(form) = kind.compared_before(&name) else {
            return Ok(());
        };
        match self.holder_of_key(kind, &form).await? {
            Some(holder) if holder.id != after.id && holder.is_named(kind, &name)? => {
                let attribute = kind.unique.to_owned();
                Err(scim::Error::Uniqueness { attribute }.into())
            }
            _ => Ok(()),
        }
    }

    /// Gives the names of these people the keys of today. Nothing else of them changes, and no event tells of it.
    ///
    /// # Errors
    /// Only table errors.
    pub(crate) async fn lift_names(self, people: &[Record]) -> Result<(), Error> {
        for person in people {
            let Some(lifted) = person.lifted_name()? else {
                continue;
            };
            let (mut transaction, scope) = (Transaction::default(), self.scope);
            let (before, after) = (Some(person), Some(&lifted));
            write_record(scope, &mut transaction, &USERS, before, after)?;
            write_name(scope, &mut transaction, &USERS, before, after)?;
            // If the person has changed meanwhile, the next pass looks again. If somebody else has the name in another
            // spelling, both keep the keys that they have.
            scope.table.transact(&transaction).await?;
        }
        Ok(())
    }

    async fn holder_of_key(self, kind: &'static Kind, form: &str) -> Result<Option<Record>, Error> {
        let key = self.scope.keys().name(kind, form);
        let Some(pointer) = self.scope.table.get(&key).await? else {
            return Ok(None);
        };
        let id = from_item::<Pointer>(pointer)?.id;
        Ok(self.records(kind, &[id]).await?.pop())
    }
}
