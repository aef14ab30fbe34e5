//! Until when a judgement holds: until then nothing opens or closes, and then time may change it.

use std::collections::BTreeSet;

use rollcall_directory::stored::RecentRefusal;
use rollcall_directory::{FindingRecord, SignInRefusal};
use serde_json::json;

use super::*;
use crate::health::rules::holds_until;
use crate::traffic::tally::FAILURES_KEPT;

fn in_hours(hours: i64) -> Timestamp {
    hours_ago(-hours)
}

/// Returns the snapshot as it is read later, if nothing happens.
fn later(snapshot: &Snapshot, now: Timestamp) -> Snapshot {
    let mut later = snapshot.clone();
    later.now = now;
    let failures = &mut later.digest.failures;
    failures.retain(|failure| failure.last_at >= now - FAILURES_KEPT);
    later.sign_ins.retain(|seen| seen.ends_at() >= now);
    later.refusals.retain(|refused| refused.ends_at() >= now);
    later
}

fn ids(snapshot: &Snapshot) -> BTreeSet<String> {
    judge(snapshot).iter().map(Finding::id).collect()
}

/// Checks until when a judgement of a tenant holds, that nothing opens or closes before, and what does then.
#[track_caller]
fn check_until(spoil: impl FnOnce(&mut Snapshot), hours: i64, changed: &[&str]) {
    let mut snapshot = well();
    spoil(&mut snapshot);
    let until = holds_until(&snapshot, &FindingRecord::default());
    assert_eq!(until, in_hours(hours));
    let now = ids(&snapshot);
    for minutes in (0..hours * 60).step_by(10) {
        let then = later(&snapshot, at(NOW) + SignedDuration::from_mins(minutes));
        assert_eq!(ids(&then), now, "after {minutes} minutes");
    }
    let just_after = until + SignedDuration::from_secs(1);
    let then = ids(&later(&snapshot, just_after));
    let differ: Vec<_> = now.symmetric_difference(&then).collect();
    assert_eq!(differ, changed);
}

#[test]
fn nothing_opens_or_closes_by_time_before_a_judgement_ends() {
    // The last request was an hour ago, and a day without one is silence.
    check_until(|_| {}, 23, &["connection_silent~c"]);
    let expires =
        |hours| move |s: &mut Snapshot| s.tokens = vec![token("t", Some(in_hours(hours)))];
    check_until(expires(5), 5, &["token_expired~t", "token_expiring~t"]);
    check_until(expires(14 * 24 + 3), 3, &["token_expiring~t"]);
    // More than a day from now, something else is due before.
    check_until(expires(16 * 24), 23, &["connection_silent~c"]);
    let failed = |s: &mut Snapshot| {
        failing(s, Diagnosis::Throttled, 3);
        s.digest.failures[0].last_at = hours_ago(20);
    };
    check_until(failed, 4, &["failures_repeating~c~throttled"]);
    let tripped = |s: &mut Snapshot| {
        let stored = json!({
            "at": hours_ago(25), "taken": 21, "allowed": 20, "holds": true, "quiet_until": 0, "expires": 0,
        });
        let tripped = serde_json::from_value(stored).unwrap();
        s.tripped.insert("c".to_owned(), tripped);
    };
    check_until(tripped, 1, &["brake_tripped~c"]);
    let refused = |s: &mut Snapshot| {
        let person = subject("user", "id of bob", "bob");
        let at = hours_ago(7 * 24 - 2);
        let refused = RecentRefusal::new(at, SignInRefusal::Inactive, Some(person), "bob");
        s.refusals = vec![refused];
    };
    check_until(refused, 2, &["sign_in_refused~inactive"]);
    // Of a sign-in that is recent no more, nothing need follow.
    let signed_in = |s: &mut Snapshot| {
        let person = subject("user", "id of ann", "ann");
        s.sign_ins = vec![RecentSignIn::new(hours_ago(7 * 24 - 3), person, true)];
    };
    check_until(signed_in, 3, &[]);
    let nothing = |s: &mut Snapshot| {
        (s.tokens, s.sign_ins) = (Vec::new(), Vec::new());
        s.digest = Digest::default();
    };
    check_until(nothing, 24, &[]);
}

#[test]
fn what_is_put_off_counts_again_in_time() {
    let snooze = |until: Timestamp| {
        json!({"id": "no_token~c", "kind": "no_token", "title": "t", "reason": "known",
               "by": {"type": "system"}, "at": hours_ago(1), "until": until})
    };
    let record = json!({"snoozed": [snooze(in_hours(6)), snooze(hours_ago(2))]});
    let record: FindingRecord = serde_json::from_value(record).unwrap();
    assert_eq!(holds_until(&well(), &record), in_hours(6));
}
