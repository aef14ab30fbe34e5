//! Settings: the choices that a tenant makes for itself.

use askama::Template;
use axum::response::Response;
use rollcall_directory::{
    Catalogue, ClaimMatch, ManualRoles, RateLimit, Role, RoleId, RoleSync, RouteBy, Settings,
    SettingsChange, UnknownMembers, Way,
};
use rollcall_edge_api::{Params, Settings as SettingsGate, check_below, check_retention};
use rollcall_edge_http::Problem;
use serde::Deserialize;

use super::fields::{self, Done};
use crate::layout::{Layout, Section, redirect, render};
use crate::visitor::{Change, Visitor};

#[derive(Template)]
#[template(path = "settings.html")]
struct Page {
    layout: Layout,
    settings: Settings,
    revision: u64,
    roles: Vec<Role>,
    rate_limit: RateLimit,
}

pub(crate) async fn show(
    visitor: Visitor<SettingsGate>,
    Params(params): Params<Done>,
) -> Result<Response, Problem> {
    let (settings, revision) = visitor.tenant().settings().read_with_revision().await?;
    render(&Page {
        layout: visitor
            .layout(Section::Settings)
            .with_notice(params.done.as_deref()),
        rate_limit: settings.rate_limit.unwrap_or_default(),
        roles: settings.roles.given(Way::Default),
        settings,
        revision,
    })
}

/// The settings form. It always sends all settings.
#[derive(Debug, Deserialize)]
pub(crate) struct SettingsForm {
    /// The revision of the settings that the form showed.
    revision: u64,
    /// A role's id; empty for no role.
    sso_default_role: String,
    manual_roles: ManualRoles,
    role_sync: RoleSync,
    route_by: RouteBy,
    /// Absent in a form of an earlier version: it stays as it is.
    claim_match: Option<ClaimMatch>,
    unknown_members: UnknownMembers,
    /// Browsers do not send an unticked box.
    #[serde(default)]
    invitations: String,
    #[serde(default)]
    limited: String,
    per_minute: u32,
    burst: u32,
    retention_days: u32,
}

impl SettingsForm {
    fn into_change(self, roles: &Catalogue) -> Result<SettingsChange, Problem> {
        let role = fields::parse_role(&self.sso_default_role, roles)?;
        let limit = RateLimit {
            per_minute: self.per_minute,
            burst: self.burst,
        };
        Ok(SettingsChange {
            sso_default_role: Some(role.map(RoleId::from)),
            manual_roles: Some(self.manual_roles),
            role_sync: Some(self.role_sync),
            route_by: Some(self.route_by),
            claim_match: self.claim_match,
            invitations: Some(!self.invitations.is_empty()),
            unknown_members: Some(self.unknown_members),
            rate_limit: Some((!self.limited.is_empty()).then_some(limit)),
            retention_days: Some(self.retention_days),
            ..SettingsChange::default()
        })
    }
}

pub(crate) async fn save(change: Change<SettingsGate, SettingsForm>) -> Result<Response, Problem> {
    let Change { visitor, form } = change;
    let revision = form.revision;
    let change = form.into_change(visitor.catalogue())?;
    let default = change.sso_default_role.as_ref().and_then(Option::as_ref);
    check_below(
        default.and_then(|role| visitor.catalogue().role(role)),
        visitor.role(),
    )?;
    if let Some(days) = change.retention_days {
        check_retention(
            days,
            &visitor.tenant().settings().read().await?,
            visitor.role(),
        )?;
    }
    let saved = visitor
        .tenant()
        .settings()
        .change_at(revision, &change)
        .await?;
    if saved.is_none() {
        return Err(Problem::conflict(
            "the settings or the name of the organisation were changed since you opened this form, so nothing of it \
             was saved; load the settings again and see what is left to change",
        ));
    }
    Ok(redirect(&format!(
        "{}/settings?done=settings-saved",
        visitor.console()
    )))
}
