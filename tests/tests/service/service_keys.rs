//! Service keys: they are issued, listed and revoked by direct invocation of the function.

use rollcall_directory::KeyScope;
use rollcall_issue_service_key::Issuer;
use rollcall_tests::service::run;
use rollcall_tests::table::TestTable;
use serde_json::{Value, json};

async fn call(issuer: &Issuer, payload: Value) -> Result<Value, String> {
    let request = serde_json::from_value(payload).map_err(|error| error.to_string())?;
    match issuer.call(request).await {
        Ok(answer) => Ok(json!(answer)),
        Err(failure) => Err(failure.to_string()),
    }
}

#[test]
fn a_leaked_key_is_found_by_its_label_and_revoked() {
    run(async |_| {
        let table = TestTable::start().await;
        let issuer = rollcall_issue_service_key::handler(table.directory());
        let mut secrets = Vec::new();
        for payload in [json!({}), json!({"label": "blue"})] {
            let issued = call(&issuer, payload).await.unwrap();
            secrets.push(issued["service_key"].as_str().unwrap().to_owned());
        }
        let listed = call(&issuer, json!({"list": true})).await.unwrap();
        let labels: Vec<_> = listed["service_keys"].as_array().unwrap().iter().collect();
        let labels: Vec<_> = labels.iter().map(|key| &key["label"]).collect();
        assert_eq!(labels, ["application", "blue"]);
        for secret in &secrets {
            assert!(!listed.to_string().contains(secret.as_str()));
        }

        let blue = listed["service_keys"][1]["id"].clone();
        let revoked = call(&issuer, json!({"revoke": blue})).await.unwrap();
        assert_eq!(revoked, json!({"revoked": blue}));
        let directory = table.directory();
        assert_eq!(
            directory.service_keys().verify(&secrets[1]).await.unwrap(),
            None
        );
        assert!(
            directory
                .service_keys()
                .verify(&secrets[0])
                .await
                .unwrap()
                .is_some()
        );
        let left = call(&issuer, json!({"list": true})).await.unwrap();
        assert_eq!(left["service_keys"].as_array().unwrap().len(), 1);
        let again = call(&issuer, json!({"revoke": blue})).await.unwrap_err();
        assert!(again.contains("service key"), "{again}");

        let told = call(&issuer, json!({"history": true})).await.unwrap();
        let changes: Vec<_> = told["history"].as_array().unwrap().iter().collect();
        let changes: Vec<_> = changes
            .iter()
            .map(|one| (&one["type"], &one["label"]))
            .collect();
        let (issued, revoked) = (json!("service_key.issued"), json!("service_key.revoked"));
        let (application, blue) = (json!("application"), json!("blue"));
        assert_eq!(
            changes,
            [(&revoked, &blue), (&issued, &blue), (&issued, &application)]
        );
        let both = call(&issuer, json!({"history": true, "list": true})).await;
        assert!(both.is_err());
    });
}

#[test]
fn a_key_can_be_issued_with_certain_scopes() {
    run(async |_| {
        let table = TestTable::start().await;
        let issuer = rollcall_issue_service_key::handler(table.directory());
        let payload = json!({"label": "reader", "scopes": ["provisioning:read", "events:read"]});
        let issued = call(&issuer, payload).await.unwrap();
        let secret = issued["service_key"].as_str().unwrap();
        assert!(
            secret.starts_with("rck_scoped_"),
            "a key that looks like one with all scopes"
        );
        let directory = table.directory();
        let key = directory.service_keys().verify(secret).await.unwrap();
        let key = key.unwrap();
        assert!(key.has(KeyScope::Events) && !key.has(KeyScope::Tenants));
        let listed = call(&issuer, json!({"list": true})).await.unwrap();
        let listed = &listed["service_keys"][0];
        assert_eq!(
            listed["scopes"],
            json!(["provisioning:read", "events:read"])
        );
        let revoked = call(&issuer, json!({"revoke": listed["id"]})).await;
        assert_eq!(revoked, Ok(json!({"revoked": listed["id"]})));
        assert_eq!(directory.service_keys().verify(secret).await.unwrap(), None);
    });
}

#[test]
fn a_payload_has_exactly_one_request() {
    run(async |_| {
        let table = TestTable::start().await;
        let issuer = rollcall_issue_service_key::handler(table.directory());
        for payload in [
            json!({"label": "x", "list": true}),
            json!({"list": true, "revoke": "x"}),
            json!({"label": "x", "revoke": "x"}),
            json!({"lable": "x"}),
            json!({"scopes": []}),
            json!({"scopes": null}),
            json!({"scopes": ["everything"]}),
            json!({"scopes": ["events:read"], "list": true}),
            json!({"scopes": ["events:read"], "revoke": "x"}),
            json!("x"),
        ] {
            assert!(call(&issuer, payload.clone()).await.is_err(), "{payload}");
        }
    });
}
