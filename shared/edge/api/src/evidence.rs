//! Evidence for auditors: who has access and why, and who left and when their access ended.
//!
//! Like an export, it is read page by page, so that it works for any number of people, and can be taken up again. Each page
//! says when the export was made and what the last event of the feed was then: a verification of the feed up to that event
//! has the same hash, unless what the evidence rests on was changed later.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use jiff::Timestamp;
use rollcall_directory::{Source, Tenant};
use rollcall_edge_http::Problem;
use rollcall_insight as insight;
use rollcall_insight::{Insight, Made, OffboardingQuery};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};

use crate::audit::Actor;
use crate::caller::Access;
use crate::evidence_tables::{EvidenceTable, offboarding_table, review_table};
use crate::fields::{Params, limit};
use crate::gate::ReadEvidence;
use crate::people::{GrantSource, PersonState};
use crate::person_parts::{Names, Parts, PersonGroup};
use crate::role::{Role, roles};
use crate::spreadsheet::{as_csv, media_type};

/// The header of CSV with the `after` of the next page.
const NEXT_HEADER: HeaderName = HeaderName::from_static("x-next");

/// The query of an access review.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ReviewQuery {
    /// `next` of the page before, for an hour.
    after: Option<String>,
    /// People of the page: 100 unless given, at most 250.
    #[param(minimum = 1)]
    limit: Option<i64>,
}

/// The query of an offboarding report.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DepartureQuery {
    /// Only who left at or after this time.
    from: Option<Timestamp>,
    /// Only who left at or before this time.
    to: Option<Timestamp>,
    /// Only whose access a request of the connection with this id ended.
    connection: Option<String>,
    /// `next` of the page before, with the same conditions, for an hour.
    after: Option<String>,
    /// People of the page, at most 50.
    #[param(minimum = 1)]
    limit: Option<i64>,
}

/// Of what an export is the evidence. The same on all its pages.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EvidenceSeal {
    /// The tenant.
    tenant: String,
    /// When the first page was read.
    made_at: Timestamp,
    /// The sequence of the last event of the feed then; 0 before the first.
    feed_sequence: u64,
    /// The hash of that event. `last_hash` of a verification that ends with it is the same, unless an event before it was
    /// changed later. Null if an earlier version gave the event its place.
    feed_hash: Option<String>,
}

impl EvidenceSeal {
    fn of(tenant: &Tenant, made: Made) -> Self {
        Self {
            tenant: tenant.id().to_string(),
            made_at: made.at,
            feed_sequence: made.feed_sequence,
            feed_hash: made.feed_hash,
        }
    }
}

/// A page of an access review, in order of creation.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AccessReview {
    /// Everybody in the directory, whatever their state is. A page can have fewer than `limit`.
    items: Vec<ReviewedPerson>,
    /// The value of `after` for the next page. Absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
    evidence: EvidenceSeal,
}

/// A person in an access review.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReviewedPerson {
    /// The user's id.
    user_id: String,
    /// `userName`.
    user_name: String,
    /// `displayName`.
    display_name: Option<String>,
    /// The primary mail address.
    email: Option<String>,
    /// Whether they can use the application.
    state: PersonState,
    /// Since when an admin blocks them; null if nobody does.
    blocked_at: Option<Timestamp>,
    /// The effective role; null for none.
    role: Option<Role>,
    /// All roles that count, highest first.
    roles: Vec<Role>,
    /// Every role that was given to them, with what gave it. What was given by hand stays with somebody who is inactive, but
    /// has no effect.
    grants: Vec<ReviewedGrant>,
    /// Their groups.
    groups: Vec<PersonGroup>,
    /// The last sign-in.
    last_login_at: Option<Timestamp>,
    /// The connection that owns them; null if none does.
    connection: Option<EvidenceConnection>,
}

/// A role of a person in an access review.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReviewedGrant {
    /// The role.
    role: Role,
    /// What gave it.
    source: GrantSource,
    /// The id of the group that is mapped to the role; null for other sources.
    group: Option<String>,
}

/// A connection, in evidence.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EvidenceConnection {
    /// Its id.
    id: String,
    /// Its name; null if it is not known any more.
    name: Option<String>,
}

/// A page of an offboarding report, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Offboarding {
    /// Whose access ended. A page can have fewer than `limit`, even none, although there is a next page.
    items: Vec<DepartedPerson>,
    /// The value of `after` for the next page. Absent once the whole period was searched.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
    /// How far back the period was searched so far. Absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    looked_back_to: Option<Timestamp>,
    evidence: EvidenceSeal,
}

/// Somebody whose access ended.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DepartedPerson {
    /// The user's id.
    user_id: String,
    /// `userName` when they left.
    user_name: String,
    /// `displayName` now; null if they have none or were deleted.
    display_name: Option<String>,
    /// The type of the event: `user.deactivated`, `user.deleted` or `user.blocked`.
    #[schema(example = "user.deactivated")]
    change: String,
    /// The role before, the highest of several; null if they had none or it is not known.
    role: Option<Role>,
    /// When API Gateway received the request that said so, also if the change was held. Null for what earlier versions
    /// stored or held.
    received_at: Option<Timestamp>,
    /// When the access ended: the change was written, and with it the end of the sessions.
    ended_at: Timestamp,
    /// From `received_at` to `ended_at`, in seconds with milliseconds.
    seconds: Option<f64>,
    /// The sessions that ended: sign-ins whose session could still last by the settings of now, without those that were
    /// ended before. Null if that is not known.
    sessions_ended: Option<u64>,
    /// Who ended it: of a held change, whoever let it take effect.
    #[schema(value_type = Actor)]
    actor: Value,
    /// The connection whose request said so, also if the change was held; null for another actor.
    connection: Option<EvidenceConnection>,
    /// The id of the request that said so. Of a held change, the audit log has it with `brake.held`.
    request_id: String,
    /// The sequence of the event in the feed, once it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    sequence: Option<u64>,
}

/// Lists everybody with what they can do and why: their state, roles and what gives these, groups, last sign-in and the
/// connection that owns them.
///
/// With `Accept: text/csv`, the response is a table in CSV (RFC 4180), with the columns' names on the first page and the
/// `after` of the next page in the header `X-Next`. The pages in their order are one file.
#[utoipa::path(get, path = "/api/v1/evidence/access-review", operation_id = "review_access", tag = "logs",
    params(ReviewQuery), responses((status = 200, description = "A page: a JSON object, or a part of a table for who accepts CSV",
        headers(("X-Next" = String, description = "With CSV: `after` of the next page; absent on the last page")),
        content((AccessReview = "application/json"), (String = "text/csv")))),
    security(("session" = ["logs:read", "directory:read"])))]
pub(crate) async fn access_review(
    access: Access<ReadEvidence>,
    headers: HeaderMap,
    Params(asked): Params<ReviewQuery>,
) -> Result<Response, Problem> {
    let tenant = &access.tenant;
    let page = Insight::of(tenant)
        .access_review(asked.after.as_deref(), limit(asked.limit)?)
        .await?;
    if wants_csv(&headers) {
        let table = review_table(tenant, &page);
        return csv(&table, asked.after.is_none(), page.next.as_deref());
    }
    let item = |one: &insight::ReviewedPerson| ReviewedPerson::of(one, &page);
    let items = page.people.iter().map(item).collect();
    let evidence = EvidenceSeal::of(tenant, page.made.clone());
    let next = page.next.clone();
    let review = AccessReview {
        items,
        next,
        evidence,
    };
    Ok(Json(review).into_response())
}

/// Lists whose access ended in a period, newest first: who left, when the request arrived that said so, when their access
/// ended, and which sessions ended with it. The deletion of somebody who was inactive already is left out.
///
/// With `Accept: text/csv`, the response is a table in CSV (RFC 4180), with the columns' names on the first page and the
/// `after` of the next page in the header `X-Next`. The pages in their order are one file.
#[utoipa::path(get, path = "/api/v1/evidence/offboarding", operation_id = "report_offboarding", tag = "logs",
    params(DepartureQuery), responses((status = 200, description = "A page: a JSON object, or a part of a table for who accepts CSV",
        headers(("X-Next" = String, description = "With CSV: `after` of the next page; absent on the last page")),
        content((Offboarding = "application/json"), (String = "text/csv")))),
    security(("session" = ["logs:read", "directory:read"])))]
pub(crate) async fn offboarding(
    access: Access<ReadEvidence>,
    headers: HeaderMap,
    Params(asked): Params<DepartureQuery>,
) -> Result<Response, Problem> {
    let tenant = &access.tenant;
    let query = OffboardingQuery {
        from: asked.from,
        to: asked.to,
        connection: asked.connection,
    };
    let page = Insight::of(tenant)
        .offboarding(&query, asked.after.as_deref(), limit(asked.limit)?)
        .await?;
    if wants_csv(&headers) {
        let table = offboarding_table(tenant, &page);
        return csv(&table, asked.after.is_none(), page.next.as_deref());
    }
    let item = |one: &insight::Departure| DepartedPerson::of(one, &page);
    let report = Offboarding {
        items: page.departures.iter().map(item).collect(),
        next: page.next.clone(),
        looked_back_to: page.looked_back_to,
        evidence: EvidenceSeal::of(tenant, page.made.clone()),
    };
    Ok(Json(report).into_response())
}

impl ReviewedPerson {
    fn of(one: &insight::ReviewedPerson, page: &insight::ReviewPage) -> Self {
        let person = &one.person;
        let grants = one.sources.iter().map(|(role, source)| ReviewedGrant {
            role: (*role).into(),
            source: match source {
                Source::Mapped { .. } => GrantSource::Mapped,
                Source::Manual => GrantSource::Manual,
                Source::Default => GrantSource::Default,
            },
            group: match source {
                Source::Mapped { group } => Some(group.clone()),
                Source::Manual | Source::Default => None,
            },
        });
        let groups = Parts::ALL.groups(person, &page.groups);
        let owner = person.identity.owner.as_deref();
        Self {
            user_id: person.id.clone(),
            user_name: person.user_name.clone(),
            display_name: person.display_name.clone(),
            email: person.email.clone(),
            state: person.state.into(),
            blocked_at: person.identity.blocked_at,
            role: person.role.map(Role::from),
            roles: roles(person.roles.iter().copied()),
            grants: grants.collect(),
            groups: groups.unwrap_or_default(),
            last_login_at: person.last_login_at,
            connection: owner.map(|id| EvidenceConnection::of(id, &page.connections)),
        }
    }
}

impl DepartedPerson {
    fn of(one: &insight::Departure, page: &insight::OffboardingPage) -> Self {
        let connection = one.connection.as_deref();
        Self {
            user_id: one.user.clone(),
            user_name: one.user_name.clone(),
            display_name: one.display_name.clone(),
            change: one.action.clone(),
            role: one.role.as_ref().map(|role| Role::named(role.to_string())),
            received_at: one.received_at,
            ended_at: one.ended_at,
            seconds: one.seconds(),
            sessions_ended: one.sessions_ended,
            actor: json!(one.actor),
            connection: connection.map(|id| EvidenceConnection::of(id, &page.connections)),
            request_id: one.request_id.clone(),
            sequence: one.sequence,
        }
    }
}

impl EvidenceConnection {
    fn of(id: &str, names: &Names) -> Self {
        Self {
            id: id.to_owned(),
            name: names.get(id).cloned(),
        }
    }
}

/// Returns whether the caller asks for CSV and not for JSON.
fn wants_csv(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT).into_iter();
    let mut accepted = accepted.filter_map(|value| value.to_str().ok());
    accepted.any(|value| value.contains("text/csv"))
}

fn csv(table: &EvidenceTable, is_first: bool, next: Option<&str>) -> Result<Response, Problem> {
    let text = as_csv(table.columns, &table.rows, is_first, None)?;
    let mut response = text.into_response();
    let headers = response.headers_mut();
    let media_type = HeaderValue::from_static(media_type(is_first));
    headers.insert(header::CONTENT_TYPE, media_type);
    if let Some(next) = next.and_then(|next| HeaderValue::try_from(next).ok()) {
        headers.insert(NEXT_HEADER, next);
    }
    Ok(response)
}
