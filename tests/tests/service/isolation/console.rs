//! The cells of the console, from its sources: the routes, the fields of its forms and the parameters of its pages.

use std::collections::BTreeSet;
use std::path::Path;

use rollcall_tests::idp::encode;
use rollcall_tests::visitor::{ConsoleResponse, Visitor};

use super::Board;
use super::documented::kind_of;
use super::side::turn;

/// A part of a page that says of any group that nothing is in progress.
const PROGRESS: &str = "/progress";

/// A route of the console.
struct Page {
    is_form: bool,
    path: String,
    /// The texts that its module takes from forms and queries.
    fields: BTreeSet<String>,
}

/// Sends every cell and returns how many there are.
pub(super) async fn cells(board: &Board) -> usize {
    let session = board.other.owner.credential();
    let visitor = Visitor::with_session(&board.service, session).await;
    let mut cells = 0;
    for page in pages() {
        for path in spelled(&page.path) {
            cells += values(board, &visitor, &page, &path).await;
            cells += strange_forms(board, &visitor, &page, &path).await;
        }
    }
    board
        .watch
        .nothing_changed(&board.service, "the console")
        .await;
    visitor.get("/console/people").await.expect(200);
    cells
}

/// Tries each value in the path and in each field.
async fn values(board: &Board, visitor: &Visitor, page: &Page, path: &str) -> usize {
    let mut cells = 0;
    for (number, (kind, value)) in board.foreign().enumerate() {
        let fits = path.contains("{id}") && kind_of(path, "id") == kind;
        if path.contains("{id}") && (fits || turn(path.len(), number, 4)) {
            let at = path.replace("{id}", &encode(value));
            let what = format!("{at} with {kind}");
            let answer = sent(board, visitor, page, &at, &[], &what).await;
            let refused = if fits { 403..=404 } else { 400..=499 };
            let is_refused = refused.contains(&answer.status) || path.ends_with(PROGRESS);
            assert!(is_refused, "{what}: {}", answer.status);
            cells += 1;
        }
        for (place, field) in page.fields.iter().enumerate() {
            // Pages cost more than other answers.
            if !turn(place, number, 6) {
                continue;
            }
            let at = own(board, path);
            let what = format!("{at} with {kind} as {field}");
            sent(board, visitor, page, &at, &[(field, value)], &what).await;
            cells += 1;
        }
    }
    cells
}

/// Tries the forms of the victim: made for its session, and about what it has.
async fn strange_forms(board: &Board, visitor: &Visitor, page: &Page, path: &str) -> usize {
    if !page.is_form {
        return 0;
    }
    let mut victims = visitor.clone();
    let cookie = visitor.cookie.as_deref().unwrap_or_default();
    let name = cookie.split('=').next().unwrap_or_default();
    victims.cookie = Some(format!("{name}={}", board.victim.owner.credential()));
    let form_token = victims.form_token();
    let mut cells = 0;
    for whose in [&board.victim, &board.other] {
        let at = match path.contains("{id}") {
            true => path.replace("{id}", whose.of(kind_of(path, "id"))),
            false => path.to_owned(),
        };
        let answer = visitor.post(&at, &[("form_token", &form_token)], &[]).await;
        board.watch.sees_nothing_in(&at, &answer.html);
        assert_eq!(answer.status, 403, "{at}: a form of another session");
        cells += 1;
    }
    cells
}

async fn sent(
    board: &Board,
    visitor: &Visitor,
    page: &Page,
    path: &str,
    fields: &[(&str, &str)],
    what: &str,
) -> ConsoleResponse {
    let (token, id) = (visitor.form_token(), uuid::Uuid::now_v7().to_string());
    let mut form: Vec<(&str, &str)> = ordinary(board);
    form.retain(|(name, _)| page.fields.contains(*name));
    form.retain(|(name, _)| !fields.iter().any(|(other, _)| other == name));
    form.extend(fields);
    let answer = match page.is_form {
        true => {
            form.extend([("form_token", token.as_str()), ("form_id", id.as_str())]);
            visitor.post(path, &form, &[]).await
        }
        false => {
            let query = form.iter();
            let query = query.map(|(name, value)| format!("{name}={}", encode(value)));
            let query = query.collect::<Vec<_>>().join("&");
            visitor.get(&format!("{path}?{query}")).await
        }
    };
    let seen = format!("{} {}", answer.header("location"), answer.html);
    board.watch.sees_nothing_in(what, &seen);
    assert!(answer.status < 500, "{what}: {}", answer.status);
    answer
}

/// Returns what the other tenant's own forms have.
fn ordinary(board: &Board) -> Vec<(&'static str, &str)> {
    vec![
        ("name", "Ordinary"),
        ("label", "Ordinary"),
        ("provider", "okta"),
        ("role", "member"),
        ("from", ""),
        ("people", "0"),
        ("confirm", "yes"),
        ("since", "2026-01-01T00:00:00Z"),
        ("connection", board.other.of("connection")),
        ("into", board.other.of("person")),
    ]
}

fn own(board: &Board, path: &str) -> String {
    match path.contains("{id}") {
        true => path.replace("{id}", board.other.of(kind_of(path, "id"))),
        false => path.to_owned(),
    }
}

/// Replaces what is one of a closed list.
fn spelled(path: &str) -> Vec<String> {
    let actions = words("person_actions.rs", "words(\n");
    let remedies = ["take-over", "replace", "bind-anew", "confirm"].map(str::to_owned);
    let with = |name: &str, values: &[String]| {
        let all = values.iter().map(|value| path.replace(name, value));
        all.collect()
    };
    match path {
        path if path.contains("{action}") => with("{action}", &actions),
        path if path.contains("{remedy}") => with("{remedy}", &remedies),
        path => vec![path.to_owned()],
    }
}

/// Reads the routes from the console's router.
fn pages() -> Vec<Page> {
    let router = source("mod.rs");
    let routes = router.split(".route(").skip(1);
    let mut pages: Vec<Page> = routes.flat_map(page).collect();
    assert!(pages.len() > 40, "{}", pages.len());
    // A link is a credential itself: whoever has it is let in. Closing ends the session that the other cells need. A language
    // is chosen without a session.
    let apart = ["/console/open", "/console/close", "/console/language"];
    pages.retain(|page| !apart.contains(&page.path.as_str()));
    pages.sort_by_key(|page| (page.is_form, page.path.ends_with("/delete")));
    pages
}

fn page(route: &str) -> Vec<Page> {
    let path = route.split('"').nth(1).expect("a path");
    let methods = [("get(", false), ("post(", true)];
    let methods = methods.into_iter().filter_map(|(method, is_form)| {
        let (_, handler) = route.split_once(method)?;
        let module = handler.split("::").next()?;
        let mut fields = fields(&source(&format!("{module}.rs")));
        if path.ends_with("{action}") {
            fields.clear();
        }
        Some(Page {
            is_form,
            path: path.to_owned(),
            fields,
        })
    });
    methods.collect()
}

/// Lists the texts that a module reads from forms and queries.
fn fields(source: &str) -> BTreeSet<String> {
    let syntax = syn::parse_file(source).expect("Rust");
    let mut found = BTreeSet::new();
    for item in syntax.items {
        let syn::Item::Struct(item) = item else {
            continue;
        };
        let is_read = item.attrs.iter().any(|attribute| {
            let list = attribute.meta.require_list();
            list.is_ok_and(|list| list.tokens.to_string().contains("Deserialize"))
        });
        if !is_read {
            continue;
        }
        for field in item.fields {
            let name = field.ident.map(|name| name.to_string());
            found.extend(name.filter(|name| !name.starts_with("form_")));
        }
    }
    found.extend(source.split(".value(\"").skip(1).filter_map(|behind| {
        let name = behind.split('"').next()?;
        Some(name.to_owned())
    }));
    found
}

/// Returns the first text behind each of these beginnings.
fn words(file: &str, begin: &str) -> Vec<String> {
    let source = source(file);
    let parts = source.split(begin).skip(1);
    let words = parts.filter_map(|part| part.split('"').nth(1).map(str::to_owned));
    let words: Vec<_> = words.collect();
    assert!(words.len() > 5, "{words:?}");
    words
}

fn source(file: &str) -> String {
    let pages = Path::new(env!("CARGO_MANIFEST_DIR")).join("../functions/console/src/pages");
    std::fs::read_to_string(pages.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}
