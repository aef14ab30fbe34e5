//! Many people of one connection who are refused because their subjects have changed: the identity provider now sends
//! another id, for all of them. That is one event, once a day.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use rollcall_model::{Actor, EventType, NO_CONNECTION, Origin, Subject};
use rollcall_store::{Error, Expression, Guard, Transaction, now, number, to_item};
use serde_json::json;

use crate::credentials::handle::Credentials;
use crate::journal::entry::Entry;
use crate::sign_in::decide::Refusal;
use crate::sign_in::handle::SignIn;
use crate::sign_in::presented::Presented;
use crate::sign_in::recent::RecentSignIn;
use crate::sign_in::refusals::RecentRefusal;

/// The sign-ins of this time are counted.
const COUNTED: SignedDuration = SignedDuration::from_hours(1);
/// The least number of refused people.
const MIN_PEOPLE: usize = 5;
/// Until the event is repeated, in seconds.
const QUIET: i64 = 86_400;

/// Returns the people whose subjects have changed, if there are at least five, and if they are at least half of those
/// who signed in with the connection, or tried to, within the hour that ends at `until`. Pure.
pub fn changed_subjects<'a>(
    refused: &'a [RecentRefusal],
    accepted: &'a [RecentSignIn],
    connection: Option<&str>,
    until: Timestamp,
) -> Option<Vec<&'a RecentRefusal>> {
    let is_in = |at: Timestamp| at <= until && at >= until - COUNTED;
    let mut everybody = BTreeSet::new();
    let mut changed = BTreeSet::new();
    let mut people = Vec::new();
    for one in refused {
        if one.connection.as_deref() != connection || !is_in(one.at) {
            continue;
        }
        everybody.insert(one.whom());
        if one.refusal() == Some(Refusal::OtherSubject) && changed.insert(one.whom()) {
            people.push(one);
        }
    }
    let accepted = accepted.iter().filter(|one| is_in(one.at));
    let accepted = accepted.filter(|one| one.connection.as_deref() == connection);
    everybody.extend(accepted.map(|one| one.person.id.as_str()));
    (people.len() >= MIN_PEOPLE && people.len() * 2 >= everybody.len()).then_some(people)
}

impl SignIn<'_> {
    /// Announces that the subjects of the connection of a refused sign-in have changed, if that is so and was not
    /// announced within a day. Only a sign-in that is refused for its subject pays for this.
    ///
    /// # Errors
    /// Only table errors.
    pub(super) async fn watch_subjects(
        self,
        refusal: Refusal,
        presented: &Presented,
    ) -> Result<(), Error> {
        if refusal != Refusal::OtherSubject {
            return Ok(());
        }
        let connection = presented.connection.as_deref();
        let marks = self.scope.keys().changed_subjects();
        let mark = marks.at(connection.unwrap_or(NO_CONNECTION));
        let at = now();
        let (refused, _) = self.refusals(at).await?;
        if changed_subjects(&refused, &[], connection, at).is_none() {
            return Ok(());
        }
        let (accepted, _) = self.recent(at).await?;
        let Some(people) = changed_subjects(&refused, &accepted, connection, at) else {
            return Ok(());
        };
        let about = match presented.meant() {
            Some(id) => self.connection_subject(id).await?,
            None => Subject::tenant(&self.scope.tenant),
        };
        let entry = Entry {
            actor: Actor::SYSTEM,
            origin: Origin::default(),
            ..Entry::new(self.scope, EventType::ConnectionSubjectsChanged, about)
        };
        let entry = entry.with_change(None, Some(json!({"refused_people": people.len()})));
        let mut transaction = Transaction::default();
        let marked = to_item(&mark, &json!({"expires": at.as_second() + QUIET}))?;
        let is_due = Expression::new("attribute_not_exists(PK) OR expires < :now")
            .with(":now", number(at.as_second()));
        transaction.put_if(marked, is_due, Guard::Used);
        transaction.put(entry.to_item(self.scope.keys())?);
        self.scope.table.transact(&transaction).await.map(|_| ())
    }

    async fn connection_subject(self, id: &str) -> Result<Subject, Error> {
        let known = Credentials::of(self.scope).known_connection(id).await?;
        let name = known.map(|connection| connection.label).unwrap_or_default();
        Ok(Subject::new("connection", id, &name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_mins(1_000 + minute)
    }

    fn refused(name: &str, refusal: Refusal, minute: i64) -> RecentRefusal {
        let person = Subject::new("user", name, name);
        let mut refused = RecentRefusal::new(at(minute), refusal, Some(person), name);
        refused.connection = Some("c".to_owned());
        refused
    }

    fn accepted(name: &str, minute: i64) -> RecentSignIn {
        let mut accepted = RecentSignIn::new(at(minute), Subject::new("user", name, name), true);
        accepted.connection = Some("c".to_owned());
        accepted
    }

    /// People who are refused for their subject, for another reason, and who sign in.
    fn is_a_change(changed: usize, others: usize, well: usize) -> bool {
        let name = |kind: &str, n: usize| format!("{kind}{n}");
        let changed = (0..changed).map(|n| refused(&name("c", n), Refusal::OtherSubject, 0));
        let others = (0..others).map(|n| refused(&name("o", n), Refusal::Unproven, 0));
        let refused: Vec<_> = changed.chain(others).collect();
        let accepted: Vec<_> = (0..well).map(|n| accepted(&name("w", n), 0)).collect();
        changed_subjects(&refused, &accepted, Some("c"), at(10)).is_some()
    }

    #[test]
    fn five_people_and_half_of_the_sign_ins() {
        for (changed, others, well, expected) in [
            (4, 0, 0, false),
            (5, 0, 0, true),
            (5, 0, 5, true),
            (5, 0, 6, false),
            (5, 1, 5, false),
            (6, 1, 5, true),
        ] {
            let found = is_a_change(changed, others, well);
            assert_eq!(found, expected, "{changed} {others} {well}");
        }
    }

    #[test]
    fn one_person_counts_once_and_an_hour_counts() {
        let again: Vec<_> = (0..9)
            .map(|n| refused("ada", Refusal::OtherSubject, n))
            .collect();
        assert!(changed_subjects(&again, &[], Some("c"), at(10)).is_none());
        let apart: Vec<_> = (0..5)
            .map(|n| refused(&n.to_string(), Refusal::OtherSubject, n * 20))
            .collect();
        assert!(changed_subjects(&apart, &[], Some("c"), at(80)).is_none());
        assert!(changed_subjects(&apart, &[], Some("d"), at(80)).is_none());
    }
}
