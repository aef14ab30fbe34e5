//! The cells of SCIM, from the routes of the template.

use http::Method;
use rollcall_local::template::Template;
use rollcall_tests::idp::{Answer, Request, encode};
use rollcall_tests::urn;
use serde_json::{Value, json};

use super::Board;
use super::documented::kind_of;
use super::side::{is_id, turn};

const BASE: &str = "/scim/v2";
/// Every attribute that finds resources by a value, of people and groups.
const FILTERS: [&str; 8] = [
    "id",
    "userName",
    "externalId",
    "emails.value",
    "displayName",
    "members.value",
    "groups.value",
    "meta.version",
];
/// Parameters of lists that take a text.
const PARAMETERS: [&str; 4] = ["cursor", "sortBy", "attributes", "startIndex"];
/// What the catch-all routes stand for.
const SPELLINGS: [&str; 4] = ["//Users/{id}", "//Groups/{id}", "/Me", "/Bulk"];

/// Sends every cell and returns how many there are.
pub(super) async fn cells(board: &Board) -> usize {
    let mut cells = 0;
    for (method, path) in routes() {
        cells += paths(board, &method, &path).await;
        cells += match method {
            Method::GET if !path.contains('{') => queries(board, &path).await,
            Method::POST | Method::PUT | Method::PATCH => bodies(board, &method, &path).await,
            _ => 0,
        };
        cells += versions(board, &method, &path).await;
    }
    cells += forms(board).await;
    cells += credentials(board).await;
    board.watch.nothing_changed(&board.service, "SCIM").await;
    let person = format!("/Users/{}", board.other.of("person"));
    board.other.idp.get(&person).await.expect(200);
    cells
}

/// Lists the methods and paths below the base URL. `DELETE` comes last.
fn routes() -> Vec<(Method, String)> {
    let routes = Template::deployed().expect("the template").routes;
    let mut found = Vec::new();
    for route in routes {
        let Some(path) = route.path.strip_prefix(BASE) else {
            continue;
        };
        let paths = match path {
            "/{proxy+}" => SPELLINGS.to_vec(),
            path => vec![path],
        };
        let paths = paths.into_iter().map(str::to_owned);
        found.extend(paths.map(|path| (route.method.clone(), path)));
    }
    found.retain(|(method, _)| ![Method::HEAD, Method::OPTIONS].contains(method));
    found.sort_by_key(|(method, path)| (*method == Method::DELETE, path.clone()));
    found
}

/// Returns what stands in a path for the resource of the other tenant.
fn own(board: &Board, path: &str) -> String {
    match path.contains("{id}") && !is_public(path) {
        true => path.replace("{id}", board.other.of(kind_of(path, "id"))),
        false => path.to_owned(),
    }
}

/// Discovery describes the service and has nothing of a tenant.
fn is_public(path: &str) -> bool {
    [
        "/Schemas",
        "/ResourceTypes",
        "/ServiceProviderConfig",
        "/oauth/token",
    ]
    .iter()
    .any(|one| path.starts_with(one))
}

async fn paths(board: &Board, method: &Method, path: &str) -> usize {
    if !path.contains("{id}") {
        return 0;
    }
    let mut cells = 0;
    for (number, (kind, value)) in board.foreign().enumerate() {
        let fits = !is_public(path) && kind_of(path, "id") == kind;
        let is_plain = !path.starts_with("//") && !is_public(path) && is_id(kind);
        if !fits && !is_plain && !turn(path.len(), number, 4) {
            continue;
        }
        let at = path.replace("{id}", &encode(value));
        let request = board.other.idp.request(method.clone(), &at);
        let body = valid(board, method, path);
        let request = match body {
            Some(body) => request.body(&body),
            None => request,
        };
        let what = format!("{method} {path} with {kind}");
        let answer = sent(board, &what, request).await;
        let refused = if fits { 404..=405 } else { 400..=499 };
        assert!(refused.contains(&answer.status), "{what}: {}", answer.body);
        cells += 1;
    }
    cells
}

/// Tries each value in each filter and parameter of a list.
async fn queries(board: &Board, path: &str) -> usize {
    if path.is_empty() || is_public(path) {
        return 0;
    }
    let mut cells = 0;
    for (number, (kind, value)) in board.foreign().enumerate() {
        let filters = FILTERS
            .iter()
            .map(|attribute| format!("filter={}", filter(attribute, value)));
        let others = PARAMETERS
            .iter()
            .map(|name| format!("{name}={}", encode(value)));
        for (nth, query) in filters.chain(others).enumerate() {
            if !turn(nth, number, 4) {
                continue;
            }
            let what = format!("GET {path}?{query} with {kind}");
            let request = board
                .other
                .idp
                .request(Method::GET, &format!("{path}?{query}"));
            sent(board, &what, request).await;
            cells += 1;
        }
    }
    cells
}

fn filter(attribute: &str, value: &str) -> String {
    encode(&format!("{attribute} eq {}", json!(value)))
}

/// Tries each value in each place of a body.
async fn bodies(board: &Board, method: &Method, path: &str) -> usize {
    let mut cells = 0;
    for (number, (kind, value)) in board.foreign().enumerate() {
        for (nth, body) in with(board, method, path, value).into_iter().enumerate() {
            // The catch-all routes lead to the same handlers.
            if path.starts_with("//") || !turn(nth, number, 4) {
                continue;
            }
            let request = board.other.idp.request(method.clone(), &own(board, path));
            let what = format!("{method} {path} with {kind} in {body}");
            sent(board, &what, request.body(&body)).await;
            cells += 1;
        }
    }
    cells
}

/// Returns a body that is valid but for the resource that it is for.
fn valid(board: &Board, method: &Method, path: &str) -> Option<Value> {
    let bodies = with(board, method, path, "ordinary");
    bodies.into_iter().next()
}

fn with(board: &Board, method: &Method, path: &str, value: &str) -> Vec<Value> {
    // `/Me` is the user of the token, if there is one. The base URL takes no body, and the token endpoint takes a form.
    let is_user = path.contains("/Users") || path == "/Me";
    if path == "/Bulk" {
        return bulks(board, value);
    }
    if path.is_empty() || is_public(path) {
        return Vec::new();
    }
    assert!(
        is_user || path.contains("/Groups"),
        "no values for the body of {method} {path}: add them to `scim.rs`"
    );
    if path.ends_with("/.search") {
        let filters = FILTERS.iter();
        let filters = filters.map(|name| format!("{name} eq {}", json!(value)));
        return filters
            .map(|filter| json!({"schemas": [urn::SEARCH], "filter": filter}))
            .collect();
    }
    match (method, is_user) {
        (&Method::PATCH, true) => operations(&[
            json!({"op": "replace", "path": "userName", "value": value}),
            json!({"op": "add", "path": format!("{}:manager.value", urn::ENTERPRISE), "value": value}),
            json!({"op": "remove", "path": format!("emails[value eq {}]", json!(value))}),
            json!({"op": "replace", "value": {"id": value, "externalId": value}}),
        ]),
        (&Method::PATCH, false) => operations(&[
            json!({"op": "add", "path": "members", "value": [{"value": value}]}),
            json!({"op": "remove", "path": format!("members[value eq {}]", json!(value))}),
            json!({"op": "replace", "value": {"id": value, "externalId": value, "displayName": value}}),
        ]),
        (&Method::POST | &Method::PUT, true) => vec![
            json!({"schemas": [urn::USER], "userName": value, "id": value, "externalId": value}),
            json!({"schemas": [urn::USER], "userName": board.other.of("user name"), "emails": [{"value": value}],
                   "groups": [{"value": value}], urn::ENTERPRISE: {"manager": {"value": value}}}),
        ],
        (&Method::POST | &Method::PUT, false) => vec![
            json!({"schemas": [urn::GROUP], "displayName": value, "id": value, "externalId": value}),
            json!({"schemas": [urn::GROUP], "displayName": "Ordinary", "members": [{"value": value}]}),
        ],
        _ => Vec::new(),
    }
}

/// Returns bulk requests, each with an operation that names the value.
fn bulks(board: &Board, value: &str) -> Vec<Value> {
    let mut all = Vec::new();
    for (kind, is_user) in [("Users", true), ("Groups", false)] {
        let one = format!("/{kind}/{}", encode(value));
        let own = match is_user {
            true => format!("/Users/{}", board.other.of("person")),
            false => format!("/Groups/{}", board.other.of("group")),
        };
        let (posted, patched) = (format!("/{kind}"), format!("/{kind}/x"));
        for data in with(board, &Method::POST, &posted, value) {
            all.push(json!({"method": "POST", "path": posted, "bulkId": value, "data": data}));
            all.push(json!({"method": "PUT", "path": one, "data": data}));
        }
        for data in with(board, &Method::PATCH, &patched, value) {
            all.push(json!({"method": "PATCH", "path": own, "data": data}));
            all.push(json!({"method": "PATCH", "path": one, "data": data}));
        }
        all.push(json!({"method": "DELETE", "path": one}));
        let version = json!({"method": "PATCH", "path": own, "version": value,
            "data": operations(&[json!({"op": "replace", "path": "displayName", "value": value})])[0]});
        all.push(version);
    }
    let bulk = |operation| json!({"schemas": [urn::BULK], "Operations": [operation]});
    all.into_iter().map(bulk).collect()
}

/// Tries each value as the client and as the secret of a form for an access token.
async fn forms(board: &Board) -> usize {
    let mut cells = 0;
    let (id, secret) = (
        board.other.of("OAuth client"),
        board.other.of("OAuth client secret"),
    );
    for (kind, value) in board.foreign() {
        for (id, secret) in [(value, secret), (id, value)] {
            // Whoever has the victim's secret is the victim's client, which notes its use.
            if secret == board.victim.of("OAuth client secret") {
                continue;
            }
            let what = format!("an access token with {kind}");
            let answer = board.other.idp.ask_for_token(id, secret).await;
            let seen = format!("{:?} {}", answer.headers, answer.body);
            board.watch.sees_nothing_in(&what, &seen);
            assert!(answer.status >= 400, "{what}: {}", answer.body);
            cells += 1;
        }
    }
    cells
}

fn operations(all: &[Value]) -> Vec<Value> {
    let one = |operation| json!({"schemas": [urn::PATCH], "Operations": [operation]});
    all.iter().map(one).collect()
}

/// Tries the victim's versions as conditions.
async fn versions(board: &Board, method: &Method, path: &str) -> usize {
    if !path.contains("{id}") || is_public(path) {
        return 0;
    }
    let version = board.victim.of("version");
    let named = [
        board.victim.of(kind_of(path, "id")),
        board.other.of(kind_of(path, "id")),
    ];
    for id in named {
        for condition in ["if-match", "if-none-match"] {
            let at = path.replace("{id}", id);
            let request = board
                .other
                .idp
                .request(method.clone(), &at)
                .header(condition, version);
            let request = match valid(board, method, path) {
                Some(body) => request.body(&body),
                None => request,
            };
            // The versions of two tenants may be equal, and the other tenant needs what it has.
            if id == named[1] && *method == Method::DELETE {
                continue;
            }
            let answer = sent(board, &format!("{method} {path} {condition}"), request).await;
            let refused = id == named[1] || answer.status >= 400;
            assert!(refused, "{method} {path} {condition}: {}", answer.body);
        }
    }
    named.len() * 2
}

/// Tries the other tenant's other credentials as bearer tokens.
async fn credentials(board: &Board) -> usize {
    let kinds = [
        "session secret",
        "portal link secret",
        "service key secret",
        "support link secret",
        "OAuth client secret",
    ];
    for kind in kinds {
        let stranger = board.other.idp.with_token(Some(board.other.of(kind)));
        for (method, path) in routes() {
            if is_public(&path) || path.is_empty() {
                continue;
            }
            let at = match path.contains("{id}") {
                true => path.replace("{id}", board.victim.of(kind_of(&path, "id"))),
                false => path.clone(),
            };
            let what = format!("{method} {path} by a {kind}");
            let answer = sent(board, &what, stranger.request(method, &at)).await;
            assert_eq!(answer.status, 401, "{what}: {}", answer.body);
        }
    }
    kinds.len() * routes().len() + access_token(board).await
}

/// Tries the other tenant's access token with what belongs to the victim.
async fn access_token(board: &Board) -> usize {
    let token = board.other.of("access token secret");
    let client = board.other.idp.with_token(Some(token));
    client.get("/Users?count=1").await.expect(200);
    let mut cells = 0;
    for (method, path) in routes() {
        if !path.contains("{id}") || is_public(&path) {
            continue;
        }
        let at = path.replace("{id}", board.victim.of(kind_of(&path, "id")));
        let what = format!("{method} {path} by an access token");
        let request = client.request(method.clone(), &at);
        let request = match valid(board, &method, &path) {
            Some(body) => request.body(&body),
            None => request,
        };
        let answer = sent(board, &what, request).await;
        assert!(
            (404..=405).contains(&answer.status),
            "{what}: {}",
            answer.body
        );
        cells += 1;
    }
    cells
}

async fn sent(board: &Board, what: &str, request: Request) -> Answer {
    let answer = request.send().await;
    let seen = format!("{:?} {}", answer.headers, answer.body);
    board.watch.sees_nothing_in(what, &seen);
    answer
}
