//! Settings: what a tenant decides for itself.

use askama::Template;
use axum::response::Response;
use rollcall_directory::{
    ManualRoles, RateLimit, Role, RoleSync, RouteBy, Settings, SettingsChange, UnknownMembers,
};
use rollcall_edge_api::{Configure, Params};
use rollcall_edge_http::Problem;
use serde::Deserialize;

use super::Done;
use super::groups::mappable;
use crate::frame::{Frame, Section, go};
use crate::visitor::{Change, Visitor};

#[derive(Template)]
#[template(path = "settings.html")]
struct Page {
    frame: Frame,
    settings: Settings,
    revision: u64,
    roles: Vec<Role>,
    rate_limit: RateLimit,
}

pub(crate) async fn show(
    visitor: Visitor<Configure>,
    Params(asked): Params<Done>,
) -> Result<Response, Problem> {
    let (settings, revision) = visitor.tenant().settings_and_revision().await?;
    crate::frame::show(&Page {
        frame: visitor
            .frame(Section::Settings)
            .with_notice(asked.done.as_deref()),
        rate_limit: settings.rate_limit.unwrap_or_default(),
        roles: mappable(),
        settings,
        revision,
    })
}

/// The settings as the form sends them: all of them.
#[derive(Debug, Deserialize)]
pub(crate) struct Chosen {
    /// Of the settings that the form showed.
    revision: u64,
    /// A role's id, or nothing.
    sso_default_role: String,
    manual_roles: ManualRoles,
    role_sync: RoleSync,
    route_by: RouteBy,
    unknown_members: UnknownMembers,
    /// Not sent while unticked.
    #[serde(default)]
    invitations: String,
    #[serde(default)]
    limited: String,
    per_minute: u32,
    burst: u32,
    retention_days: u32,
}

impl Chosen {
    fn change(self) -> Result<SettingsChange, Problem> {
        let role = match self.sso_default_role.as_str() {
            "" => None,
            role => Some(
                role.parse::<Role>()
                    .map_err(|error| Problem::invalid(error.to_string()))?,
            ),
        };
        let limit = RateLimit {
            per_minute: self.per_minute,
            burst: self.burst,
        };
        Ok(SettingsChange {
            sso_default_role: Some(role),
            manual_roles: Some(self.manual_roles),
            role_sync: Some(self.role_sync),
            route_by: Some(self.route_by),
            invitations: Some(!self.invitations.is_empty()),
            unknown_members: Some(self.unknown_members),
            rate_limit: Some((!self.limited.is_empty()).then_some(limit)),
            retention_days: Some(self.retention_days),
        })
    }
}

pub(crate) async fn save(change: Change<Configure, Chosen>) -> Result<Response, Problem> {
    let Change { visitor, form } = change;
    let revision = form.revision;
    let saved = visitor
        .tenant()
        .patch_settings_of(revision, &form.change()?)
        .await?;
    if saved.is_none() {
        return Err(Problem::conflict(
            "the settings or the name of the organisation were changed since you opened this form, so nothing of it \
             was saved; load the settings again and see what is left to change",
        ));
    }
    Ok(go(&format!(
        "{}/settings?done=settings-saved",
        visitor.console()
    )))
}
