//! Findings are told as the API tells them, and in each language.

use rollcall_directory::{Provider, Role, RouteBy, SignInRefusal, Subject};
use rollcall_insight::{Finding, FindingGroup, FindingKind, Severity};

use super::{advice, detail, group_title, stored_title, title};
use crate::language::{self, Language};

fn finding(kind: FindingKind) -> Finding {
    Finding {
        kind,
        severity: Severity::Warning,
        subject: Some(Subject::new("connection", "c", "Okta \u{202e}<b>")),
        count: 3,
        at_least: false,
        ceiling: Some(1_000),
        among: vec![Subject::new("connection", "d", "Entra")],
        role: None,
        route_by: None,
        refusal: None,
        since: None,
        detail: None,
        diagnosis: None,
        request: None,
        provider: None,
    }
}

/// Returns findings of a kind that differ in all that their words depend on.
fn variants(kind: FindingKind) -> Vec<Finding> {
    let base = finding(kind);
    let one = Finding {
        count: 1,
        ..base.clone()
    };
    let many = Finding {
        count: 2_016,
        // Days, hours and tokens are never counted in part.
        at_least: !matches!(
            kind,
            FindingKind::TokenExpiring | FindingKind::ConnectionSilent | FindingKind::TokensCeiling
        ),
        ..base.clone()
    };
    let nameless = Finding {
        subject: None,
        among: Vec::new(),
        ..base.clone()
    };
    let role = Finding {
        role: Some(Role::Viewer),
        ..one.clone()
    };
    let claim = Finding {
        route_by: Some(RouteBy::Claim),
        role: Some(Role::Viewer),
        ..base.clone()
    };
    let another = Finding {
        among: vec![
            Subject::new("connection", "d", "Entra"),
            Subject::new("token", "t", "new"),
        ],
        ..base.clone()
    };
    let mut all = vec![one, many, nameless, role, claim, another];
    all.extend([Provider::Google, Provider::Entra].map(|provider| Finding {
        provider: Some(provider),
        ..base.clone()
    }));
    all.extend(SignInRefusal::ALL.into_iter().map(|refusal| Finding {
        refusal: Some(refusal),
        ..base.clone()
    }));
    all.push(base);
    all
}

#[test]
fn findings_are_told_as_the_api_tells_them() {
    // The API writes numbers without separators.
    let bare = |text: &str| text.replace(',', "");
    for one in FindingKind::ALL.into_iter().flat_map(variants) {
        assert_eq!(bare(&title(&one).plain()), bare(&one.title()));
        assert_eq!(advice(&one).plain(), one.advice());
        let several = FindingGroup {
            findings: vec![one.clone(), one.clone()],
        };
        assert_eq!(bare(&group_title(&several).plain()), bare(&several.title()));
        language::with(Language::German, || {
            assert_ne!(title(&one).plain(), one.title());
            assert_ne!(advice(&one).plain(), one.advice());
            assert_ne!(group_title(&several).plain(), several.title());
        });
    }
}

#[test]
fn a_stored_title_is_told_in_the_language() {
    for one in FindingKind::ALL.into_iter().flat_map(variants) {
        let (kind, stored) = (one.kind.code(), one.title());
        assert_eq!(stored_title(&kind, &stored), stored);
        language::with(Language::German, || {
            assert_eq!(
                stored_title(&kind, &stored),
                title(&one).plain(),
                "{stored}"
            );
            // What another version or another kind says stays as it is.
            for (kind, stored) in [(&*kind, "Another title"), ("of_another_version", &*stored)] {
                assert_eq!(stored_title(kind, stored), stored);
            }
        });
    }
}

#[test]
fn numbers_are_written_in_the_language() {
    let ceiling = Finding {
        count: 2_016,
        ceiling: Some(10_000),
        ..finding(FindingKind::PeopleCeiling)
    };
    let english = title(&ceiling).plain();
    assert!(
        english.contains("2,016") && english.contains("10,000"),
        "{english}"
    );
    language::with(Language::German, || {
        let german = title(&ceiling).plain();
        assert!(
            german.contains("2.016") && german.contains("10.000"),
            "{german}"
        );
    });
}

#[test]
fn details_are_in_words() {
    use FindingKind::{FailuresRepeating, SignInRefused, WebhookPaused, WebhookPausedByHand};
    for (kind, given, english, german) in [
        (
            SignInRefused,
            "Signed in as: carl, <b>",
            Some("Signed in as: <bdi>carl, &#60;b&#62;</bdi>"),
            Some("Angemeldet als: <bdi>carl, &#60;b&#62;</bdi>"),
        ),
        (
            WebhookPaused,
            "gone, status 410",
            Some("Paused: the endpoint no longer exists, status 410"),
            Some("Angehalten: Der Endpunkt existiert nicht mehr, Status 410"),
        ),
        (
            WebhookPausedByHand,
            "by_hand",
            Some("Paused"),
            Some("Angehalten"),
        ),
        (WebhookPaused, "newer", None, None),
        (FailuresRepeating, "gone", None, None),
    ] {
        let one = Finding {
            detail: Some(given.to_owned()),
            ..finding(kind)
        };
        let told = || detail(&one).map(|told| told.to_string());
        assert_eq!(told().as_deref(), english, "{given}");
        let said = language::with(Language::German, told);
        assert_eq!(said.as_deref(), german, "{given}");
    }
}

#[test]
fn a_name_is_contained() {
    let html = title(&finding(FindingKind::NoToken)).to_string();
    assert_eq!(html, "“\u{2068}Okta &#60;b&#62;\u{2069}” has no token");
}
