//! Health: what is wrong with the tenant, what to do about it, and what an admin has acknowledged or put off.

use axum::Json;
use http::StatusCode;
use jiff::Timestamp;
use rollcall_directory::{ClosedFinding as Closed, Snooze as StoredSnooze, shown};
use rollcall_edge_http::Problem;
use rollcall_insight::{Finding as Found, Health as Checked, Insight, Severity as Grade};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::audit::{Actor, Subject};
use crate::caller::Access;
use crate::fields::{Fields, Id};
use crate::gate::{DecideFindings, ReadLogs};

/// The result of a check.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Health {
    /// What is wrong, the most severe first.
    findings: Vec<Finding>,
    /// The last 50 findings that are no longer found, latest first, as the hourly checks saw it.
    resolved: Vec<ResolvedFinding>,
    /// Whether the whole request log was read. If not, repeat the request: each one reads on.
    complete: bool,
    /// When the tenant was checked.
    checked_at: Timestamp,
}

/// One finding.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Finding {
    /// The identity. It stays the same as long as the same is wrong about the same.
    #[schema(example = "sign_in_refused~inactive")]
    id: String,
    /// Whether an admin has acknowledged it or put it off.
    state: FindingState,
    /// How it was acknowledged or put off.
    #[serde(skip_serializing_if = "Option::is_none")]
    snooze: Option<Snooze>,
    /// The kind. A newer version may have others.
    #[schema(example = "sign_in_refused")]
    kind: String,
    severity: Severity,
    /// What is wrong, in one line.
    title: String,
    /// What it means, and what to do about it.
    advice: String,
    /// What it is about; the first one if there are several. The remedy is applied there.
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<Subject>,
    /// How many people, groups, tokens, requests, sign-ins, days or hours, as the title says.
    count: u64,
    /// Whether `count` is a minimum.
    at_least: bool,
    /// How many there can be at most, if it is about a ceiling.
    #[serde(skip_serializing_if = "Option::is_none")]
    ceiling: Option<u64>,
    /// The first few people or groups.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    among: Vec<Subject>,
    /// Why sign-ins are refused, if it is about those: a `reason` of `auth.refused`.
    #[serde(skip_serializing_if = "Option::is_none")]
    refusal: Option<String>,
    /// When it began; for a token, when it expires.
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<Timestamp>,
    /// The latest failed request and its error, or further names.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

/// Whether an admin has acknowledged a finding or put it off.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum FindingState {
    /// Neither.
    Open,
    /// An admin knows of it. That ends when the finding is no longer found.
    Acknowledged,
    /// An admin has put it off until a time.
    Snoozed,
}

/// How a finding was acknowledged or put off.
#[derive(Debug, Serialize, ToSchema)]
struct Snooze {
    /// Why.
    reason: String,
    /// Who did it.
    #[schema(value_type = Actor)]
    actor: Value,
    /// When.
    created_at: Timestamp,
    /// Until when it is put off. Absent if it is acknowledged.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
}

impl From<StoredSnooze> for Snooze {
    fn from(snooze: StoredSnooze) -> Self {
        Self {
            reason: snooze.reason,
            actor: json!(snooze.by),
            created_at: snooze.at,
            expires_at: snooze.until,
        }
    }
}

/// A finding that is no longer found.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ResolvedFinding {
    /// The identity.
    id: String,
    /// The kind. A newer version may have others.
    kind: String,
    /// `problem`, `warning` or `notice`, as it was when it was first found. A newer version may have others.
    severity: String,
    /// What was wrong, in one line.
    title: String,
    /// When a check first found it.
    opened_at: Timestamp,
    /// When a check no longer found it.
    closed_at: Timestamp,
}

impl From<Closed> for ResolvedFinding {
    fn from(closed: Closed) -> Self {
        let finding = closed.finding;
        Self {
            id: finding.id,
            kind: finding.kind,
            severity: finding.severity,
            title: finding.title,
            opened_at: finding.opened_at,
            closed_at: closed.closed_at,
        }
    }
}

/// How to put a finding off.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewSnooze {
    /// Why, in at most 500 characters. The audit log and the page say it. Name no person here: an erasure does not reach
    /// this text.
    #[schema(
        example = "The change is planned for Tuesday",
        pattern = r"\S",
        max_length = 500
    )]
    reason: String,
    /// For how many days, 1 to 30; null to acknowledge it, until it is no longer found.
    #[schema(minimum = 1, maximum = 30)]
    days: Option<u32>,
}

/// How severe a finding is.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Severity {
    /// Something does not work, or will soon stop working.
    Problem,
    /// Something most likely does not work as intended.
    Warning,
    /// Worth knowing, but not necessarily wrong.
    Notice,
}

impl Finding {
    fn of(found: Found, snooze: Option<&StoredSnooze>) -> Self {
        Self {
            id: found.id(),
            state: match snooze {
                None => FindingState::Open,
                Some(snooze) if snooze.until.is_none() => FindingState::Acknowledged,
                Some(_) => FindingState::Snoozed,
            },
            snooze: snooze.cloned().map(Snooze::from),
            kind: found.kind.code(),
            severity: match found.severity {
                Grade::Problem => Severity::Problem,
                Grade::Warning => Severity::Warning,
                Grade::Notice => Severity::Notice,
            },
            title: found.title(),
            advice: found.advice(),
            subject: found.subject.map(Subject::from),
            count: found.count,
            at_least: found.at_least,
            ceiling: found.ceiling,
            among: found.among.into_iter().map(Subject::from).collect(),
            refusal: found.refusal.map(|refusal| refusal.to_string()),
            since: found.since,
            detail: found.detail,
        }
    }
}

impl From<Checked> for Health {
    fn from(checked: Checked) -> Self {
        let of = |found: &Found| Finding::of(found.clone(), checked.snooze(found));
        Self {
            findings: checked.findings.iter().map(of).collect(),
            complete: checked.complete,
            checked_at: checked.looked_at,
            resolved: checked.record.closed.into_iter().map(Into::into).collect(),
        }
    }
}

/// Checks the tenant: connections, groups, roles and sign-ins.
#[utoipa::path(get, path = "/api/v1/health", operation_id = "read_health", tag = "logs",
    responses((status = 200, body = Health)), security(("session" = ["logs:read"])))]
pub(crate) async fn read(access: Access<ReadLogs>) -> Result<Json<Health>, Problem> {
    let health = Insight::of(&access.tenant).health().await?;
    Ok(Json(health.into()))
}

/// Acknowledges a finding, or puts it off for some days: nobody gets mail about it, and the overview of the console does not
/// count it. The audit log says who did so and why. Done again, it replaces what was done before.
#[utoipa::path(post, path = "/api/v1/health/findings/{id}/snooze", operation_id = "snooze_finding", tag = "logs",
    request_body = NewSnooze, params(("id" = String, Path, description = "The finding's id")),
    responses((status = 200, body = Finding)), security(("session" = ["sso:configure", "logs:read"])))]
pub(crate) async fn snooze(
    access: Access<DecideFindings>,
    Id(id): Id,
    Fields(new): Fields<NewSnooze>,
) -> Result<Json<Finding>, Problem> {
    let health = Insight::of(&access.tenant).health().await?;
    let found = health.finding(&id).ok_or_else(|| unknown(&id))?;
    let findings = access.tenant.findings();
    let observed = found.observed();
    let snooze = findings.snooze(&observed, &new.reason, new.days).await?;
    Ok(Json(Finding::of(found.clone(), Some(&snooze))))
}

/// Lets a finding count again that was acknowledged or put off. It can be repeated.
#[utoipa::path(delete, path = "/api/v1/health/findings/{id}/snooze", operation_id = "unsnooze_finding", tag = "logs",
    params(("id" = String, Path, description = "The finding's id")),
    responses((status = 204)), security(("session" = ["sso:configure", "logs:read"])))]
pub(crate) async fn unsnooze(
    access: Access<DecideFindings>,
    Id(id): Id,
) -> Result<StatusCode, Problem> {
    let was_put_off = access.tenant.findings().unsnooze(&id).await?;
    if !was_put_off
        && Insight::of(&access.tenant)
            .health()
            .await?
            .finding(&id)
            .is_none()
    {
        return Err(unknown(&id));
    }
    Ok(StatusCode::NO_CONTENT)
}

fn unknown(id: &str) -> Problem {
    Problem::not_found(format!("the finding `{}`", shown(id)))
}
