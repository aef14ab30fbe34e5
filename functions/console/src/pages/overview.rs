//! Overview: the first page. Until people arrive, it is the setup with its next step; afterwards it says what needs the
//! admin, what the last day brought, and how the connections are.

use askama::Template;
use axum::response::Response;
use jiff::{SignedDuration, Timestamp};
use rollcall_directory::{AuditQuery, Connection, Entry, EventType, Permission, USERS};
use rollcall_edge_api::{Gate, Params, ReadConnections};
use rollcall_edge_http::Problem;
use rollcall_insight::{Digest, Finding, FindingGroup, GroupQuery, Insight, Milestones, Severity};

use super::connection_state::state;
use super::fields::Done;
use super::health::{open, severity, severity_icon};
use crate::layout::{Layout, Section, render};
use crate::messages::{Text, t};
use crate::providers::ProviderInfo;
use crate::visitor::Visitor;

/// Changes of the last day that the page looks at.
const MAX_CHANGES: usize = 200;
/// Findings on the page. Health shows all of them.
const MAX_FINDINGS: usize = 5;

/// One step of the setup.
struct Step {
    title: Text,
    hint: Text,
    is_done: bool,
    /// Where the step is made, below the console's path; `None` if it is made in the identity provider.
    path: Option<String>,
}

/// A number that leads somewhere.
struct Figure {
    title: Text,
    number: Text,
    detail: Text,
    path: &'static str,
}

/// One connection.
struct Row {
    connection: Connection,
    provider: &'static ProviderInfo,
    milestones: Milestones,
    /// How it is: the class of a badge, and its word.
    state: (&'static str, Text),
}

/// What the changes of the last day were.
#[derive(Debug, Default, PartialEq, Eq)]
struct LastDay {
    arrived: u64,
    left: u64,
    groups: u64,
    refused: u64,
    /// Whether there were more changes than the page looks at.
    is_cut: bool,
}

impl LastDay {
    fn of(entries: &[Entry], is_cut: bool) -> Self {
        let count = |actions: &[EventType]| {
            let is_one = |entry: &&Entry| actions.iter().any(|action| entry.is(*action));
            entries.iter().filter(is_one).count() as u64
        };
        Self {
            arrived: count(&[EventType::UserCreated, EventType::UserReactivated]),
            left: count(&[EventType::UserDeactivated, EventType::UserDeleted]),
            groups: count(&[
                EventType::GroupCreated,
                EventType::GroupUpdated,
                EventType::GroupDeleted,
                EventType::GroupMembersChanged,
                EventType::GroupMappingChanged,
            ]),
            refused: count(&[EventType::AuthRefused]),
            is_cut,
        }
    }

    /// The sentences that say it.
    fn lines(&self) -> Vec<(Text, &'static str)> {
        let lines = [
            (
                self.arrived,
                t("overview-arrived").n("count", self.arrived),
                "user.",
            ),
            (
                self.left,
                t("overview-left").n("count", self.left),
                "user.d",
            ),
            (
                self.groups,
                t("overview-group-changes").n("count", self.groups),
                "group.",
            ),
            (
                self.refused,
                t("overview-refused").n("count", self.refused),
                "auth.refused",
            ),
        ];
        let lines = lines.into_iter().filter(|(count, ..)| *count > 0);
        lines.map(|(_, line, action)| (line, action)).collect()
    }
}

#[derive(Template)]
#[template(path = "overview.html")]
struct Page {
    layout: Layout,
    /// The steps of the setup, until all are done.
    steps: Vec<Step>,
    /// The number of the next step, from 0.
    next: usize,
    connections: Vec<Row>,
    figures: Vec<Figure>,
    findings: Vec<FindingGroup>,
    all_findings: usize,
    last_day: Option<LastDay>,
    /// Whether the whole request log has been read.
    complete: bool,
}

impl Page {
    /// The answer to the question how things are.
    fn lead(&self) -> Text {
        let open = self.all_findings as u64;
        match (self.connections.is_empty(), self.steps.is_empty(), open) {
            (true, ..) => t("overview-lead-connect"),
            (false, false, _) => t("overview-lead-setup"),
            (false, true, 0) if self.observed().is_some() => t("overview-lead-observing"),
            (false, true, 0) if self.last_day.is_some() => t("overview-lead-nothing"),
            (false, true, 0) => t("overview-lead-glance"),
            (false, true, open) => t("overview-lead-attention").n("count", open),
        }
    }

    /// The connection that is only observed, if there is one: its next step is to look at what it would change.
    fn observed(&self) -> Option<&Connection> {
        let mut all = self.connections.iter().map(|row| &row.connection);
        all.find(|connection| connection.observing)
    }
}

pub(crate) async fn show(
    visitor: Visitor<ReadConnections>,
    Params(params): Params<Done>,
) -> Result<Response, Problem> {
    let mut layout = visitor
        .layout(Section::Overview)
        .with_notice(params.done.as_deref());
    let (tenant, insight) = (visitor.tenant(), Insight::of(visitor.tenant()));
    let connections = tenant.credentials().connections().await?;
    let mut digest = insight.digest().await?;
    let (sees_people, sees_logs) = (
        layout.may(Permission::DirectoryRead),
        layout.may_read_logs(),
    );
    // A tenant without a connection has nothing that could be well.
    let is_connected = !connections.is_empty();
    let (findings, last_day) = match sees_logs && is_connected {
        true => {
            let health = insight.health().await?;
            layout.open_findings = open(&health).len();
            let unattended: Vec<Finding> = health.unattended().cloned().collect();
            (unattended, Some(last_day(&visitor).await?))
        }
        false => (Vec::new(), None),
    };
    let mut figures = Vec::new();
    let mut is_mapped = true;
    if sees_people && is_connected {
        let query = GroupQuery {
            limit: 1,
            ..GroupQuery::default()
        };
        let groups = insight.find_groups(&query).await?;
        is_mapped = groups.without_role < groups.total;
        let people = insight.total(&USERS).await?;
        figures = vec![
            Figure {
                title: t("section-people"),
                number: t("overview-number").n("number", people),
                detail: t("overview-people-detail"),
                path: Section::People.path(),
            },
            Figure {
                title: t("overview-groups-with-role"),
                number: t("overview-of")
                    .n("some", groups.total.saturating_sub(groups.without_role))
                    .n("all", groups.total),
                detail: match (groups.total, groups.without_role) {
                    (0, _) => t("overview-no-groups"),
                    (_, 0) => t("overview-every-group"),
                    (_, without) => t("overview-groups-without").n("count", without),
                },
                path: Section::Groups.path(),
            },
        ];
    }
    if sees_logs && is_connected {
        figures.push(requests(&digest));
    }
    let rows: Vec<Row> = connections
        .into_iter()
        .map(|connection| {
            let seen_since = digest.seen_since(&connection);
            let milestones = digest.connections.remove(&connection.id);
            let milestones = milestones.unwrap_or_default();
            let has_arrived = milestones.first_user_at.is_some() || seen_since.is_some();
            Row {
                provider: ProviderInfo::of(connection.provider),
                state: state(&connection, &milestones, has_arrived, Timestamp::now()),
                milestones,
                connection,
            }
        })
        .collect();
    let groups = layout
        .may(Permission::DirectoryRead)
        .then(|| Section::Groups.path());
    let steps = steps(&rows, is_mapped, groups);
    let next = steps.iter().position(|step| !step.is_done);
    let serious = findings.into_iter();
    let serious = serious.filter(|finding| finding.severity != Severity::Notice);
    let mut findings = FindingGroup::of(serious);
    let all_findings = findings.len();
    findings.truncate(MAX_FINDINGS);
    render(&Page {
        layout,
        steps: match next {
            Some(_) => steps,
            None => Vec::new(),
        },
        next: next.unwrap_or_default(),
        connections: rows,
        figures,
        findings,
        all_findings,
        last_day,
        complete: digest.complete,
    })
}

async fn last_day<G: Gate>(visitor: &Visitor<G>) -> Result<LastDay, Problem> {
    let query = AuditQuery {
        from: Some(Timestamp::now() - SignedDuration::from_hours(24)),
        limit: MAX_CHANGES,
        ..AuditQuery::default()
    };
    let (entries, next) = visitor.tenant().journal().audit(&query).await?;
    Ok(LastDay::of(&entries, next.is_some()))
}

/// The requests of the last day.
fn requests(digest: &Digest) -> Figure {
    let since = Timestamp::now() - SignedDuration::from_hours(24);
    let hours = digest.hours.iter().filter(|hour| hour.begins_at >= since);
    let (failed, all) = hours.fold((0, 0), |(failed, all), hour| {
        (failed + hour.refused + hour.failed, all + hour.total())
    });
    Figure {
        title: t("overview-failed-requests"),
        number: t("overview-of").n("some", failed).n("all", all),
        detail: match (failed, all) {
            (_, 0) => t("overview-no-request"),
            (0, _) => t("overview-all-succeeded"),
            _ => t("overview-see-why"),
        },
        path: match failed {
            0 => Section::Activity.path(),
            _ => "/activity?failed=yes",
        },
    }
}

/// The steps of the setup. The connection that has come furthest counts. `groups` is where groups get roles, if the
/// visitor may see them.
fn steps(rows: &[Row], is_mapped: bool, groups: Option<&str>) -> Vec<Step> {
    let any = |is_done: fn(&Milestones) -> bool| rows.iter().any(|row| is_done(&row.milestones));
    let first = rows.iter().max_by_key(|row| {
        let milestones = &row.milestones;
        (
            milestones.tested_at.is_some(),
            milestones.first_user_at.is_some(),
        )
    });
    let guide = first.map(|row| format!("/connections/{}", row.connection.id));
    let step = |title, hint, is_done, path: Option<String>| Step {
        title,
        hint,
        is_done,
        path,
    };
    let has_people = any(|one| one.first_user_at.is_some());
    let has_groups = any(|one| one.first_group_at.is_some());
    vec![
        step(
            t("overview-step-connection"),
            t("overview-step-connection-hint"),
            !rows.is_empty(),
            Some(Section::Connect.path().to_owned()),
        ),
        step(
            t("overview-step-token"),
            t("overview-step-token-hint"),
            any(|one| one.tested_at.is_some()) || has_people || has_groups,
            guide.clone(),
        ),
        step(
            t("overview-step-person"),
            t("overview-step-person-hint"),
            has_people,
            guide.clone(),
        ),
        step(
            t("overview-step-group"),
            t("overview-step-group-hint"),
            has_groups,
            guide,
        ),
        step(
            t("overview-step-map"),
            t("overview-step-map-hint"),
            has_groups && is_mapped,
            groups.map(str::to_owned),
        ),
    ]
}
