//! The cells of `/api/v1`, from its OpenAPI document.

use http::Method;
use rollcall_tests::api::Api;
use rollcall_tests::idp::Answer;
use serde_json::Value;

use super::Board;
use super::documented::{Operation, Place, kind_of, operations};
use super::side::{is_id, turn};

/// Sends every cell and returns how many there are.
pub(super) async fn cells(board: &Board) -> usize {
    let nobody = board.service.application().with(None);
    let document = nobody.get("/openapi.json").await.expect(200).body;
    let mut cells = 0;
    let mut method = Method::GET;
    for operation in operations(&document) {
        if operation.method != method {
            let before = format!("before {}", operation.method);
            board.watch.nothing_changed(&board.service, &before).await;
            method = operation.method.clone();
        }
        for caller in callers(board, &operation) {
            cells += values(board, &document, &operation, caller).await;
        }
        cells += credentials(board, &document, &operation).await;
    }
    board.watch.nothing_changed(&board.service, "the end").await;
    is_still_let_in(board).await;
    cells
}

/// The other tenant's callers whom the operation lets in.
fn callers<'a>(board: &'a Board, operation: &Operation) -> Vec<&'a Api> {
    let other = &board.other;
    match operation.credential.as_str() {
        "service_key" => vec![&other.key],
        _ => vec![&other.owner],
    }
}

/// Tries each foreign value in each place of an operation.
async fn values(board: &Board, document: &Value, operation: &Operation, caller: &Api) -> usize {
    let mut cells = 0;
    for (nth, place) in operation.places.iter().enumerate() {
        for (number, (kind, value)) in board.foreign().enumerate() {
            let fits = matches!(place, Place::Path(name) if kind_of(&operation.path, name) == kind);
            let is_turn = match place {
                Place::Body(_) => turn(nth, number, 6),
                _ => is_id(kind) && turn(nth, number, 1) || turn(nth, number, 3),
            };
            let taken = takes(operation, number) && is_turn;
            if !fits && !taken {
                continue;
            }
            // A new connection or webhook of the caller's own may be called what none is called, and a new import what no
            // import of the caller's tenant is called.
            let is_named = matches!(place, Place::Path(name) if name == "id");
            let chooses = ["put_connection", "put_webhook"];
            let chooses = chooses.iter().any(|id| operation.id().starts_with(id)) && !fits;
            if is_named && (chooses || names_import(operation)) {
                continue;
            }
            let filled = operation.filled(document, &board.other, Some((place, value)));
            let method = operation.method.clone();
            let answer = caller.send(method, &filled.path, filled.body).await;
            let what = format!(
                "{} {} with {kind} in {place:?}",
                operation.method, operation.path
            );
            sees_nothing(board, &what, &answer);
            if matches!(place, Place::Path(_)) {
                is_refused(&what, fits, &answer);
            }
            cells += 1;
        }
    }
    cells
}

/// Returns whether the operation creates an import, whose id the caller chooses.
fn names_import(operation: &Operation) -> bool {
    ["put_import", "put_import_of_tenant"].contains(&operation.id())
}

/// Shares the values that fit nowhere between the two doors of an operation.
fn takes(operation: &Operation, number: usize) -> bool {
    let is_key = usize::from(operation.credential == "service_key");
    !operation.has_two_doors || number % 2 == is_key
}

/// Tries each credential of the other tenant with what belongs to the victim.
async fn credentials(board: &Board, document: &Value, operation: &Operation) -> usize {
    let is_path = |place: &Place| matches!(place, Place::Path(_));
    let names_something = operation.places.iter().any(is_path);
    if !names_something && operation.method != Method::GET {
        return 0;
    }
    let other = &board.other;
    let link = other.key.with(Some(other.of("portal link secret")));
    let scim = other.key.with(Some(other.tenant.token()));
    let callers = [&other.owner, &other.key, &link, &scim];
    let whose = if names_something {
        &board.victim
    } else {
        other
    };
    for caller in callers {
        // An import is called what the caller chooses: with this credential, it would be one of the caller's own.
        if names_import(operation) && std::ptr::eq(caller, &other.owner) {
            continue;
        }
        let filled = operation.filled(document, whose, None);
        let method = operation.method.clone();
        let answer = caller.send(method, &filled.path, filled.body).await;
        let what = format!(
            "{} {} by {}…",
            operation.method,
            operation.path,
            &caller.credential()[..4]
        );
        sees_nothing(board, &what, &answer);
        if names_something {
            is_refused(&what, false, &answer);
        }
    }
    callers.len()
}

fn sees_nothing(board: &Board, what: &str, answer: &Answer) {
    let seen = format!("{:?} {}", answer.headers, answer.body);
    board.watch.sees_nothing_in(what, &seen);
}

/// Asserts that a request is refused; if the value `fits` its place, as one for something that does not exist, because an
/// invalid request would prove nothing.
fn is_refused(what: &str, fits: bool, answer: &Answer) {
    let expected: &[u16] = match fits {
        true => &[403, 404],
        false => &[400, 401, 403, 404, 405, 409],
    };
    let status = answer.status;
    assert!(
        expected.contains(&status),
        "{what}: {status} {}",
        answer.body
    );
}

/// The credentials worked to the end, so that what was refused was not refused for want of one.
async fn is_still_let_in(board: &Board) {
    let other = &board.other;
    let person = other.of("person");
    let path = format!("/users/{person}");
    other.owner.get(&path).await.expect(200);
    let path = format!("/tenants/{}{path}", other.of("tenant"));
    other.key.get(&path).await.expect(200);
}
