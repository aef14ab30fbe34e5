//! The page that shows a new secret: loaded again it shows the same one, to nobody else, and not for long.

use rollcall_directory::Role;
use rollcall_tests::service::run;
use rollcall_tests::visitor::{ConsoleResponse, Visitor};
use uuid::Uuid;

/// Sends a form that makes a secret, and returns the redirect.
async fn issue(visitor: &Visitor, path: &str, fields: &[(&str, &str)]) -> ConsoleResponse {
    let (form_id, form_token) = (Uuid::now_v7().to_string(), visitor.form_token());
    let mut form = vec![("form_id", &*form_id), ("form_token", &*form_token)];
    form.extend(fields);
    visitor.post(path, &form, &[]).await.expect(303)
}

/// The secret that a page shows.
fn secret(page: &ConsoleResponse) -> Option<&str> {
    let (_, field) = page.html.split_once(r#"<input id="token""#)?;
    let (_, value) = field.split_once(r#"value=""#)?;
    value.split('"').next()
}

/// The id of the token in the address that a redirect leads to.
fn token_of(issued: &ConsoleResponse) -> &str {
    let (_, id) = issued.header("location").split_once("?issued=").unwrap();
    id
}

fn assert_over(page: &ConsoleResponse) {
    assert_eq!(secret(page), None, "{}", page.html);
    let said = "This page no longer shows the token.";
    assert!(page.html.contains(said), "{}", page.html);
}

#[test]
fn a_new_secret_is_shown_again_to_its_session_alone() {
    run(async |service| {
        let tenant = service.tenant("issued").await;
        let visitor = Visitor::with_link(service, &tenant, Role::Owner).await;
        let other = Visitor::with_link(service, &tenant, Role::Owner).await;
        let page = format!("/console/connections/{}", tenant.connection_id());
        let fields = [("connection", tenant.connection_id()), ("label", "new")];
        for kind in ["bearer", "oauth_client"] {
            let fields = [&fields[..], &[("kind", kind)][..]].concat();
            let issued = issue(&visitor, "/console/tokens", &fields).await;
            let first = visitor.follow(&issued).await.expect(200);
            let shown = secret(&first).unwrap_or_default().to_owned();
            assert!(shown.starts_with("rc"), "{kind}: {}", first.html);
            assert!(first.html.contains("This page shows it until"), "{kind}");
            assert!(first.header("cache-control").contains("no-store"));
            let again = visitor.follow(&issued).await.expect(200);
            assert_eq!(secret(&again), Some(&*shown), "{kind}");

            let (location, cookie) = (issued.header("location"), issued.header("set-cookie"));
            assert!(!location.contains(&shown) && !cookie.contains(&shown));
            assert!(
                location.starts_with(&format!("{page}?issued=")),
                "{location}"
            );
            let path = format!("Path={page}");
            for part in [&*path, "HttpOnly", "SameSite=Strict", "Max-Age="] {
                assert!(cookie.contains(part), "{part}: {cookie}");
            }

            // Without the cookie, and in another session with it, nobody sees it.
            assert_over(&visitor.get(location).await.expect(200));
            assert_over(&other.follow(&issued).await.expect(200));
            let plain = visitor.get(&page).await.expect(200);
            assert!(!plain.html.contains(&shown), "{kind}");
            if kind == "bearer" {
                let idp = service.idp_without_token().with_token(Some(&shown));
                idp.get("/Users").await.expect(200);
            }
        }
    });
}

#[test]
fn a_new_secret_is_no_longer_shown_once_its_token_or_session_ended() {
    run(async |service| {
        let tenant = service.tenant("issued-over").await;
        let (old, _) = tenant.issue("old", None).await;
        let visitor = Visitor::with_link(service, &tenant, Role::Owner).await;
        let rotate = format!("/console/tokens/{old}/rotate");
        let (first, second) = (
            issue(&visitor, &rotate, &[]).await,
            issue(&visitor, &rotate, &[]).await,
        );
        // Both are shown, each on its own page.
        let seen = visitor.follow(&first).await.expect(200);
        let shown = secret(&seen).unwrap_or_default().to_owned();
        let seen = visitor.follow(&second).await.expect(200);
        assert!(secret(&seen).is_some_and(|secret| secret != shown));
        assert!(seen.html.contains("The old token still works"));

        // What was sealed for one token does not open as that of another.
        let sealed = first.header("set-cookie").split(';').next();
        let sealed = sealed.and_then(|cookie| cookie.split_once('='));
        let sealed = sealed.unwrap_or_default().1;
        let own = visitor.cookie.clone().unwrap_or_default();
        let mut mixed = visitor.clone();
        let named = format!("rollcall-issued-{}", token_of(&second));
        mixed.cookie = Some(format!("{own}; {named}={sealed}"));
        assert_over(&mixed.get(second.header("location")).await.expect(200));

        tenant.revoke(token_of(&first)).await;
        assert_over(&visitor.follow(&first).await.expect(200));
        let form_token = visitor.form_token();
        let form = [("form_token", &*form_token)];
        visitor.post("/console/close", &form, &[]).await.expect(303);
        visitor.follow(&second).await.expect(401);
    });
}
