//! What is served: the parsers behind HTTP, with a tenant, an owner's session and a service key. No answer is 5xx, and
//! each keeps the invariants that the clients of the tests check.

use std::sync::atomic::{AtomicU32, Ordering};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::Method;
use rollcall_directory::Role;
use rollcall_tests::service::run;
use rollcall_tests::urn;
use rollcall_tests::visitor::Visitor;
use serde_json::{Value, json};

use crate::draw::Draw;
use crate::grammar;
use crate::run::fuzz;

/// An input of these targets: lines with the method, the path, a header's value and the rest, which is the body.
fn request(draw: &mut Draw, methods: &[&str], paths: &[&str], names: &[&str]) -> Vec<u8> {
    let (method, path) = (*draw.of(methods), *draw.of(paths));
    let query = match draw.one_in(3) {
        true => String::new(),
        false => format!("?{}", grammar::query(draw, names)),
    };
    let header = match draw.below(4) {
        0 => grammar::versions(draw),
        1 => grammar::secret(draw),
        _ => String::new(),
    };
    let body = match draw.below(4) {
        0 => grammar::patch(draw),
        1 => grammar::resource(draw),
        2 => grammar::value(draw, 4).to_string(),
        _ => grammar::query(draw, names),
    };
    let header = header.replace(['\r', '\n'], " ");
    format!("{method}\n{path}{query}\n{header}\n{body}").into_bytes()
}

/// A request that an HTTP client can send.
struct Sent {
    method: Method,
    path: String,
    header: Option<String>,
    body: String,
}

/// Reads an input; `None` if no client could send it.
fn sent(input: &[u8]) -> Option<Sent> {
    let text = String::from_utf8_lossy(input);
    let mut lines = text.splitn(4, '\n');
    let (method, path, header) = (lines.next()?, lines.next()?, lines.next()?);
    let is_visible = |text: &str| text.bytes().all(|byte| (0x20..0x7f).contains(&byte));
    let path = path.replace(['#', ' '], "%20");
    if !path.starts_with('/') || path.len() > 8_000 || header.len() > 8_000 {
        return None;
    }
    Some(Sent {
        method: ["GET", "POST", "PUT", "PATCH", "DELETE"]
            .contains(&method)
            .then(|| method.parse().ok())??,
        path,
        header: (!header.is_empty() && is_visible(header)).then(|| header.to_owned()),
        body: lines.next().unwrap_or_default().to_owned(),
    })
}

/// Whether the gateway passes a path on: it decodes to UTF-8. The gateway's own answers are those of SCIM.
fn is_passed_on(path: &str) -> bool {
    let (mut bytes, mut rest) = (Vec::new(), path.as_bytes());
    while let [first, behind @ ..] = rest {
        rest = behind;
        let byte = match (first, behind) {
            (b'%', [high, low, behind @ ..]) => {
                rest = behind;
                let digits = [*high, *low];
                let digits = std::str::from_utf8(&digits).unwrap_or_default();
                u8::from_str_radix(digits, 16).ok()
            }
            (b'%', _) => None,
            _ => Some(*first),
        };
        let Some(byte) = byte else { return false };
        bytes.push(byte);
    }
    String::from_utf8(bytes).is_ok()
}

#[test]
fn scim() {
    run(async |service| {
        let tenant = service.tenant("fuzz-scim").await;
        let idp = tenant.idp();
        let ada = idp.user("ada").await;
        let crew = idp.group("crew", &[&ada]).await;
        let draw = |draw: &mut Draw| {
            let paths = [
                "/Users",
                "/Users/ADA",
                "/Groups",
                "/Groups/CREW",
                "/Users/.search",
                "/Schemas",
                "//Users",
                "/Me",
            ];
            request(
                draw,
                &["GET", "GET", "POST", "PUT", "PATCH", "PATCH"],
                &paths,
                &rollcall_scim::PARAMETERS,
            )
        };
        fuzz("served-scim", draw, async |input: &[u8]| {
            let Some(sent) = sent(input) else { return };
            let path = sent.path.replace("ADA", &ada).replace("CREW", &crew);
            let mut request = idp.request(sent.method.clone(), &path);
            if let Some(header) = &sent.header {
                request = request.header("if-match", header);
            }
            if sent.method != Method::GET {
                request = request.raw(sent.body);
            }
            // `/Me` is not implemented, which is a 501.
            let answer = request.send().await;
            assert!(
                answer.status <= 501 && answer.status != 500,
                "{}",
                answer.status
            );
        })
        .await;
    });
}

#[test]
fn bearer_tokens() {
    run(async |service| {
        let nobody = service.idp_without_token();
        let application = service.application();
        let draw = |draw: &mut Draw| grammar::secret(draw).into_bytes();
        fuzz("served-bearer", draw, async |input: &[u8]| {
            let text = String::from_utf8_lossy(input);
            let is_visible = text.bytes().all(|byte| (0x21..0x7f).contains(&byte));
            if !is_visible || text.len() > 6_000 {
                return;
            }
            let answer = nobody.with_token(Some(&text)).get("/Users").await;
            assert_eq!(answer.status, 401);
            let caller = application.with(Some(&text));
            let answer = caller.get("/users").await;
            assert!([401, 403].contains(&answer.status), "{}", answer.status);
            let answer = caller
                .post("/sessions/introspect", serde_json::json!({"token": text}))
                .await;
            assert!([401, 403].contains(&answer.status), "{}", answer.status);
        })
        .await;
    });
}

/// A bulk request whose operations are nearly valid.
fn bulk(draw: &mut Draw) -> Vec<u8> {
    let mut operations = Vec::new();
    for _ in 0..=draw.below(4) {
        let paths = [
            "/Users",
            "/Users/ADA",
            "/Groups",
            "/Groups/CREW",
            "/Users/bulkId:a",
            "/Users?filter=x",
            "Users",
            "//Groups/CREW",
            "/Bulk",
            "/Me",
            "",
        ];
        let data = match draw.below(3) {
            0 => grammar::patch(draw),
            1 => grammar::resource(draw),
            _ => grammar::value(draw, 3).to_string(),
        };
        let data: Value = serde_json::from_str(&data).unwrap_or(Value::Null);
        operations.push(json!({
            "method": draw.of(&["POST", "PUT", "PATCH", "DELETE", "post", "GET"]), "path": draw.of(&paths),
            "bulkId": draw.of(&["a", "b", "", "bulkId:a"]), "version": grammar::versions(draw), "data": data,
        }));
    }
    let body =
        json!({"schemas": [urn::BULK], "failOnErrors": draw.below(3), "Operations": operations});
    body.to_string().into_bytes()
}

#[test]
fn bulks() {
    run(async |service| {
        let tenant = service.tenant("fuzz-bulk").await;
        let idp = tenant.idp();
        let ada = idp.user("ada").await;
        let crew = idp.group("crew", &[&ada]).await;
        fuzz("served-bulk", bulk, async |input: &[u8]| {
            let text = String::from_utf8_lossy(input);
            let text = text.replace("ADA", &ada).replace("CREW", &crew);
            let answer = idp.request(Method::POST, "/Bulk").raw(text).send().await;
            assert!(answer.status < 500, "{}", answer.status);
            for status in answer.select("/Operations/*/status") {
                let is_fault = status.as_str().is_none_or(|status| status.starts_with('5'));
                // `/Me` is not implemented.
                assert!(!is_fault || status == "501", "{}", answer.body);
            }
        })
        .await;
    });
}

/// A request for an access token: a line with the header, and the form.
fn token_request(draw: &mut Draw) -> Vec<u8> {
    let client = format!(
        "{}:{}",
        draw.of(&["CLIENT", "x", ""]),
        grammar::secret(draw)
    );
    let encoded = BASE64_STANDARD.encode(client);
    let header = match draw.below(4) {
        0 => format!("Basic {encoded}"),
        1 => format!("basic  {}", grammar::secret(draw)),
        2 => format!("Bearer {}", grammar::secret(draw)),
        _ => String::new(),
    };
    let names = [
        "grant_type",
        "client_id",
        "client_secret",
        "scope",
        "assertion",
    ];
    let form = match draw.one_in(2) {
        true => format!(
            "grant_type=client_credentials&{}",
            grammar::query(draw, &names)
        ),
        false => grammar::query(draw, &names),
    };
    format!("{}\n{form}", header.replace(['\r', '\n'], " ")).into_bytes()
}

#[test]
fn token_requests() {
    run(async |service| {
        let url = format!("{}/oauth/token", service.idp_without_token().base());
        let http = reqwest::Client::new();
        fuzz("served-oauth", token_request, async |input: &[u8]| {
            let text = String::from_utf8_lossy(input);
            let (header, form) = text.split_once('\n').unwrap_or(("", &text));
            let mut post = http.post(&url);
            post = post.header("content-type", "application/x-www-form-urlencoded");
            if header.bytes().all(|byte| (0x20..0x7f).contains(&byte)) && !header.is_empty() {
                post = post.header("authorization", header);
            }
            let answer = post.body(form.to_owned()).send().await.expect("an answer");
            let status = answer.status().as_u16();
            assert!((400..500).contains(&status), "{status}");
            let text = answer.text().await.expect("a text");
            let body: Value = serde_json::from_str(&text).expect("JSON");
            assert!(body["error"].is_string(), "{body}");
        })
        .await;
    });
}

/// Rows of an import: JSON lines, or comma-separated values after their names.
fn rows(draw: &mut Draw) -> Vec<u8> {
    let names = [
        "application_id",
        "user_name",
        "external_id",
        "display_name",
        "given_name",
        "family_name",
        "emails",
        "active",
        "roles",
        "groups",
        "nonsense",
    ];
    let mut lines = Vec::new();
    let is_csv = draw.one_in(2);
    if is_csv {
        lines.push(draw.joined(6, ",", |draw| (*draw.of(&names)).to_owned()));
    }
    for _ in 0..=draw.below(5) {
        let line = match is_csv {
            true => draw.joined(6, ",", |draw| match draw.one_in(3) {
                true => format!("\"{}\"", draw.text()),
                false => draw.text(),
            }),
            false => {
                let mut row = serde_json::Map::new();
                for _ in 0..=draw.below(5) {
                    let value = grammar::value(draw, 2);
                    row.insert((*draw.of(&names)).to_owned(), value);
                }
                Value::Object(row).to_string()
            }
        };
        lines.push(line);
    }
    lines
        .join(if draw.one_in(3) { "\r\n" } else { "\n" })
        .into_bytes()
}

#[test]
fn imports() {
    run(async |service| {
        let tenant = service.tenant("fuzz-import").await;
        let key = service.application();
        for (import, format) in [("lines", "json_lines"), ("values", "csv")] {
            let path = format!("/tenants/{}/imports/{import}", tenant.id());
            let new = json!({"mode": "report", "format": format});
            key.put(&path, new).await.expect(201);
        }
        let part = AtomicU32::new(0);
        fuzz("served-import", rows, async |input: &[u8]| {
            // A part is sent once. After the last, the first is refused.
            let number = part.fetch_add(1, Ordering::Relaxed) % 5_000 + 1;
            for import in ["lines", "values"] {
                let path = format!("/tenants/{}/imports/{import}/parts/{number}", tenant.id());
                let text = String::from_utf8_lossy(input).into_owned();
                let answer = key.send(Method::PUT, &path, Some(text)).await;
                assert!(answer.status < 500, "{}", answer.status);
            }
        })
        .await;
    });
}

#[test]
fn api() {
    run(async |service| {
        let tenant = service.tenant("fuzz-api").await;
        let owner = service.admin(&tenant, Role::Owner).await;
        let ada = tenant.idp().user("ada").await;
        let key = service.application();
        let draw = |draw: &mut Draw| {
            let paths = [
                "/users",
                "/users/ADA",
                "/users/ADA/role",
                "/audit",
                "/requests",
                "/settings",
                "/health",
                "/scim/connections",
                "/scim/groups/ADA/members",
                "/tenants",
                "/tenants/TENANT/events",
                "/tenants/TENANT/sso/logins",
                "/tenants/TENANT/portal-links",
                "/service-keys",
                "/users/ADA/merge",
                "/tenants/TENANT/export",
            ];
            let names = [
                "after", "limit", "filter", "state", "person", "action", "from", "to", "status",
                "actor",
            ];
            request(
                draw,
                &["GET", "GET", "GET", "POST", "PUT", "PATCH"],
                &paths,
                &names,
            )
        };
        fuzz("served-api", draw, async |input: &[u8]| {
            let Some(sent) = sent(input) else { return };
            let path = sent
                .path
                .replace("ADA", &ada)
                .replace("TENANT", tenant.id());
            let caller = match sent.path.contains("TENANT") || sent.path.starts_with("/service") {
                true => &key,
                false => &owner,
            };
            // The export is a stream of lines, not an object.
            if path.contains("/export") || !is_passed_on(&path) {
                return;
            }
            let body = (sent.method != Method::GET).then_some(sent.body);
            let answer = caller.send(sent.method, &path, body).await;
            assert!(answer.status < 500, "{}", answer.status);
        })
        .await;
    });
}

#[test]
fn console() {
    run(async |service| {
        let tenant = service.tenant("fuzz-console").await;
        let ada = tenant.idp().user("ada").await;
        let crew = tenant.idp().group("crew", &[&ada]).await;
        let visitor = Visitor::with_link(service, &tenant, Role::Owner).await;
        let draw = |draw: &mut Draw| {
            let paths = [
                "/people",
                "/people/ADA",
                "/people/ADA/role",
                "/people/ADA/merge",
                "/groups",
                "/groups/CREW",
                "/groups/CREW/preview",
                "/groups/CREW/role",
                "/groups/CREW/members",
                "/activity",
                "/activity/trace",
                "/activity/audit",
                "/activity/new",
                "/activity/audit/new",
                "/activity/export",
                "/activity/audit/export",
                "/settings",
                "/tokens",
                "/connections",
                "/health",
                "/open",
            ];
            let names = [
                "text",
                "state",
                "after",
                "behind",
                "role",
                "also",
                "done",
                "since",
                "from",
                "to",
                "sum",
                "name",
                "label",
                "provider",
                "connection",
                "expires",
                "into",
                "person",
                "person_id",
                "status",
                "id",
                "revision",
                "invitation_domains",
                "contacts",
                "retention_days",
                "rate_limit",
                "link",
                "session",
            ];
            request(draw, &["GET", "GET", "POST"], &paths, &names)
        };
        fuzz("served-console", draw, async |input: &[u8]| {
            let Some(sent) = sent(input) else { return };
            let path = sent.path.replace("ADA", &ada).replace("CREW", &crew);
            let path = format!("/console{path}");
            if !is_passed_on(&path) {
                return;
            }
            let answer = match sent.method == Method::GET {
                true => visitor.get(&path).await,
                false => {
                    let pairs = url::form_urlencoded::parse(sent.body.as_bytes());
                    let pairs: Vec<_> = pairs.into_owned().collect();
                    let (token, id) = (visitor.form_token(), uuid::Uuid::now_v7().to_string());
                    let mut form = vec![("form_token", token.as_str()), ("form_id", id.as_str())];
                    form.extend(
                        pairs
                            .iter()
                            .map(|(name, value)| (name.as_str(), value.as_str())),
                    );
                    visitor.post(&path, &form, &[]).await
                }
            };
            assert!(answer.status < 500, "{}", answer.status);
        })
        .await;
    });
}
