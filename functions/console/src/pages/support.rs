//! Support access: which operators of the application look at this tenant, why and until when, and the form that ends it.

use std::collections::BTreeSet;

use askama::Template;
use axum::response::Response;
use jiff::Timestamp;
use rollcall_directory::{AuditQuery, Catalogue, Entry, EventType, PortalSession, RoleId};
use rollcall_edge_api::{Configure, Id, Params, ReadLogs};
use rollcall_edge_http::Problem;
use serde_json::Value;

use super::fields::{Done, NoFields};
use crate::layout::{Layout, Section, redirect, render};
use crate::messages::t;
use crate::visitor::{Change, Visitor};

/// Entries of the audit log that are read for what is over.
const READ: usize = 100;

/// Support access in force.
struct Running {
    access: PortalSession,
    reason: String,
    role: String,
}

impl Running {
    fn of(access: PortalSession, roles: &Catalogue) -> Self {
        let terms = access.support.clone();
        Self {
            reason: terms.map(|terms| terms.reason).unwrap_or_default(),
            role: role_name(access.role.as_ref(), roles),
            access,
        }
    }

    /// The id under which it is ended, which it keeps when it is opened.
    fn id(&self) -> &str {
        self.access.link_id.as_deref().unwrap_or(&self.access.id)
    }

    fn operator(&self) -> &str {
        self.access.email.as_deref().unwrap_or_default()
    }
}

/// Support access that is over.
struct Past {
    operator: String,
    reason: String,
    role: String,
    granted_at: Timestamp,
    /// When it was to end, if nobody ended it before.
    until: Option<Timestamp>,
}

impl Past {
    /// Reads the entry of a portal link. Returns `None` if it is no support access, or is in force.
    fn of(entry: &Entry, running: &BTreeSet<&str>, roles: &Catalogue) -> Option<Self> {
        let made: Value = serde_json::from_str(entry.after.as_deref()?).ok()?;
        let text = |name: &str| made.get(name).and_then(Value::as_str);
        let reason = text("support_reason")?.to_owned();
        let is_running = text("id").is_some_and(|id| running.contains(id));
        (!is_running).then(|| Self {
            operator: text("email").unwrap_or_default().to_owned(),
            reason,
            role: role_name(text("role_id").map(RoleId::named).as_ref(), roles),
            granted_at: entry.at,
            until: text("expires_at").and_then(|at| at.parse().ok()),
        })
    }
}

/// The name of a role; the id of one that is no longer among the roles.
fn role_name(id: Option<&RoleId>, roles: &Catalogue) -> String {
    let Some(id) = id else {
        return t("no-role").plain();
    };
    let role = roles.role(id);
    role.map_or_else(|| id.to_string(), |role| role.title().to_owned())
}

#[derive(Template)]
#[template(path = "support.html")]
struct Page {
    layout: Layout,
    running: Vec<Running>,
    past: Vec<Past>,
    /// Whether the audit log may have more.
    has_more: bool,
    /// Whether the visitor may end it.
    may_end: bool,
}

pub(crate) async fn show(
    visitor: Visitor<ReadLogs>,
    Params(params): Params<Done>,
) -> Result<Response, Problem> {
    let tenant = visitor.tenant();
    let running = tenant.sign_in().support_access().await?;
    let roles = visitor.catalogue();
    let running = running.into_iter();
    let running: Vec<Running> = running.map(|one| Running::of(one, roles)).collect();
    let (entries, next) = tenant
        .journal()
        .audit(&AuditQuery {
            action: Some(EventType::PortalLinkCreated.as_str().to_owned()),
            limit: READ,
            ..AuditQuery::default()
        })
        .await?;
    let ids: BTreeSet<&str> = running.iter().map(Running::id).collect();
    let past = entries.iter();
    let past = past.filter_map(|entry| Past::of(entry, &ids, roles));
    let past = past.collect();
    let layout = visitor.layout(Section::Activity);
    render(&Page {
        may_end: visitor.role().is_owner() && layout.may_configure(),
        layout: layout.with_notice(params.done.as_deref()),
        past,
        has_more: next.is_some(),
        running,
    })
}

pub(crate) async fn end(
    Id(id): Id,
    change: Change<Configure, NoFields>,
) -> Result<Response, Problem> {
    let visitor = change.visitor;
    if !visitor.role().is_owner() {
        return Err(Problem::forbidden(t("support-only-owners")));
    }
    visitor.tenant().sign_in().end_support(&id).await?;
    Ok(redirect(&format!(
        "{}/support-access?done=support-ended",
        visitor.console()
    )))
}
