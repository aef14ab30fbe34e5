//! The logs, the records, Health and the evidence in another language.

use rollcall_directory::Role;
use rollcall_tests::service::run;
use rollcall_tests::urn;
use rollcall_tests::visitor::Visitor;
use serde_json::json;

use crate::console_languages::{assert_german, sentences};

/// Returns the id of the first row of a list.
fn first_entry(html: &str) -> &str {
    let (_, behind) = html.split_once("data-entry=\"").unwrap_or_default();
    behind.split('"').next().unwrap_or_default()
}

#[test]
fn logs_health_and_evidence_are_german_for_one_who_prefers_it() {
    run(async |service| {
        let tenant = service.tenant("protokolle").await;
        let idp = tenant.idp();
        let ada = idp.user("ada@example.test").await;
        let gone = idp.user("gone@example.test").await;
        let group = idp.group("Engineers", &[&ada]).await;
        let off = json!([{"op": "replace", "path": "active", "value": false}]);
        idp.patch(&format!("/Users/{gone}"), off).await.expect(200);
        let stranger = json!([{"op": "add", "path": "members", "value": [{"value": "stranger"}]}]);
        idp.patch(&format!("/Groups/{group}"), stranger)
            .await
            .expect(204);
        let twice = json!({"schemas": [urn::USER], "userName": "ada@example.test"});
        let refused = idp.post("/Users", twice).await.expect(409);
        let detail = refused.string("/detail");
        let admin = service.admin(&tenant, Role::Owner).await;
        let viewer = json!({"role_id": "viewer"});
        let path = format!("/scim/groups/{group}/role-mapping");
        admin.put(&path, viewer).await.expect(200);

        let english = Visitor::with_link(service, &tenant, Role::Owner).await;
        let german = Visitor {
            languages: Some("de"),
            ..english.clone()
        };
        let requests = english.get("/console/activity?failed=yes").await;
        let failed = first_entry(&requests.expect(200).html).to_owned();
        let changes = english.get("/console/activity/audit").await.expect(200);
        let changed = first_entry(&changes.html).to_owned();
        for page in [
            "/activity".to_owned(),
            "/activity?text=nothing".to_owned(),
            "/activity?failed=yes&change=brake.held&method=PUT&result=slowed&connection=none"
                .to_owned(),
            format!("/activity?entry={failed}"),
            format!("/activity/requests/{failed}"),
            "/activity?live=yes".to_owned(),
            "/activity/audit".to_owned(),
            format!("/activity/audit?entry={changed}&from=2026-01-01&actor=x"),
            "/health".to_owned(),
            "/health?show=snoozed".to_owned(),
            "/health?show=resolved".to_owned(),
            "/evidence".to_owned(),
            "/evidence?from=2020-01-01&to=2020-01-02".to_owned(),
            "/evidence/access".to_owned(),
        ] {
            let path = format!("/console{page}");
            let (seen, other) = (german.get(&path).await, english.get(&path).await);
            let (seen, other) = (seen.expect(200), other.expect(200));
            assert_german(&seen, &path);
            let (seen, other) = (sentences(&seen.html), sentences(&other.html));
            let same: Vec<&String> = seen.intersection(&other).collect();
            // What a request asked for and was answered is shown as it was, and how long that took.
            let is_said = |text: &&&String| {
                detail.contains(text.as_str())
                    || text.contains("/Groups")
                    || text.contains("/Users")
                    || text.ends_with(" ms")
            };
            let same: Vec<_> = same.iter().filter(|text| !is_said(text)).collect();
            assert!(same.is_empty(), "{path} still says {same:?}");
        }
        let lines = german.get("/console/activity").await.expect(200).html;
        for said in [
            "<bdi>gone@example.test</bdi> deaktiviert",
            "1 unbekanntes Mitglied ausgelassen",
            "<bdi>ada@example.test</bdi> nicht hinzugefügt: Benutzername vergeben",
        ] {
            assert!(lines.contains(said), "{said} is not in {lines}");
        }
        let record = format!("/console/activity/requests/{failed}");
        let record = german.get(&record).await.expect(200).html;
        assert!(
            record.contains("Es gibt bereits eine Person mit diesem Benutzernamen."),
            "{record}"
        );
        // Files are for machines, the same in each language.
        for file in [
            "/activity/export?format=csv",
            "/activity/audit/export?format=json",
        ] {
            let path = format!("/console{file}");
            let (one, other) = (english.get(&path).await, german.get(&path).await);
            assert_eq!(one.expect(200).html, other.expect(200).html, "{path}");
        }
    });
}
