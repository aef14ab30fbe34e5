//! The parsers themselves.

use http::HeaderMap;
use rollcall_directory::{FormId, KeyScope, TenantId, TokenSecret};
use rollcall_edge_http::{API_PATH, BASE_PATH, CONSOLE_PATH, Marker, bearer, normalise, segments};
use rollcall_scim::{
    AttrPath, Filter, GROUP, Matcher, Patch, Precondition, Projection, Query, Resource, Sort, USER,
};
use serde_json::{Value, json};

use crate::draw::Draw;
use crate::grammar;
use crate::run::fuzz;

const URL: &str = "https://scim.example.test/scim/v2";

/// Fuzzes a parser that needs nothing but its input.
fn check(name: &str, draw: fn(&mut Draw) -> Vec<u8>, parser: fn(&[u8])) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build();
    runtime
        .expect("a runtime")
        .block_on(fuzz(name, draw, async |input: &[u8]| parser(input)));
}

fn ada() -> Resource {
    let body = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ada", "active": true, "title": "Dr",
        "name": {"familyName": "Lovelace"}, "emails": [{"value": "ada@x", "type": "work", "primary": true},
        {"value": "ada@y", "type": "home"}], "roles": [{"value": "admin"}],
    });
    Resource::parse(&USER, body).expect("a user")
}

fn parsed(input: &[u8]) -> Option<Value> {
    rollcall_edge_http::json(input, &HeaderMap::new(), "application/json").ok()
}

#[test]
fn filters() {
    check(
        "filter",
        |draw| grammar::filter(draw).into_bytes(),
        |input| {
            let text = String::from_utf8_lossy(input);
            for kind in [&USER, &GROUP] {
                if let Ok(filter) = Filter::parse(kind, &text) {
                    let said = Matcher::at(&filter, kind, URL).matches(&ada());
                    assert_eq!(said, Matcher::at(&filter, kind, URL).matches(&ada()));
                    assert!(filter.attributes().count() < 600);
                }
            }
        },
    );
}

#[test]
fn paths() {
    check(
        "path",
        |draw| grammar::path(draw).into_bytes(),
        |input| {
            let text = String::from_utf8_lossy(input);
            for kind in [&USER, &GROUP] {
                let parsed = AttrPath::parse(kind, &text);
                let sorted = Sort::parse(kind, &text, Some(&text)).is_ok();
                assert!(
                    parsed.is_ok() || !sorted || text.trim().is_empty(),
                    "sorted by no path"
                );
            }
        },
    );
}

#[test]
fn patches() {
    check(
        "patch",
        |draw| grammar::patch(draw).into_bytes(),
        |input| {
            let Some(body) = parsed(input) else { return };
            for kind in [&USER, &GROUP] {
                let Ok(patch) = Patch::parse(kind, body.clone()) else {
                    continue;
                };
                let (rest, members) = patch.clone().split_members();
                if kind.name == USER.name {
                    assert!(members.is_none(), "a user has no members");
                }
                if let Ok(changed) = rest.apply(&ada()) {
                    Projection::all().render(&changed, URL);
                }
            }
        },
    );
}

#[test]
fn resources() {
    check(
        "resource",
        |draw| grammar::resource(draw).into_bytes(),
        |input| {
            let Some(body) = parsed(input) else { return };
            for kind in [&USER, &GROUP] {
                let Ok(resource) = Resource::parse(kind, body.clone()) else {
                    continue;
                };
                let shown = Projection::all().render(&resource, URL);
                assert!(shown.is_object());
                assert!(
                    shown.get("password").is_none(),
                    "a password is kept: {shown}"
                );
                // A client that writes back what it has read changes nothing.
                let again = Resource::parse(kind, shown.clone());
                let again = again.unwrap_or_else(|error| panic!("{error}: {shown}"));
                let replaced = resource.replaced_by(again).expect("the same");
                assert_eq!(Projection::all().render(&replaced, URL), shown);
            }
        },
    );
}

#[test]
fn queries() {
    check(
        "query",
        |draw| grammar::query(draw, &rollcall_scim::PARAMETERS).into_bytes(),
        |input| {
            let text = String::from_utf8_lossy(input);
            let pairs = url::form_urlencoded::parse(text.as_bytes());
            let pairs: Vec<(String, String)> = pairs.into_owned().collect();
            for kind in [&USER, &GROUP] {
                if let Ok(query) = Query::from_pairs(kind, pairs.clone()) {
                    let query = query.at(URL);
                    assert!(query.start_index >= 1);
                    query.projection.render(&ada(), URL);
                }
                let body: Value = pairs
                    .clone()
                    .into_iter()
                    .map(|(name, value)| (name, json!(value)))
                    .collect::<serde_json::Map<_, _>>()
                    .into();
                let _ = Query::from_search_request(kind, body);
            }
        },
    );
}

#[test]
fn versions() {
    check(
        "versions",
        |draw| grammar::versions(draw).into_bytes(),
        |input| {
            let text = String::from_utf8_lossy(input);
            if let Ok(condition) = Precondition::new(Some(&text), Some(&text)) {
                let version = "W/\"1\"";
                // Both headers name the same versions, so nothing fulfils both.
                assert!(
                    condition.is_none() || !condition.allows_write(version),
                    "{text}"
                );
            }
        },
    );
}

#[test]
fn secrets() {
    check(
        "secret",
        |draw| grammar::secret(draw).into_bytes(),
        |input| {
            let text = String::from_utf8_lossy(input);
            let shown = bearer(&text).unwrap_or(&text);
            if let Some(secret) = TokenSecret::parse(shown) {
                assert_eq!(secret.expose(), shown);
                assert!(!format!("{secret:?}").contains(shown), "a secret is shown");
            }
            let _ = (text.parse::<KeyScope>(), text.parse::<FormId>());
            let tenant = text.parse::<TenantId>();
            assert!(
                tenant.is_err() || !text.contains('#'),
                "a tenant id could be a key"
            );
        },
    );
}

#[test]
fn url_paths() {
    let draw = |draw: &mut Draw| {
        let path = draw.joined(6, "/", |draw| match draw.below(3) {
            0 => draw.text(),
            1 => (*draw.of(&[
                "scim", "v2", "Users", "api", "v1", "console", "..", ".", "%2F",
            ]))
            .to_owned(),
            _ => grammar::filter(draw),
        });
        format!("/{path}").into_bytes()
    };
    check("url-path", draw, |input| {
        let text = String::from_utf8_lossy(input);
        for marker in [BASE_PATH, API_PATH, CONSOLE_PATH].map(Marker::new) {
            let normal = normalise(&text, marker);
            assert!(
                normal.starts_with('/') && !normal.contains("//"),
                "{normal}"
            );
            assert_eq!(normalise(&normal, marker), normal, "normal paths stay");
            assert!(normal.parse::<http::Uri>().is_ok(), "{normal}");
            assert!(segments(&normal).all(|segment| !segment.is_empty()));
        }
    });
}
