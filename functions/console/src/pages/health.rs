//! Health: the current problems and how to solve them.

use askama::Template;
use axum::response::Response;
use rollcall_directory::Subject;
use rollcall_edge_api::ReadLogs;
use rollcall_edge_http::Problem;
use rollcall_insight::{Finding, FindingKind, Insight, Severity};

use crate::layout::{Layout, Section, render, render_part};
use crate::visitor::Visitor;

#[derive(Template)]
#[template(path = "health.html")]
struct Page {
    layout: Layout,
    findings: Vec<Finding>,
    /// Whether the whole request log has been read.
    complete: bool,
    /// The number of requests read so far.
    counted: u64,
}

/// The class of a severity in the style sheet, and its name.
fn severity(severity: &Severity) -> (&'static str, &'static str) {
    match severity {
        Severity::Problem => ("failed", "Problem"),
        Severity::Warning => ("invited", "Warning"),
        Severity::Notice => ("active", "Notice"),
    }
}

/// Labels the time of a finding: an expiry lies in the future, everything else has begun.
fn time_label(finding: &Finding) -> &'static str {
    match finding.kind {
        FindingKind::TokenExpiring => "Expires",
        _ => "Since",
    }
}

/// The path of a person or group, below the console's path.
fn subject_path(subject: &Subject) -> String {
    let section = match subject.kind.as_ref() {
        "group" => Section::Groups,
        _ => Section::People,
    };
    format!("{}/{}", section.path(), subject.id)
}

/// The first few people or groups that a finding is about.
fn linked_subjects(finding: &Finding) -> impl Iterator<Item = &Subject> {
    let is_shown = |subject: &&Subject| ["group", "user"].contains(&subject.kind.as_ref());
    finding.among.iter().filter(is_shown)
}

async fn page(visitor: &Visitor<ReadLogs>) -> Result<Page, Problem> {
    let health = Insight::of(visitor.tenant()).health().await?;
    Ok(Page {
        layout: visitor.layout(Section::Health),
        findings: health.findings,
        complete: health.complete,
        counted: health.counted,
    })
}

pub(crate) async fn show(visitor: Visitor<ReadLogs>) -> Result<Response, Problem> {
    render(&page(&visitor).await?)
}

/// Renders the page again while the request log is being read. The script takes only the findings from it.
pub(crate) async fn findings(visitor: Visitor<ReadLogs>) -> Result<Response, Problem> {
    let page = page(&visitor).await?;
    render_part(&page, page.complete)
}
