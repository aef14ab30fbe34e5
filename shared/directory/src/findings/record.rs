//! What is remembered of findings, and what a check changes of it. Pure.

use jiff::Timestamp;
use rollcall_model::{Actor, Subject};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The most findings that are remembered as open. A check finds more only with very many connections.
const MAX_OPEN: usize = 200;
/// The most findings that one check opens, and that it closes: each is an event of one transaction.
const MAX_CHANGES: usize = 40;
/// The most closed findings that are remembered.
const MAX_CLOSED: usize = 50;
/// What replaces the words of somebody who is erased.
const ERASED: &str = "erased";
/// The longest time for which a finding is put off, in days.
pub const MAX_SNOOZE_DAYS: u32 = 30;

/// A finding as a check has judged it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObservedFinding {
    /// The identity: the same at each check, as long as the same is wrong about the same.
    pub id: String,
    /// The code of the kind, such as `no_token`.
    pub kind: String,
    /// The code of the severity: `problem`, `warning` or `notice`.
    pub severity: String,
    /// What is wrong, in one line.
    pub title: String,
    /// The connection, token or webhook that it is about; `None` for the tenant.
    pub subject: Option<Subject>,
    /// Whether it is worth a mail to the contacts of the tenant.
    pub merits_mail: bool,
}

/// A finding that the last check found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenFinding {
    /// The identity.
    pub id: String,
    /// The code of the kind.
    pub kind: String,
    /// The code of the severity when it opened.
    pub severity: String,
    /// What was wrong when it opened, in one line.
    pub title: String,
    /// What it is about; absent for the tenant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Subject>,
    /// When a check first found it.
    pub opened_at: Timestamp,
}

/// A finding that a check no longer found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClosedFinding {
    /// The finding.
    #[serde(flatten)]
    pub finding: OpenFinding,
    /// When a check no longer found it.
    pub closed_at: Timestamp,
}

/// A finding that an admin knows of or has put off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snooze {
    /// The identity of the finding.
    pub id: String,
    /// The code of its kind.
    pub kind: String,
    /// What was wrong, in one line.
    pub title: String,
    /// What it is about; absent for the tenant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Subject>,
    /// Why.
    pub reason: String,
    /// Who. The address of a portal link is not stored.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
    /// Until when it is put off; `None` if it is acknowledged, which ends when the finding closes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

impl Snooze {
    /// Returns what events say of it.
    pub(super) fn told(&self) -> Value {
        json!({
            "finding": self.id, "kind": self.kind, "title": self.title,
            "reason": self.reason, "until": self.until,
        })
    }

    fn is_over(&self, at: Timestamp) -> bool {
        self.until.is_some_and(|until| until <= at)
    }
}

/// What is known of the findings of a tenant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FindingRecord {
    /// Changes with each write; 0 before the first.
    pub(super) revision: u64,
    /// The findings of the last check.
    pub open: Vec<OpenFinding>,
    /// The last findings that closed, latest first.
    pub closed: Vec<ClosedFinding>,
    /// What is acknowledged or put off. What is over can still be in it.
    pub(super) snoozed: Vec<Snooze>,
}

/// What a check changes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Changes<'a> {
    pub(super) after: FindingRecord,
    pub(super) opened: Vec<&'a ObservedFinding>,
    pub(super) closed: Vec<OpenFinding>,
}

impl FindingRecord {
    /// Returns how a finding is acknowledged or put off at this time.
    pub fn snooze(&self, id: &str, at: Timestamp) -> Option<&Snooze> {
        let mut all = self.snoozed.iter();
        all.find(|one| one.id == id && !one.is_over(at))
    }

    /// Returns how many findings are open and not put off, which the console shows. One that is acknowledged is still open.
    pub fn shown(&self, at: Timestamp) -> u64 {
        let is_put_off = |one: &OpenFinding| {
            let snooze = self.snooze(&one.id, at);
            snooze.is_some_and(|snooze| snooze.until.is_some())
        };
        self.open.iter().filter(|one| !is_put_off(one)).count() as u64
    }

    /// Returns the record after somebody has acknowledged or put off a finding.
    pub(super) fn with(&self, snooze: Snooze) -> Self {
        let mut after = self.without(&snooze.id);
        after.snoozed.retain(|one| !one.is_over(snooze.at));
        after.snoozed.push(snooze);
        after
    }

    /// Returns the record after a finding counts again.
    pub(super) fn without(&self, id: &str) -> Self {
        let mut after = self.clone();
        after.snoozed.retain(|one| one.id != id);
        after
    }

    /// Returns the record without what a person has written, and from how many findings that is gone.
    pub(super) fn without_words_of(&self, person: &str) -> (Self, u64) {
        let (mut after, mut count) = (self.clone(), 0);
        let own = after.snoozed.iter_mut();
        for one in own.filter(|one| one.by.person_id() == Some(person) && one.reason != ERASED) {
            ERASED.clone_into(&mut one.reason);
            count += 1;
        }
        (after, count)
    }

    /// Returns the times at which what is put off counts again.
    pub fn ends_of_snoozes(&self) -> impl Iterator<Item = Timestamp> {
        self.snoozed.iter().filter_map(|one| one.until)
    }

    /// Returns how many findings are acknowledged or put off.
    pub(super) fn snoozes(&self) -> usize {
        self.snoozed.len()
    }

    /// Compares a check with what is known. Returns `None` if nothing has opened or closed.
    ///
    /// What one check changes is bounded; the next one goes on.
    pub(super) fn compared<'a>(
        &self,
        observed: &'a [ObservedFinding],
        at: Timestamp,
    ) -> Option<Changes<'a>> {
        let is_known = |one: &ObservedFinding| self.open.iter().any(|open| open.id == one.id);
        let is_observed = |id: &str| observed.iter().any(|one| one.id == id);
        let gone: Vec<&OpenFinding> = self
            .open
            .iter()
            .filter(|one| !is_observed(&one.id))
            .collect();
        let closed: Vec<OpenFinding> = gone.into_iter().take(MAX_CHANGES).cloned().collect();
        let mut after = self.clone();
        after.open.retain(|one| !closed.contains(one));
        let room = MAX_OPEN.saturating_sub(after.open.len()).min(MAX_CHANGES);
        let new = observed.iter().filter(|one| !is_known(one));
        let opened: Vec<&ObservedFinding> = new.take(room).collect();
        // An acknowledgement ends with its finding.
        after
            .snoozed
            .retain(|one| !one.is_over(at) && (one.until.is_some() || is_observed(&one.id)));
        let has_ended = self
            .snoozed
            .iter()
            .any(|one| one.is_over(at) || (one.until.is_none() && !is_observed(&one.id)));
        if opened.is_empty() && closed.is_empty() && !has_ended {
            return None;
        }
        after.open.extend(opened.iter().map(|one| one.opened(at)));
        let ended = closed.iter().map(|finding| ClosedFinding {
            finding: finding.clone(),
            closed_at: at,
        });
        after.closed = ended.chain(after.closed).take(MAX_CLOSED).collect();
        Some(Changes {
            after,
            opened,
            closed,
        })
    }
}

impl ObservedFinding {
    fn opened(&self, at: Timestamp) -> OpenFinding {
        OpenFinding {
            id: self.id.clone(),
            kind: self.kind.clone(),
            severity: self.severity.clone(),
            title: self.title.clone(),
            subject: self.subject.clone(),
            opened_at: at,
        }
    }

    /// Returns what events say of it.
    pub(super) fn told(&self) -> Value {
        told(&self.id, &self.kind, &self.severity, &self.title)
    }
}

impl OpenFinding {
    /// Returns what events say of it.
    pub(super) fn told(&self) -> Value {
        told(&self.id, &self.kind, &self.severity, &self.title)
    }
}

fn told(id: &str, kind: &str, severity: &str, title: &str) -> Value {
    json!({"finding": id, "kind": kind, "severity": severity, "title": title})
}

#[cfg(test)]
mod tests {
    use super::*;

    fn observed(id: &str) -> ObservedFinding {
        ObservedFinding {
            id: id.to_owned(),
            kind: "no_token".to_owned(),
            severity: "notice".to_owned(),
            title: format!("{id} has no token"),
            subject: None,
            merits_mail: false,
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn snooze(id: &str, until: Option<i64>) -> Snooze {
        Snooze {
            id: id.to_owned(),
            kind: "no_token".to_owned(),
            title: format!("{id} has no token"),
            subject: None,
            reason: "known".to_owned(),
            by: Actor::SYSTEM,
            at: at(0),
            until: until.map(at),
        }
    }

    fn ids(found: &[OpenFinding]) -> Vec<&str> {
        found.iter().map(|one| one.id.as_str()).collect()
    }

    #[test]
    fn what_opens_and_closes_is_a_change_and_the_rest_is_none() {
        let none = FindingRecord::default();
        assert_eq!(none.compared(&[], at(1)), None);
        let both = [observed("a"), observed("b")];
        let first = none.compared(&both, at(1)).unwrap();
        assert_eq!(first.opened.len(), 2);
        assert_eq!(first.after.compared(&both, at(2)), None);
        let next = first.after.compared(&both[1..], at(3)).unwrap();
        assert_eq!((next.opened.len(), ids(&next.closed)), (0, vec!["a"]));
        assert_eq!(ids(&next.after.open), ["b"]);
        assert_eq!(next.after.closed[0].closed_at, at(3));
    }

    #[test]
    fn one_check_changes_a_bounded_number_and_the_next_one_goes_on() {
        let many: Vec<_> = (0..300)
            .map(|number| observed(&format!("f{number}")))
            .collect();
        let mut record = FindingRecord::default();
        let mut checks = 0;
        while let Some(changes) = record.compared(&many, at(checks)) {
            assert!(changes.opened.len() <= MAX_CHANGES);
            record = changes.after;
            checks += 1;
        }
        assert_eq!((record.open.len(), checks), (MAX_OPEN, 5));
        while let Some(changes) = record.compared(&[], at(checks)) {
            record = changes.after;
        }
        assert_eq!((record.open.len(), record.closed.len()), (0, MAX_CLOSED));
    }

    #[test]
    fn what_is_put_off_is_not_shown_until_its_time_is_over() {
        let both = [observed("a"), observed("b")];
        let open = FindingRecord::default().compared(&both, at(1)).unwrap();
        let open = open.after;
        assert_eq!(open.shown(at(1)), 2);
        assert_eq!(open.with(snooze("a", None)).shown(at(1)), 2);
        let put_off = open.with(snooze("a", Some(10)));
        assert_eq!((put_off.shown(at(9)), put_off.shown(at(10))), (1, 2));
    }

    #[test]
    fn an_acknowledgement_ends_with_its_finding_and_a_snooze_with_its_time() {
        let one = [observed("a")];
        let record = FindingRecord::default().with(snooze("a", None));
        assert!(record.snooze("a", at(5)).is_some());
        let open = record.compared(&one, at(1)).unwrap().after;
        let closed = open.compared(&[], at(2)).unwrap().after;
        assert_eq!(closed.snooze("a", at(3)), None);

        let record = FindingRecord::default().with(snooze("a", Some(10)));
        let open = record.compared(&one, at(1)).unwrap().after;
        let closed = open.compared(&[], at(2)).unwrap().after;
        assert!(closed.snooze("a", at(9)).is_some() && closed.snooze("a", at(10)).is_none());
        assert!(closed.without("a").snooze("a", at(9)).is_none());
    }
}
