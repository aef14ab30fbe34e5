//! What stays of a deleted person: what a return needs, under their id, and keyed hashes of their identifiers.
//!
//! A sign-in with an identifier of somebody who was deleted must not create a new person. The identifiers themselves are
//! not kept: a hash only tells whether somebody had this one.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use rollcall_model::{Account, Identity, Kind, USERS, sha256_hex};
use rollcall_scim::fold;
use rollcall_store::{
    Error, Expression, Item, Key, KeyUse, Scope, Transaction, now, number, to_item,
};
use serde::{Deserialize, Serialize};

use crate::resources::record::Record;

/// The shortest time for which the traces of a deleted person are kept, in days.
const MIN_DAYS: u32 = 365;
/// The number of e-mail addresses of which hashes are kept.
const MAX_EMAILS: usize = 10;
/// The attribute with the ids of the deleted people who had an identifier.
const IDS: &str = "ids";

/// The tombstone of a user or group. Earlier versions stored only when the resource was deleted.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Tombstone {
    deleted: Timestamp,
    /// The person that the account was closed into.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) merged_into: Option<String>,
    #[serde(default, skip_serializing_if = "Identity::is_default")]
    identity: Identity,
    #[serde(
        rename = "standing",
        default,
        skip_serializing_if = "Account::is_default"
    )]
    account: Account,
    /// The groups that the person was in.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    groups: BTreeSet<String>,
}

impl Tombstone {
    /// Returns the tombstone of a resource that is deleted now.
    pub(super) fn of(kind: &Kind, record: &Record) -> Self {
        let is_person = *kind == USERS;
        Self {
            deleted: now(),
            merged_into: None,
            identity: record.identity.clone(),
            account: record.account.clone(),
            groups: record
                .groups
                .iter()
                .filter(|_| is_person)
                .cloned()
                .collect(),
        }
    }

    /// Returns the tombstone of an account that is closed into this person.
    pub(super) fn merged_into(self, person: &str) -> Self {
        Self {
            merged_into: Some(person.to_owned()),
            ..self
        }
    }

    pub(super) fn to_item(&self, scope: &Scope, kind: &Kind, id: &str) -> Result<Item, Error> {
        to_item(&scope.keys().tombstone(kind, id), self)
    }
}

/// The identifiers of one person, or of one sign-in, in the form in which they are compared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Identifiers {
    /// User names and e-mail addresses, which applications and identity providers confuse.
    names: BTreeSet<String>,
    external_ids: BTreeSet<String>,
}

impl Identifiers {
    /// Adds user names or e-mail addresses.
    pub(crate) fn with_names<'a>(mut self, names: impl IntoIterator<Item = &'a str>) -> Self {
        let names = names.into_iter().filter(|name| !name.is_empty());
        self.names.extend(names.map(fold));
        self
    }

    /// Adds external ids.
    pub(crate) fn with_external_ids<'a>(mut self, ids: impl IntoIterator<Item = &'a str>) -> Self {
        let ids = ids.into_iter().filter(|id| !id.is_empty());
        self.external_ids.extend(ids.map(str::to_owned));
        self
    }

    fn of(record: &Record) -> Result<Self, Error> {
        let emails = record.emails()?;
        let emails = emails
            .iter()
            .take(MAX_EMAILS)
            .map(|email| email.value.as_str());
        let external_id = record.text(&USERS, "externalId")?;
        Ok(Self::default()
            .with_names([record.user_name()?.as_str()])
            .with_names(emails)
            .with_external_ids(external_id.as_deref()))
    }

    fn texts<'a>(&'a self, scope: &'a Scope) -> impl Iterator<Item = String> + 'a {
        let text = |kind: &str, value: &String| format!("{}#{kind}#{value}", scope.tenant);
        let names = self.names.iter().map(move |name| text("name", name));
        names.chain(
            self.external_ids
                .iter()
                .map(move |id| text("external_id", id)),
        )
    }

    /// Returns the keys under which deleted people with one of the identifiers are found.
    ///
    /// # Errors
    /// When the keys of the stack cannot be read.
    pub(crate) async fn deleted_keys(&self, scope: &Scope) -> Result<Vec<Key>, Error> {
        let all = scope.key_ring.all().await?;
        let keys = self.texts(scope).flat_map(|text| {
            let macs: Vec<String> = match all.is_empty() {
                true => vec![sha256_hex(&text)],
                false => all.iter().map(|key| mac(key, &text)).collect(),
            };
            macs.into_iter().map(|mac| scope.keys().deleted_with(&mac))
        });
        Ok(keys.collect())
    }
}

fn mac(key: &rollcall_store::StackKey, text: &str) -> String {
    let mac = key.mac(KeyUse::Identifier, text);
    mac.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Writes the hashes of a deleted person's identifiers.
///
/// # Errors
/// `404` when the tenant was deleted.
pub(super) async fn write_hashes(
    scope: &Scope,
    transaction: &mut Transaction,
    record: &Record,
) -> Result<(), Error> {
    let identifiers = Identifiers::of(record)?;
    let days = scope.settings().await?.retention_days.max(MIN_DAYS);
    let expires = now().as_second() + i64::from(days) * 86_400;
    let current = scope.key_ring.current().await?;
    for text in identifiers.texts(scope) {
        let mac = match &current {
            Some(key) => mac(key, &text),
            None => sha256_hex(&text),
        };
        let add = Expression::new(format!("ADD {IDS} :ids SET expires = :expires"))
            .with(":ids", AttributeValue::Ss(vec![record.id.clone()]))
            .with(":expires", number(expires));
        transaction.update(scope.keys().deleted_with(&mac), add);
    }
    Ok(())
}
