//! What the documents say about costs is what `tests/budgets.md` says.

use rollcall_tests::budgets::{Bounds, Row};

/// AWS's list prices in dollars per million, as `infra/README.md` states them.
const READ: f64 = 0.125;
const WRITE: f64 = 0.625;
/// What a request costs apart from the table: API Gateway, and two functions with their time.
const REST: f64 = 3.50 + 0.40 + 0.33;

fn document(path: &str) -> String {
    let path = format!("{}/../{path}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).unwrap()
}

/// Returns an exact number of a row.
fn exact(bounds: Bounds) -> f64 {
    assert_eq!(bounds.least, bounds.most);
    bounds.most
}

fn dollars(amount: f64) -> String {
    format!("${:.2}", (amount * 100.0).round() / 100.0)
}

#[test]
fn the_prices_of_requests_follow_from_the_budgets() {
    let readme = document("infra/README.md");
    let authenticate = exact(Row::of("Tokens", "authenticate a request and count it").write_units);
    let logged = |entry| exact(Row::of("What follows a request", entry).write_units);
    let changed = logged("log a request");
    let named = logged("log a request that changed nothing and names a person");
    for (what, section, operation) in [
        (
            "look-ups (`userName eq`)",
            "Look-ups, among 2,000 people",
            "`userName eq`",
        ),
        ("people created", "People", "create a person"),
        ("people deactivated", "People", "deactivate a person"),
        (
            "members added",
            "Members, in a group of 10, 1,000 or 10,000",
            "add a member",
        ),
    ] {
        let row = Row::of(section, operation);
        let (read, write) = (exact(row.read_units), exact(row.write_units));
        let log = if write == 0.0 { named } else { changed };
        let own = read * READ + (write + authenticate + log) * WRITE;
        let units = format!("{read} + {write} + {authenticate} + {log}");
        let (table, total) = (dollars(own), dollars(own + REST));
        let line = format!("| {what} | $3.50 | $0.40 + $0.33 | {units} | {table} | {total} |");
        assert!(readme.contains(&line), "infra/README.md lacks: {line}");
    }
}

#[test]
fn the_prices_of_what_follows_are_those_of_the_budgets() {
    let readme = document("infra/README.md");
    let place = Row::of("What follows a request", "place an event in the feed");
    let (read, write) = (exact(place.read_units), exact(place.write_units));
    let price = dollars(read * READ + write * WRITE);
    let person = Row::of(
        "Reconciliation of one person",
        "in one mapped group, the role stays",
    );
    let reads = exact(person.read_units);
    let checked = dollars(reads * READ);
    let pass = |which: &str| {
        let pass = Row::of("The hourly pass, for one tenant", which);
        exact(pass.read_units)
    };
    let (pass, quiet) = (
        pass("the next pass, 1 person"),
        pass("the third pass, 1 person"),
    );
    for phrase in [
        format!("its place in the feed ({read} reads and {write} writes: {price})"),
        format!("{reads} reads {checked}"),
        format!("{pass} read units for each tenant"),
        format!("{quiet} read units for each tenant in which nothing happened"),
    ] {
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let is_said = words(&readme).contains(&phrase);
        assert!(is_said, "infra/README.md does not say: {phrase}");
    }
}

#[test]
fn the_documents_link_the_table() {
    for (path, link) in [
        ("ARCHITECTURE.md", "](tests/budgets.md)"),
        ("README.md", "](tests/budgets.md)"),
        ("infra/README.md", "](../tests/budgets.md)"),
    ] {
        assert!(document(path).contains(link), "{path} has no link {link}");
    }
}
