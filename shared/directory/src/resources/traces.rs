//! The traces of deleted people: keyed hashes of their identifiers, and under each hash the ids of those who had it.
//!
//! A sign-in with an identifier of somebody who was deleted must not create a new person. The identifiers themselves are
//! not kept: a hash only tells whether somebody had this one.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::AttributeValue;
use rollcall_model::{USERS, sha256_hex};
use rollcall_store::{
    Error, Expression, Found, Guard, Item, Key, KeyUse, Scope, StackKey, Transaction, now, number,
};
use serde::{Deserialize, Serialize};

use crate::resources::record::Record;

/// The shortest time for which the traces of a deleted person are kept, in days.
const MIN_DAYS: u32 = 365;
/// The number of e-mail addresses of which hashes are kept.
const MAX_EMAILS: usize = 10;
/// The number of identifiers that a person had before of which hashes are kept: the latest ones.
const MAX_FORMER: usize = 8;
/// The attribute with the ids of the deleted people who had an identifier.
const IDS: &str = "ids";
/// The attribute with the ids of those of them who left it in the form in which names are compared. Earlier versions folded
/// names, and do not write it.
const COMPARED: &str = "ids_compared";

/// The hashes of one deleted person's identifiers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Traces {
    #[serde(skip_serializing_if = "Option::is_none")]
    user_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id: Option<String>,
    /// Those of the e-mail addresses other than the user name.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    emails: BTreeSet<String>,
    /// Those of the identifiers that the person had before.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) former: Vec<String>,
}

impl Traces {
    /// Returns the traces that a person leaves.
    ///
    /// # Errors
    /// When the keys of the stack cannot be read.
    pub(super) async fn of(scope: &Scope, record: &Record) -> Result<Self, Error> {
        let mut traces = Self::of_present(scope, record).await?;
        let present: BTreeSet<String> = traces.all().cloned().collect();
        let former = record.identity.former.iter();
        traces.former = former
            .filter(|hash| !present.contains(*hash))
            .cloned()
            .collect();
        Ok(traces)
    }

    async fn of_present(scope: &Scope, record: &Record) -> Result<Self, Error> {
        let current = scope.key_ring.current().await?;
        let hash = |text: String| hash(current.as_ref(), &text);
        let user_name = record.user_name()?;
        let external_id = record.text(&USERS, "externalId")?;
        let external_id = external_id.filter(|id| !id.is_empty());
        let emails = record.emails()?;
        let emails = emails.iter().take(MAX_EMAILS);
        let emails =
            emails.filter(|email| USERS.compared(&email.value) != USERS.compared(&user_name));
        let emails = emails.filter(|email| !email.value.is_empty());
        Ok(Self {
            user_name: Some(hash(name_text(scope, &user_name))),
            external_id: external_id.map(|id| hash(external_id_text(scope, &id))),
            emails: emails
                .map(|email| hash(name_text(scope, &email.value)))
                .collect(),
            former: Vec::new(),
        })
    }

    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn all(&self) -> impl Iterator<Item = &String> {
        let names = self.user_name.iter().chain(&self.external_id);
        names.chain(&self.emails).chain(&self.former)
    }

    /// Keeps the identifiers that a change takes from a person, so that they leave traces too. Only such a change needs the
    /// key of the stack.
    ///
    /// # Errors
    /// When the keys of the stack cannot be read.
    pub(crate) async fn keep_former(
        scope: &Scope,
        before: &Record,
        after: &mut Record,
    ) -> Result<(), Error> {
        if identifiers(before)? == identifiers(after)? {
            return Ok(());
        }
        let (had, has) = (
            Self::of_present(scope, before).await?,
            Self::of_present(scope, after).await?,
        );
        let has: BTreeSet<&String> = has.all().collect();
        let former = &mut after.identity.former;
        for hash in had.all().filter(|hash| !has.contains(hash)) {
            former.retain(|known| known != hash);
            former.push(hash.clone());
        }
        former.drain(..former.len().saturating_sub(MAX_FORMER));
        Ok(())
    }

    /// Writes the traces of the person with this id.
    ///
    /// # Errors
    /// `404` when the tenant was deleted.
    pub(super) async fn write(
        &self,
        scope: &Scope,
        transaction: &mut Transaction,
        id: &str,
    ) -> Result<(), Error> {
        let days = scope.settings().await?.retention_days.max(MIN_DAYS);
        let expires = now().as_second() + i64::from(days) * 86_400;
        for hash in self.all() {
            // What the person was called before can have the form of an earlier version.
            let added = match self.former.contains(hash) {
                true => format!("{IDS} :ids"),
                false => format!("{IDS} :ids, {COMPARED} :ids"),
            };
            let add = Expression::new(format!("ADD {added} SET expires = :expires"))
                .with(":ids", AttributeValue::Ss(vec![id.to_owned()]))
                .with(":expires", number(expires));
            transaction.update(scope.keys().deleted_with(hash), add);
        }
        Ok(())
    }

    /// Removes the traces of the person with this id, and the items that name nobody else.
    pub(super) async fn remove(&self, scope: &Scope, id: &str) -> Result<(), Error> {
        let mut transaction = Transaction::default();
        self.erase(scope, &mut transaction, id);
        if transaction.is_empty() {
            return Ok(());
        }
        scope.table.transact(&transaction).await?;
        for hash in self.all() {
            let mut transaction = Transaction::default();
            let key = scope.keys().deleted_with(hash);
            transaction.delete_if(key, nobody_had_it(), Guard::Used);
            scope.table.transact(&transaction).await?;
        }
        Ok(())
    }

    /// Removes the traces of the person with this id.
    pub(super) fn erase(&self, scope: &Scope, transaction: &mut Transaction, id: &str) {
        for hash in self.all() {
            let remove = Expression::new(format!("DELETE {IDS} :ids, {COMPARED} :ids"))
                .with(":ids", AttributeValue::Ss(vec![id.to_owned()]));
            transaction.update(scope.keys().deleted_with(hash), remove);
        }
    }
}

/// The user name and the external id of somebody who is pushed, as traces with each key of the stack.
#[derive(Debug)]
pub(super) struct Sought {
    user_names: BTreeSet<String>,
    external_ids: BTreeSet<String>,
}

impl Sought {
    /// # Errors
    /// When the keys of the stack cannot be read.
    pub(super) async fn of(scope: &Scope, pushed: &Record) -> Result<Self, Error> {
        let user_name = name_text(scope, &pushed.user_name()?);
        let external_id = pushed.text(&USERS, "externalId")?;
        let external_id = external_id.filter(|id| !id.is_empty());
        let external_ids = match external_id.map(|id| external_id_text(scope, &id)) {
            Some(text) => hashes(scope, &text).await?.into_iter().collect(),
            None => BTreeSet::new(),
        };
        Ok(Self {
            user_names: hashes(scope, &user_name).await?.into_iter().collect(),
            external_ids,
        })
    }

    pub(super) fn keys(&self, scope: &Scope) -> Vec<Key> {
        let all = self.user_names.iter().chain(&self.external_ids);
        all.map(|hash| scope.keys().deleted_with(hash)).collect()
    }

    /// Returns whether this is the deleted person who left the traces. Of two external ids, both must be the same;
    /// without one of them, the user name decides. An e-mail address never does.
    pub(super) fn means(&self, traces: &Traces) -> bool {
        let is_named = |name: &String| self.user_names.contains(name);
        match &traces.external_id {
            Some(id) if !self.external_ids.is_empty() => self.external_ids.contains(id),
            _ => traces.user_name.as_ref().is_some_and(is_named),
        }
    }
}

/// The identifiers of one sign-in, in the form in which they are compared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Identifiers {
    /// User names and e-mail addresses, which applications and identity providers confuse.
    names: BTreeSet<String>,
    /// Their forms in earlier versions, where those are others.
    names_before: BTreeSet<String>,
    external_ids: BTreeSet<String>,
}

impl Identifiers {
    /// Adds user names or e-mail addresses, as they were given.
    pub(crate) fn with_names<'a>(mut self, names: impl IntoIterator<Item = &'a str>) -> Self {
        for name in names.into_iter().filter(|name| !name.is_empty()) {
            self.names.insert(USERS.compared(name));
            self.names_before.extend(USERS.compared_before(name));
        }
        self
    }

    /// Adds external ids.
    pub(crate) fn with_external_ids<'a>(mut self, ids: impl IntoIterator<Item = &'a str>) -> Self {
        let ids = ids.into_iter().filter(|id| !id.is_empty());
        self.external_ids.extend(ids.map(str::to_owned));
        self
    }

    /// Returns the keys under which deleted people with one of the identifiers are found.
    ///
    /// # Errors
    /// When the keys of the stack cannot be read.
    pub(crate) async fn deleted_keys(&self, scope: &Scope) -> Result<DeletedKeys, Error> {
        let names = self.names.iter().map(|name| name_text(scope, name));
        let ids = self.external_ids.iter();
        let texts = names.chain(ids.map(|id| external_id_text(scope, id)));
        let before = self.names_before.difference(&self.names);
        let before: Vec<String> = before.map(|form| text_of_form(scope, form)).collect();
        Ok(DeletedKeys {
            current: keys_of(scope, texts.collect()).await?,
            before: keys_of(scope, before).await?,
        })
    }
}

/// The keys of the items that name deleted people with one of some identifiers.
#[derive(Clone, Debug, Default)]
pub(crate) struct DeletedKeys {
    /// Those of the identifiers as they are compared.
    pub(crate) current: Vec<Key>,
    /// Those of names as earlier versions compared them. They can be the keys of other names that look alike.
    before: Vec<Key>,
}

impl DeletedKeys {
    pub(crate) fn all(&self) -> impl Iterator<Item = &Key> {
        self.current.iter().chain(&self.before)
    }

    /// Returns the ids of the deleted people in what was read. Under a form of before, only those count who were deleted
    /// by an earlier version: who left it since had another name.
    pub(crate) fn people(&self, found: &Found) -> BTreeSet<String> {
        let mut ids = BTreeSet::new();
        for item in self.current.iter().filter_map(|key| found.get(key)) {
            ids.extend(ids_in(item, IDS));
        }
        for item in self.before.iter().filter_map(|key| found.get(key)) {
            let since = ids_in(item, COMPARED);
            let all = ids_in(item, IDS).into_iter();
            ids.extend(all.filter(|id| !since.contains(id)));
        }
        ids
    }
}

/// Returns the ids of the deleted people in the item of an identifier.
pub(crate) fn deleted_ids(item: &Item) -> BTreeSet<String> {
    ids_in(item, IDS)
}

fn ids_in(item: &Item, attribute: &str) -> BTreeSet<String> {
    let ids = item.get(attribute).and_then(|ids| ids.as_ss().ok());
    ids.into_iter().flatten().cloned().collect()
}

/// The condition on the item of an identifier that nobody who was deleted had it.
pub(crate) fn nobody_had_it() -> Expression {
    Expression::new(format!("attribute_not_exists({IDS})"))
}

fn identifiers(record: &Record) -> Result<(String, Option<String>, Vec<String>), Error> {
    let emails = record.emails()?.into_iter();
    let emails = emails.map(|email| USERS.compared(&email.value)).collect();
    let external_id = record.text(&USERS, "externalId")?;
    Ok((USERS.compared(&record.user_name()?), external_id, emails))
}

fn name_text(scope: &Scope, name: &str) -> String {
    text_of_form(scope, &USERS.compared(name))
}

fn text_of_form(scope: &Scope, form: &str) -> String {
    format!("{}#name#{form}", scope.tenant)
}

fn external_id_text(scope: &Scope, id: &str) -> String {
    format!("{}#external_id#{id}", scope.tenant)
}

/// Returns the keys of the items of some texts.
async fn keys_of(scope: &Scope, texts: Vec<String>) -> Result<Vec<Key>, Error> {
    let mut keys = Vec::new();
    for text in texts {
        let hashes = hashes(scope, &text).await?;
        keys.extend(hashes.iter().map(|hash| scope.keys().deleted_with(hash)));
    }
    Ok(keys)
}

/// Returns the hashes of a text with each key of the stack.
async fn hashes(scope: &Scope, text: &str) -> Result<Vec<String>, Error> {
    let all = scope.key_ring.all().await?;
    Ok(match all.is_empty() {
        true => vec![hash(None, text)],
        false => all.iter().map(|key| hash(Some(key), text)).collect(),
    })
}

fn hash(key: Option<&StackKey>, text: &str) -> String {
    let Some(key) = key else {
        return sha256_hex(text);
    };
    let mac = key.mac(KeyUse::Identifier, text);
    mac.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn traces(user_name: &str, external_id: Option<&str>) -> Traces {
        Traces {
            user_name: Some(user_name.to_owned()),
            external_id: external_id.map(str::to_owned),
            emails: BTreeSet::from(["mail".to_owned()]),
            former: vec!["maiden".to_owned()],
        }
    }

    #[test]
    fn whom_a_push_means() {
        let sought = |name: &str, id: Option<&str>| Sought {
            user_names: BTreeSet::from([name.to_owned()]),
            external_ids: id.into_iter().map(str::to_owned).collect(),
        };
        for (left, pushed, expected) in [
            (("ada", Some("1")), ("ada", Some("1")), true),
            (("ada", Some("1")), ("countess", Some("1")), true),
            (("ada", Some("1")), ("ada", Some("2")), false),
            (("ada", Some("1")), ("ada", None), true),
            (("ada", None), ("ada", Some("1")), true),
            (("ada", None), ("bob", None), false),
            (("ada", None), ("mail", None), false),
            (("ada", None), ("maiden", None), false),
        ] {
            let means = sought(pushed.0, pushed.1).means(&traces(left.0, left.1));
            assert_eq!(means, expected, "{left:?} {pushed:?}");
        }
    }
}
