//! The time and the allocations of what the protocol does with a request by itself, without a table: filters, PATCH,
//! projection, and a page of 100 people.
//!
//! Run with `cargo bench -p rollcall-tests --bench protocol`.

// A benchmark that panics says what went wrong.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use divan::{AllocProfiler, Bencher, black_box};
use rollcall_scim::{Filter, ListResponse, Matcher, Patch, Projection, Resource, USER};
use serde_json::value::to_raw_value;
use serde_json::{Value, json};

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

const BASE: &str = "https://scim.example.com/scim/v2";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// Filters that identity providers send, from the shortest to one with many parts.
const FILTERS: [&str; 3] = [
    r#"userName eq "ada@example.com""#,
    r#"emails[type eq "work" and value eq "ada@example.com"]"#,
    r#"(active eq true and not (title pr)) or (urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department sw "Eng" and emails.value co "@example" and meta.lastModified gt "2020-01-01T00:00:00Z")"#,
];

fn main() {
    divan::main();
}

fn body(number: usize) -> Value {
    let name = format!("ada-{number}@example.com");
    json!({
        "schemas": [USER.schema.urn, ENTERPRISE], "userName": name, "externalId": format!("00u-{name}"),
        "name": {"givenName": "Ada", "familyName": "Lovelace", "formatted": "Ada Lovelace"}, "displayName": "Ada Lovelace",
        "emails": [{"primary": true, "value": name, "type": "work"}, {"value": format!("home-{name}"), "type": "home"}],
        "phoneNumbers": [{"value": "+44 20 7946 0000", "type": "work"}], "locale": "en-US", "active": true,
        ENTERPRISE: {"department": "Engineering", "employeeNumber": number.to_string()},
    })
}

fn person(number: usize) -> Resource {
    let mut person = Resource::parse(&USER, body(number)).expect("a person");
    person.set("id", json!(format!("01890000-0000-7000-8000-{number:012}")));
    let meta = json!({"resourceType": "User", "created": "2026-01-01T00:00:00Z", "lastModified": "2026-01-01T00:00:00Z",
                      "version": "W/\"1\""});
    person.set("meta", meta);
    person
}

#[divan::bench(args = 0..FILTERS.len())]
fn filter_parse(filter: usize) -> Filter {
    Filter::parse(&USER, black_box(FILTERS[filter])).expect("a filter")
}

#[divan::bench(args = 0..FILTERS.len())]
fn filter_eval(bencher: Bencher<'_, '_>, filter: usize) {
    let filter = Filter::parse(&USER, FILTERS[filter]).expect("a filter");
    let person = person(1);
    bencher.bench_local(|| Matcher::new(&filter, &USER).matches(black_box(&person)));
}

/// Parses the body of a POST.
#[divan::bench]
fn person_parse(bencher: Bencher<'_, '_>) {
    bencher
        .with_inputs(|| body(1))
        .bench_local_values(|body| Resource::parse(&USER, body).expect("a person"));
}

fn patch() -> Value {
    json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [
        {"op": "replace", "path": "title", "value": "Countess"},
        {"op": "replace", "path": "emails[type eq \"work\"].value", "value": "countess@example.com"},
        {"op": "add", "value": {"name.givenName": "Augusta", "active": true}},
        {"op": "remove", "path": "phoneNumbers"},
    ]})
}

#[divan::bench]
fn patch_parse(bencher: Bencher<'_, '_>) {
    bencher
        .with_inputs(patch)
        .bench_local_values(|body| Patch::parse(&USER, body).expect("a PATCH"));
}

#[divan::bench]
fn patch_apply(bencher: Bencher<'_, '_>) {
    let patch = Patch::parse(&USER, patch()).expect("a PATCH");
    let person = person(1);
    bencher.bench_local(|| patch.apply(black_box(&person)).expect("a person"));
}

#[divan::bench(args = ["all", "userName,emails.value", "-name,phoneNumbers"])]
fn projection(bencher: Bencher<'_, '_>, attributes: &str) {
    let projection = match attributes.strip_prefix('-') {
        Some(excluded) => Projection::parse(&USER, None, Some(excluded)),
        None if attributes == "all" => Ok(Projection::all()),
        None => Projection::parse(&USER, Some(attributes), None),
    };
    let (projection, person) = (projection.expect("a projection"), person(1));
    bencher.bench_local(|| projection.render(black_box(&person), BASE));
}

/// From 100 people to the bytes of a response.
#[divan::bench]
fn page_of_100(bencher: Bencher<'_, '_>) {
    let people: Vec<Resource> = (0..100).map(person).collect();
    let projection = Projection::all();
    bencher.bench_local(|| {
        let shown = people
            .iter()
            .map(|person| to_raw_value(&projection.render(person, BASE)));
        let shown = shown.collect::<Result<Vec<_>, _>>().expect("JSON");
        serde_json::to_string(&ListResponse::new(100, 1, shown)).expect("JSON")
    });
}
