//! Tests of PATCH: one case per rule of RFC 7644 §3.5.2 and per dialect rule.

mod attributes;
mod extensions;
mod laws;
mod messages;
mod values;

use serde_json::json;

use super::*;
use crate::schema::{ENTERPRISE_USER_SCHEMA, GROUP, USER};

const ENTERPRISE: &str = ENTERPRISE_USER_SCHEMA.id;

fn resource(rt: &'static ResourceType, mut body: Value) -> Resource {
    if rt == &USER {
        body["userName"] = json!("ada");
    } else {
        body["displayName"] = json!("group");
    }
    body["schemas"] = json!([rt.schema.id]);
    Resource::parse(rt, body).expect("a valid resource")
}

fn parse(rt: &'static ResourceType, operations: Value) -> Result<Patch, Error> {
    let body = json!({"schemas": [PATCH_OP_URN], "Operations": operations});
    Patch::parse(rt, body)
}

fn run(rt: &'static ResourceType, before: Value, operations: Value) -> Result<Resource, Error> {
    parse(rt, operations)?.apply(&resource(rt, before))
}

/// Checks a PATCH of a User. `before` and `after` omit `userName` and `schemas`.
fn check(before: Value, operations: Value, after: Value) {
    let patched =
        run(&USER, before, operations.clone()).unwrap_or_else(|e| panic!("{operations}: {e}"));
    assert_eq!(patched, resource(&USER, after), "{operations}");
}

fn refuse(before: Value, operations: Value, scim_type: &str) {
    let error = run(&USER, before, operations.clone()).expect_err(&operations.to_string());
    assert_eq!(error.scim_type(), Some(scim_type), "{operations}: {error}");
}

fn op(op: &str, path: &str, value: Value) -> Value {
    json!([{"op": op, "path": path, "value": value}])
}

fn work() -> Value {
    json!({"value": "a@work", "type": "work", "primary": true})
}

fn home() -> Value {
    json!({"value": "a@home", "type": "home"})
}
