//! The pages, one module each, and their routes.

mod access_review;
mod activity;
mod attributes;
mod audit;
mod chart;
mod checklist;
mod connect;
mod connection;
mod connection_figures;
mod connection_rules;
mod connection_state;
mod deleted;
mod fields;
mod following;
mod group;
mod groups;
mod health;
mod health_cards;
mod held;
mod identity_panel;
mod issued;
mod language;
mod left_off;
mod log;
mod log_names;
mod log_row;
mod log_view;
mod mappings;
mod merge;
mod names;
mod observed;
mod offboarding;
mod open;
mod overview;
mod people;
mod person;
mod person_actions;
mod preview;
mod record;
mod rehearsal;
mod rehearsal_words;
mod remedies;
mod roles;
mod saved;
mod settings;
mod settings_fields;
mod setup_steps;
mod staged;
mod support;
mod tail;
mod tokens;
mod totals;
mod trace;

use axum::Router;
use axum::middleware;
use axum::routing::{get, post};
use rollcall_directory::Directory;

pub(crate) fn router() -> Router<Directory> {
    Router::new()
        .route("/console/open", get(open::confirm).post(open::open))
        .route("/console/close", post(open::close))
        .route("/console/language", post(language::choose))
        .route("/console", get(overview::show))
        .route(
            "/console/connections",
            get(connect::show).post(connect::create),
        )
        .route("/console/connections/new", get(connect::new))
        .route(
            "/console/connections/{id}",
            get(connection::show).post(connection::change),
        )
        .route("/console/connections/{id}/setup", get(connection::setup))
        .route("/console/connections/{id}/checklist", get(checklist::show))
        .route(
            "/console/connections/{id}/test",
            get(rehearsal::show).post(rehearsal::run),
        )
        .route("/console/connections/{id}/delete", post(connection::delete))
        .route(
            "/console/connections/{id}/rules",
            post(connection::change_rules),
        )
        .route(
            "/console/connections/{id}/remedies/{remedy}",
            get(remedies::show).post(remedies::apply),
        )
        .route(
            "/console/connections/{id}/held",
            get(held::show).post(held::decide),
        )
        .route(
            "/console/connections/{id}/observed",
            get(observed::show).post(observed::decide),
        )
        .route("/console/tokens", get(tokens::show).post(tokens::issue))
        .route("/console/tokens/{id}/rotate", post(tokens::rotate))
        .route("/console/tokens/{id}/revoke", post(tokens::revoke))
        .route("/console/groups", get(groups::show).post(mappings::send))
        .route("/console/groups/progress", get(saved::progress))
        .route("/console/groups/{id}", get(group::show))
        .route("/console/groups/{id}/members", get(group::members))
        .route("/console/groups/{id}/preview", get(preview::show))
        .route("/console/groups/{id}/progress", get(group::progress))
        .route("/console/groups/{id}/role", post(group::map))
        .route("/console/roles", get(roles::show))
        .route("/console/people", get(people::show).post(people::act))
        .route("/console/people/deleted", get(deleted::show))
        .route("/console/people/{id}", get(person::show))
        .route("/console/people/{id}/role", post(person::give_role))
        .route(
            "/console/people/{id}/merge",
            get(merge::show).post(merge::confirm),
        )
        .route("/console/people/{id}/{action}", post(person::act))
        .route("/console/activity", get(activity::show))
        .route("/console/activity/new", get(activity::newer))
        .route("/console/activity/chart", get(chart::show))
        .route("/console/activity/export", get(activity::export))
        .route("/console/activity/trace", get(trace::show))
        .route("/console/activity/requests/{id}", get(trace::logged))
        .route("/console/activity/audit", get(audit::show))
        .route("/console/activity/audit/new", get(audit::newer))
        .route("/console/activity/audit/export", get(audit::export))
        .route("/console/evidence", get(offboarding::show))
        .route("/console/evidence/export", get(offboarding::export))
        .route("/console/evidence/access", get(access_review::show))
        .route(
            "/console/evidence/access/export",
            get(access_review::export),
        )
        .route("/console/support-access", get(support::show))
        .route("/console/support-access/{id}/end", post(support::end))
        .route("/console/health", get(health::show))
        .route("/console/health/findings", get(health::findings))
        .route("/console/health/snooze", post(health::snooze))
        .route("/console/health/unsnooze", post(health::unsnooze))
        .route(
            "/console/settings",
            get(settings::show).post(settings::save),
        )
        .layer(middleware::from_fn(left_off::remember))
}
