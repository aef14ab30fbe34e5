//! Saved: how far the work on mappings is that were saved together.

use std::collections::BTreeSet;

use askama::Template;
use axum::response::Response;
use jiff::Timestamp;
use rollcall_directory::{Progress, RoleSync};
use rollcall_edge_api::{Configure, Gate, Params};
use rollcall_edge_http::Problem;
use serde::Deserialize;

use super::fields;
use crate::layout::render_part;
use crate::visitor::{Poll, Visitor};

/// Groups whose progress is read.
const MAX_GROUPS: usize = 200;

/// The progress of saved mappings, within the page or alone.
#[derive(Template)]
#[template(path = "saved.html")]
pub(super) struct SavedPart {
    /// The query of the progress.
    pub(super) query: String,
    /// Whether roles change at sign-in only.
    at_next_sign_in: bool,
    looked_at: u64,
    people: u64,
    pub(super) is_finished: bool,
}

/// The query of the progress.
#[derive(Debug, Deserialize)]
pub(crate) struct SavedParams {
    since: Timestamp,
    #[serde(default)]
    saved: String,
}

pub(super) async fn saved_part<G: Gate>(
    visitor: &Visitor<G>,
    saved: &str,
    since: Timestamp,
) -> Result<SavedPart, Problem> {
    let tenant = visitor.tenant();
    let ids: BTreeSet<&str> = saved.split(',').filter(|id| !id.is_empty()).collect();
    let settings = tenant.settings().read().await?;
    let mut part = SavedPart {
        query: fields::query_string(&[("since", &since.to_string()), ("saved", saved)]),
        at_next_sign_in: settings.role_sync == RoleSync::AtLogin,
        looked_at: 0,
        people: 0,
        is_finished: true,
    };
    for id in ids.into_iter().take(MAX_GROUPS) {
        let progress = tenant.roles().reconciliation(id).await?;
        // Work that began before belongs to an earlier mapping.
        let of_this = progress.filter(|progress: &Progress| progress.started_at >= since);
        part.is_finished &= of_this
            .as_ref()
            .is_some_and(|progress| progress.finished_at.is_some());
        part.looked_at += of_this.as_ref().map_or(0, |progress| progress.looked_at);
        part.people += of_this.map_or(0, |progress| progress.people);
    }
    Ok(part)
}

pub(crate) async fn progress(
    Poll(visitor): Poll<Configure>,
    Params(params): Params<SavedParams>,
) -> Result<Response, Problem> {
    let part = saved_part(&visitor, &params.saved, params.since).await?;
    render_part(&part, part.is_finished)
}
