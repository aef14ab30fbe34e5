//! Health: what is wrong now, and what to do about it.

use askama::Template;
use axum::response::Response;
use rollcall_directory::{Finding, FindingKind, Severity, Subject};
use rollcall_edge_api::Read;
use rollcall_edge_http::Problem;

use crate::frame::{Frame, Section};
use crate::visitor::Visitor;

#[derive(Template)]
#[template(path = "health.html")]
struct Page {
    frame: Frame,
    findings: Vec<Finding>,
    /// Whether the whole request log was looked at.
    complete: bool,
    /// How much of it was.
    counted: u64,
}

/// How grave a finding is, as the style sheet knows it and in words.
fn severity(severity: &Severity) -> (&'static str, &'static str) {
    match severity {
        Severity::Problem => ("failed", "Problem"),
        Severity::Warning => ("invited", "Warning"),
        Severity::Notice => ("active", "Notice"),
    }
}

/// What the moment of a finding is: when it began, or when it will.
fn moment_of(finding: &Finding) -> &'static str {
    match finding.kind {
        FindingKind::TokenExpiring => "Expires",
        _ => "Since",
    }
}

/// The page of a person or group that a finding names, behind the console.
fn place(subject: &Subject) -> String {
    let section = match subject.kind.as_ref() {
        "group" => Section::Groups,
        _ => Section::People,
    };
    format!("{}/{}", section.path(), subject.id)
}

/// The people or groups that a finding is about, the first of them.
fn named(finding: &Finding) -> impl Iterator<Item = &Subject> {
    let is_shown = |subject: &&Subject| ["group", "user"].contains(&subject.kind.as_ref());
    finding.among.iter().filter(is_shown)
}

async fn page(visitor: &Visitor<Read>) -> Result<Page, Problem> {
    let health = visitor.tenant().health().await?;
    Ok(Page {
        frame: visitor.frame(Section::Health),
        findings: health.findings,
        complete: health.complete,
        counted: health.counted,
    })
}

pub(crate) async fn show(visitor: Visitor<Read>) -> Result<Response, Problem> {
    crate::frame::show(&page(&visitor).await?)
}

/// The page again and again, of which a script takes the findings, for as long as the request log is being read.
pub(crate) async fn findings(visitor: Visitor<Read>) -> Result<Response, Problem> {
    let page = page(&visitor).await?;
    crate::frame::show_part(&page, page.complete)
}
