//! The time and the allocations of what SCIM itself does, without DynamoDB: filters, PATCH, projection, sort, and a list of
//! 100 people.
//!
//! Run with `cargo bench -p rollcall-tests --bench scim`.

// A benchmark that panics says what went wrong.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::LazyLock;

use divan::{AllocProfiler, Bencher, black_box};
use rollcall_scim::{
    ENTERPRISE_USER_SCHEMA, Filter, Matcher, PATCH_OP_URN, Patch, Projection, Resource, USER,
    USER_SCHEMA,
};
use serde_json::{Value, json};

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

/// A filter of an index, and one that is compared with everybody.
const FILTERS: [&str; 2] = [
    r#"userName eq "person-50@example.com""#,
    r#"emails[type eq "work" and value co "example"] and (active eq true or title sw "Eng") and not (name.familyName eq "Nobody")"#,
];

const BASE_URL: &str = "https://scim.example.com/scim/v2";

static PEOPLE: LazyLock<Vec<Resource>> = LazyLock::new(|| (0..100).map(person).collect());

fn main() {
    divan::main();
}

fn body(number: usize) -> Value {
    let user_name = format!("person-{number}@example.com");
    json!({
        "schemas": [USER_SCHEMA.id, ENTERPRISE_USER_SCHEMA.id],
        "userName": user_name,
        "name": {"givenName": "Ada", "familyName": format!("Lovelace {number}")},
        "displayName": format!("Ada Lovelace {number}"),
        "title": "Engineer",
        "emails": [
            {"primary": true, "value": user_name, "type": "work"},
            {"value": format!("home-{number}@example.org"), "type": "home"},
        ],
        "phoneNumbers": [{"value": "+44 20 7946 0000", "type": "work"}],
        "externalId": format!("00u-{number}"),
        "active": true,
        ENTERPRISE_USER_SCHEMA.id: {"employeeNumber": number.to_string(), "department": "Research"},
    })
}

fn person(number: usize) -> Resource {
    Resource::parse(&USER, body(number)).expect("a user")
}

#[divan::bench]
fn parse_a_user(bencher: Bencher<'_, '_>) {
    bencher
        .with_inputs(|| body(1))
        .bench_values(|body| Resource::parse(&USER, body).expect("a user"));
}

#[divan::bench(args = FILTERS)]
fn parse_a_filter(filter: &str) -> Filter {
    Filter::parse(&USER, black_box(filter)).expect("a filter")
}

#[divan::bench(args = FILTERS)]
fn match_100_people(bencher: Bencher<'_, '_>, filter: &str) {
    let filter = Filter::parse(&USER, filter).expect("a filter");
    bencher.bench_local(|| {
        let matcher = Matcher::at(&filter, &USER, BASE_URL);
        PEOPLE
            .iter()
            .filter(|person| matcher.matches(person))
            .count()
    });
}

/// Parses a PATCH of three operations, and applies it.
#[divan::bench]
fn patch_a_user(bencher: Bencher<'_, '_>) {
    let patch = json!({
        "schemas": [PATCH_OP_URN],
        "Operations": [
            {"op": "replace", "path": "title", "value": "Director"},
            {"op": "replace", "path": r#"emails[type eq "work"].value"#, "value": "ada@example.net"},
            {"op": "add", "value": {"name.givenName": "Augusta"}},
        ],
    });
    bencher
        .with_inputs(|| patch.clone())
        .bench_local_values(|patch| {
            let patch = Patch::parse(&USER, patch).expect("a patch");
            patch.apply(&PEOPLE[1]).expect("a patched user")
        });
}

/// Renders 100 people with all attributes, and with a few.
#[divan::bench(args = ["", "userName,active,emails.value"])]
fn render_100_people(bencher: Bencher<'_, '_>, attributes: &str) {
    let attributes = (!attributes.is_empty()).then_some(attributes);
    let projection = Projection::parse(&USER, attributes, None).expect("a projection");
    bencher.bench_local(|| -> Vec<Value> {
        let people = PEOPLE.iter();
        people
            .map(|person| projection.render(person, BASE_URL))
            .collect()
    });
}
