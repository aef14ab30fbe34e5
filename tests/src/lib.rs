//! The building blocks of the service tests.
//!
//! - [`service`]: the running service and its tenants; every test begins with [`service::run`].
//! - `deployed`: a service that already runs somewhere else, for tests that share one.
//! - [`idp`]: an identity provider that speaks HTTP; [`response_invariants`] checks every response.
//! - [`api`]: the application or an admin at `/api/v1`; it checks every response in the same way.
//! - [`budgets`]: the table of what each operation costs, which the `budgets` tests hold.
//! - [`browser`]: an admin who uses the console in a real browser.
//! - [`visitor`]: a console client without a browser, which can send any request.
//! - [`audit`]: reads a whole tenant over HTTP and checks that its parts are consistent.
//! - [`transcript`]: replays a recorded conversation; [`pattern`] compares responses with expectations.
//! - [`faults`]: a DynamoDB connection with injected faults.
//! - [`seed`]: people and groups that are created directly in the directory, without HTTP.
//! - [`scene`]: a tenant whose people sign in and are pushed; [`observed`]: one whose connection is only observed.
//! - [`event_fixture`]: a service for a single test, which observes the feed, the bus, roles and mail.
//! - [`event_schemas`]: checks events against the OpenAPI document; [`json_schema`] validates.
//! - [`compatibility`]: tenants that earlier versions stored.
//! - [`reconciling`]: the role reconciler, with a queue that a test inspects.
//! - [`replay`]: the directory that the events of a feed describe.
//! - [`loader`]: people and groups in bulk, as copies of what the service wrote.
//! - [`table`]: an embedded DynamoDB that can be filled with tens of thousands of users.
//! - [`tenant_faults`]: faults for the requests of single tenants.
//! - [`size`]: how much data the tests with much data create.
//! - [`unit_meter`]: what each tenant costs in DynamoDB.
//! - [`urn`]: the schema URNs.
//!
//! ```no_run
//! use rollcall_tests::service::run;
//!
//! run(async |service| {
//!     let tenant = service.tenant("acme").await;
//!     let idp = tenant.idp();
//!     let ann = idp.user("ann").await;
//!     idp.get(&format!("/Users/{ann}")).await.expect(200);
//! });
//! ```

// A test that panics says what went wrong.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

pub mod api;
pub mod audit;
pub mod browser;
pub mod budgets;
pub mod compatibility;
mod deployed;
mod documented;
pub mod event_fixture;
pub mod event_schemas;
pub mod faults;
pub mod idp;
pub mod json_schema;
pub mod loader;
pub mod observed;
pub mod pattern;
pub mod raw;
pub mod reconciling;
pub mod replay;
pub mod response_invariants;
pub mod scene;
pub mod seed;
pub mod service;
pub mod size;
pub mod table;
pub mod tenant_faults;
pub mod transcript;
pub mod unit_meter;
pub mod urn;
pub mod visitor;
