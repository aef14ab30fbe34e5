//! Cursors of lists whose places need no signature: a forged one neither begins the list anew nor fails.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rollcall_directory::{Reason, Role};
use rollcall_tests::api::Api;
use rollcall_tests::service::run;
use serde_json::json;

/// Returns a cursor of the list of another cursor, with a place of its own.
fn forged(cursor: &str, place: &str) -> String {
    let cursor = URL_SAFE_NO_PAD.decode(cursor).expect("base64");
    let cursor = String::from_utf8(cursor).expect("text");
    let (list, _) = cursor.split_once('\n').expect("a list and a place");
    URL_SAFE_NO_PAD.encode(format!("{list}\n{place}"))
}

#[test]
fn a_place_that_is_too_long_is_refused() {
    run(async |service| {
        let tenant = service.tenant("forged-cursors").await;
        service.tenant("forged-cursors-too").await;
        let (api, idp) = (service.application(), tenant.idp());
        for name in ["ada", "bob"] {
            idp.user(name).await;
        }
        let root = format!("/tenants/{}", tenant.id());
        let new = json!({"name": "Second", "provider": "okta"});
        let connections = format!("{root}/connections");
        api.post(&connections, new).await.expect(201);
        tenant.issue("second", None).await;
        let tokens = format!("{connections}/{}/tokens", tenant.connection_id());
        for list in [
            "/tenants",
            &connections,
            &tokens,
            &format!("{root}/audit"),
            &format!("{root}/requests"),
        ] {
            let first = api.get(&format!("{list}?limit=1")).await.expect(200);
            let next = first.string("/next");
            for place in ["z".repeat(1_100), "0".repeat(1_100), "~".repeat(600)] {
                let path = format!("{list}?after={}", forged(&next, &place));
                let refused = api.get(&path).await.expect(400);
                refused.because(Reason::InvalidCursor);
            }
            api.get(&format!("{list}?after={next}")).await.expect(200);
        }
    });
}

/// The whole list has a page after this cursor, and what is left of it does not reach so far back.
#[test]
fn a_cursor_from_before_the_beginning_does_not_begin_anew() {
    run(async |service| {
        let tenant = service.tenant("forged-from").await;
        let admin = service.admin(&tenant, Role::Owner).await;
        tenant.idp().user("ada").await;
        tenant.idp().user("bob").await;
        let left = async |api: &Api, list: &str| {
            let first = api.get(&format!("{list}?limit=1")).await.expect(200);
            // The id of an entry of 2020.
            let place = forged(
                &first.string("/next"),
                "016f5e66-e800-7000-8000-000000000000",
            );
            let path = format!("{list}?from=2021-01-01T00:00:00Z&after={place}");
            let page = api.get(&path).await.expect(200);
            assert_eq!(page.body["items"], json!([]), "{list}");
            assert!(page.body["next"].is_null(), "{list}");
        };
        left(&admin, "/audit").await;
        left(&admin, "/requests").await;
    });
}
