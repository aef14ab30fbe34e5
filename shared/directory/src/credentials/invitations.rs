//! What bounds mail: a notice goes to an address once a day, and a portal link once an hour, which counts as one of the day's
//! mails.
//!
//! What bounds invitation mail: one mail per address and week, and a number of mails per tenant and day. Whoever holds a
//! SCIM token chooses the addresses.
//!
//! The address and the day are claimed before the mail is sent, for the event that asks for it. If that event is delivered
//! again, its claim still holds.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rollcall_model::{Actor, EventType, Origin, Subject, USERS, sha256_hex};
use rollcall_store::{
    Error, Expression, Guard, Item, Key, Scope, Transaction, from_item, now, number, retry_stale,
    string, to_item,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::credentials::handle::Credentials;
use crate::credentials::rejected_mail::mark_of;
use crate::journal::entry::Entry;

/// How long an address gets no other mail, in seconds: seven days.
const QUIET: i64 = 7 * 86_400;
/// How long an address gets no other notice, in seconds: most of a day.
pub(super) const NOTICE_QUIET: i64 = 20 * 3_600;
/// How long an address gets no other portal link, in seconds: an hour.
const LINK_QUIET: i64 = 3_600;
/// How long the count of a day is kept, in seconds.
pub(super) const COUNT_KEPT: i64 = 2 * 86_400;

/// Why somebody gets no invitation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotInvited {
    /// The person has no address.
    NoAddress,
    /// The address is not one that mail can be sent to.
    InvalidAddress,
    /// The tenant does not send invitations to the domain of the address.
    DomainNotAllowed,
    /// The address got an invitation of this tenant within the last seven days.
    AlreadyInvited,
    /// The tenant has sent as many invitations today as the operator allows.
    DailyLimit,
    /// The mail service refuses the mail.
    Undeliverable,
}

impl NotInvited {
    /// Returns the code in events.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoAddress => "no_address",
            Self::InvalidAddress => "invalid_address",
            Self::DomainNotAllowed => "domain_not_allowed",
            Self::AlreadyInvited => "already_invited",
            Self::DailyLimit => "daily_limit",
            Self::Undeliverable => "undeliverable",
        }
    }
}

/// Why a portal link was not mailed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotMailed {
    /// The address is not one that mail can be sent to.
    InvalidAddress,
    /// The tenant does not send mail to the domain of the address.
    DomainNotAllowed,
    /// The address got a portal link of this tenant by mail within the last hour.
    AlreadyMailed,
    /// The tenant has sent as many mails today as the operator allows.
    DailyLimit,
    /// The mail service refuses the mail.
    Undeliverable,
    /// The link can no longer be opened.
    LinkEnded,
}

impl NotMailed {
    /// Returns the code in events.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidAddress => "invalid_address",
            Self::DomainNotAllowed => "domain_not_allowed",
            Self::AlreadyMailed => "already_mailed",
            Self::DailyLimit => "daily_limit",
            Self::Undeliverable => "undeliverable",
            Self::LinkEnded => "link_ended",
        }
    }
}

/// Why an address cannot be claimed.
#[derive(Clone, Copy, Debug)]
enum Taken {
    /// Another event has claimed it a short time ago.
    Address,
    /// The mails of the day are used up.
    Day,
}

/// The claim on an address.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct AddressItem {
    /// The event that asked for the mail.
    pub(super) event: String,
    /// The end of the claim, in seconds since 1970.
    pub(super) expires: i64,
}

/// The claims on an address for notices. Earlier versions read the last of them alone, and have written no others.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct NoticeItem {
    /// The last event that asked for a mail.
    pub(super) event: String,
    /// The end of the last claim, in seconds since 1970.
    pub(super) expires: i64,
    /// The claim of each connection; without one, under an empty id. For findings, the claim of each finding.
    #[serde(default)]
    pub(super) claims: BTreeMap<String, AddressItem>,
}

/// The invitations of one day.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct DayItem {
    pub(super) sent: u32,
    pub(super) expires: i64,
}

impl Credentials<'_> {
    /// Claims an address and one of the day's mails for an event. Returns why the mail must not be sent, if so.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn claim_invitation(
        self,
        event: &str,
        address: &str,
        per_day: u32,
    ) -> Result<Option<NotInvited>, Error> {
        let address = invitation_key(self.scope, address);
        let taken = self.claim_mail(event, (address, QUIET), per_day).await?;
        Ok(taken.map(|taken| match taken {
            Taken::Address => NotInvited::AlreadyInvited,
            Taken::Day => NotInvited::DailyLimit,
        }))
    }

    /// Claims an address and one of the day's mails for the event of a portal link. Returns why the mail must not be sent,
    /// if so.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn claim_link(
        self,
        event: &str,
        address: &str,
        per_day: u32,
    ) -> Result<Option<NotMailed>, Error> {
        let address = link_key(self.scope, address);
        let taken = self.claim_mail(event, (address, LINK_QUIET), per_day);
        Ok(taken.await?.map(|taken| match taken {
            Taken::Address => NotMailed::AlreadyMailed,
            Taken::Day => NotMailed::DailyLimit,
        }))
    }

    /// Gives the claims for the event of a portal link back, because the mail was not sent.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn release_link(self, event: &str, address: &str) -> Result<(), Error> {
        let at = now();
        let (address_key, day_key) = (
            &link_key(self.scope, address),
            &self.day_key("invitations", at),
        );
        retry_stale(|_| async move {
            let wanted = [address_key.clone(), day_key.clone()];
            let mut found = self.scope.table.find(wanted).await?;
            let claimed = read::<AddressItem>(found.take(address_key))?;
            if claimed.is_none_or(|claim| claim.event != event) {
                return Ok(Some(()));
            }
            let mut transaction = Transaction::default();
            let nobody = AddressItem {
                event: String::new(),
                expires: at.as_second(),
            };
            let same_claim = Expression::new("event = :event").with(":event", string(event));
            transaction.put_if(to_item(address_key, &nobody)?, same_claim, Guard::Stale);
            if let Some(mut day) = read::<DayItem>(found.take(day_key))? {
                let same = Expression::new("sent = :sent").with(":sent", number(day.sent));
                day.sent = day.sent.saturating_sub(1);
                transaction.put_if(to_item(day_key, &day)?, same, Guard::Stale);
            }
            let committed = self.scope.table.transact(&transaction).await?.is_empty();
            Ok(committed.then_some(()))
        })
        .await
    }

    /// Returns whether an address is claimed for the event of a portal link: then its mail was sent, as far as is known.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn has_claimed_link(self, event: &str, address: &str) -> Result<bool, Error> {
        let key = link_key(self.scope, address);
        let claimed = read::<AddressItem>(self.scope.table.get(&key).await?)?;
        Ok(claimed.is_some_and(|claim| claim.event == event))
    }

    /// Claims an address for an event of which the people who look after the tenant are notified. An address gets one mail
    /// a day about events of one type, and about each connection whose brake is tripped. It is not one of the day's mails.
    /// Returns whether the mail may be sent.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn claim_notice(
        self,
        event: &str,
        about: EventType,
        connection: &str,
        address: &str,
    ) -> Result<bool, Error> {
        let connection = match about {
            EventType::BrakeTripped => connection,
            // A name, since DynamoDB refuses an empty key of a map.
            _ => "any",
        };
        let key = &notice_key(self.scope, about, address);
        let at = now().as_second();
        retry_stale(|_| async move {
            let found = read::<NoticeItem>(self.scope.table.get(key).await?)?;
            let same = match &found {
                None => Expression::absent(),
                Some(found) => {
                    Expression::new("event = :event").with(":event", string(&found.event))
                }
            };
            let mut claims = found.map(|found| found.claims).unwrap_or_default();
            claims.retain(|_, claim| claim.expires > at);
            if let Some(claim) = claims.get(connection) {
                return Ok(Some(claim.event == event));
            }
            let claim = AddressItem {
                event: event.to_owned(),
                expires: at + NOTICE_QUIET,
            };
            claims.insert(connection.to_owned(), claim);
            let item = NoticeItem {
                event: event.to_owned(),
                expires: at + NOTICE_QUIET,
                claims,
            };
            let mut transaction = Transaction::default();
            transaction.put_if(to_item(key, &item)?, same, Guard::Stale);
            Ok(self.claimed(transaction).await?.then_some(true))
        })
        .await
    }

    /// Returns the key of the number of mails of a day and a kind: `invitations`, which are links as well, or `findings`.
    pub(super) fn day_key(self, kind: &str, at: Timestamp) -> Key {
        let date = at.to_string().chars().take(10).collect::<String>();
        let leases = self.scope.keys().leases();
        leases.at(format!("{kind}#{date}"))
    }

    async fn claim_mail(
        self,
        event: &str,
        (address_key, quiet): (Key, i64),
        per_day: u32,
    ) -> Result<Option<Taken>, Error> {
        let at = now();
        let (address_key, day_key) = (&address_key, &self.day_key("invitations", at));
        retry_stale(|_| async move {
            let wanted = [address_key.clone(), day_key.clone()];
            let mut found = self.scope.table.find(wanted).await?;
            let claimed = read::<AddressItem>(found.take(address_key))?;
            let live = claimed.as_ref().filter(|it| it.expires > at.as_second());
            match live {
                Some(claim) if claim.event == event => return Ok(Some(None)),
                Some(_) => return Ok(Some(Some(Taken::Address))),
                None => {}
            }
            let day = read::<DayItem>(found.take(day_key))?;
            let sent = day.as_ref().map_or(0, |day| day.sent);
            if sent >= per_day {
                return Ok(Some(Some(Taken::Day)));
            }
            let claim = AddressItem {
                event: event.to_owned(),
                expires: at.as_second() + quiet,
            };
            let counted = DayItem {
                sent: sent + 1,
                expires: at.as_second() + COUNT_KEPT,
            };
            let mut transaction = Transaction::default();
            let same_claim = match &claimed {
                None => Expression::absent(),
                Some(claim) => {
                    Expression::new("event = :event").with(":event", string(&claim.event))
                }
            };
            transaction.put_if(to_item(address_key, &claim)?, same_claim, Guard::Stale);
            let same_count = match day {
                None => Expression::absent(),
                Some(day) => Expression::new("sent = :sent").with(":sent", number(day.sent)),
            };
            transaction.put_if(to_item(day_key, &counted)?, same_count, Guard::Stale);
            Ok(self.claimed(transaction).await?.then_some(None))
        })
        .await
    }

    /// Commits claims, unless the tenant is gone. Returns `false` if something has changed since it was read.
    ///
    /// # Errors
    /// `404` when the tenant was deleted.
    pub(super) async fn claimed(self, mut transaction: Transaction) -> Result<bool, Error> {
        self.scope.check_alive(&mut transaction);
        let failed = self.scope.table.transact(&transaction).await?;
        match failed.contains(&Guard::Gone) {
            true => self.scope.tenant_in(None).map(|_| false),
            false => Ok(failed.is_empty()),
        }
    }

    /// Writes to the journal that a person gets no invitation, and why. Does nothing if the person or the tenant was deleted.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn note_not_invited(self, person: Subject, why: NotInvited) -> Result<(), Error> {
        let user = self.scope.keys().resource(&USERS, &person.id);
        let entry = Entry {
            actor: Actor::SYSTEM,
            origin: Origin::default(),
            ..Entry::new(self.scope, EventType::UserNotInvited, person.shortened())
        };
        let entry = entry.with_change(None, Some(json!({"reason": why.as_str()})));
        let mut transaction = Transaction::default();
        self.scope.check_alive(&mut transaction);
        transaction.check(user, Expression::present(), Guard::Gone);
        transaction.put(entry.to_item(self.scope.keys())?);
        self.scope.table.transact(&transaction).await.map(|_| ())
    }
}

/// Returns the keys of all claims on an address, and of the mark that it rejects mail.
pub(crate) fn claims_on(scope: &Scope, address: &str) -> [Key; 6] {
    let notice = |about| notice_key(scope, about, address);
    [
        invitation_key(scope, address),
        link_key(scope, address),
        notice(EventType::ConnectionSubjectsChanged),
        notice(EventType::BrakeTripped),
        notice(EventType::HealthOpened),
        mark_of(scope, address),
    ]
}

/// Returns the key of the claim on an address.
fn invitation_key(scope: &Scope, address: &str) -> Key {
    let hash = sha256_hex(&one_mailbox(address));
    scope.keys().leases().at(format!("invited#{hash}"))
}

/// Returns the key of the claim on an address for portal links.
fn link_key(scope: &Scope, address: &str) -> Key {
    let hash = sha256_hex(&one_mailbox(address));
    scope.keys().leases().at(format!("linked#{hash}"))
}

/// Returns the key of the claim on an address for notices.
pub(super) fn notice_key(scope: &Scope, about: EventType, address: &str) -> Key {
    let hash = sha256_hex(&one_mailbox(address));
    let about = match about {
        EventType::BrakeTripped => "braked",
        EventType::HealthOpened => "health",
        _ => "notified",
    };
    scope.keys().leases().at(format!("{about}#{hash}"))
}

pub(super) fn read<T: for<'de> Deserialize<'de>>(item: Option<Item>) -> Result<Option<T>, Error> {
    item.map(from_item).transpose()
}

/// Returns an address in lower case and without its tag, so that `ada+1@x` and `ada+2@x` are one mailbox.
fn one_mailbox(address: &str) -> String {
    let address = address.to_lowercase();
    match address.rsplit_once('@') {
        Some((local, domain)) => {
            let untagged = local.split('+').next().unwrap_or_default();
            format!("{untagged}@{domain}")
        }
        None => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_and_case_make_no_other_mailbox() {
        for (address, mailbox) in [
            ("Ada@Example.com", "ada@example.com"),
            ("ada+1@example.com", "ada@example.com"),
            ("ada+1+2@example.com", "ada@example.com"),
            ("a.d.a@example.com", "a.d.a@example.com"),
        ] {
            assert_eq!(one_mailbox(address), mailbox);
        }
    }
}
