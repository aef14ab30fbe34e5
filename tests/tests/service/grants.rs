//! Every grant of a role shows its start time and the request that caused it.

use rollcall_directory::Role;
use rollcall_tests::service::run;
use serde_json::{Value, json};

/// Returns the grant with this source.
fn grant<'a>(role: &'a Value, source: &str) -> &'a Value {
    let grants = role["grants"].as_array().unwrap();
    let mut found = grants.iter().filter(|grant| grant["source"] == source);
    found
        .next()
        .unwrap_or_else(|| panic!("no grant with source {source}: {role}"))
}

#[test]
fn a_grant_names_the_request_that_caused_it() {
    run(async |service| {
        let tenant = service.tenant("grants").await;
        let (idp, admin) = (tenant.idp(), service.admin(&tenant, Role::Admin).await);
        let ann = idp.user("ann").await;
        let path = format!("/users/{ann}/role");
        let role = async || admin.get(&path).await.expect(200).body;
        let request = |answer: &rollcall_tests::idp::Answer| {
            let id = answer.headers["x-amzn-requestid"].to_str();
            json!(id.unwrap())
        };

        let login = service.application().log_in(tenant.id(), "ann", None).await;
        assert_eq!(
            grant(&role().await, "default")["request_id"],
            request(&login)
        );

        let given = admin
            .put(&path, json!({"role_id": "viewer"}))
            .await
            .expect(200);
        assert_eq!(
            grant(&role().await, "manual")["request_id"],
            request(&given)
        );

        let group = idp.group("team", &[&ann]).await;
        let map = format!("/scim/groups/{group}/role-mapping");
        let mapped = admin.put(&map, json!({"role_id": "admin"})).await;
        assert_eq!(
            grant(&role().await, "mapped")["request_id"],
            request(&mapped)
        );
        let since = grant(&role().await, "mapped")["since"].clone();

        // Sending the member again with more attributes does not change the start time.
        let groups = format!("/Groups/{group}");
        let change =
            async |operation: Value| idp.patch(&groups, json!([operation])).await.expect(204);
        change(
            json!({"op": "add", "path": "members", "value": [{"value": ann, "display": "Ann"}]}),
        )
        .await;
        assert_eq!(grant(&role().await, "mapped")["since"], since);
        let read = idp.get(&groups).await.expect(200);
        assert_eq!(read.body["members"][0]["display"], "Ann");

        change(json!({"op": "remove", "path": format!("members[value eq \"{ann}\"]")})).await;
        let joined =
            change(json!({"op": "add", "path": "members", "value": [{"value": ann}]})).await;
        let role = role().await;
        let grant = grant(&role, "mapped");
        assert_eq!(grant["request_id"], request(&joined));

        // The request can be looked up, with its changes and its response.
        let (id, since) = (grant["request_id"].as_str(), grant["since"].as_str());
        let since = since.unwrap().parse().unwrap();
        let trace = tenant
            .directory()
            .request_log()
            .trace(id.unwrap(), since)
            .await
            .unwrap();
        let actions: Vec<_> = trace
            .entries
            .iter()
            .map(|entry| entry.action.as_str())
            .collect();
        assert_eq!(actions, ["group.members_changed"]);
        let logged = trace.logged.unwrap();
        assert_eq!(
            (logged.http_method.as_str(), logged.http_status),
            ("PATCH", 204)
        );
        assert_eq!(logged.changes, ["group.members_changed"]);
        let again = tenant
            .directory()
            .request_log()
            .logged_request(&logged.id)
            .await;
        assert_eq!(again.unwrap(), logged);
        let unknown = tenant
            .directory()
            .request_log()
            .logged_request("nothing")
            .await;
        assert_eq!(unknown.unwrap_err().to_scim().status(), 404);
        let elsewhere = tenant
            .directory()
            .request_log()
            .trace("nothing", since)
            .await
            .unwrap();
        assert_eq!(elsewhere, rollcall_directory::RequestTrace::default());
    });
}
