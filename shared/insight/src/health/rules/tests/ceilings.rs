//! The operator's ceilings: reached, nearly reached, or far.

use super::*;

#[test]
fn a_ceiling_is_told_before_it_is_reached() {
    let many = "18446744073709551614 people of 18446744073709551615 allowed";
    for (people, ceiling, expected) in [
        (79, Some(100), None),
        (80, Some(100), Some((Warning, "80 people of 100 allowed"))),
        (
            100,
            Some(100),
            Some((Problem, "100 people of 100 allowed: no more can be added")),
        ),
        (u64::MAX - 1, Some(u64::MAX), Some((Warning, many))),
        (u64::MAX, None, None),
    ] {
        let counted = |s: &mut Snapshot| {
            s.people_count = people;
            s.ceilings.people = ceiling;
        };
        let kinds = expected.map(|(severity, _)| (Kind::PeopleCeiling, severity));
        let found = check(counted, kinds.as_slice());
        let title = found.first().map(Finding::title);
        assert_eq!(title.as_deref(), expected.map(|(_, title)| title));
    }
}

#[test]
fn groups_and_tokens_have_ceilings_too() {
    let both = |s: &mut Snapshot| {
        s.ceilings.groups = Some(1);
        s.ceilings.tokens = Some(2);
        // Neither counts.
        let mut revoked = token("r", None);
        revoked.revoked_at = Some(hours_ago(1));
        s.tokens.extend([revoked, token("e", Some(hours_ago(1)))]);
    };
    let found = check(both, &[(Kind::GroupsCeiling, Problem)]);
    assert_eq!(
        found[0].title(),
        "1 group of 1 allowed: no more can be added"
    );
    let at_once = |s: &mut Snapshot| s.ceilings.tokens = Some(1);
    check(at_once, &[(Kind::TokensCeiling, Problem)]);
}
