//! Settings: the choices that a tenant makes for itself.

use askama::Template;
use axum::response::Response;
use rollcall_directory::{
    BrakeLimit, Catalogue, ClaimMatch, DeletedPeople, LoggedValues, ManualRoles, RateLimit, Role,
    RoleId, RoleSync, RouteBy, SettingsChange, SignUp, UnknownMembers, Way,
};
use rollcall_edge_api::{
    Params, Settings as SettingsGate, check_below, check_rate, check_retention,
};
use rollcall_edge_http::Problem;
use serde::Deserialize;

use super::fields::{self, Done, Typed};
use super::settings_fields::{
    GROUPS, Group, Kind, check_numbers, completed, differences, typed, words,
};
use crate::layout::{Layout, Section, is_about_form, redirect, render, render_refused};
use crate::messages::t;
use crate::visitor::{Change, Visitor};

#[derive(Template)]
#[template(path = "settings.html")]
struct Page {
    layout: Layout,
    groups: &'static [Group],
    typed: Typed,
    revision: u64,
    /// The roles that may be the default role.
    roles: Vec<Role>,
    catalogue: Catalogue,
    is_owner: bool,
    /// What another admin has saved in the meantime and differs from what was typed.
    differences: Vec<String>,
}

pub(crate) async fn show(
    visitor: Visitor<SettingsGate>,
    Params(params): Params<Done>,
) -> Result<Response, Problem> {
    let layout = visitor.layout(Section::Settings);
    let layout = layout.with_notice(params.done.as_deref());
    render(&page(&visitor, layout, None).await?)
}

/// The page with the settings as they are, or as they were typed.
async fn page(
    visitor: &Visitor<SettingsGate>,
    layout: Layout,
    as_typed: Option<Typed>,
) -> Result<Page, Problem> {
    let (settings, revision) = visitor.tenant().settings().read_with_revision().await?;
    let saved = typed(&settings);
    let typed_before = as_typed
        .as_ref()
        .map(|typed| typed.value("revision").to_owned());
    let is_outdated = typed_before.is_some_and(|before| before != revision.to_string());
    let differences = match &as_typed {
        Some(typed) if is_outdated => differences(typed, &saved, &settings.roles),
        _ => Vec::new(),
    };
    Ok(Page {
        layout,
        groups: &GROUPS,
        typed: as_typed.map_or_else(|| saved.clone(), |typed| completed(typed, &saved)),
        revision,
        roles: settings.roles.given(Way::Default),
        catalogue: settings.roles,
        is_owner: visitor.role().is_owner(),
        differences,
    })
}

/// The settings form. Fields that a form of an earlier version lacks stay as they are.
#[derive(Debug, Deserialize)]
pub(crate) struct SettingsForm {
    /// The revision of the settings that the form showed.
    revision: u64,
    /// A role's id; empty for no role.
    sso_default_role: String,
    manual_roles: ManualRoles,
    role_sync: RoleSync,
    route_by: RouteBy,
    claim_match: Option<ClaimMatch>,
    unknown_members: UnknownMembers,
    sign_up: Option<SignUp>,
    match_email: Option<YesNo>,
    deleted_people: Option<DeletedPeople>,
    logged_values: Option<LoggedValues>,
    read_log_sampling: Option<u32>,
    brake_percent: Option<u32>,
    brake_at_least: Option<u32>,
    /// Domains, separated by commas or white space.
    invitation_domains: Option<String>,
    /// Networks, separated by commas or white space.
    allowed_addresses: Option<String>,
    /// Addresses, separated by commas or white space.
    contacts: Option<String>,
    session_minutes: Option<String>,
    session_idle_minutes: Option<String>,
    /// Browsers do not send an unticked box.
    #[serde(default)]
    invitations: String,
    #[serde(default)]
    limited: String,
    per_minute: u32,
    burst: u32,
    retention_days: u32,
}

/// A choice that is always sent, unlike a box.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum YesNo {
    Yes,
    No,
}

impl SettingsForm {
    /// Whether it changes how people are told apart, or how many may be taken away.
    fn is_for_owners(&self) -> bool {
        self.sign_up.is_some()
            || self.match_email.is_some()
            || self.deleted_people.is_some()
            || self.brake_percent.is_some()
            || self.brake_at_least.is_some()
    }

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
            invitation_domains: self.invitation_domains.as_deref().map(words),
            allowed_addresses: self.allowed_addresses.as_deref().map(words),
            contacts: self.contacts.as_deref().map(words),
            logged_values: self.logged_values,
            read_log_sampling: self.read_log_sampling,
            unknown_members: Some(self.unknown_members),
            rate_limit: Some((!self.limited.is_empty()).then_some(limit)),
            retention_days: Some(self.retention_days),
            sign_up: self.sign_up,
            match_email: self.match_email.map(|choice| choice == YesNo::Yes),
            deleted_people: self.deleted_people,
            brake: self
                .brake_percent
                .zip(self.brake_at_least)
                .map(|(percent, at_least)| BrakeLimit { percent, at_least }),
            session_minutes: minutes(self.session_minutes),
            session_idle_minutes: minutes(self.session_idle_minutes),
            ..SettingsChange::default()
        })
    }
}

/// Reads minutes that `check_numbers` has checked; empty for none.
fn minutes(typed: Option<String>) -> Option<Option<u32>> {
    typed.map(|typed| typed.trim().parse().ok())
}

pub(crate) async fn save(change: Change<SettingsGate, Typed>) -> Result<Response, Problem> {
    let Change { visitor, form } = change;
    match change_settings(&visitor, &form).await {
        Ok(()) => {
            let to = format!("{}/settings?done=settings-saved", visitor.console());
            Ok(redirect(&to))
        }
        Err(problem) if is_about_form(&problem) => {
            let layout = visitor
                .layout(Section::Settings)
                .with_refusal(Some(&problem));
            let page = page(&visitor, layout, Some(form)).await?;
            render_refused(&page, &problem)
        }
        Err(problem) => Err(problem),
    }
}

async fn change_settings(visitor: &Visitor<SettingsGate>, typed: &Typed) -> Result<(), Problem> {
    check_numbers(typed)?;
    let form: SettingsForm = typed.read()?;
    if form.is_for_owners() && !visitor.role().is_owner() {
        return Err(Problem::forbidden(t("settings-only-owners")));
    }
    let revision = form.revision;
    let change = form.into_change(visitor.catalogue())?;
    let default = change.sso_default_role.as_ref().and_then(Option::as_ref);
    let default = default.and_then(|role| visitor.catalogue().role(role));
    let settings = visitor.tenant().settings();
    let saved = settings.read().await?;
    // The form always has the role: only another one is a change.
    if change.sso_default_role != Some(saved.default_role().map(RoleId::from)) {
        check_below(default, visitor.role())?;
    }
    if let Some(days) = change.retention_days {
        check_retention(days, &saved, visitor.role())?;
    }
    if let Some(limit) = change.rate_limit {
        check_rate(limit, &saved)?;
    }
    match settings.change_at(revision, &change).await? {
        Some(_) => Ok(()),
        None => Err(Problem::conflict(t("settings-changed-elsewhere"))),
    }
}
