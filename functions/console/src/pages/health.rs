//! Health: the current problems and how to solve them, those that an admin has put off, and those that are over.

use askama::Template;
use axum::response::Response;
use jiff::Timestamp;
use rollcall_directory::{ClosedFinding, Permission, SignInRefusal, Subject};
use rollcall_edge_api::{DecideFindings, Params, ReadLogs};
use rollcall_edge_http::Problem;
use rollcall_insight::{Finding, FindingKind, Health, Insight, Severity};
use serde::Deserialize;

use super::fields::Typed;
use super::health_cards::{Card, cards, passing};
use super::remedies::RemedyKind;
use crate::display;
use crate::layout::{Layout, Section, redirect, render, render_part};
use crate::messages::{Text, t};
use crate::visitor::{Change, Poll, Visitor};

/// The query of the page.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Asked {
    /// `snoozed` or `resolved`; everything else shows what is open.
    #[serde(default)]
    show: String,
    /// What the last form did.
    done: Option<String>,
}

#[derive(Template)]
#[template(path = "health.html")]
struct Page {
    layout: Layout,
    /// The part that is shown: `snoozed`, `resolved`, or empty for what is open.
    show: &'static str,
    /// The cards of the part.
    cards: Vec<Card>,
    /// How many findings are open, and how many are put off.
    open: u64,
    snoozed: u64,
    /// The findings that are over, latest first.
    resolved: Vec<ClosedFinding>,
    /// What is checked and is well.
    passing: Vec<Text>,
    /// When the tenant was checked.
    checked_at: Timestamp,
    /// Whether the whole request log has been read.
    complete: bool,
    /// The number of requests read so far.
    counted: u64,
    /// Whether there is a connection. Without one, nothing can be well.
    is_connected: bool,
}

/// The class of a severity in the style sheet, and its name.
pub(super) fn severity(severity: &Severity) -> (&'static str, Text) {
    match severity {
        Severity::Problem => ("failed", t("health-problem")),
        Severity::Warning => ("invited", t("health-warning")),
        Severity::Notice => ("info", t("health-notice")),
    }
}

/// The class and the name of a severity that was stored.
fn stored_severity(code: &str) -> (&'static str, Text) {
    let all = [Severity::Problem, Severity::Warning, Severity::Notice];
    let known = all.iter().find(|one| one.code() == code);
    severity(known.unwrap_or(&Severity::Notice))
}

/// Says what the time of a finding is: an expiry lies in the future, everything else has begun.
fn begun(finding: &Finding, since: &Timestamp) -> Text {
    let time = display::moment(since);
    match finding.kind {
        FindingKind::TokenExpiring => t("health-expires").part("time", time),
        _ => t("health-since").part("time", time),
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
fn remedy(finding: &Finding, layout: &Layout) -> Option<(String, Text)> {
    let subject = finding.subject.as_ref();
    let configure = Permission::SsoConfigure;
    let of_person = |text: Text| Some((configure, subject_path(subject?), text));
    let (needed, path, text) = match (finding.kind, finding.refusal) {
        (FindingKind::SubjectsChanged, _) => {
            let path = remedy_path(subject, RemedyKind::BindAnew);
            Some((configure, path, t("health-remedy-bind-anew")))
        }
        (FindingKind::BrakeTripped, _) => {
            let connection = subject.map(|subject| subject.id.as_str())?;
            let path = format!("/connections/{connection}/held");
            Some((configure, path, t("health-remedy-held")))
        }
        (FindingKind::OwnedByAnother, _) => {
            let path = remedy_path(subject, RemedyKind::Replace);
            Some((configure, path, t("health-remedy-replace")))
        }
        (FindingKind::SignInRefused, Some(SignInRefusal::OtherConnection)) => {
            let path = Section::Connect.path().to_owned();
            Some((configure, path, t("health-remedy-replace")))
        }
        (FindingKind::SignInRefused, Some(SignInRefusal::NotProvisioned)) => {
            let path = Section::Settings.path().to_owned();
            Some((Permission::SettingsWrite, path, t("health-remedy-sign-up")))
        }
        (FindingKind::SignInRefused, Some(SignInRefusal::OtherSubject)) => {
            of_person(t("health-remedy-bind-person"))
        }
        (FindingKind::SignInRefused, Some(SignInRefusal::Unproven)) => {
            of_person(t("health-remedy-confirm"))
        }
        (FindingKind::SignInRefused, Some(SignInRefusal::Inactive)) => {
            let deleted = || {
                let path = format!("{}/deleted", Section::People.path());
                Some((Permission::LogsRead, path, t("health-remedy-deleted")))
            };
            of_person(t("health-remedy-restore")).or_else(deleted)
        }
        (FindingKind::SignInRefused, _) => of_person(t("health-remedy-person")),
        _ => None,
    }?;
    layout.may(needed).then_some((path, text))
}

/// The first few people or groups that a finding is about, for one who may read the directory.
fn linked_subjects<'f>(finding: &'f Finding, layout: &Layout) -> impl Iterator<Item = &'f Subject> {
    let sees_directory = layout.may(Permission::DirectoryRead);
    let is_shown = move |subject: &&Subject| {
        sees_directory && ["group", "user"].contains(&subject.kind.as_ref())
    };
    finding.among.iter().filter(is_shown)
}

/// The findings that nobody has put off.
pub(super) fn open(health: &Health) -> Vec<&Finding> {
    let is_open = |finding: &&Finding| {
        let snooze = health.snooze(finding);
        snooze.is_none_or(|snooze| snooze.until.is_none())
    };
    health.findings.iter().filter(is_open).collect()
}

async fn page(visitor: &Visitor<ReadLogs>, asked: &Asked) -> Result<Page, Problem> {
    let health = Insight::of(visitor.tenant()).health().await?;
    let is_connected = !visitor
        .tenant()
        .credentials()
        .connections()
        .await?
        .is_empty();
    let is_snoozed = |finding: &&Finding| {
        let snooze = health.snooze(finding);
        snooze.is_some_and(|snooze| snooze.until.is_some())
    };
    let snoozed: Vec<&Finding> = health.findings.iter().filter(is_snoozed).collect();
    let open = open(&health);
    let (show, shown): (&str, &[&Finding]) = match asked.show.as_str() {
        "snoozed" => ("snoozed", &snoozed),
        "resolved" => ("resolved", &[]),
        _ => ("", &open),
    };
    let mut layout = visitor.layout(Section::Health);
    layout.open_findings = open.len();
    Ok(Page {
        cards: cards(visitor.tenant(), &health, shown).await?,
        passing: match is_connected && health.complete && show.is_empty() {
            true => passing(&health.findings),
            false => Vec::new(),
        },
        layout: layout.with_notice(asked.done.as_deref()),
        show,
        open: open.len() as u64,
        snoozed: snoozed.len() as u64,
        checked_at: health.looked_at,
        complete: health.complete,
        counted: health.counted,
        is_connected,
        resolved: health.record.closed,
    })
}

pub(crate) async fn show(
    visitor: Visitor<ReadLogs>,
    Params(asked): Params<Asked>,
) -> Result<Response, Problem> {
    render(&page(&visitor, &asked).await?)
}

/// Renders the page again while the request log is being read. The script takes only the findings from it.
pub(crate) async fn findings(
    Poll(visitor): Poll<ReadLogs>,
    Params(asked): Params<Asked>,
) -> Result<Response, Problem> {
    let page = page(&visitor, &asked).await?;
    render_part(&page, page.complete)
}

/// Acknowledges the findings of a card, or puts them off.
pub(crate) async fn snooze(change: Change<DecideFindings, Typed>) -> Result<Response, Problem> {
    let Change { visitor, form } = change;
    let days = match form.value("days") {
        "" => None,
        days => {
            let days = days.parse();
            Some(days.map_err(|_| Problem::invalid(t("health-choose-days").plain()))?)
        }
    };
    let health = Insight::of(visitor.tenant()).health().await?;
    let chosen = form.values("finding").filter_map(|id| health.finding(id));
    let chosen: Vec<&Finding> = chosen.collect();
    if chosen.is_empty() {
        return Err(Problem::conflict(t("health-over").plain()));
    }
    for finding in chosen {
        let findings = visitor.tenant().findings();
        let reason = form.value("reason");
        findings.snooze(&finding.observed(), reason, days).await?;
    }
    let done = match days {
        Some(_) => "finding-snoozed",
        None => "finding-acknowledged",
    };
    Ok(redirect(&format!(
        "{}/health?done={done}",
        visitor.console()
    )))
}

/// Lets the findings of a card count again.
pub(crate) async fn unsnooze(change: Change<DecideFindings, Typed>) -> Result<Response, Problem> {
    let Change { visitor, form } = change;
    for id in form.values("finding") {
        visitor.tenant().findings().unsnooze(id).await?;
    }
    let done = "finding-counts";
    Ok(redirect(&format!(
        "{}/health?done={done}",
        visitor.console()
    )))
}
