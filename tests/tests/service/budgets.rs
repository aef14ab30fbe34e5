//! Holds `tests/budgets.md`: every section is measured by a test, and the documents say what the table says.
//!
//! A row is added by measuring it in the test of its section: the test fails and prints the line for the table. A new
//! section is a heading in `budgets.md` and a test with `Budgets::of`.

use rollcall_directory::capacity::{Cost, measure};
use rollcall_directory::{Kind, Tenant};
use rollcall_scim::{Patch, Precondition, Projection, Query, Resource};
use rollcall_tests::budgets::sections;
use rollcall_tests::urn;
use serde_json::{Value, json};

/// The sources of the tests that measure a section.
const SOURCES: [&str; 11] = [
    include_str!("budgets_access.rs"),
    include_str!("budgets_bulk.rs"),
    include_str!("budgets_follow_ups.rs"),
    include_str!("budgets_groups.rs"),
    include_str!("budgets_look_ups.rs"),
    include_str!("budgets_observed.rs"),
    include_str!("budgets_people.rs"),
    include_str!("console_costs.rs"),
    include_str!("imports_resumed.rs"),
    include_str!("people_lists.rs"),
    include_str!("webhooks/budgets.rs"),
];

/// Creates a resource. Returns its id and the cost.
pub(crate) async fn create(tenant: &Tenant, kind: &'static Kind, body: Value) -> (String, Cost) {
    let resource = Resource::parse(kind.resource_type, body).unwrap();
    let all = Projection::all();
    let (created, cost) = measure(tenant.resources().create(kind, resource, &all)).await;
    let id = created.unwrap().answer.get("id").cloned();
    (id.unwrap().as_str().unwrap().to_owned(), cost)
}

/// Applies one PATCH operation. Returns the cost.
pub(crate) async fn patch(
    tenant: &Tenant,
    kind: &'static Kind,
    id: &str,
    operation: Value,
) -> Cost {
    let body = json!({"schemas": [urn::PATCH], "Operations": [operation]});
    let patch = Patch::parse(kind.resource_type, body).unwrap();
    let none = Precondition::none();
    let resources = tenant.resources();
    let (patched, cost) = measure(resources.patch(kind, id, patch, &none, None)).await;
    assert!(
        patched.unwrap().answer.is_none(),
        "the response must not contain the resource"
    );
    cost
}

/// Replaces a resource. Returns the cost.
pub(crate) async fn replace(tenant: &Tenant, kind: &'static Kind, id: &str, body: Value) -> Cost {
    let resource = Resource::parse(kind.resource_type, body).unwrap();
    let (none, all) = (Precondition::none(), Projection::all());
    let resources = tenant.resources();
    let (replaced, cost) = measure(resources.replace(kind, id, resource, &none, &all)).await;
    replaced.unwrap();
    cost
}

/// Deletes a resource. Returns the cost.
pub(crate) async fn delete(tenant: &Tenant, kind: &'static Kind, id: &str) -> Cost {
    let none = Precondition::none();
    let (deleted, cost) = measure(tenant.resources().delete(kind, id, &none)).await;
    deleted.unwrap();
    cost
}

/// Searches for resources. Returns the ids that were found, the total number and the cost.
pub(crate) async fn search(
    tenant: &Tenant,
    kind: &'static Kind,
    pairs: &[(&str, &str)],
) -> (Vec<String>, u64, Cost) {
    let pairs = pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let query = Query::from_pairs(kind.resource_type, pairs).unwrap();
    let (page, cost) = measure(tenant.resources().search(kind, &query)).await;
    let page = page.unwrap();
    let ids = page
        .resources
        .iter()
        .filter_map(|it| it.get("id")?.as_str());
    (ids.map(str::to_owned).collect(), page.total, cost)
}

#[test]
fn every_section_is_measured() {
    for section in sections() {
        let named = format!("Budgets::of(\"{section}\")");
        let is_measured = SOURCES.iter().any(|source| source.contains(&named));
        assert!(is_measured, "no test measures the section `{section}`");
    }
}
