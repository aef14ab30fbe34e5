//! Deletions: no token or connection survives a deletion, even during concurrent requests.

use futures::future::join_all;
use rollcall_directory::{Provider, Verdict};
use rollcall_tests::service::{Service, Tenant, run};

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
