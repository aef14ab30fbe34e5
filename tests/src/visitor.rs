//! A console client without a browser, which can send any request; it checks the headers of every response.

use http::{HeaderMap, Method};
use rollcall_directory::Role;
use sha2::{Digest, Sha256};

use crate::service::{Service, Tenant};

/// The sections of the console, below `/console`.
pub const SECTIONS: [&str; 8] = [
    "",
    "/tokens",
    "/groups",
    "/people",
    "/activity",
    "/activity/audit",
    "/health",
    "/settings",
];

/// A console client that can send any request.
#[derive(Clone, Debug)]
pub struct Visitor {
    /// The client, which follows no redirects.
    pub http: reqwest::Client,
    /// The origin of the console.
    pub origin: String,
    /// The session cookie: name and value.
    pub cookie: Option<String>,
    /// The languages that the browser asks for (`Accept-Language`).
    pub languages: Option<&'static str>,
}

/// A response of the console.
#[derive(Debug)]
pub struct ConsoleResponse {
    /// The HTTP status.
    pub status: u16,
    headers: HeaderMap,
    /// The body.
    pub html: String,
}

impl ConsoleResponse {
    /// Returns a header, or an empty string.
    pub fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default()
    }

    /// Returns all values of a header.
    pub fn headers(&self, name: &str) -> Vec<&str> {
        let values = self.headers.get_all(name).into_iter();
        values.filter_map(|value| value.to_str().ok()).collect()
    }

    /// Returns the form token, which every form on a page contains.
    pub fn form_token(&self) -> String {
        let (_, behind) = self
            .html
            .split_once(r#"name="form_token" value=""#)
            .unwrap_or_default();
        behind.split('"').next().unwrap_or_default().to_owned()
    }

    /// Returns the names and values of the hidden fields in the form that is sent to this path.
    pub fn hidden_fields(&self, action: &str) -> Vec<(String, String)> {
        let form = self
            .html
            .split_once(&format!(r#"method="post" action="{action}""#));
        let (_, behind) = form.unwrap_or_default();
        let form = behind.split("</form>").next().unwrap_or_default();
        let field = |tag: &str| {
            let (name, rest) = tag.split_once(r#"" value=""#)?;
            Some((name.to_owned(), rest.split('"').next()?.to_owned()))
        };
        let tags = form.split(r#"<input type="hidden" name=""#).skip(1);
        tags.filter_map(field).collect()
    }

    /// Asserts the status.
    ///
    /// # Panics
    /// Panics when the status differs.
    #[track_caller]
    pub fn expect(self, status: u16) -> ConsoleResponse {
        assert_eq!(self.status, status, "{}", self.html);
        self
    }
}

impl Visitor {
    /// Creates a visitor without a session.
    pub fn anonymous(service: &Service) -> Visitor {
        let base = service.idp_without_token();
        Visitor::at(base.base().trim_end_matches("/scim/v2"))
    }

    /// Creates a visitor without a session of the service at this origin.
    pub fn at(origin: &str) -> Visitor {
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .build();
        Visitor {
            http: http.unwrap_or_else(|error| panic!("{error}")),
            origin: origin.to_owned(),
            cookie: None,
            languages: None,
        }
    }

    /// Creates a visitor who opened a portal link with this role.
    pub async fn with_link(service: &Service, tenant: &Tenant, role: Role) -> Visitor {
        let link = link(service, tenant, role).await;
        Visitor::anonymous(service).open("link", &link).await
    }

    /// Creates a visitor whose session the application handed over.
    pub async fn with_session(service: &Service, session: &str) -> Visitor {
        Visitor::anonymous(service).open("session", session).await
    }

    /// Opens the console by a `link` or a `session`, and keeps the cookie.
    pub async fn open(mut self, by: &str, secret: &str) -> Visitor {
        let opened = self
            .post("/console/open", &[(by, secret)], &[])
            .await
            .expect(303);
        self.keep_cookie(&opened);
        self
    }

    /// Stores the cookie that a response sets, as a browser does.
    pub fn keep_cookie(&mut self, seen: &ConsoleResponse) {
        let cookie = seen.header("set-cookie").split(';').next();
        self.cookie = cookie.map(str::to_owned);
    }

    /// Computes the form token of the session as the console does: from the session's secret alone.
    pub fn form_token(&self) -> String {
        let secret = self
            .cookie
            .as_deref()
            .and_then(|cookie| cookie.split_once('='))
            .unwrap_or_default()
            .1;
        let digest = Sha256::digest(format!("form:{secret}"));
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Sends a GET.
    pub async fn get(&self, path: &str) -> ConsoleResponse {
        self.send(Method::GET, path, String::new(), &[]).await
    }

    /// Asks for a part of a page, as a script does.
    pub async fn part(&self, path: &str) -> ConsoleResponse {
        let headers = [("hx-request", "true")];
        self.send(Method::GET, path, String::new(), &headers).await
    }

    /// Follows a redirect as a browser does, with the cookie that came with it.
    pub async fn follow(&self, seen: &ConsoleResponse) -> ConsoleResponse {
        let mut visitor = self.clone();
        let own = self.cookie.iter().map(String::as_str);
        let set = seen.header("set-cookie").split(';').next();
        let cookies = own.chain(set).filter(|cookie| !cookie.is_empty());
        visitor.cookie = Some(cookies.collect::<Vec<_>>().join("; "));
        visitor.get(seen.header("location")).await
    }

    /// Sends a form with these additional headers.
    pub async fn post(
        &self,
        path: &str,
        form: &[(&str, &str)],
        headers: &[(&str, &str)],
    ) -> ConsoleResponse {
        let pairs = form
            .iter()
            .map(|(name, value)| format!("{name}={}", crate::idp::encode(value)));
        let body = pairs.collect::<Vec<_>>().join("&");
        self.send(Method::POST, path, body, headers).await
    }

    /// Sends a request; `path` is appended to the origin without changes.
    ///
    /// # Panics
    /// Panics when there is no response, or when its headers give the browser too many permissions.
    async fn send(
        &self,
        method: Method,
        path: &str,
        body: String,
        headers: &[(&str, &str)],
    ) -> ConsoleResponse {
        let mut request = self.http.request(method, format!("{}{path}", self.origin));
        if let Some(cookie) = &self.cookie {
            request = request.header("cookie", cookie);
        }
        if let Some(languages) = self.languages {
            request = request.header("accept-language", languages);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body);
        let response = match request.send().await {
            Ok(response) => response,
            Err(error) => panic!("{path}: {error}"),
        };
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let html = response.text().await.unwrap_or_default();
        let seen = ConsoleResponse {
            status,
            headers,
            html,
        };
        // Every response must have these headers, and no page may contain inline styles or scripts.
        let policy = seen.header("content-security-policy");
        assert!(
            policy.contains("default-src 'none'") && !policy.contains("unsafe"),
            "{path}: {status}, {policy:?}, {}",
            seen.html
        );
        assert_eq!(seen.header("x-content-type-options"), "nosniff");
        assert_eq!(seen.header("referrer-policy"), "same-origin");
        let is_page = seen.header("content-type").starts_with("text/html");
        for inline in ["<style", " style=", "<script>", " onclick=", "javascript:"] {
            assert!(
                !seen.html.contains(inline) || !is_page,
                "{path} contains {inline}"
            );
        }
        seen
    }
}

/// Creates a link that opens a tenant's console with this role, and returns its secret.
pub async fn link(service: &Service, tenant: &Tenant, role: Role) -> String {
    service.portal_link(tenant, role).await
}
