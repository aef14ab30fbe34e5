//! `/api/v1`: the API for the application's backend and a customer's admins.
//!
//! - [`application_router`] is for the backend, which sends a service key: `tenants`, `sign_in`, `events`,
//!   `portal_links`, `snapshot`, `service_keys`.
//! - [`admin_router`] has what an admin does, by two doors (`door`): people send a session, and the backend sends a
//!   service key and names the tenant in the path. `connections`, `tokens`, `remedies`, `held`, `groups`, `people`,
//!   `identity`, `person_actions`, `returning`, `erasure`, `export`, `evidence`, `settings`, `audit`, `requests`,
//!   `health`, `webhooks`; and only for people: `sessions`.
//! - `surface` is the outer layer of both.
//! - `caller` and `application` authenticate the caller and check the `gate` and the `toll` before a handler reads the body.
//!   `fields` reads bodies, query strings and path segments.
//! - `put_tenant`, `put_connection`, `put_settings` and `named_mappings` replace a whole resource under a name that the
//!   caller chose, and can be repeated.
//! - `idempotency_key` makes a POST that is repeated under its key change nothing again; `stored_answer` is what it gets.
//! - `codes` lists the reason codes for the OpenAPI document.
//! - `routes` lists the endpoints, each once; `operations` makes the second door of those that have two. `openapi`
//!   generates the OpenAPI document from them, so that the two cannot differ. `answers` adds the refusals of every
//!   operation to it, and `tidy` what generated clients need; `problems` has the pages about the types of problems.
//!
//! Each type in the document is declared beside the handlers that use it; `role` has the types that all handlers use,
//! `limits` those of settings, tenants and connections, and `schema_fields` those of `schemas`. `bounds` says in the
//! document which values are allowed.
//! The directory's own types are converted.
//!
//! ```
//! # use rollcall_directory::Directory;
//! /// Builds the function for people in a session.
//! fn portal(directory: Directory) -> rollcall_edge_http::HttpFunction {
//!     rollcall_edge_api::finish(rollcall_edge_api::admin_router(directory))
//! }
//!
//! let document = rollcall_edge_api::document();
//! assert!(document.paths.paths.contains_key("/api/v1/settings"));
//! assert!(document.paths.paths.contains_key("/api/v1/tenants/{tenant}/settings"));
//! ```

mod surface;

mod answers;
mod bounds;
mod caller;
mod codes;
mod csv_text;
mod cursor;
mod door;
mod fields;
mod gate;
mod idempotency_key;
mod limits;
mod openapi;
mod operations;
mod problems;
mod role;
mod roles;
mod routes;
mod schema_fields;
mod schemas;
mod spreadsheet;
mod stored_answer;
mod tidy;
mod toll;

mod event_attributes;
mod event_changes;
mod event_declarations;
mod event_findings;
mod event_schemas;
mod events;
mod portal_links;
mod service_keys;
mod sign_in;
mod snapshot;
mod tenants;

mod application;
mod audit;
mod branding;
mod connections;
mod delivery_fields;
mod erasure;
mod evidence;
mod evidence_tables;
mod export;
mod fate;
mod groups;
mod health;
mod held;
mod identity;
mod import_results;
mod import_rows;
mod imports;
mod named_mappings;
mod observed;
mod people;
mod person_actions;
mod person_parts;
mod picker;
mod put_connection;
mod put_settings;
mod put_tenant;
mod quirks;
mod remedies;
mod requests;
mod returning;
mod sessions;
mod settings;
mod settings_of_admins;
mod support;
mod tokens;
mod webhook_fields;
mod webhook_owner;
mod webhooks;

use axum::Router;
use rollcall_directory::Directory;

use crate::routes::Api;

pub use caller::{Admin, check_below};
pub use evidence_tables::{EvidenceTable, offboarding_table, review_table};
pub use fate::explained;
pub use fields::{Id, Params, name, segment};
pub use gate::{
    Configure, Create, DecideFindings, Delete, Gate, Pick, Read, ReadConnections, ReadEvidence,
    ReadLogs, Settings, SignedIn, check_session,
};
pub use openapi::document;
pub use operations::{SERVICE_KEY, SESSION};
pub use settings_of_admins::{check_rate, check_retention};
pub use spreadsheet::{as_csv, media_type as csv_media_type};
pub use surface::finish;
pub use tokens::allowed_addresses;

/// Returns the routes that are only for the application's backend.
pub fn application_router(directory: Directory) -> Router {
    routes::application().with_state(Api { directory }).into()
}

/// Returns the routes of what an admin does, for sessions and for service keys, and the route of the OpenAPI document.
pub fn admin_router(directory: Directory) -> Router {
    let routes = openapi::admin().merge(routes::admin_of_tenant());
    routes.with_state(Api { directory }).into()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use aws_sdk_dynamodb::config::BehaviorVersion;
    use axum::body::to_bytes;
    use serde_json::Value;

    use super::*;

    /// Returns a directory without a table.
    fn directory() -> Directory {
        let config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .build();
        Directory::new(aws_sdk_dynamodb::Client::from_conf(config), "unreachable")
    }

    /// Sends a request without a credential, and returns the status and the problem document.
    async fn refused(path: &str) -> (u16, Value) {
        let function = finish(admin_router(directory()).merge(application_router(directory())));
        let request = http::Request::get(path).body(lambda_http::Body::Empty);
        let response = function.handle(request.expect("a request")).await;
        let status = response.status().as_u16();
        assert_eq!(response.headers()["cache-control"], "no-store");
        let body = to_bytes(response.into_body(), usize::MAX)
            .await
            .expect("a body");
        (status, serde_json::from_slice(&body).expect("JSON"))
    }

    #[tokio::test]
    async fn every_location_can_be_read() {
        for path in [
            "/tenants/acme",
            "/scim/connections/c-1",
            "/tenants/acme/connections/c-1",
            "/scim/tokens/t-1",
            "/tenants/acme/tokens/t-1",
        ] {
            let (status, problem) =
                refused(&format!("{}{path}", rollcall_edge_http::API_PATH)).await;
            assert_eq!(status, 401, "{path}: {problem}");
        }
    }

    #[tokio::test]
    async fn a_mapping_may_be_called_api() {
        for (path, status) in [
            ("/api/api/v1/settings", 401),
            ("/api/v1/api/v1/settings", 404),
            ("/api/v2/settings", 404),
        ] {
            assert_eq!(refused(path).await.0, status, "{path}");
        }
    }

    #[tokio::test]
    async fn problems_are_as_the_document_describes_them() {
        let document = serde_json::to_value(document()).expect("JSON");
        let described = &document["components"]["schemas"]["Problem"];
        let (_, problem) = refused("/api/v1/nothing").await;
        let members = problem.as_object().into_iter().flatten();
        let names: BTreeSet<_> = members.map(|(name, _)| name.as_str()).collect();
        let required = described["required"].as_array().into_iter().flatten();
        assert_eq!(names, required.filter_map(Value::as_str).collect());
    }
}
