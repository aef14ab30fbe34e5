//! How the console is opened: with a link or a session. It never replaces the session of another person without asking.

use rollcall_directory::Role;
use rollcall_tests::seed::rename;
use rollcall_tests::service::{Service, Tenant, run};
use rollcall_tests::visitor::{ConsoleResponse, SECTIONS, Visitor, link};
use serde_json::json;

/// The headers that browsers send with a form from another site.
const FOREIGN: [(&str, &str); 2] = [
    ("origin", "https://app.example.test"),
    ("sec-fetch-site", "cross-site"),
];
/// The headers that browsers send with a form of the console.
const OWN: [(&str, &str); 1] = [("sec-fetch-site", "same-origin")];

/// Signs a person in and returns the session token.
async fn session_of(service: &Service, tenant: &Tenant, name: &str) -> String {
    let application = service.application();
    let login = application.log_in(tenant.id(), name, None).await;
    login.expect(200).string("/session/token")
}

/// Asserts that a page asks for confirmation and opens no session.
#[track_caller]
fn assert_asks(seen: ConsoleResponse, tenant: &str) -> ConsoleResponse {
    let seen = seen.expect(200);
    let title = format!("Open the console of <bdi>{tenant}</bdi>");
    assert!(seen.html.contains(&title), "{}", seen.html);
    assert!(seen.header("set-cookie").is_empty());
    seen
}

#[test]
fn a_link_opens_once_and_viewing_it_does_not_use_it_up() {
    run(async |service| {
        let tenant = service.tenant("links").await;
        let visitor = Visitor::anonymous(service);
        let link = link(service, &tenant, Role::Owner).await;
        for _ in 0..3 {
            let page = visitor.get(&format!("/console/open?link={link}")).await;
            let page = assert_asks(page, "links");
            assert_eq!(page.header("cache-control"), "no-store");
            // The page must not submit itself, because link scanners also run scripts.
            assert!(!page.html.contains("<script"));
            assert!(
                page.html
                    .contains("This link works only once. Role: Owner.")
            );
        }
        // A form from another site does not open the link; the visitor must confirm.
        let form = [("link", &*link)];
        let asked = visitor.post("/console/open", &form, &FOREIGN).await;
        assert!(!assert_asks(asked, "links").html.contains("<script"));
        let opened = visitor.post("/console/open", &form, &OWN).await.expect(303);
        let cookie = opened.header("set-cookie");
        for attribute in ["HttpOnly", "SameSite=Lax", "Path=/console", "Max-Age=7"] {
            assert!(cookie.contains(attribute), "{cookie}");
        }
        visitor.post("/console/open", &form, &OWN).await.expect(403);
        for gone in [&link, "nonsense", "", tenant.token()] {
            let page = format!("/console/open?link={gone}");
            visitor.get(&page).await.expect(403);
        }
        visitor
            .post("/console/open", &[("session", tenant.token())], &[])
            .await
            .expect(403);
    });
}

#[test]
fn a_session_is_handed_over_and_signing_out_ends_it() {
    run(async |service| {
        let tenant = service.tenant("handover").await;
        let session = session_of(service, &tenant, "ada").await;
        let mut visitor = Visitor::anonymous(service);
        let form = [("session", &*session)];
        let handed = visitor.post("/console/open", &form, &FOREIGN).await;
        let handed = assert_asks(handed, "handover");
        // The page submits itself, as a form of the console.
        assert!(handed.html.contains("data-submit-now"), "{}", handed.html);
        let opened = visitor.post("/console/open", &form, &OWN).await.expect(303);
        visitor.keep_cookie(&opened);
        let page = visitor.get("/console").await.expect(200);
        assert!(
            page.html.contains("ada"),
            "the page does not show the user name"
        );
        visitor
            .post("/console/close", &[("form_token", &page.form_token())], &[])
            .await
            .expect(303);
        let refused = visitor.get("/console").await.expect(401);
        assert!(
            refused
                .html
                .contains("Open the console again from your application")
        );
        assert_eq!(
            service.application().introspect(&session).await.body,
            json!({"active": false})
        );
    });
}

#[test]
fn a_signed_in_person_is_asked_before_another_session_replaces_theirs() {
    run(async |service| {
        let (ours, theirs) = (service.tenant("ours").await, service.tenant("theirs").await);
        let mut visitor = Visitor::anonymous(service);
        let ada = session_of(service, &ours, "ada").await;
        let open = async |visitor: &Visitor, field: &str, secret: &str, token: &str| {
            let form = [(field, secret), ("form_token", token)];
            visitor.post("/console/open", &form, &OWN).await
        };
        let opened = open(&visitor, "session", &ada, "").await.expect(303);
        visitor.keep_cookie(&opened);

        // The same session or another session of the same person opens without a question.
        let again = session_of(service, &ours, "ada").await;
        for session in [&ada, &again] {
            let opened = open(&visitor, "session", session, "").await.expect(303);
            visitor.keep_cookie(&opened);
        }
        let other = Visitor::with_link(service, &ours, Role::Owner).await;
        for (field, secret, tenant) in [
            ("session", session_of(service, &ours, "bob").await, "ours"),
            (
                "session",
                session_of(service, &theirs, "ada").await,
                "theirs",
            ),
            ("link", link(service, &ours, Role::Owner).await, "ours"),
            ("link", link(service, &theirs, Role::Owner).await, "theirs"),
        ] {
            let mut visitor = visitor.clone();
            let signed_in = "You are signed in to <bdi>ours</bdi> as <bdi>ada</bdi>";
            // The browser also sends the cookie with requests from another origin of the same site. Those requests
            // change nothing, even with a valid form token.
            let token = visitor.form_token();
            let form = [(field, &*secret), ("form_token", &token)];
            let headers = [("sec-fetch-site", "same-site")];
            let asked = visitor.post("/console/open", &form, &headers).await;
            assert!(assert_asks(asked, tenant).html.contains(signed_in));
            for token in ["", "nonsense", &other.form_token()] {
                let asked = assert_asks(open(&visitor, field, &secret, token).await, tenant);
                assert!(asked.html.contains(signed_in), "{}", asked.html);
                assert!(!asked.html.contains("data-submit-now"));
            }
            if field == "link" {
                let asked = visitor.get(&format!("/console/open?link={secret}")).await;
                assert!(assert_asks(asked, tenant).html.contains(signed_in));
            }
            let asked = assert_asks(open(&visitor, field, &secret, "").await, tenant);
            let opened = open(&visitor, field, &secret, &asked.form_token()).await;
            visitor.keep_cookie(&opened.expect(303));
            let close = [("form_token", &*visitor.form_token())];
            visitor
                .post("/console/close", &close, &[])
                .await
                .expect(303);
            // Nobody is signed in any more, so there is no question.
            let back = open(&visitor, "session", &again, "").await;
            back.expect(303);
        }
    });
}

#[test]
fn every_page_shows_the_display_name_of_the_tenant() {
    run(async |service| {
        let tenant = service.tenant("names").await;
        let name = "Analytical <Engines> & Sons";
        rename(tenant.directory(), name).await.ok();
        let visitor = Visitor::with_link(service, &tenant, Role::Owner).await;
        let shown = r#"<bdi>Analytical &#60;Engines&#62; &#38; Sons</bdi>"#;
        for page in SECTIONS {
            let seen = visitor.get(&format!("/console{page}")).await.expect(200);
            assert!(seen.html.contains(shown), "{page}: {}", seen.html);
        }
    });
}
