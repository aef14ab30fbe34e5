//! The pages around connections for a visitor who reads German: connect, set up, rules, remedies, tests, tokens, what is
//! held or observed, support access and settings.

use std::fs;
use std::path::Path;

use rollcall_directory::{Provider, Role};
use rollcall_tests::scene::Scene;
use rollcall_tests::service::{Service, run};
use rollcall_tests::visitor::{ConsoleResponse, Visitor};
use serde_json::json;

use crate::console_access::SETTINGS;

/// The catalogues of these pages.
const AREAS: [&str; 11] = [
    "checklist",
    "connect",
    "connection",
    "guides",
    "held",
    "observed",
    "rehearsal",
    "remedies",
    "settings",
    "support",
    "tokens",
];

/// Returns the messages of an area in a language that are on one line and have no variables: keys and texts.
fn messages(language: &str, area: &str) -> Vec<(String, String)> {
    let locales = Path::new(env!("CARGO_MANIFEST_DIR")).join("../functions/console/locales");
    let text = fs::read_to_string(locales.join(language).join(format!("{area}.ftl")));
    let text = text.unwrap_or_else(|error| panic!("{language} {area}: {error}"));
    let messages = text.lines().filter_map(|line| line.split_once(" = "));
    messages
        .filter(|(key, text)| !key.starts_with([' ', '#']) && !text.contains('{'))
        .map(|(key, text)| (key.to_owned(), text.to_owned()))
        .collect()
}

/// Returns the English sentences that no German page says.
fn english() -> Vec<String> {
    let of_area = |area: &str| {
        let german = messages("de", area);
        let is_translated = move |(key, text): &(String, String)| {
            let same = german
                .iter()
                .any(|(other, said)| other == key && said == text);
            text.len() > 14 && text.contains(' ') && !same
        };
        messages("en", area).into_iter().filter(is_translated)
    };
    let texts = AREAS.iter().flat_map(|area| of_area(area));
    texts.map(|(_, text)| text).collect()
}

/// A visitor whose browser asks for German, and the token of their forms.
async fn german(service: &Service, scene: &Scene) -> (Visitor, String) {
    let visitor = Visitor::with_link(service, &scene.tenant, Role::Owner).await;
    let form_token = visitor.form_token();
    let languages = Some("de");
    (
        Visitor {
            languages,
            ..visitor
        },
        form_token,
    )
}

#[track_caller]
fn assert_german(path: &str, page: &ConsoleResponse, says: &[&str]) {
    assert_eq!(page.header("content-language"), "de", "{path}");
    assert!(page.html.contains("<html lang=\"de\">"), "{path}");
    for said in says {
        assert!(
            page.html.contains(said),
            "{path} lacks {said}: {}",
            page.html
        );
    }
    for sentence in english() {
        let is_said = page.html.contains(&format!(">{sentence}<"));
        let is_heard = page.html.contains(&format!("=\"{sentence}\""));
        assert!(
            !is_said && !is_heard,
            "{path} says {sentence}: {}",
            page.html
        );
    }
}

#[test]
fn the_pages_of_connections_are_german_for_who_prefers_it() {
    run(async |service| {
        let scene = Scene::create(service, "german-connections").await;
        let ada = scene.push(json!({"userName": "ada"})).await;
        scene.tenant.idp().group("Team", &[&ada]).await;
        let credentials = scene.tenant.directory().credentials();
        let other = credentials.create_connection("Neu", Provider::Google).await;
        let other = other.unwrap().id;
        let own = scene.tenant.connection_id();
        let (visitor, _) = german(service, &scene).await;
        let at = |path: &str| format!("/console/connections/{own}{path}");
        let of_other = |path: &str| format!("/console/connections/{other}{path}");
        for (path, says) in [
            (
                "/console/connections".to_owned(),
                &["Neue Verbindung", "von 4 Schritten"][..],
            ),
            (
                "/console/connections/new?provider=google".to_owned(),
                &[
                    "Welchen Anbieter verwenden Sie?",
                    "Google Workspace kann nicht alles.",
                    "Anderer Anbieter",
                ],
            ),
            (
                at(""),
                &["Anfragen, letzte 7 Tage", "Regeln speichern", "Einrichtung"],
            ),
            (
                of_other(""),
                &["Google sendet keine Gruppen", "Fortschritt"],
            ),
            (
                at("/remedies/take-over"),
                &["Personen und Gruppen übernehmen"],
            ),
            (at("/remedies/replace"), &["Niemand verliert den Zugang"]),
            (at("/remedies/bind-anew"), &["Zeitfenster öffnen", "3 Tage"]),
            (at("/remedies/confirm"), &["Kennungen bestätigen"]),
            (at("/test"), &["temporären Kopie", "Test starten"]),
            (at("/held"), &["Keine zurückgehaltenen Änderungen."]),
            (at("/observed"), &["Diese Verbindung wird nicht beobachtet"]),
            (
                "/console/tokens".to_owned(),
                &["Token in Gebrauch", "Zugelassene Adressen"],
            ),
            (
                "/console/support-access".to_owned(),
                &["Niemand hat Support-Zugriff."],
            ),
            (
                "/console/settings".to_owned(),
                &["Standardrolle", "Einstellungen speichern"],
            ),
        ] {
            let page = visitor.get(&path).await.expect(200);
            assert_german(&path, &page, says);
        }
        // The guide of each provider names the vendor's own menus as they are.
        for (provider, says) in [
            (Provider::Okta, "<strong>Push Groups</strong>"),
            (Provider::Entra, "<strong>New configuration</strong>"),
            (Provider::OneLogin, "<strong>Enable provisioning</strong>"),
            (Provider::JumpCloud, "<strong>Test Connection</strong>"),
            (Provider::Ping, "<strong>Overwrite</strong>"),
            (Provider::CyberArk, "<strong>Verify</strong>"),
            (
                Provider::Rippling,
                "<strong>Create &amp; Delete Groups</strong>",
            ),
            (Provider::Other, "SCIM-Basis-URL"),
        ] {
            let changed = credentials.change_connection(&other, None, Some(provider));
            assert!(changed.await.is_ok(), "{provider:?}");
            let path = of_other("/setup");
            let page = visitor.get(&path).await.expect(200);
            assert_german(&path, &page, &[says, "Adresse und Token eintragen"]);
        }
    });
}

#[test]
fn refusals_and_results_are_german() {
    run(async |service| {
        let scene = Scene::create(service, "german-refusals").await;
        let (visitor, form_token) = german(service, &scene).await;
        let own = scene.tenant.connection_id();
        let rules = format!("/console/connections/{own}/rules");
        let form = [
            ("form_token", &*form_token),
            ("alias", ""),
            ("brake", "hold"),
            ("brake_percent", "200"),
            ("brake_at_least", "1"),
        ];
        let page = visitor.post(&rules, &form, &[]).await.expect(400);
        assert_german(
            &rules,
            &page,
            &["Die Grenze besteht aus einer ganzen Zahl von 0 bis 100 Prozent"],
        );

        let settings = visitor.get("/console/settings").await.expect(200);
        let revision = settings.hidden_fields("/console/settings");
        let revision = revision.iter().find(|(name, _)| name == "revision");
        let revision = revision.map(|(_, value)| value.clone()).unwrap_or_default();
        let form = [
            ("form_token", &*form_token),
            ("revision", &*revision),
            ("per_minute", "viele"),
        ];
        let page = visitor.post("/console/settings", &form, &[]).await;
        let said = "„Anfragen pro Minute“ muss eine ganze Zahl von 1 bis 600.000 sein";
        assert_german("/console/settings", &page.expect(400), &[said]);
        for (field, value, said) in [
            (
                "contacts",
                "it",
                "<code>it</code> ist keine Adresse, an die",
            ),
            (
                "invitation_domains",
                "local",
                "<code>local</code> bei den Domains, an die Einladungen gehen, ist keine Domain wie",
            ),
            (
                "allowed_addresses",
                "office",
                "<code>office</code> bei den zugelassenen Adressen ist kein Netz wie",
            ),
            (
                "allowed_addresses",
                "10.0.0.1/8",
                "bei den zugelassenen Adressen ist nicht der Anfang seines Netzes; das ist <code>10.0.0.0/8</code>",
            ),
        ] {
            let mut form = SETTINGS.to_vec();
            form.retain(|(name, _)| *name != "revision");
            form.extend([
                ("form_token", &*form_token),
                ("revision", &*revision),
                (field, value),
            ]);
            let page = visitor.post("/console/settings", &form, &[]).await;
            let page = page.expect(400);
            assert_german("/console/settings", &page, &[said]);
            for english in ["is not a", "such as <code>", "beginning of"] {
                assert!(!page.html.contains(english), "{field}: {}", page.html);
            }
        }

        let test = format!("/console/connections/{own}/test");
        let form = [("form_token", &*form_token)];
        let result = visitor.post(&test, &form, &[]).await.expect(303);
        let result = result.header("location").to_owned();
        let page = visitor.get(&result).await.expect(200);
        assert_german(
            &result,
            &page,
            &["Löscht eine Person", "Wie erwartet", "Anfrage und Antwort"],
        );
        let page = visitor.post(&test, &form, &[]).await.expect(429);
        assert_german(&test, &page, &["Ein Test ist gerade gelaufen."]);
    });
}
