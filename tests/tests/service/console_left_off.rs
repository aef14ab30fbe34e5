//! Where a visitor left off when the session ended: a new link leads back there, if it is theirs.

use rollcall_directory::Role;
use rollcall_tests::service::run;
use rollcall_tests::visitor::{ConsoleResponse, Visitor, link};

/// A browser's cookies, which it keeps by name.
#[derive(Clone, Debug, Default)]
struct Cookies(std::collections::BTreeMap<String, String>);

impl Cookies {
    fn keep(&mut self, seen: &ConsoleResponse) {
        for cookie in seen.headers("set-cookie") {
            let (name, rest) = cookie.split_once('=').unwrap();
            let value = rest.split(';').next().unwrap_or_default();
            match cookie.contains("Max-Age=0") {
                true => self.0.remove(name),
                false => self.0.insert(name.to_owned(), value.to_owned()),
            };
        }
    }

    fn sent(&self) -> Option<String> {
        let pairs = self.0.iter().map(|(name, value)| format!("{name}={value}"));
        Some(pairs.collect::<Vec<_>>().join("; "))
    }

    /// Ends the session as its time does: the browser forgets its cookie.
    fn end_session(&mut self) {
        self.0.remove("rollcall");
    }
}

/// A browser at the console.
struct Browser {
    visitor: Visitor,
    cookies: Cookies,
}

impl Browser {
    async fn get(&mut self, path: &str) -> ConsoleResponse {
        self.visitor.cookie = self.cookies.sent();
        let seen = self.visitor.get(path).await;
        self.cookies.keep(&seen);
        seen
    }

    async fn post(
        &mut self,
        path: &str,
        form: &[(&str, &str)],
        headers: &[(&str, &str)],
    ) -> ConsoleResponse {
        self.visitor.cookie = self.cookies.sent();
        let seen = self.visitor.post(path, form, headers).await;
        self.cookies.keep(&seen);
        seen
    }

    /// Opens a link, and returns where it leads.
    async fn open(&mut self, link: &str) -> String {
        let form = [("link", link)];
        let opened = self.post("/console/open", &form, &[]).await.expect(303);
        opened.header("location").to_owned()
    }
}

#[test]
fn a_new_link_leads_back_to_where_the_session_ended() {
    run(async |service| {
        let tenant = service.tenant("left-off").await;
        let other = service.tenant("left-off-other").await;
        let mut browser = Browser {
            visitor: Visitor::anonymous(service),
            cookies: Cookies::default(),
        };
        let new = async |tenant| link(service, tenant, Role::Owner).await;
        // Nobody was here yet.
        browser.get("/console/people").await.expect(401);
        assert_eq!(browser.open(&new(&tenant).await).await, "/console");

        // The page that was asked for, without what it said of a change.
        browser.cookies.end_session();
        let at = "/console/people?text=ada&done=role-given";
        browser.get(at).await.expect(401);
        let back = browser.open(&new(&tenant).await).await;
        assert_eq!(back, "/console/people?text=ada");
        browser.get(&back).await.expect(200);
        // It leads there once.
        browser.cookies.end_session();
        assert_eq!(browser.open(&new(&tenant).await).await, "/console");

        // The page with the form that was sent too late.
        browser.cookies.end_session();
        let from = format!("{}/console/settings", browser.visitor.origin);
        let headers = [("referer", &*from)];
        let late = browser.post("/console/settings", &[], &headers).await;
        late.expect(401);
        let back = browser.open(&new(&tenant).await).await;
        assert_eq!(back, "/console/settings");

        // A link of another tenant leads to no page of the first, then or later.
        browser.cookies.end_session();
        browser.get("/console/people/x").await.expect(401);
        assert_eq!(browser.open(&new(&other).await).await, "/console");
        browser.cookies.end_session();
        assert_eq!(browser.open(&new(&tenant).await).await, "/console");

        // Who signs out has not left off.
        let form_token = browser.get("/console").await.form_token();
        let form = [("form_token", &*form_token)];
        browser.post("/console/close", &form, &[]).await.expect(303);
        browser.get("/console/people").await.expect(401);
        assert_eq!(browser.open(&new(&tenant).await).await, "/console");

        // What another site sent, or a forged cookie, leads to no other place.
        for forged in [
            "to=%2F..%2Fapi",
            "to=%2F%2Fevil.example",
            "to=%40evil.example",
            "x",
        ] {
            browser.cookies.end_session();
            let forged = forged.to_owned();
            browser
                .cookies
                .0
                .insert("rollcall.at".to_owned(), forged.clone());
            let back = browser.open(&new(&tenant).await).await;
            assert_eq!(back, "/console", "{forged}");
        }
        browser.cookies.end_session();
        let foreign = [("referer", "https://evil.example/console/people")];
        let late = browser.post("/console/settings", &[], &foreign).await;
        late.expect(401);
        assert_eq!(browser.open(&new(&tenant).await).await, "/console");
        // A part that a page asks for by itself is no page.
        browser.cookies.end_session();
        browser.visitor.cookie = browser.cookies.sent();
        let part = browser.visitor.part("/console/health/findings").await;
        assert_eq!(part.header("set-cookie"), "");
        assert_eq!(browser.open(&new(&tenant).await).await, "/console");
    });
}
