//! What a connection took away beyond its limit is told for as long as changes can be held.

use rollcall_directory::Tripped;
use serde_json::json;

use super::*;

fn tripped(hours: i64) -> Tripped {
    let stored = json!({
        "at": hours_ago(hours), "taken": 21, "allowed": 20, "holds": true, "quiet_until": 0, "expires": 0,
    });
    serde_json::from_value(stored).unwrap()
}

#[test]
fn a_connection_that_took_away_too_much_is_told_while_changes_can_be_held() {
    let at =
        |hours: i64| move |s: &mut Snapshot| _ = s.tripped.insert("c".to_owned(), tripped(hours));
    let found = check(at(1), &[(Kind::BrakeTripped, Problem)]);
    assert_eq!(
        found[0].title(),
        "“\u{2068}Okta\u{2069}” removed unusually many people at once: 21 changes within an hour, 20 allowed"
    );
    assert_eq!(found[0].since, Some(hours_ago(1)));
    check(at(25), &[(Kind::BrakeTripped, Problem)]);
    check(at(27), &[]);
    // A connection that was deleted has no findings.
    check(|s| _ = s.tripped.insert("gone".to_owned(), tripped(1)), &[]);
}
