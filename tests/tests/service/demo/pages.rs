//! The list of pictures: every page of the console, in every state that the demo has.

use rollcall_tests::idp::encode;
use serde_json::Value;

use super::{Demo, TENANTS};

/// A page to take pictures of.
pub(crate) struct Page {
    pub(crate) tenant: &'static str,
    /// The name of the file.
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    /// The route in the console's router.
    pub(crate) route: &'static str,
    pub(crate) path: String,
    /// The status of the response.
    pub(crate) status: u16,
}

/// The routes that answer with a part of a page or a file. The pages that load them show the parts.
pub(crate) const PARTS: [&str; 13] = [
    "/console/connections/{id}/checklist",
    "/console/groups/progress",
    "/console/groups/{id}/members",
    "/console/groups/{id}/preview",
    "/console/groups/{id}/progress",
    "/console/activity/new",
    "/console/activity/chart",
    "/console/activity/export",
    "/console/activity/audit/new",
    "/console/activity/audit/export",
    "/console/evidence/export",
    "/console/evidence/access/export",
    "/console/health/findings",
];

/// The ids that pages are about.
pub(crate) struct Ids {
    silent: String,
    pilot: String,
    mapped: String,
    unmapped: String,
    owner: String,
    inactive: String,
    invited: String,
    blocked: String,
    held: String,
    request: String,
    /// The query of a request that changed something.
    trace: String,
}

impl Ids {
    /// Finds the ids.
    pub(crate) async fn of(demo: &Demo) -> Self {
        let application = demo.application();
        let get = async |path: &str| {
            let path = format!("/tenants/{}{path}", TENANTS[0]);
            let answer = application.get(&path).await.expect(200).body;
            answer["items"].as_array().cloned().unwrap_or_default()
        };
        let id = |item: Option<&Value>, what: &str| {
            let id = item.and_then(|item| item["id"].as_str());
            id.unwrap_or_else(|| panic!("no {what} in the demo"))
                .to_owned()
        };
        let connections = get("/connections").await;
        let connection = |name: &str| {
            let found = connections.iter().find(|one| one["name"] == name);
            id(found, name)
        };
        let groups = get("/groups?limit=500").await;
        let group = |name: &str| {
            let named = |one: &&Value| one["display_name"] == name || one["name"] == name;
            id(groups.iter().find(named), name)
        };
        let person = async |query: &str| {
            let found = get(&format!("/users?limit=5&{query}")).await;
            id(found.first(), query)
        };
        let entries = get("/audit?limit=500&action=user.").await;
        let subject = |kind: &str| {
            let entry = entries.iter().find(|entry| entry["type"] == kind);
            let id = entry.and_then(|entry| entry["subject"]["id"].as_str());
            id.unwrap_or_else(|| panic!("no {kind} in the demo"))
                .to_owned()
        };
        let held = get("/connections/entra/held").await;
        let held = held.first().map(|one| &one["people"][0]);
        let failed = get("/requests?failed=true&limit=5").await;
        Self {
            silent: connection("Entra ID, Lisbon lab"),
            pilot: connection("PingOne, pilot"),
            mapped: group("app-plumbline-editors"),
            unmapped: group("Remote"),
            owner: person("role=owner").await,
            inactive: subject("user.deactivated"),
            invited: person("state=invited").await,
            blocked: subject("user.blocked"),
            held: id(held, "held change"),
            request: id(failed.first(), "failed request"),
            trace: entries
                .first()
                .map(|entry| {
                    let text = |name: &str| encode(entry[name].as_str().unwrap_or_default());
                    format!("?request={}&at={}", text("request_id"), text("occurred_at"))
                })
                .unwrap_or_default(),
        }
    }
}

/// Returns the pages.
pub(crate) fn pages(ids: &Ids) -> Vec<Page> {
    let at = |name, title, route: &'static str, id: &str, query: &str| Page {
        tenant: TENANTS[0],
        name,
        title,
        route,
        path: format!("{}{query}", route.replace("{id}", id)),
        status: 200,
    };
    let of = |nth: usize, page: Page| Page {
        tenant: TENANTS[nth],
        ..page
    };
    let connection = "/console/connections/{id}";
    let setup = "/console/connections/{id}/setup";
    let group = "/console/groups/{id}";
    let person = "/console/people/{id}";
    let activity = "/console/activity";
    let audit = "/console/activity/audit";
    vec![
        at("overview", "Overview", "/console", "", ""),
        of(
            2,
            at(
                "overview-new",
                "Overview before the first connection",
                "/console",
                "",
                "",
            ),
        ),
        of(
            1,
            at(
                "overview-observing",
                "Overview while a connection is observed",
                "/console",
                "",
                "",
            ),
        ),
        at("connections", "Connections", "/console/connections", "", ""),
        of(
            2,
            at(
                "connections-none",
                "Connections: none yet",
                "/console/connections",
                "",
                "",
            ),
        ),
        at(
            "connect",
            "Connect: choose the provider",
            "/console/connections/new",
            "",
            "",
        ),
        at(
            "connect-google",
            "Connect: what Google cannot do",
            "/console/connections/new",
            "",
            "?provider=google",
        ),
        at("connection", "A connection", connection, "okta", ""),
        at(
            "connection-held",
            "A connection with held changes",
            connection,
            "entra",
            "",
        ),
        at(
            "connection-silent",
            "A silent connection",
            connection,
            &ids.silent,
            "",
        ),
        at(
            "connection-failing",
            "A connection with failures",
            connection,
            "contractors",
            "",
        ),
        at(
            "connection-new",
            "A connection that has sent nothing",
            connection,
            &ids.pilot,
            "",
        ),
        at("setup-okta", "Setup guide: Okta", setup, "okta", ""),
        at("setup-entra", "Setup guide: Entra ID", setup, "entra", ""),
        at(
            "setup-jumpcloud",
            "Setup guide: JumpCloud",
            setup,
            "contractors",
            "",
        ),
        at("setup-ping", "Setup guide: PingOne", setup, &ids.pilot, ""),
        of(
            1,
            at(
                "setup-onelogin",
                "Setup guide: OneLogin",
                setup,
                "onelogin",
                "",
            ),
        ),
        at(
            "test",
            "Test a connection",
            "/console/connections/{id}/test",
            "okta",
            "",
        ),
        at(
            "remedy",
            "Take over people",
            "/console/connections/{id}/remedies/{remedy}",
            "okta",
            "",
        ),
        at(
            "held",
            "Held changes",
            "/console/connections/{id}/held",
            "entra",
            "",
        ),
        of(
            1,
            at(
                "observed",
                "What an observed connection would change",
                "/console/connections/{id}/observed",
                "onelogin",
                "",
            ),
        ),
        at("tokens", "Tokens", "/console/tokens", "", ""),
        at("groups", "Groups and roles", "/console/groups", "", ""),
        at(
            "groups-unmapped",
            "Groups without a role",
            "/console/groups",
            "",
            "?lacking=role",
        ),
        of(
            2,
            at("groups-none", "Groups: none yet", "/console/groups", "", ""),
        ),
        at("group", "A mapped group", group, &ids.mapped, ""),
        at(
            "group-preview",
            "A group: what another role would change",
            group,
            &ids.unmapped,
            "?role=viewer",
        ),
        at("roles", "Roles", "/console/roles", "", ""),
        at("people", "People", "/console/people", "", ""),
        at(
            "people-found",
            "People: a search",
            "/console/people",
            "",
            "?text=okaf",
        ),
        at(
            "people-nobody",
            "People: nobody found",
            "/console/people",
            "",
            "?text=nobody-has-this-name",
        ),
        of(
            2,
            at("people-none", "People: none yet", "/console/people", "", ""),
        ),
        at(
            "people-deleted",
            "Deleted people",
            "/console/people/deleted",
            "",
            "",
        ),
        at("person", "A person: the owner", person, &ids.owner, ""),
        at(
            "person-inactive",
            "A person who left",
            person,
            &ids.inactive,
            "",
        ),
        at(
            "person-invited",
            "A person who has not signed in",
            person,
            &ids.invited,
            "",
        ),
        at(
            "person-blocked",
            "A blocked person",
            person,
            &ids.blocked,
            "",
        ),
        at(
            "person-held",
            "A person whose deactivation is held",
            person,
            &ids.held,
            "",
        ),
        at(
            "merge",
            "Merge two people",
            "/console/people/{id}/merge",
            &ids.invited,
            "",
        ),
        at("activity", "Activity: requests", activity, "", ""),
        at(
            "activity-failed",
            "Activity: failed requests",
            activity,
            "",
            "?failed=yes",
        ),
        of(
            2,
            at("activity-none", "Activity: none yet", activity, "", ""),
        ),
        at(
            "request",
            "A failed request",
            "/console/activity/requests/{id}",
            &ids.request,
            "",
        ),
        at(
            "trace",
            "A request and what it changed",
            "/console/activity/trace",
            "",
            &ids.trace,
        ),
        at(
            "activity-open",
            "Activity: an open line",
            activity,
            "",
            &format!("?entry={}", ids.request),
        ),
        at("audit", "Audit log", audit, "", ""),
        of(
            2,
            at("audit-new", "Audit log of a new tenant", audit, "", ""),
        ),
        at(
            "offboarding",
            "Offboarding report",
            "/console/evidence",
            "",
            "",
        ),
        of(
            2,
            at(
                "offboarding-none",
                "Offboarding report: nobody left",
                "/console/evidence",
                "",
                "",
            ),
        ),
        at(
            "access-review",
            "Access review",
            "/console/evidence/access",
            "",
            "",
        ),
        at(
            "support",
            "Support access",
            "/console/support-access",
            "",
            "",
        ),
        of(
            2,
            at(
                "support-none",
                "Support access: none",
                "/console/support-access",
                "",
                "",
            ),
        ),
        at("health", "Health", "/console/health", "", ""),
        of(
            2,
            at(
                "health-new",
                "Health of a new tenant",
                "/console/health",
                "",
                "",
            ),
        ),
        at("settings", "Settings", "/console/settings", "", ""),
        Page {
            status: 404,
            ..at(
                "not-found",
                "A page that is not there",
                person,
                "nobody",
                "",
            )
        },
    ]
    .into_iter()
    .map(|page| Page {
        path: page.path.replace("{remedy}", "take-over"),
        ..page
    })
    .collect()
}

/// Returns the routes of the console that answer a GET, from its router.
pub(crate) fn routes() -> Vec<String> {
    let router = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../functions/console/src/pages/mod.rs"
    );
    let router = std::fs::read_to_string(router).unwrap();
    let routes = router.split(".route(").skip(1);
    let routes = routes.filter(|route| route.contains("get("));
    let path = |route: &str| route.split('"').nth(1).unwrap_or_default().to_owned();
    routes.map(path).collect()
}
