//! Access review: everybody with their state, their roles and what gives these, groups, last sign-in and connection.

use askama::Template;
use axum::response::Response;
use rollcall_directory::Source;
use rollcall_edge_api::{Params, ReadEvidence, review_table};
use rollcall_edge_http::Problem;
use rollcall_insight::{Insight, Made, ReviewPage, ReviewedPerson};
use serde::Deserialize;
use serde_json::json;

use super::fields;
use super::offboarding::seal;
use crate::display;
use crate::export::{ExportFile, Format, MAX_STEPS};
use crate::layout::{Layout, Section, render};
use crate::messages::{Text, t};
use crate::visitor::Visitor;

/// People on one page.
const PAGE_SIZE: usize = 100;
/// People read at a time for a file.
const READ_AT_ONCE: usize = 250;
/// Groups of a person that a row names.
const MAX_GROUPS: usize = 3;

/// Where a page or a file begins.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Search {
    after: Option<String>,
    #[serde(default)]
    format: Format,
}

#[derive(Template)]
#[template(path = "access_review.html")]
struct Page {
    layout: Layout,
    review: ReviewPage,
    made: Made,
    is_first: bool,
    next: Option<String>,
}

impl Page {
    /// What gives the person their roles, each in a few words.
    fn sources(&self, one: &ReviewedPerson) -> Vec<Text> {
        let said = one.sources.iter().map(|(role, source)| {
            let role = role.title();
            match source {
                Source::Mapped { group } => {
                    let name = self.review.groups.get(group);
                    match name {
                        Some(name) => t("review-from-group")
                            .s("role", role)
                            .s("group", display::name(name)),
                        None => t("review-from-deleted-group").s("role", role),
                    }
                }
                Source::Manual => t("review-by-hand").s("role", role),
                Source::Default => t("review-default").s("role", role),
            }
        });
        said.collect()
    }

    fn groups(&self, one: &ReviewedPerson) -> String {
        let known = one.person.groups.iter();
        let known = known.filter_map(|id| self.review.groups.get(id));
        let names: Vec<String> = known.map(|it| display::name(it)).collect();
        let shown = names.iter().take(MAX_GROUPS).cloned().collect::<Vec<_>>();
        match names.len().saturating_sub(MAX_GROUPS) {
            0 if names.is_empty() => t("evidence-none").plain(),
            0 => shown.join(", "),
            more => t("review-groups-and-more")
                .s("groups", shown.join(", "))
                .n("more", more)
                .plain(),
        }
    }

    fn connection(&self, one: &ReviewedPerson) -> String {
        match &one.person.identity.owner {
            Some(id) => {
                let known = self.review.connections.get(id);
                known.map_or_else(
                    || t("evidence-connection-deleted").plain(),
                    |it| display::name(it),
                )
            }
            None => t("evidence-none").plain(),
        }
    }
}

pub(crate) async fn show(
    visitor: Visitor<ReadEvidence>,
    Params(search): Params<Search>,
) -> Result<Response, Problem> {
    let insight = Insight::of(visitor.tenant());
    let review = insight
        .access_review(search.after.as_deref(), PAGE_SIZE)
        .await?;
    render(&Page {
        layout: visitor.layout(Section::Evidence),
        made: review.made.clone(),
        is_first: search.after.is_none(),
        next: review
            .next
            .as_deref()
            .map(|next| fields::query_string(&[("after", next)])),
        review,
    })
}

pub(crate) async fn export(
    visitor: Visitor<ReadEvidence>,
    Params(search): Params<Search>,
) -> Result<Response, Problem> {
    let tenant = visitor.tenant();
    let insight = Insight::of(tenant);
    let mut after = search.after.clone();
    let mut file: Option<ExportFile> = None;
    for _ in 0..MAX_STEPS {
        let part = insight
            .access_review(after.as_deref(), READ_AT_ONCE)
            .await?;
        let table = review_table(tenant, &part);
        let filled = file.get_or_insert_with(|| {
            ExportFile::of_evidence(table.columns, seal(&visitor, &part.made, json!({})))
        });
        after = filled.add(table.rows, part.next);
        if after.is_none() {
            break;
        }
    }
    let file = file.unwrap_or_default();
    file.finish(search.format, "access-review", |next, format| {
        let query = fields::query_string(&[("after", next), ("format", format)]);
        visitor.link(&format!("/evidence/access/export?{query}"))
    })
}
