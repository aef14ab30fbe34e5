//! The quirks of a connection: how its requests were read, in the API and on its page.

use jiff::{SignedDuration, Timestamp};
use rollcall_directory::{LoggedRequest, Role};
use rollcall_insight::Insight;
use rollcall_tests::service::run;
use rollcall_tests::visitor::Visitor;
use serde_json::json;

use crate::digest::log;

#[test]
fn quirks_are_counted_in_the_api_and_on_the_page() {
    run(async |service| {
        let tenant = service.tenant("quirks").await;
        let (idp, connection) = (tenant.idp(), tenant.connection_id());
        let admin = service.admin(&tenant, Role::Admin).await;
        let path = format!("/scim/connections/{connection}/quirks");
        let none = admin.get(&path).await.expect(200);
        none.is(json!({"items": [], "complete": true}));
        let id = idp.user("ada").await;
        for value in ["False", "True", "False"] {
            let change = json!([{"op": "Replace", "path": "active", "value": value}]);
            idp.patch(&format!("/Users/{id}"), change).await.expect(200);
        }
        let ignored = json!([{"op": "add", "path": "shoeSize", "value": "44"}]);
        let ignored = idp.patch(&format!("/Users/{id}"), ignored).await;
        ignored.expect(200);
        let found = admin.get(&path).await.expect(200);
        let codes = found.strings("/items/*/code");
        let mut sorted = codes.clone();
        sorted.sort();
        assert_eq!(
            sorted,
            ["boolean_as_text", "operation_in_other_case", "path_ignored"]
        );
        assert_eq!(codes[2], "path_ignored", "the most frequent come first");
        for item in found.body["items"].as_array().expect("a list") {
            let expected = if item["code"] == "path_ignored" { 1 } else { 3 };
            assert_eq!(item["count"], expected, "{item}");
            let [first, last] = ["first_at", "last_at"]
                .map(|name| item[name].as_str().unwrap().parse::<Timestamp>().unwrap());
            assert!(first <= last, "{item}");
            assert!(item["meaning"].as_str().is_some_and(|text| text.len() > 20));
            let request = item["request_id"].as_str().expect("an id");
            let code = item["code"].as_str().expect("a code");
            let logged = admin.all(&format!("/requests?text={request}")).await;
            let readings = logged[0]["readings"].as_array().expect("readings");
            assert!(readings.contains(&json!(code)), "{readings:?}");
        }
        // The other door, and nobody else's.
        let application = service.application();
        let path = format!("/tenants/{}/connections/{connection}/quirks", tenant.id());
        let same = application.get(&path).await.expect(200);
        assert_eq!(same.body, found.body);
        let other = service.tenant("other-quirks").await;
        let path = format!("/tenants/{}/connections/{connection}/quirks", other.id());
        application.get(&path).await.expect(404);
        let visitor = Visitor::with_link(service, &tenant, Role::Admin).await;
        let path = format!("/console/connections/{connection}");
        let page = visitor.get(&path).await.expect(200).html;
        assert!(page.contains("What we noticed about"), "{page}");
        assert!(
            page.contains("read as a boolean") && page.contains("3 times"),
            "{page}"
        );
    });
}

#[test]
fn quirks_are_stored_once_and_outlive_the_log() {
    run(async |service| {
        let tenant = service.tenant("stored-quirks").await;
        let directory = tenant.directory();
        let odd = |code: &str| {
            let mut request = LoggedRequest::new("GET", "/Users", 200);
            request.readings = vec![code.to_owned()];
            request.request_id = format!("request-{code}");
            request
        };
        let ago = |seconds| Timestamp::now() - SignedDuration::from_secs(seconds);
        let old = (0..30).map(|n| (ago(1_000 - n), odd("boolean_as_text")));
        log(directory, old).await;
        let mut connection = directory
            .credentials()
            .connection(tenant.connection_id())
            .await
            .unwrap();
        connection.id = "C".to_owned();
        let insight = Insight::of(directory);
        for _ in 0..3 {
            let (_, quirks) = insight.digest_and_quirks(&connection).await.unwrap();
            assert_eq!((quirks.quirks.len(), quirks.quirks[0].count), (1, 30));
        }
        log(
            directory,
            [(ago(100), odd("boolean_as_text")), (ago(1), odd("newer"))],
        )
        .await;
        let (first, second) = futures::join!(
            insight.digest_and_quirks(&connection),
            insight.digest_and_quirks(&connection)
        );
        _ = (first, second);
        let (_, quirks) = insight.digest_and_quirks(&connection).await.unwrap();
        let counts = quirks.quirks.iter();
        let counts: Vec<_> = counts.map(|quirk| (&*quirk.code, quirk.count)).collect();
        assert_eq!(counts, [("boolean_as_text", 31), ("newer", 1)]);
        assert!(quirks.quirks[1].meaning().contains("newer version"));
        assert_eq!(quirks.quirks[1].request_id, "request-newer");
        assert!(quirks.quirks[0].first_at < quirks.quirks[0].last_at);
    });
}
