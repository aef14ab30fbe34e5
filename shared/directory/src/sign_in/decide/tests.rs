//! The rows of the decision.

use super::*;

const TERMS: Terms = Terms {
    has_subject: true,
    is_email_unverified: false,
    was_deleted: false,
    may_sign_up: true,
    matches_email: false,
};

const NO_SUBJECT: Terms = Terms {
    has_subject: false,
    ..TERMS
};

const BY_EMAIL: Terms = Terms {
    matches_email: true,
    ..TERMS
};

/// A person who was pushed, can sign in and has none of the identifiers.
fn person(id: &str) -> Candidate {
    Candidate {
        id: id.to_owned(),
        is_live: true,
        is_pushed: true,
        is_in_reach: true,
        ..Candidate::default()
    }
}

fn with(id: &str, set: impl Fn(&mut Candidate)) -> Candidate {
    let mut one = person(id);
    set(&mut one);
    one
}

fn named(id: &str, set: impl Fn(&mut Candidate)) -> Candidate {
    with(id, |one| {
        one.has_name = true;
        set(one);
    })
}

fn known(id: &str, set: impl Fn(&mut Candidate)) -> Candidate {
    with(id, |one| {
        one.has_external_id = true;
        set(one);
    })
}

fn mailed(id: &str, set: impl Fn(&mut Candidate)) -> Candidate {
    with(id, |one| {
        (one.has_email, one.has_main_email, one.awaits_email) = (true, true, true);
        set(one);
    })
}

fn bound(one: &mut Candidate) {
    one.bound = Bound::ToThis { firm: true };
}

fn loosely_bound(one: &mut Candidate) {
    one.bound = Bound::ToThis { firm: false };
}

fn taken(one: &mut Candidate) {
    one.bound = Bound::ToAnother { firm: true };
}

fn loosely_taken(one: &mut Candidate) {
    one.bound = Bound::ToAnother { firm: false };
}

fn ended(one: &mut Candidate) {
    one.is_live = false;
}

fn owner(one: &mut Candidate) {
    one.is_protected = true;
}

fn proven_owner(one: &mut Candidate) {
    (one.is_protected, one.is_proven) = (true, true);
}

fn afar(one: &mut Candidate) {
    one.is_in_reach = false;
}

fn contradicting(one: &mut Candidate) {
    one.contradicts = true;
}

fn both(first: fn(&mut Candidate), second: fn(&mut Candidate)) -> impl Fn(&mut Candidate) {
    move |one| {
        first(one);
        second(one);
    }
}

fn plain(_: &mut Candidate) {}

fn is(person: &str, bind: Bind) -> Outcome {
    Outcome::Found(Found {
        person: person.to_owned(),
        bind,
        by_email: false,
    })
}

fn by_email(person: &str) -> Outcome {
    Outcome::Found(Found {
        person: person.to_owned(),
        bind: Bind::New,
        by_email: true,
    })
}

fn no(refusal: Refusal, candidates: &[&str]) -> Outcome {
    Outcome::Refused(Refused {
        refusal,
        candidates: candidates.iter().map(|id| (*id).to_owned()).collect(),
    })
}

#[track_caller]
fn check(cases: Vec<(&str, Terms, Vec<Candidate>, Outcome)>) {
    for (what, terms, people, expected) in cases {
        assert_eq!(decide(&terms, &people), expected, "{what}");
    }
}

#[test]
fn rows_1_to_4_a_bound_subject_decides() {
    let moved = || is("q", Bind::MovedFrom("p".to_owned()));
    let gone = || with("p", both(bound, ended));
    let inactive = || no(Refusal::Inactive, &["p"]);
    check(vec![
        (
            "row 1",
            TERMS,
            vec![with("p", bound), with("q", both(bound, ended))],
            no(Refusal::Ambiguous, &["p", "q"]),
        ),
        (
            "row 2",
            TERMS,
            vec![with("p", bound)],
            is("p", Bind::Nothing),
        ),
        (
            "row 2, against the name and the external id",
            TERMS,
            vec![
                named("n", plain),
                known("x", plain),
                with("p", both(bound, contradicting)),
            ],
            is("p", Bind::Nothing),
        ),
        (
            "row 2, out of reach",
            TERMS,
            vec![with("p", both(bound, afar))],
            is("p", Bind::Nothing),
        ),
        (
            "row 2, an owner",
            TERMS,
            vec![with("p", both(bound, owner))],
            is("p", Bind::Nothing),
        ),
        (
            "the second sign-in",
            TERMS,
            vec![with("p", loosely_bound)],
            is("p", Bind::Confirm),
        ),
        (
            "an owner who is not firmly bound",
            TERMS,
            vec![with("p", both(loosely_bound, owner))],
            no(Refusal::Unproven, &["p"]),
        ),
        (
            "an owner who is not firmly bound, by a proven name",
            TERMS,
            vec![named("p", both(loosely_bound, proven_owner))],
            is("p", Bind::Confirm),
        ),
        (
            "row 3 by name",
            TERMS,
            vec![gone(), named("q", plain)],
            moved(),
        ),
        (
            "row 3 by external id",
            TERMS,
            vec![gone(), known("q", loosely_taken)],
            moved(),
        ),
        (
            "row 3 is for one alone",
            TERMS,
            vec![gone(), named("q", plain), known("r", plain)],
            inactive(),
        ),
        (
            "row 3 is not for an owner",
            TERMS,
            vec![gone(), named("q", proven_owner)],
            inactive(),
        ),
        (
            "row 3 is not for whom another subject is bound to",
            TERMS,
            vec![gone(), named("q", taken)],
            inactive(),
        ),
        (
            "row 3 is not for whom nobody pushed",
            TERMS,
            vec![gone(), named("q", |one| one.is_pushed = false)],
            inactive(),
        ),
        (
            "row 3 is not out of reach",
            TERMS,
            vec![gone(), named("q", afar)],
            inactive(),
        ),
        (
            "row 3 is not against the external id",
            TERMS,
            vec![gone(), named("q", contradicting)],
            inactive(),
        ),
        ("row 4", TERMS, vec![gone()], inactive()),
    ]);
}

#[test]
fn rows_5_to_7_the_external_id_decides() {
    check(vec![
        ("row 5", TERMS, vec![known("p", plain)], is("p", Bind::New)),
        (
            "row 5, before the name",
            NO_SUBJECT,
            vec![named("n", plain), known("p", plain)],
            is("p", Bind::Nothing),
        ),
        (
            "row 5, of several the one with the name",
            TERMS,
            vec![known("p", plain), known("q", |one| one.has_name = true)],
            is("q", Bind::New),
        ),
        (
            "row 5, of several the one who is live",
            TERMS,
            vec![known("p", ended), known("q", plain)],
            is("q", Bind::New),
        ),
        (
            "row 5, of several the one who is not struck",
            TERMS,
            vec![known("p", taken), known("q", plain)],
            is("q", Bind::New),
        ),
        (
            "row 5, another subject that is not firm",
            TERMS,
            vec![known("p", loosely_taken)],
            is("p", Bind::New),
        ),
        (
            "row 5, an owner",
            TERMS,
            vec![known("p", owner)],
            no(Refusal::Unproven, &["p"]),
        ),
        (
            "row 5, an owner with a proven external id",
            TERMS,
            vec![known("p", proven_owner)],
            is("p", Bind::New),
        ),
        (
            "row 6",
            TERMS,
            vec![known("p", plain), known("q", plain)],
            no(Refusal::Ambiguous, &["p", "q"]),
        ),
        (
            "row 7, another subject",
            TERMS,
            vec![known("p", taken), named("n", plain)],
            no(Refusal::OtherSubject, &["p"]),
        ),
        (
            "row 7, another connection",
            NO_SUBJECT,
            vec![known("p", afar)],
            no(Refusal::OtherConnection, &["p"]),
        ),
    ]);
}

#[test]
fn rows_8_and_9_the_name_decides() {
    let window = |one: &mut Candidate| {
        one.may_be_rebound = true;
        taken(one);
    };
    check(vec![
        ("row 8", TERMS, vec![named("p", plain)], is("p", Bind::New)),
        (
            "row 8, without a subject",
            NO_SUBJECT,
            vec![named("p", plain)],
            is("p", Bind::Nothing),
        ),
        (
            "row 8, an owner",
            NO_SUBJECT,
            vec![named("p", owner)],
            no(Refusal::Unproven, &["p"]),
        ),
        (
            "row 8, an owner with a proven name",
            NO_SUBJECT,
            vec![named("p", proven_owner)],
            is("p", Bind::Nothing),
        ),
        (
            "row 8, without the subject that is bound",
            NO_SUBJECT,
            vec![named("p", taken)],
            no(Refusal::Unproven, &["p"]),
        ),
        (
            "row 8, without the subject that is bound, by a proven name",
            NO_SUBJECT,
            vec![named("p", |one| {
                taken(one);
                one.is_proven = true;
            })],
            is("p", Bind::Nothing),
        ),
        (
            "row 8, while a window is open",
            TERMS,
            vec![named("p", window)],
            is("p", Bind::New),
        ),
        (
            "row 9, a window is not for owners",
            TERMS,
            vec![named("p", both(window, proven_owner))],
            no(Refusal::OtherSubject, &["p"]),
        ),
        (
            "row 9, a window does not make the external id the same",
            TERMS,
            vec![named("p", both(window, contradicting))],
            no(Refusal::OtherExternalId, &["p"]),
        ),
        (
            "row 9, another subject",
            TERMS,
            vec![named("p", both(taken, proven_owner))],
            no(Refusal::OtherSubject, &["p"]),
        ),
        (
            "row 9, another external id",
            NO_SUBJECT,
            vec![named("p", contradicting)],
            no(Refusal::OtherExternalId, &["p"]),
        ),
        (
            "row 9, another connection",
            TERMS,
            vec![named("p", afar)],
            no(Refusal::OtherConnection, &["p"]),
        ),
    ]);
}

#[test]
fn row_10_whoever_has_left_stays_out() {
    let deleted = Terms {
        was_deleted: true,
        ..TERMS
    };
    let out = || no(Refusal::Inactive, &["p"]);
    check(vec![
        ("by name", TERMS, vec![named("p", ended)], out()),
        ("by external id", TERMS, vec![known("p", ended)], out()),
        ("by e-mail", TERMS, vec![mailed("p", ended)], out()),
        (
            "before the e-mail of somebody else",
            BY_EMAIL,
            vec![named("p", ended), mailed("q", plain)],
            out(),
        ),
        ("deleted", deleted, vec![], no(Refusal::Inactive, &[])),
        (
            "a name that was given again",
            deleted,
            vec![named("q", plain)],
            is("q", Bind::New),
        ),
    ]);
}

#[test]
fn rows_11_to_14_the_email_or_nobody() {
    let unverified = Terms {
        is_email_unverified: true,
        ..BY_EMAIL
    };
    let pushed_only = Terms {
        may_sign_up: false,
        ..TERMS
    };
    let same = |ids: &[&str]| no(Refusal::SameEmail, ids);
    check(vec![
        ("row 11", BY_EMAIL, vec![mailed("p", plain)], by_email("p")),
        (
            "row 12, unverified",
            unverified,
            vec![mailed("p", plain)],
            same(&["p"]),
        ),
        (
            "row 12, an owner",
            BY_EMAIL,
            vec![mailed("p", proven_owner)],
            same(&["p"]),
        ),
        (
            "row 12, somebody who signs in by other means",
            BY_EMAIL,
            vec![mailed("p", |one| one.awaits_email = false)],
            same(&["p"]),
        ),
        (
            "row 12, an address of another kind",
            BY_EMAIL,
            vec![mailed("p", |one| one.has_main_email = false)],
            same(&["p"]),
        ),
        (
            "row 12, several",
            BY_EMAIL,
            vec![mailed("p", plain), mailed("q", plain)],
            same(&["p", "q"]),
        ),
        (
            "struck, so nobody",
            BY_EMAIL,
            vec![mailed("p", afar)],
            Outcome::NewPerson,
        ),
        (
            "row 13, where e-mails do not count",
            TERMS,
            vec![mailed("p", plain)],
            Outcome::NewPerson,
        ),
        ("row 13", TERMS, vec![], Outcome::NewPerson),
        (
            "row 14",
            pushed_only,
            vec![],
            no(Refusal::NotProvisioned, &[]),
        ),
    ]);
}
