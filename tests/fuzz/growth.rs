//! Inputs of growing size: twice as much takes about twice as long.

use std::time::Duration;

use http::HeaderMap;
use rollcall_scim::{Filter, Matcher, Patch, Precondition, Projection, Query, Resource, USER};
use serde_json::{Value, json};

/// How much longer four times the input may take. Linear parsers take four times as long, quadratic ones sixteen.
const MOST: u32 = 10;
/// For how long an input is executed again and again; the clock of the processor may have steps of some milliseconds.
const MEASURED: Duration = Duration::from_millis(40);
/// What is faster than this is not compared.
const NOISE: Duration = Duration::from_micros(200);

/// Compares an input of a size with one of four times the size, several times, because other tests run too.
fn grows_linearly(name: &str, size: usize, input: impl Fn(usize) -> String, parser: impl Fn(&str)) {
    let (small, large) = (input(size), input(4 * size));
    let mut seen = Vec::new();
    for _ in 0..4 {
        let (short, long) = (time_of(&small, &parser), time_of(&large, &parser));
        if long <= NOISE + short * MOST {
            eprintln!("growth: {name}: {short:?} and {long:?} for four times as much");
            return;
        }
        seen.push((short, long));
    }
    panic!(
        "{name}: {} and {} bytes take {seen:?}",
        small.len(),
        large.len()
    );
}

/// Returns the processor time of one execution.
fn time_of(input: &str, parser: &impl Fn(&str)) -> Duration {
    let (before, mut executions) = (used(), 0);
    while used() < before + MEASURED {
        parser(input);
        executions += 1;
    }
    (used() - before) / executions
}

/// Returns the processor time of this thread, which waiting for a processor does not lengthen.
fn used() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let spent = text.split(' ').next().and_then(|nanos| nanos.parse().ok());
    Duration::from_nanos(spent.expect("the scheduler's statistics of Linux"))
}

fn many(count: usize, between: &str, part: impl Fn(usize) -> String) -> String {
    (0..count).map(part).collect::<Vec<_>>().join(between)
}

fn body(text: &str) -> Value {
    rollcall_edge_http::json(text.as_bytes(), &HeaderMap::new(), "application/json").expect("JSON")
}

fn user(count: usize) -> String {
    let emails: Vec<Value> = (0..count)
        .map(|n| json!({"value": format!("{n}@example.test"), "type": "work"}))
        .collect();
    json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ada", "emails": emails}).to_string()
}

fn patch(operations: Vec<Value>) -> String {
    let schemas = ["urn:ietf:params:scim:api:messages:2.0:PatchOp"];
    json!({"schemas": schemas, "Operations": operations}).to_string()
}

#[test]
fn filters_take_linear_time() {
    let ada = Resource::parse(&USER, body(&user(100))).expect("a user");
    let run = |text: &str| {
        if let Ok(filter) = Filter::parse(&USER, text) {
            Matcher::new(&filter, &USER).matches(&ada);
        }
    };
    let term = |n: usize| format!("emails[value eq \"{n}@x\"]");
    grows_linearly(
        "terms of a filter",
        60,
        |size| many(size, " or ", term),
        run,
    );
    let nested = |size| format!("{}active eq true{}", "(".repeat(size), ")".repeat(size));
    grows_linearly("brackets of a filter", 10, nested, run);
    let long = |size| format!("userName co \"{}\"", "a".repeat(size));
    grows_linearly("a value of a filter", 4_000, long, run);
    let escapes = |size| format!("userName eq \"{}\"", "\\u0041".repeat(size));
    grows_linearly("escapes of a filter", 600, escapes, run);
    let nots = |size| format!("{}active eq true", "not ".repeat(size));
    grows_linearly("negations of a filter", 1_000, nots, run);
    let dots = |size| format!("a{} pr", ".a".repeat(size));
    grows_linearly("dots of a path", 2_000, dots, run);
}

#[test]
fn bodies_take_linear_time() {
    let parse = |text: &str| {
        if let Ok(user) = Resource::parse(&USER, body(text)) {
            Projection::all().render(&user, "https://scim.example.test/scim/v2");
        }
    };
    grows_linearly("values of a user", 240, user, parse);
    let own = |size| {
        let names = many(size, ",", |n| format!("\"own{n}\": {n}"));
        let urn = "urn:example:2.0:Own";
        format!("{{\"schemas\": [\"{urn}\"], \"userName\": \"a\", \"{urn}\": {{{names}}}}}")
    };
    grows_linearly("attributes of an extension", 1_000, own, parse);
    let names = |size| {
        let names = many(size, ",", |n| format!("\"own{n}\": {n}"));
        format!("{{\"schemas\": [], \"userName\": \"a\", {names}}}")
    };
    grows_linearly("unknown attributes", 1_000, names, parse);
    let deep = |size| format!("{}{}", "[".repeat(size), "]".repeat(size));
    let read = |text: &str| {
        drop(rollcall_edge_http::json(
            text.as_bytes(),
            &HeaderMap::new(),
            "application/json",
        ))
    };
    grows_linearly("depth of a body", 20_000, deep, read);
}

#[test]
fn patches_take_linear_time() {
    let ada = Resource::parse(&USER, body(&user(10))).expect("a user");
    let apply = |text: &str| {
        if let Ok(patch) = Patch::parse(&USER, body(text)) {
            let _ = patch.apply(&ada);
        }
    };
    let titles = |size| {
        patch(
            (0..size)
                .map(|n| json!({"op": "replace", "path": "title", "value": n.to_string()}))
                .collect(),
        )
    };
    grows_linearly("operations of a patch", 240, titles, apply);
    let values = |size| {
        let values: Vec<Value> = (0..size)
            .map(|n| json!({"value": format!("{n}@y")}))
            .collect();
        patch(vec![
            json!({"op": "add", "path": "emails", "value": values}),
        ])
    };
    grows_linearly("values of a patch", 240, values, apply);
    let terms = |size| {
        let terms = many(size, " or ", |n| format!("value eq \"{n}@x\""));
        patch(vec![
            json!({"op": "remove", "path": format!("emails[{terms}]")}),
        ])
    };
    grows_linearly("terms of a patch", 120, terms, apply);
}

#[test]
fn queries_and_headers_take_linear_time() {
    let query = |text: &str| {
        let pairs = url::form_urlencoded::parse(text.as_bytes()).into_owned();
        let _ = Query::from_pairs(&USER, pairs);
    };
    grows_linearly(
        "parameters",
        2_000,
        |size| many(size, "&", |n| format!("count={n}")),
        query,
    );
    let names = |size| format!("attributes={}", many(size, ",", |n| format!("a{n}")));
    grows_linearly("names of attributes", 50, names, query);
    let condition = |text: &str| drop(Precondition::new(Some(text), None));
    grows_linearly(
        "versions",
        2_000,
        |size| many(size, ", ", |n| format!("W/\"{n}\"")),
        condition,
    );
    let quotes = |size| "\"".repeat(size);
    grows_linearly("quotes of versions", 4_000, quotes, condition);
}
