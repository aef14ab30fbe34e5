//! Who somebody is: refused sign-ins, and sign-ins that bring too little.

use rollcall_directory::SignInRefusal as Why;
use rollcall_directory::stored::{BroughtSubject, RecentRefusal};

use super::*;

fn refused(name: &str, why: Why, hours: i64) -> RecentRefusal {
    let person = subject("user", &format!("id of {name}"), name);
    RecentRefusal::new(hours_ago(hours), why, Some(person), name)
}

fn of(connection: &str, mut refused: RecentRefusal) -> RecentRefusal {
    refused.connection = Some(connection.to_owned());
    refused
}

#[test]
fn refused_people_are_told_by_reason_until_they_sign_in() {
    for why in Why::ALL {
        let severity = match why {
            Why::Inactive | Why::NotProvisioned => Notice,
            _ => Warning,
        };
        let twice = move |s: &mut Snapshot| {
            s.refusals = vec![refused("bob", why, 0), refused("bob", why, 1)];
        };
        let found = check(twice, &[(Kind::SignInRefused, severity)]);
        assert_eq!((found[0].count, names(&found[0])), (1, vec!["bob"]));
        assert_eq!(
            (found[0].refusal, found[0].since),
            (Some(why), Some(hours_ago(1)))
        );
        assert!(found[0].title().starts_with("1 person is kept out: "));
    }
    let came_in = |hours: i64| {
        move |s: &mut Snapshot| {
            s.refusals = vec![refused("bob", Why::Unproven, hours)];
            s.sign_ins = vec![sign_in("bob", true)];
        }
    };
    check(came_in(1), &[(Kind::SignInRefused, Warning)]);
    check(came_in(3), &[]);
    let two_reasons = |s: &mut Snapshot| {
        s.refusals = vec![
            refused("bob", Why::Unproven, 1),
            refused("cy", Why::Inactive, 1),
        ];
        s.all_refusals = false;
    };
    let found = check(
        two_reasons,
        &[
            (Kind::SignInRefused, Warning),
            (Kind::SignInRefused, Notice),
        ],
    );
    assert!(found[0].title().starts_with("At least 1 person is"));
}

#[test]
fn somebody_whom_nobody_knows_is_told_by_the_name() {
    let unknown = |s: &mut Snapshot| {
        s.refusals = vec![RecentRefusal::new(
            hours_ago(1),
            Why::NotProvisioned,
            None,
            "carl",
        )];
    };
    let found = check(unknown, &[(Kind::SignInRefused, Notice)]);
    assert_eq!(found[0].detail.as_deref(), Some("Signed in as: carl"));
    assert!(found[0].among.is_empty() && found[0].subject.is_none());
}

#[test]
fn many_changed_subjects_are_one_finding() {
    let changed = |people: usize, connection: &'static str| {
        move |s: &mut Snapshot| {
            let name = |n: usize| format!("p{n}");
            s.refusals = (0..people)
                .map(|n| of(connection, refused(&name(n), Why::OtherSubject, 1)))
                .collect();
        }
    };
    check(changed(4, "c"), &[(Kind::SignInRefused, Warning)]);
    let found = check(changed(6, "c"), &[(Kind::SubjectsChanged, Problem)]);
    assert_eq!((found[0].count, found[0].among.len()), (6, 5));
    let told = plain(&found[0].title());
    assert_eq!(
        told,
        "The subjects of “Okta” have changed: 6 people cannot sign in"
    );
    // A connection that is not there: the sign-ins must name one before a window can help.
    let found = check(changed(6, "alias"), &[(Kind::SubjectsChanged, Problem)]);
    assert!(found[0].advice().contains("pass it first"));
}

#[test]
fn sign_ins_that_bring_too_little() {
    let bringing = |brought: Option<BroughtSubject>, connection: Option<&'static str>| {
        move |s: &mut Snapshot| {
            let mut seen = sign_in("bob", true);
            seen.subject = brought;
            seen.connection = connection.map(str::to_owned);
            s.sign_ins = vec![seen.clone(), seen];
        }
    };
    let name = Some(BroughtSubject::Name);
    let found = check(bringing(name, Some("c")), &[(Kind::SubjectIsName, Warning)]);
    assert_eq!((found[0].count, names(&found[0])), (1, vec!["bob"]));
    let nothing = Some(BroughtSubject::Nothing);
    check(
        bringing(nothing, None),
        &[(Kind::NeitherSubjectNorConnection, Notice)],
    );
    check(bringing(nothing, Some("c")), &[]);
    check(bringing(Some(BroughtSubject::Id), None), &[]);
    // An earlier version stored it.
    check(bringing(None, None), &[]);
}

#[test]
fn what_another_connection_owns() {
    let found = check(
        |s| failing(s, Diagnosis::OwnedByAnother, 1),
        &[(Kind::OwnedByAnother, Warning)],
    );
    assert!(found[0].advice().contains("replaces"));
}
