//! Refusals say in plain English what is wrong: no text of serde, of a parser or of Rust reaches a client.

use http::Method;
use rollcall_directory::Role;
use rollcall_tests::api::Api;
use rollcall_tests::service::run;
use rollcall_tests::size::size;
use serde_json::{Map, Value, json};

/// Texts of serde, `serde_json`, `serde_urlencoded` and the standard library.
const FOREIGN: [&str; 18] = [
    ", expected ",
    "at line",
    "invalid type",
    "invalid value:",
    "invalid length",
    "missing field",
    "unknown field",
    "unknown variant",
    "duplicate field",
    "deserialize",
    "invalid digit",
    "trailing characters",
    "eof while",
    "recursion limit",
    "struct ",
    "u32",
    "expected value",
    "utf-8 sequence",
];

/// An operation of the document with what it takes.
struct Operation {
    method: Method,
    path: String,
    by_session: bool,
    body: Value,
    parameters: Vec<String>,
}

fn operations(document: &Value, tenant: &str) -> Vec<Operation> {
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            let path = path.trim_start_matches("/api/v1");
            let path = path.replace("{tenant}", tenant).replace("{name}", "x");
            let path = path.replace("{id}", "x").replace("{session}", "x");
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            let in_query = parameters.filter(|one| one["in"] == "query");
            let names = in_query.filter_map(|one| one["name"].as_str().map(str::to_owned));
            found.push(Operation {
                method: method.to_uppercase().parse().expect("a method"),
                path: path.replace("{urn}", "urn:x"),
                by_session: !operation["security"][0]["session"].is_null(),
                body: operation["requestBody"]["content"]["application/json"]["schema"].clone(),
                parameters: names.collect(),
            });
        }
    }
    found
}

fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    if let Some(reference) = schema["$ref"].as_str() {
        let target = document.pointer(reference.trim_start_matches('#'));
        return resolved(document, target.expect("a schema"));
    }
    let all = schema["oneOf"].as_array().into_iter().flatten();
    match all.into_iter().find(|one| one["type"] != "null") {
        Some(first) => resolved(document, first),
        None => schema,
    }
}

/// Makes the values that a member of a body can wrongly have: of each kind of JSON, and wrong inside.
fn wrong_values(document: &Value, schema: &Value, depth: usize) -> Vec<Value> {
    let schema = resolved(document, schema);
    let mut values = vec![
        json!(null),
        json!(-1.5),
        json!("no such value"),
        json!([[]]),
        json!({"a": 1, "b": 2}),
    ];
    if depth == 0 {
        values.extend([
            json!(true),
            json!(-1),
            json!(1e300),
            json!(u64::MAX),
            json!(""),
            json!([7, null, "x"]),
            json!({"no such value": null}),
        ]);
    }
    // Everything below is read by the same code; the full size goes deeper.
    if depth < size(1, 3) {
        for (name, inner) in schema["properties"].as_object().into_iter().flatten() {
            let wrong = wrong_values(document, inner, depth + 1).into_iter();
            values.extend(wrong.map(|value| json!({ name.as_str(): value })));
        }
        if !schema["items"].is_null() {
            let wrong = wrong_values(document, &schema["items"], depth + 1).into_iter();
            values.extend(wrong.map(|value| json!([value])));
        }
    }
    values
}

/// Makes bodies that are no JSON, or not of any type.
fn unreadable_bodies() -> Vec<String> {
    let mut bodies: Vec<String> = [
        "",
        " ",
        "{",
        "{]",
        "}",
        "[",
        "null",
        "[]",
        "7",
        "\"text\"",
        "{\"a\":1}x",
        "{a:1}",
        "{\"a\":\"\\ud800\"}",
        "{\"a\":1e999}",
        "a=1&b=2",
        "{\"a\":01}",
        "{\"a\" 1}",
        "{\"a\":1,}",
        "{\"a\":tru}",
        "{\"a\":\"\n\"}",
        "{1:2}",
    ]
    .map(str::to_owned)
    .to_vec();
    bodies.push(format!("{}1{}", "[".repeat(1_000), "]".repeat(1_000)));
    bodies.push(json!({"no such member": 1}).to_string());
    bodies
}

/// Makes bodies that are wrong in one member each, with everything else that is required missing.
fn wrong_bodies(document: &Value, body: &Value) -> Vec<String> {
    let mut bodies = Vec::new();
    let schema = resolved(document, body);
    for (name, inner) in schema["properties"].as_object().into_iter().flatten() {
        for value in wrong_values(document, inner, 0) {
            let body = Map::from_iter([(name.clone(), value)]);
            bodies.push(Value::Object(body).to_string());
        }
    }
    bodies
}

async fn check(caller: &Api, operation: &Operation, path: &str, body: Option<String>) -> usize {
    let answer = caller
        .send(operation.method.clone(), path, body.clone())
        .await;
    if answer.status < 400 {
        return 0;
    }
    let detail = answer.string("/detail").to_lowercase();
    for text in FOREIGN {
        let said = detail.contains(text);
        assert!(!said, "{} {path} {body:?}: {detail}", operation.method);
    }
    1
}

#[test]
fn no_refusal_has_the_text_of_a_library() {
    run(async |service| {
        let tenant = service.tenant("plain-refusals").await;
        let owner = service.admin(&tenant, Role::Owner).await;
        let application = service.application();
        let nobody = application.with(None);
        let document = nobody.get("/openapi.json").await.expect(200).body;
        let (mut refused, mut seen) = (0, Vec::new());
        for operation in operations(&document, tenant.id()) {
            // What is valid after all would change the whole stack, and reach other tests.
            let of_stack = match operation.path.as_str() {
                "/roles" => "{\"items\"",
                "/branding" => "{\"",
                "/service-keys" => "{\"label\"",
                _ => "-",
            };
            let caller = if operation.by_session {
                &owner
            } else {
                &application
            };
            if !operation.body.is_null() {
                let mut bodies = unreadable_bodies();
                // Operations of one schema read their bodies as one type.
                if !seen.contains(&operation.body) {
                    bodies.extend(wrong_bodies(&document, &operation.body));
                    seen.push(operation.body.clone());
                } else {
                    bodies.truncate(size(3, bodies.len()));
                }
                for body in bodies {
                    if body.starts_with(of_stack) {
                        continue;
                    }
                    refused += check(caller, &operation, &operation.path, Some(body)).await;
                }
            }
            if operation.method != Method::GET {
                continue;
            }
            for name in operation
                .parameters
                .iter()
                .map(String::as_str)
                .chain(["unknown"])
            {
                let values = [
                    "-1",
                    "x",
                    "",
                    "0",
                    "1.5",
                    "999999999999999999999",
                    "true",
                    "a,b",
                ];
                // Names that are unknown are refused before their values are read.
                let values = match name {
                    "unknown" => &values[..1],
                    _ => &values[..],
                };
                for value in values {
                    let path = format!("{}?{name}={value}", operation.path);
                    refused += check(caller, &operation, &path, None).await;
                }
                let path = format!("{}?{name}=1&{name}=2", operation.path);
                refused += check(caller, &operation, &path, None).await;
            }
        }
        assert!(refused > size(1_000, 2_000), "{refused}");
    });
}

#[test]
fn a_refusal_names_the_member_and_what_it_must_be() {
    run(async |service| {
        let tenant = service.tenant("named-members").await;
        let owner = service.admin(&tenant, Role::Owner).await;
        for (body, expected) in [
            (
                json!({"rate_limit": {"per_minute": "many", "burst": 1}}),
                "`rate_limit.per_minute` must be a whole number",
            ),
            (
                json!({"rate_limit": [60, 5]}),
                "`rate_limit` must be an object, not an array",
            ),
            (
                json!({"role_sync": "never"}),
                "`role_sync` must be one of `immediate`, `at_login`",
            ),
            (
                json!({"colour": "red"}),
                "`colour` is not allowed; allowed here: `sso_default_role`",
            ),
            (
                json!({"invitation_domains": ["a.example", 7]}),
                "`invitation_domains[1]` must be text, not a number",
            ),
        ] {
            let refused = owner.patch("/settings", body).await.expect(400);
            let detail = refused.string("/detail");
            assert!(detail.starts_with(expected), "{detail}");
        }
        let refused = owner.get("/users?limit=many").await.expect(400);
        assert!(
            refused
                .string("/detail")
                .starts_with("`limit` must be a whole number")
        );
    });
}
