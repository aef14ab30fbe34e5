//! Health: the current problems and how to solve them.

use askama::Template;
use axum::response::Response;
use rollcall_directory::{Permission, SignInRefusal, Subject};
use rollcall_edge_api::ReadLogs;
use rollcall_edge_http::Problem;
use rollcall_insight::{Finding, FindingKind, Insight, Severity};

use super::remedies::RemedyKind;
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
    /// Whether there is a connection. Without one, nothing can be well.
    is_connected: bool,
}

/// The class of a severity in the style sheet, and its name.
pub(super) fn severity(severity: &Severity) -> (&'static str, &'static str) {
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

/// The path of a remedy for a connection, or of the list of connections if the finding is about none.
fn remedy_path(subject: Option<&Subject>, remedy: RemedyKind) -> String {
    match subject.filter(|subject| subject.kind == "connection") {
        Some(subject) => format!("/connections/{}/remedies/{}", subject.id, remedy.id()),
        None => Section::Connect.path().to_owned(),
    }
}

/// The icon of a severity.
pub(super) fn severity_icon(severity: &Severity) -> &'static str {
    match severity {
        Severity::Problem => "circle-alert",
        Severity::Warning => "triangle-alert",
        Severity::Notice => "info",
    }
}

/// Where the remedy of a finding about sign-ins or ownership is: a path below the console's path, and the text of the
/// button. None if the visitor may not apply it.
fn remedy(finding: &Finding, layout: &Layout) -> Option<(String, &'static str)> {
    let subject = finding.subject.as_ref();
    let configure = Permission::SsoConfigure;
    let of_person = |text| Some((configure, subject_path(subject?), text));
    let (needed, path, text) = match (finding.kind, finding.refusal) {
        (FindingKind::SubjectsChanged, _) => {
            let path = remedy_path(subject, RemedyKind::BindAnew);
            Some((configure, path, "Open a rebind window"))
        }
        (FindingKind::BrakeTripped, _) => {
            let connection = subject.map(|subject| subject.id.as_str())?;
            let path = format!("/connections/{connection}/held");
            Some((configure, path, "Decide about held changes"))
        }
        (FindingKind::OwnedByAnother, _) => {
            let path = remedy_path(subject, RemedyKind::Replace);
            Some((configure, path, "Let it replace the other connection"))
        }
        (FindingKind::SignInRefused, Some(SignInRefusal::OtherConnection)) => {
            let path = Section::Connect.path().to_owned();
            Some((configure, path, "Let it replace the other connection"))
        }
        (FindingKind::SignInRefused, Some(SignInRefusal::NotProvisioned)) => {
            let path = Section::Settings.path().to_owned();
            Some((Permission::SettingsWrite, path, "Change who may sign up"))
        }
        (FindingKind::SignInRefused, Some(SignInRefusal::OtherSubject)) => {
            of_person("Bind the person anew")
        }
        (FindingKind::SignInRefused, Some(SignInRefusal::Unproven)) => {
            of_person("Confirm the person")
        }
        (FindingKind::SignInRefused, Some(SignInRefusal::Inactive)) => {
            let deleted = || {
                let path = format!("{}/deleted", Section::People.path());
                Some((Permission::LogsRead, path, "Look among deleted people"))
            };
            of_person("Restore, unblock or admit as new").or_else(deleted)
        }
        (FindingKind::SignInRefused, _) => of_person("Open the person"),
        _ => None,
    }?;
    layout.may(needed).then_some((path, text))
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
        is_connected: !visitor
            .tenant()
            .credentials()
            .connections()
            .await?
            .is_empty(),
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
