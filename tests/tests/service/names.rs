//! User names: unclean names are refused in every request, but names that are already stored remain usable.

use aws_sdk_dynamodb::types::AttributeValue;
use rollcall_tests::raw;
use rollcall_tests::service::run;
use rollcall_tests::urn;
use serde_json::json;

const REFUSED: [&str; 5] = [
    " ada@example.test",
    "ada@example.test ",
    "ada\u{a0}",
    "a\u{0}da",
    "ada\nlovelace",
];

#[test]
fn a_sign_in_by_an_unclean_name_makes_nobody() {
    run(async |service| {
        let tenant = service.tenant("unclean-sign-ins").await;
        let idp = tenant.idp();
        idp.user("ada@example.test").await;
        let application = service.application();
        for name in REFUSED {
            let answer = application.log_in(tenant.id(), name, None).await;
            answer.expect(400);
        }
        application
            .log_in(tenant.id(), "  ", None)
            .await
            .expect(400);
        assert_eq!(idp.census().await.0, 1);
    });
}

#[test]
fn a_push_of_an_unclean_name_is_refused() {
    run(async |service| {
        let idp = service.tenant("unclean-pushes").await.idp();
        let ada = idp.user("ada").await;
        for name in REFUSED {
            let body = json!({"schemas": [urn::USER], "userName": name});
            idp.post("/Users", body.clone())
                .await
                .refused(400, "invalidValue");
            let path = format!("/Users/{ada}");
            idp.put(&path, body).await.refused(400, "invalidValue");
            let rename = json!([{"op": "replace", "path": "userName", "value": name}]);
            idp.patch(&path, rename).await.refused(400, "invalidValue");
        }
        let group = json!({"schemas": [urn::GROUP], "displayName": "Engin\teers"});
        idp.post("/Groups", group)
            .await
            .refused(400, "invalidValue");
        // Some directories have groups whose names end with a space.
        let group = json!({"schemas": [urn::GROUP], "displayName": "Engineers "});
        idp.post("/Groups", group).await.expect(201);
    });
}

#[test]
fn an_unclean_name_that_is_stored_already_stays() {
    run(async |service| {
        let tenant = service.tenant("unclean-names").await;
        let idp = tenant.idp();
        let ada = idp.user("ada").await;
        let mut item = raw::item(service, &tenant, "#U", &ada).await;
        let document = raw::text(&item, "document").replace("\"ada\"", "\" ada\"");
        item.insert("document".to_owned(), AttributeValue::S(document));
        raw::put(service, item).await;
        let path = format!("/Users/{ada}");
        let title = json!([{"op": "add", "path": "title", "value": "Dr."}]);
        idp.patch(&path, title).await.expect(200);
        let body = json!({"schemas": [urn::USER], "userName": " ada", "title": "Prof."});
        let answer = idp.put(&path, body).await.expect(200);
        assert_eq!(answer.string("/userName"), " ada");
        // A sign-in by the stored name finds its person and makes nobody.
        let mut name = raw::item(service, &tenant, "#UN", "ada").await;
        name.insert("SK".to_owned(), AttributeValue::S(" ada".to_owned()));
        raw::put(service, name).await;
        let application = service.application();
        let signed_in = application.log_in(tenant.id(), " ada", None).await;
        assert_eq!(signed_in.expect(200).string("/user/id"), ada);
    });
}
