//! Inputs that are nearly what the parsers accept.

use serde_json::{Map, Value, json};

use super::draw::Draw;

const ATTRIBUTES: [&str; 24] = [
    "userName",
    "USERNAME",
    "id",
    "externalId",
    "name.familyName",
    "name",
    "emails",
    "emails.value",
    "emails.type",
    "emails.primary",
    "phoneNumbers.value",
    "active",
    "members",
    "members.value",
    "displayName",
    "meta.lastModified",
    "meta.version",
    "password",
    "schemas",
    "groups.value",
    "unknown",
    "roles.value",
    "urn:ietf:params:scim:schemas:core:2.0:User:userName",
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value",
];
const OPERATORS: [&str; 12] = [
    "eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le", "pr", "EQ", "like",
];

fn attribute(draw: &mut Draw) -> String {
    match draw.one_in(8) {
        true => draw.text(),
        false => (*draw.of(&ATTRIBUTES)).to_owned(),
    }
}

fn literal(draw: &mut Draw) -> String {
    match draw.below(6) {
        0 => (*draw.of(&[
            "true",
            "false",
            "null",
            "42",
            "-0.5e3",
            "2024-01-01T00:00:00Z",
        ]))
        .to_owned(),
        1 => format!("\"{}\"", draw.text()),
        _ => json!(draw.text()).to_string(),
    }
}

/// A filter.
pub(super) fn filter(draw: &mut Draw) -> String {
    filter_within(draw, 5)
}

fn filter_within(draw: &mut Draw, depth: usize) -> String {
    if depth == 0 || draw.one_in(3) {
        let (attribute, operator) = (attribute(draw), *draw.of(&OPERATORS));
        return match operator {
            "pr" => format!("{attribute} pr"),
            operator => format!("{attribute} {operator} {}", literal(draw)),
        };
    }
    let inner = filter_within(draw, depth - 1);
    match draw.below(5) {
        0 => format!("({inner})"),
        1 => format!("not ({inner})"),
        2 => format!("{}[{inner}]", attribute(draw)),
        3 => format!("{inner} and {}", filter_within(draw, depth - 1)),
        _ => format!("{inner} or {}", filter_within(draw, depth - 1)),
    }
}

/// The path of a PATCH operation.
pub(super) fn path(draw: &mut Draw) -> String {
    let attribute = attribute(draw);
    match draw.below(4) {
        0 => format!("{attribute}[{}]", filter_within(draw, 2)),
        1 => format!(
            "{attribute}[{}].{}",
            filter_within(draw, 2),
            draw.of(&["value", "type", "x"])
        ),
        _ => attribute,
    }
}

/// A JSON value of any shape.
pub(super) fn value(draw: &mut Draw, depth: usize) -> Value {
    match draw.below(if depth == 0 { 5 } else { 7 }) {
        0 => Value::Null,
        1 => json!(draw.one_in(2)),
        2 => json!(draw.below(usize::MAX) as f64),
        3 | 4 => json!(draw.text()),
        5 => (0..draw.below(5)).map(|_| value(draw, depth - 1)).collect(),
        _ => {
            let names = [
                "value",
                "type",
                "primary",
                "display",
                "$ref",
                "operation",
                "VALUE",
                "x",
            ];
            let count = draw.below(5);
            let member = |_| ((*draw.of(&names)).to_owned(), value(draw, depth - 1));
            Value::Object((0..count).map(member).collect::<Map<_, _>>())
        }
    }
}

/// The body of a PATCH.
pub(super) fn patch(draw: &mut Draw) -> String {
    let count = draw.below(6);
    let operations = (0..count).map(|_| {
        let mut one =
            json!({"op": draw.of(&["add", "replace", "remove", "Add", "REMOVE", "move"])});
        if !draw.one_in(4) {
            one["path"] = json!(path(draw));
        }
        if !draw.one_in(4) {
            one["value"] = value(draw, 4);
        }
        one
    });
    let operations: Vec<Value> = operations.collect();
    json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations})
        .to_string()
}

/// A user or group.
pub(super) fn resource(draw: &mut Draw) -> String {
    let schemas = [
        "urn:ietf:params:scim:schemas:core:2.0:User",
        "urn:ietf:params:scim:schemas:core:2.0:Group",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
        "urn:example:2.0:Own",
    ];
    let mut body = Map::new();
    let named: Vec<&str> = (0..1 + draw.below(3)).map(|_| *draw.of(&schemas)).collect();
    body.insert("schemas".to_owned(), json!(named));
    body.insert("userName".to_owned(), json!(draw.text()));
    body.insert("displayName".to_owned(), json!(draw.text()));
    for _ in 0..draw.below(8) {
        let name = attribute(draw);
        body.insert(name, value(draw, 4));
    }
    Value::Object(body).to_string()
}

/// A query string, encoded as clients do it, well or badly.
pub(super) fn query(draw: &mut Draw, names: &[&str]) -> String {
    draw.joined(6, "&", |draw| {
        let name = match draw.one_in(6) {
            true => draw.text(),
            false => (*draw.of(names)).to_owned(),
        };
        let value = match draw.below(4) {
            0 => filter(draw),
            1 => attribute(draw),
            2 => draw.below(2_000).to_string(),
            _ => draw.text(),
        };
        match draw.one_in(5) {
            true => format!("{name}={value}"),
            false => format!("{name}={}", rollcall_tests::idp::encode(&value)),
        }
    })
}

/// A list of versions, as `If-Match` has it.
pub(super) fn versions(draw: &mut Draw) -> String {
    draw.joined(5, ",", |draw| {
        let tag = draw.text();
        (*draw.of(&["*", "W/\"1\"", " \"1\" ", "W/", "\"", ""])).to_owned() + &tag
    })
}

/// A secret, as `Authorization` has it.
pub(super) fn secret(draw: &mut Draw) -> String {
    let prefix = *draw.of(&["rcs_", "rcx_", "rcl_", "rck_", "Bearer rcs_", "bearer  "]);
    let digits = "0aZ9".repeat(draw.below(20));
    format!(
        "{prefix}{}_{digits}{}",
        draw.of(&["acme", "", "-", "A"]),
        draw.text()
    )
}
