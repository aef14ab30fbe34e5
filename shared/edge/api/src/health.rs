//! Health: what is wrong with the tenant, and what to do about it.

use axum::Json;
use jiff::Timestamp;
use rollcall_edge_http::Problem;
use rollcall_insight::{Finding as Found, Insight, Severity as Grade};
use serde::Serialize;
use utoipa::ToSchema;

use crate::audit::Subject;
use crate::caller::Access;
use crate::gate::ReadLogs;

/// The result of a check.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Health {
    /// What is wrong, the most severe first.
    findings: Vec<Finding>,
    /// Whether the whole request log was read. If not, repeat the request: each one reads on.
    complete: bool,
    /// When the tenant was checked.
    checked_at: Timestamp,
}

/// One finding.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Finding {
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

impl From<Found> for Finding {
    fn from(found: Found) -> Self {
        Self {
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

/// Checks the tenant: connections, groups, roles and sign-ins.
#[utoipa::path(get, path = "/api/v1/health", operation_id = "read_health", tag = "logs",
    responses((status = 200, body = Health)), security(("session" = ["logs:read"])))]
pub(crate) async fn read(access: Access<ReadLogs>) -> Result<Json<Health>, Problem> {
    let health = Insight::of(&access.tenant).health().await?;
    Ok(Json(Health {
        findings: health.findings.into_iter().map(Finding::from).collect(),
        complete: health.complete,
        checked_at: health.looked_at,
    }))
}
