//! Mail that bounced, or that its receiver reported as spam.
//!
//! The mail service says so later, in an event that names the mail. It counts only if the tenant has sent that mail, and only
//! about a person who is still here or an address that is still a contact's: a late one brings nothing back of somebody who was
//! erased. An address is only stored as the key of its mark, which ends after 30 days, and of whom Health tells is a bounded
//! list of ids.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rollcall_model::{Actor, EventType, Origin, Subject, USERS, sha256_hex};
use rollcall_store::{
    Error, Expression, Guard, Item, Key, Scope, Transaction, from_item, now, retry_stale, to_item,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::credentials::handle::Credentials;
use crate::journal::entry::Entry;

/// How long an address counts as one that rejects mail, in seconds: 30 days.
const REMEMBERED: i64 = 30 * 86_400;
/// The most people of whom Health tells: those whose mail was rejected last.
const MAX_PEOPLE: usize = 50;

/// Why a mail counts as rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailRejection {
    /// It bounced for good: the address does not exist, or takes no mail.
    Bounced,
    /// Its receiver reported it as spam.
    Complained,
}

impl MailRejection {
    /// Returns the code in events.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bounced => "bounced",
            Self::Complained => "complained",
        }
    }
}

/// A mail that was rejected.
#[derive(Clone, Copy, Debug)]
pub struct RejectedMail<'a> {
    /// The work for which it was sent, as it was leased.
    pub work: &'a str,
    /// The address to which it was sent.
    pub address: &'a str,
    /// Why it counts as rejected.
    pub why: MailRejection,
    /// To whom it was sent.
    pub to: &'a MailedTo,
}

/// To whom a mail was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MailedTo {
    /// A person, whose address it is.
    Person(Subject),
    /// A contact of the tenant.
    Contact,
    /// Whoever gets the portal link with this id. Their address is not stored.
    Link(String),
}

/// What became of the report about a rejected mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reported {
    /// It is stored, and an event says so.
    Noted,
    /// It was stored before.
    Known,
    /// The tenant has sent no such mail, or is gone, or the person is.
    Unknown,
}

/// The mark of an address that rejects mail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RejectingAddress {
    /// Why.
    pub why: MailRejection,
    /// When the last mail was rejected.
    pub at: Timestamp,
    /// The end of the mark, in seconds since 1970.
    expires: i64,
}

impl RejectingAddress {
    /// Returns the mark of an address that rejected mail at a time.
    pub fn new(why: MailRejection, at: Timestamp) -> Self {
        let expires = at.as_second().saturating_add(REMEMBERED);
        Self { why, at, expires }
    }

    /// Returns when the mark ends.
    pub fn ends_at(&self) -> Timestamp {
        Timestamp::from_second(self.expires).unwrap_or(Timestamp::MAX)
    }
}

/// Of whom Health tells. It is beside the settings of the tenant, so that a check reads it with them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RejectedMails {
    /// The ids of the people, the last one first.
    #[serde(default)]
    pub people: Vec<String>,
    /// Whether mail to a contact was rejected.
    #[serde(default)]
    pub contacts: bool,
    #[serde(default)]
    revision: u64,
    #[serde(default)]
    expires: i64,
}

impl RejectedMails {
    /// Returns whether people are left out.
    pub fn is_full(&self) -> bool {
        self.people.len() >= MAX_PEOPLE
    }

    fn with(mut self, to: &MailedTo) -> Self {
        match to {
            MailedTo::Person(person) => {
                self.people.retain(|id| *id != person.id);
                self.people.insert(0, person.id.clone());
                self.people.truncate(MAX_PEOPLE);
            }
            MailedTo::Contact => self.contacts = true,
            MailedTo::Link(_) => {}
        }
        self
    }
}

impl Credentials<'_> {
    /// Stores that a mail of the tenant was rejected, with an event about it, if the tenant has sent it.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn note_rejected_mail(self, mail: RejectedMail<'_>) -> Result<Reported, Error> {
        let keys = self.scope.keys();
        let sent = keys.leases().at(mail.work);
        let known = keys.leases().at(format!("rejected-mail#{}", mail.work));
        let address = mark_of(self.scope, mail.address);
        let list = keys.rejected_mails();
        let wanted = [&sent, &known, &list];
        retry_stale(|_| async {
            let mut found = self.scope.table.find(wanted.map(Clone::clone)).await?;
            if found.take(&sent).is_none() {
                return Ok(Some(Reported::Unknown));
            }
            if found.take(&known).is_some() {
                return Ok(Some(Reported::Known));
            }
            let mut transaction = Transaction::default();
            self.scope.check_alive(&mut transaction);
            let mark = RejectingAddress::new(mail.why, now());
            transaction.put_if(to_item(&known, &mark)?, Expression::absent(), Guard::Stale);
            if let MailedTo::Person(person) = mail.to {
                let person = keys.resource(&USERS, &person.id);
                transaction.check(person, Expression::present(), Guard::Gone);
            }
            if !matches!(mail.to, MailedTo::Link(_)) {
                transaction.put(to_item(&address, &mark)?);
                let before = found.take(&list);
                self.put_list(
                    &mut transaction,
                    before,
                    |all| all.with(mail.to),
                    mark.expires,
                )?;
            }
            transaction.put(self.rejection(&mail).to_item(keys)?);
            let failed = self.scope.table.transact(&transaction).await?;
            Ok(match failed.is_empty() {
                true => Some(Reported::Noted),
                false if failed.contains(&Guard::Gone) => Some(Reported::Unknown),
                false => None,
            })
        })
        .await
    }

    /// Returns the marks of those of these addresses that reject mail.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn rejecting<'a>(
        self,
        addresses: impl IntoIterator<Item = &'a str>,
    ) -> Result<BTreeMap<&'a str, RejectingAddress>, Error> {
        let mark_of = |address: &'a str| (mark_of(self.scope, address), address);
        let marks: BTreeMap<Key, &str> = addresses.into_iter().map(mark_of).collect();
        let mut found = self.scope.table.find(marks.keys().cloned()).await?;
        let at = now().as_second();
        let mut rejecting = BTreeMap::new();
        for (key, address) in marks {
            let mark: Option<RejectingAddress> = found.take(&key).map(from_item).transpose()?;
            if let Some(mark) = mark.filter(|mark| mark.expires > at) {
                rejecting.insert(address, mark);
            }
        }
        Ok(rejecting)
    }

    /// Takes a person who is erased off the list of those of whom Health tells.
    ///
    /// # Errors
    /// Only table errors.
    pub(crate) async fn forget_rejected_mail(self, id: &str) -> Result<(), Error> {
        let list = self.scope.keys().rejected_mails();
        retry_stale(|_| async {
            let Some(item) = self.scope.table.get(&list).await? else {
                return Ok(Some(()));
            };
            let stored: RejectedMails = from_item(item.clone())?;
            if !stored.people.iter().any(|person| person == id) {
                return Ok(Some(()));
            }
            let mut transaction = Transaction::default();
            let without = |mut all: RejectedMails| {
                all.people.retain(|person| person != id);
                all
            };
            let expires = stored.expires;
            self.put_list(&mut transaction, Some(item), without, expires)?;
            let failed = self.scope.table.transact(&transaction).await?;
            Ok(failed.is_empty().then_some(()))
        })
        .await
    }

    /// Adds the write of the list to a transaction, on the condition that it has not changed since it was read.
    fn put_list(
        self,
        transaction: &mut Transaction,
        before: Option<Item>,
        change: impl FnOnce(RejectedMails) -> RejectedMails,
        expires: i64,
    ) -> Result<(), Error> {
        let before: Option<RejectedMails> = before.map(from_item).transpose()?;
        let unchanged = match &before {
            None => Expression::absent(),
            Some(before) => Expression::at_revision(before.revision),
        };
        let before = before.unwrap_or_default();
        let revision = before.revision + 1;
        let after = RejectedMails {
            revision,
            expires,
            ..change(before)
        };
        let item = to_item(&self.scope.keys().rejected_mails(), &after)?;
        transaction.put_if(item, unchanged, Guard::Stale);
        Ok(())
    }

    /// Returns the entry about a rejected mail. The address stays out of it.
    fn rejection(self, mail: &RejectedMail<'_>) -> Entry {
        let tenant = || Subject::tenant(&self.scope.tenant);
        let (subject, to, link) = match mail.to {
            MailedTo::Person(person) => (person.clone().shortened(), "person", None),
            MailedTo::Contact => (tenant(), "contact", None),
            MailedTo::Link(id) => (tenant(), "portal_link", Some(id)),
        };
        let entry = Entry {
            actor: Actor::SYSTEM,
            origin: Origin::default(),
            ..Entry::new(self.scope, EventType::MailRejected, subject)
        };
        let mut after = json!({"reason": mail.why.as_str(), "to": to});
        if let Some(link) = link {
            after["link"] = json!(link);
        }
        entry.with_change(None, Some(after))
    }
}

/// Returns the key of the mark of an address that rejects mail. Unlike for the bounds of mail, an address with a tag is
/// another one: a server can reject one and take the other.
pub(super) fn mark_of(scope: &Scope, address: &str) -> Key {
    let hash = sha256_hex(&address.to_lowercase());
    scope.keys().leases().at(format!("rejected#{hash}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_bounded_and_names_nobody_twice() {
        let mut all = RejectedMails::default();
        for number in 0..MAX_PEOPLE + 10 {
            let person = Subject::new("user", number.to_string(), "");
            all = all.with(&MailedTo::Person(person));
        }
        assert!(all.is_full() && all.people.len() == MAX_PEOPLE);
        assert_eq!(all.people[0], "59");
        let again = Subject::new("user", "40", "");
        let all = all
            .with(&MailedTo::Person(again))
            .with(&MailedTo::Link("l".to_owned()));
        assert_eq!((all.people.len(), all.people[0].as_str()), (50, "40"));
        assert!(!all.contacts && all.with(&MailedTo::Contact).contacts);
    }
}
