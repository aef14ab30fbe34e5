//! What holds for the decision in every combination of facts.

use proptest::prelude::*;

use super::*;

fn any_bound() -> impl Strategy<Value = Bound> {
    prop_oneof![
        Just(Bound::No),
        any::<bool>().prop_map(|firm| Bound::ToThis { firm }),
        any::<bool>().prop_map(|firm| Bound::ToAnother { firm }),
    ]
}

fn any_people() -> impl Strategy<Value = Vec<Candidate>> {
    let flags = proptest::collection::vec(any::<bool>(), 13);
    let people = proptest::collection::vec((flags, any_bound()), 0..5);
    people.prop_map(|people| {
        let people = people.into_iter().enumerate();
        people
            .map(|(at, (flags, bound))| candidate(at, &flags, bound))
            .collect()
    })
}

fn candidate(at: usize, flags: &[bool], bound: Bound) -> Candidate {
    Candidate {
        id: at.to_string(),
        is_live: flags[0],
        is_pushed: flags[1],
        has_name: flags[2],
        has_external_id: flags[3],
        has_email: flags[4],
        has_main_email: flags[5],
        is_in_reach: flags[6],
        contradicts: flags[7],
        is_protected: flags[8],
        is_proven: flags[9],
        may_be_rebound: flags[10],
        awaits_email: flags[11],
        // Who is blocked is not live.
        is_blocked: !flags[0] && flags[12],
        bound,
    }
}

fn any_terms() -> impl Strategy<Value = Terms> {
    any::<[bool; 5]>().prop_map(|flags| Terms {
        has_subject: flags[0],
        is_email_unverified: flags[1],
        was_deleted: flags[2],
        may_sign_up: flags[3],
        matches_email: flags[4],
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn what_holds_for_every_sign_in(terms in any_terms(), mut people in any_people()) {
        // Without a subject, nobody is bound to it.
        if !terms.has_subject {
            for one in &mut people {
                if let Bound::ToThis { firm } = one.bound {
                    one.bound = Bound::ToAnother { firm };
                }
            }
        }
        let Outcome::Found(found) = decide(&terms, &people) else {
            return Ok(());
        };
        let one = people.iter().find(|one| one.id == found.person).unwrap();
        prop_assert!(one.is_live, "somebody who has ended is signed in");
        let is_bypassed = people.iter().any(|one| one.is_blocked && one.is_bound_to_this());
        prop_assert!(!is_bypassed, "somebody signs in for somebody who is blocked");
        let is_firm = one.bound == Bound::ToThis { firm: true };
        prop_assert!(
            !one.is_protected || is_firm || one.is_proven,
            "a protected person is reached by an unproven identifier"
        );
        let is_taken = one.bound == Bound::ToAnother { firm: true };
        let by_window = one.may_be_rebound && !one.is_protected;
        prop_assert!(
            !is_taken || by_window || (!terms.has_subject && one.is_proven),
            "somebody is reached by another subject"
        );
        let by_subject = matches!(one.bound, Bound::ToThis { .. });
        prop_assert!(
            by_subject || (one.is_in_reach && !one.contradicts),
            "a connection finds somebody else's people"
        );
        prop_assert!(by_subject || one.is_named(), "somebody is found without a reason");
    }
}
