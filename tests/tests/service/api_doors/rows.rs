//! The calls that both doors answer alike.

use serde_json::{Value, json};

/// A webhook that gets nothing, at a port where nobody listens.
pub(super) fn webhook() -> Value {
    json!({"name": "SIEM", "url": "http://127.0.0.1:9/", "types": ["tenant.renamed"]})
}

/// A call: the method, the path for sessions and the body.
pub(super) type Row = (&'static str, &'static str, Option<Value>);

/// Every operation that has two doors, in an order in which all succeed.
pub(super) fn rows() -> Vec<Row> {
    let get = |path| ("GET", path, None);
    vec![
        get("/scim/connections"),
        (
            "POST",
            "/scim/connections",
            Some(json!({"name": "Okta", "provider": "okta"})),
        ),
        get("/scim/connections/{connection}"),
        (
            "PUT",
            "/scim/connections/{connection}",
            Some(json!({"name": "Okta", "provider": "okta"})),
        ),
        (
            "PUT",
            "/scim/connections/chosen",
            Some(json!({"name": "Chosen", "provider": "ping"})),
        ),
        (
            "PATCH",
            "/scim/connections/{connection}",
            Some(json!({"name": "Entra", "provider": "entra"})),
        ),
        (
            "POST",
            "/scim/connections/{connection}/tokens",
            Some(json!({"label": "new"})),
        ),
        get("/scim/connections/{connection}/tokens"),
        get("/scim/connections/{connection}/quirks"),
        get("/scim/connections/{connection}/remedies?remedy=bind_anew"),
        (
            "POST",
            "/scim/connections/{connection}/remedies",
            Some(json!({"remedy": "confirm"})),
        ),
        get("/scim/connections/{connection}/held"),
        (
            "POST",
            "/scim/connections/{connection}/held",
            Some(json!({"decision": "apply"})),
        ),
        get("/scim/connections/{connection}/observed"),
        get("/scim/tokens/{token}"),
        ("DELETE", "/scim/tokens/{token}", None),
        get("/scim/tokens/{token}"),
        get("/scim/groups/role-mappings"),
        (
            "PUT",
            "/scim/groups/{group}/role-mapping",
            Some(json!({"role_id": "admin"})),
        ),
        (
            "PUT",
            "/scim/groups/role-mapping?name=Engineering",
            Some(json!({"role_ids": ["admin"]})),
        ),
        get("/scim/groups/role-mapping?name=Engineering"),
        (
            "PUT",
            "/scim/groups/role-mapping?name=Later",
            Some(json!({"role_ids": ["viewer"]})),
        ),
        get("/scim/groups/role-mappings/awaited"),
        get("/scim/roles"),
        get("/scim/groups/{group}/members?state=invited"),
        get("/scim/groups/{group}/reconciliation"),
        ("PUT", "/imports/{import}", Some(json!({"mode": "report"}))),
        get("/imports/{import}"),
        (
            "PUT",
            "/imports/{import}/parts/{part}",
            Some(json!({"user_name": "ada@example.com"})),
        ),
        get("/imports/{import}/parts/{part}"),
        get("/imports/{import}/unmatched"),
        get("/picker?text=ad"),
        get("/picker?limit=2"),
        get("/users?limit=2"),
        get("/users/{user}"),
        get("/users/{user}?include=attributes,groups"),
        get("/scim/groups?text=eng"),
        get("/scim/groups/{group}"),
        get("/scim/groups?include=attributes"),
        get("/scim/groups/{group}?include=attributes"),
        (
            "PUT",
            "/users/{user}/role",
            Some(json!({"role_id": "owner"})),
        ),
        get("/users/{user}/role"),
        ("POST", "/users/{user}/restore", None),
        ("POST", "/users/{user}/admit-as-new", None),
        ("POST", "/users/{ghost}/block", Some(json!({}))),
        ("POST", "/users/{ghost}/unblock", Some(json!({}))),
        ("POST", "/users/{ghost}/sessions/end", Some(json!({}))),
        ("POST", "/users/{ghost}/bind-anew", Some(json!({}))),
        ("POST", "/users/{user}/confirm", Some(json!({}))),
        (
            "POST",
            "/users/{ghost}/merge",
            Some(json!({"into": "{user}"})),
        ),
        ("DELETE", "/users/{leaver}", None),
        get("/users/{user}/sessions"),
        ("DELETE", "/users/{user}/sessions/{session}", None),
        ("PUT", "/settings", Some(json!({"route_by": "claim"}))),
        ("PATCH", "/settings", Some(json!({"retention_days": 90}))),
        get("/settings"),
        get("/requests"),
        get("/users/{user}/identity"),
        get("/support-access"),
        ("DELETE", "/support-access/{connection}", None),
        get("/health"),
        (
            "POST",
            "/health/findings/{finding}/snooze",
            Some(json!({"reason": "known", "days": 7})),
        ),
        get("/health"),
        ("DELETE", "/health/findings/{finding}/snooze", None),
        ("DELETE", "/health/findings/nothing/snooze", None),
        get("/audit?action=connection."),
        get("/evidence/access-review"),
        get("/evidence/offboarding"),
        ("POST", "/webhooks", Some(webhook())),
        get("/webhooks"),
        get("/webhooks/{webhook}"),
        ("PUT", "/webhooks/{webhook}", Some(webhook())),
        ("PUT", "/webhooks/chosen", Some(webhook())),
        (
            "PATCH",
            "/webhooks/{webhook}",
            Some(json!({"name": "Other"})),
        ),
        ("POST", "/webhooks/{webhook}/secret", None),
        ("POST", "/webhooks/{webhook}/pause", None),
        (
            "POST",
            "/webhooks/{webhook}/replay",
            Some(json!({"after": "0"})),
        ),
        ("POST", "/webhooks/{webhook}/test", None),
        get("/webhooks/{webhook}/deliveries"),
        ("POST", "/webhooks/{webhook}/resume", None),
        ("DELETE", "/webhooks/{webhook}", None),
        ("DELETE", "/scim/connections/{connection}", None),
        // Refusals are the same too.
        (
            "POST",
            "/scim/connections",
            Some(json!({"name": "Okta", "colour": "red"})),
        ),
        ("PATCH", "/settings", Some(json!({"retention_days": 0}))),
        ("PUT", "/settings", None),
        ("PUT", "/settings", Some(json!({"colour": "red"}))),
        get("/users?state=gone"),
        get("/users/nobody"),
        get("/users/nobody/identity"),
        get("/users/{connection}/export"),
        get("/users/{connection}/erasure"),
        ("POST", "/users/{connection}/erasure", Some(json!({}))),
        get("/scim/connections/{connection}"),
    ]
}
