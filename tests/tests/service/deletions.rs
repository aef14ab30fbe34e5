//! Deletions: no token or connection survives a deletion, even during concurrent requests, and nobody gets into a tenant
//! whose deletion was cut off.

use futures::future::join_all;
use rollcall_directory::{Origin, Provider, Role, Verdict};
use rollcall_tests::service::{Service, Tenant, run};
use rollcall_tests::visitor::Visitor;
use serde_json::json;
use tokio::time::Instant;

/// The number of tokens that are issued while their connection or tenant is deleted.
const AT_ONCE: usize = 6;
/// The number of attempts.
const ROUNDS: usize = 10;

/// Issues tokens for a connection and returns the plaintexts of those that were issued.
async fn issue(tenant: &Tenant, connection: &str) -> Vec<String> {
    let credentials = tenant.directory().credentials();
    let issued = (0..AT_ONCE).map(async |n| {
        let label = format!("token {n}");
        credentials.issue_token(connection, &label, None).await
    });
    let issued = join_all(issued).await.into_iter().flatten();
    issued
        .map(|token| token.secret.expose().to_owned())
        .collect()
}

/// Returns the number of tokens that are accepted.
async fn accepted(service: &Service, tokens: &[String]) -> usize {
    let verdicts = tokens.iter().map(async |token| {
        let verdict = service.directory().authenticate(token, "r").await;
        matches!(verdict, Ok(Verdict::Accepted(_)))
    });
    let accepted = join_all(verdicts).await.into_iter();
    accepted.filter(|accepted| *accepted).count()
}

#[test]
fn no_token_outlives_its_connection() {
    run(async |service| {
        let tenant = service.tenant("doomed-connections").await;
        let credentials = tenant.directory().credentials();
        for round in 0..ROUNDS {
            let doomed = credentials
                .create_connection("doomed", Provider::Okta)
                .await;
            let doomed = doomed.unwrap();
            let (issued, deleted) = futures::join!(issue(&tenant, &doomed.id), async {
                // Delete a little later in each round.
                for _ in 0..round {
                    tokio::task::yield_now().await;
                }
                credentials.delete_connection(&doomed.id).await
            });
            deleted.unwrap();
            assert_eq!(accepted(service, &issued).await, 0, "round {round}");
            let late = credentials.issue_token(&doomed.id, "late", None).await;
            assert!(late.is_err(), "a token of a deleted connection");
        }
    });
}

#[test]
fn no_token_and_no_connection_outlives_its_tenant() {
    run(async |service| {
        for round in 0..ROUNDS {
            let tenant = service.tenant("doomed").await;
            let directory = tenant.directory();
            let credentials = directory.credentials();
            let connection = tenant.connection_id();
            let (issued, created, deleted) = futures::join!(
                issue(&tenant, connection),
                credentials.create_connection("new", Provider::Okta),
                async {
                    for _ in 0..round {
                        tokio::task::yield_now().await;
                    }
                    directory.lifecycle().delete().await
                }
            );
            deleted.unwrap();
            let mut tokens = issued;
            tokens.push(tenant.token().to_owned());
            assert_eq!(accepted(service, &tokens).await, 0, "round {round}");
            if let Ok(created) = created {
                let left = credentials.connection(&created.id).await;
                assert!(left.is_err(), "round {round}: a connection was left");
            }
            assert_eq!(credentials.connections().await.unwrap(), []);
            let late = credentials.issue_token(connection, "late", None).await;
            assert!(late.is_err(), "a token of a deleted tenant");
        }
    });
}

#[test]
fn of_two_changes_of_a_connection_none_is_lost() {
    run(async |service| {
        let tenant = service.tenant("connection-changes").await;
        let credentials = tenant.directory().credentials();
        let id = tenant.connection_id();
        for round in 0..30 {
            let label = format!("label {round}");
            let provider = match round % 2 {
                0 => Provider::Entra,
                _ => Provider::Okta,
            };
            let (renamed, changed) = futures::join!(
                credentials.change_connection(id, Some(label.clone()), None),
                credentials.change_connection(id, None, Some(provider)),
            );
            renamed.unwrap();
            changed.unwrap();
            let connection = credentials.connection(id).await.unwrap();
            assert_eq!((connection.label, connection.provider), (label, provider));
        }
    });
}

/// Begins to delete the tenant in a process that is killed after its first write.
async fn cut_off(service: &Service, tenant: &Tenant) {
    let (process, faults) = service.other_process(tenant);
    faults.kill_at_call(0, true);
    let deletion = tokio::spawn(async move { process.lifecycle().delete().await });
    faults.wait_for_kill().await;
    deletion.abort();
    let _ = deletion.await;
}

#[test]
fn nobody_gets_into_a_tenant_whose_deletion_was_cut_off() {
    run(async |service| {
        let tenant = service.tenant("cut-off").await;
        let application = service.application();
        let login = application.log_in(tenant.id(), "ada", None).await;
        let session = login.expect(200).string("/session/token");
        let admin = service.admin(&tenant, Role::Owner).await;
        admin.get("/users").await.expect(200);
        let visitor = Visitor::with_link(service, &tenant, Role::Owner).await;
        visitor.get("/console/people").await.expect(200);
        let link = service.portal_link(&tenant, Role::Admin).await;
        cut_off(service, &tenant).await;

        let seen = application.introspect(&session).await;
        assert_eq!(seen.body, json!({"active": false}));
        admin.get("/users").await.expect(401);
        visitor.get("/console/people").await.expect(401);
        let directory = service.directory();
        let opened = directory.open_portal_link(&link, "r", Origin::default());
        assert!(opened.await.unwrap().is_none(), "a link opens a session");
        let again = application.log_in(tenant.id(), "ada", None).await;
        again.expect(404);
        let path = format!("/tenants/{}", tenant.id());
        let links = format!("{path}/portal-links");
        let asked = json!({"role_id": "owner"});
        application.post(&links, asked).await.expect(404);
        let support =
            json!({"operator": "sue@vendor.test", "reason": "Case 1", "role_id": "admin"});
        let access = format!("{path}/support-access");
        application.post(&access, support).await.expect(404);
        let name = json!({"display_name": "Another"});
        application.patch(&path, name).await.expect(404);
        let days = json!({"retention_days": 400});
        let settings = format!("{path}/settings");
        application.patch(&settings, days).await.expect(404);
        let key = json!({"label": "late", "scopes": ["sign_in"], "tenant": tenant.id()});
        application.post("/service-keys", key).await.expect(404);

        // A repetition goes on.
        application.delete(&path).await.expect(204);
        application.get(&path).await.expect(404);
        application.delete(&path).await.expect(404);
    });
}

#[test]
fn a_deletion_that_was_cut_off_goes_on_in_parts() {
    run(async |service| {
        let tenant = service.tenant("cut-off-parts").await;
        let directory = tenant.directory();
        let credentials = directory.credentials();
        for _ in 0..2 {
            let more = credentials.create_connection("more", Provider::Okta);
            more.await.unwrap();
        }
        cut_off(service, &tenant).await;
        let mut parts = 0;
        // Each call has no time for more than one connection.
        while !directory
            .lifecycle()
            .go_on_deleting(Instant::now())
            .await
            .unwrap()
        {
            parts += 1;
            let left = credentials.connections().await.unwrap();
            assert_eq!(left.len(), 3 - parts);
        }
        assert_eq!(parts, 3);
        assert!(directory.lifecycle().read().await.is_err());
        assert_eq!(accepted(service, &[tenant.token().to_owned()]).await, 0);
    });
}
