//! What the browser itself refuses: whatever a page would load from elsewhere, and whatever another site tries with it.

use rollcall_insight::Insight;
use rollcall_tests::browser::browse;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// Tries everything that markup on a page could be made to do, and returns what each was refused by.
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
fn a_page_loads_and_runs_nothing_but_its_own() {
    browse(async |service, browser| {
        let tenant = service.tenant("policy").await;
        browser.open_console(service, &tenant, "owner").await;
        let tried = browser.eval(TRY_EVERYTHING, &[]).await;
        assert_eq!(tried[0], tried[1]);
        assert_eq!(json!([tried[2], tried[3]]), json!([true, true]));
    });
}

#[test]
fn scripts_do_not_get_at_the_session_and_nothing_is_left_behind() {
    browse(async |service, browser| {
        let tenant = service.tenant("leftovers").await;
        tenant.idp().user("ada@example.test").await;
        browser.open_console(service, &tenant, "owner").await;
        browser.go("/console/people").await;
        browser.wait_for_text("ada@example.test").await;
        let held = "return [document.cookie, localStorage.length, Object.entries(sessionStorage)]";
        // htmx remembers the address, in this window alone and whatever it is told of history, until one signs out.
        let address = json!([["htmx-current-path-for-history", "/console/people"]]);
        assert_eq!(browser.eval(held, &[]).await, json!(["", 0, address]));

        // Whoever sits down here next goes back, and finds nobody.
        browser.click("Sign out").await;
        browser.wait_for_text("You are not signed in").await;
        assert_eq!(browser.eval(held, &[]).await, json!(["", 0, []]));
        browser.eval("history.back()", &[]).await;
        browser.wait_for_path("/console/people").await;
        browser.wait_for_text("You are not signed in").await;
        assert!(!browser.text().await.contains("ada@example.test"));
    });
}

/// Sends a form to the console, from whatever page it is run on.
const SEND: &str = r#"
    const form = Object.assign(document.createElement("form"), { method: "post", action: arguments[0] });
    for (const [name, value] of Object.entries(arguments[1])) {
        form.append(Object.assign(document.createElement("input"), { name, value }));
    }
    document.body.append(form);
    form.submit();
"#;

/// Puts a page into a frame, and resolves once the frame has settled on something: the page, or that there is none.
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
        // Even if it had found out the token of the very session.
        let token = "return document.querySelector('[name=form_token]').value";
        let token = browser.eval(token, &[]).await;
        let action = json!(format!("{url}/role"));
        let form = json!({"from": "none", "role": "admin", "form_token": token});

        // Another port of this host gets the cookie sent along: the console itself has to refuse. Another host does not.
        let (neighbour, stranger) = elsewhere().await;
        for (site, said) in [
            (neighbour, "This was asked for by another site"),
            (stranger, "You are not signed in"),
        ] {
            browser.go(&site).await;
            browser.wait_for_text("Elsewhere").await;
            browser.complaints().await;
            browser.eval(FRAME, &[json!(url)]).await;
            let refused = async || {
                let complaints = browser.complaints().await.join("\n");
                complaints.contains("frame-ancestors")
            };
            browser.eventually("a refused frame", refused).await;
            browser.eval(SEND, &[action.clone(), form.clone()]).await;
            browser.wait_for_text(said).await;
        }
        let mapped = Insight::of(tenant.directory()).group(&group).await;
        assert_eq!(mapped.map(|group| group.role).ok(), Some(None));

        // The same form from the page it belongs to is taken: it was the sender that was refused.
        browser.go(&url).await;
        browser.eval(SEND, &[action, form]).await;
        browser.wait_for_text("The mapping was saved").await;
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
        let link = application.post(&path, json!({})).await.expect(201);
        let link = link.string("/url");
        let (neighbour, stranger) = elsewhere().await;
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
            browser.wait_for_text("Rollcall ours").await;
        }

        // An application that has nobody else's place taken needs no click, and a click is enough where it has.
        for signs_out in [false, true] {
            if signs_out {
                browser.click("Sign out").await;
                browser.wait_for_text("You are not signed in").await;
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
            browser.wait_for_text("Rollcall theirs").await;
        }
    });
}

/// Serves an empty page, for as long as the test runs; returns its address on the service's host and on another.
async fn elsewhere() -> (String, String) {
    const PAGE: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nconnection: close\r\n\r\n<!doctype html><p>Elsewhere";
    let listener = TcpListener::bind(("127.0.0.1", 0)).await;
    let listener = listener.unwrap_or_else(|error| panic!("{error}"));
    let port = listener.local_addr().map_or(0, |address| address.port());
    tokio::spawn(async move {
        while let Ok((mut visitor, _)) = listener.accept().await {
            // A browser also asks for an icon, and opens connections that it never uses.
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
