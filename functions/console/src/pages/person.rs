//! Person: one person's attributes, role and its reasons, sessions and history.

use std::collections::BTreeSet;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use rollcall_directory::{
    AuditQuery, Directory, EventType, ExplainedGrant as Granted, HeldBack, LoggedRequest,
    Permission, Person, PersonRole, PersonSession, PersonState, RequestQuery, Role, RouteBy,
    Source, Way,
};
use rollcall_edge_api::{Configure, Gate, Id, Params, Read, SignedIn};
use rollcall_edge_http::Problem;
use rollcall_insight::{
    FormerIdentifier, GroupSummary, Insight, PersonProfile, RefusedSignIn, former_identifiers,
};
use serde::Deserialize;

use super::attributes;
use super::audit::{Row, rows};
use super::deleted;
use super::fields::{self, Also, NoFields};
use super::identity_panel::IdentityPanel;
use super::log_names::Reader;
use super::person_actions::Action;
use crate::layout::{Layout, Section, is_about_form, redirect, render, status_of};
use crate::messages::{Text, t};
use crate::visitor::{Change, Visitor};

/// Requests on the page. Activity shows the rest.
const REQUESTS_SIZE: usize = 20;
/// Changes on one page of the timeline, which are also searched for what the person was called before.
const HISTORY_SIZE: usize = 60;
/// Entries that are looked through for why the access of a person ended.
const ENDS_SIZE: usize = 1;

/// The query of a person's page.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct PersonParams {
    done: Option<String>,
    /// Where the timeline continues.
    after: Option<String>,
}

/// The explanation of a person's role.
struct RoleExplanation {
    grants: Vec<ExplainedGrant>,
    /// The reasons why the person has no role, or another role than the groups would give.
    reasons: Vec<Text>,
}

/// One grant, explained.
struct ExplainedGrant {
    role: Role,
    /// Whether the person's role comes from this grant.
    decides: bool,
    /// The id and the name of the group that gives it.
    group: Option<(String, String)>,
    why: Why,
    since: jiff::Timestamp,
    request_id: Option<String>,
}

impl ExplainedGrant {
    /// Why the grant is there.
    fn text(&self) -> Text {
        match self.why {
            Why::SignIn => t("person-why-sign-in"),
            Why::Member => t("person-why-member"),
            Why::LastSignIn => t("person-why-last-sign-in"),
            Why::Hand => t("person-why-hand"),
            Why::Default => t("person-why-default"),
            Why::DefaultOnly => t("person-why-default-only"),
        }
    }
}

/// Why a grant is there.
#[derive(Clone, Copy)]
enum Why {
    SignIn,
    Member,
    LastSignIn,
    Hand,
    Default,
    DefaultOnly,
}

#[derive(Template)]
#[template(path = "person.html")]
struct Page {
    layout: Layout,
    person: Person,
    /// The names of the attributes and their values, one value on a line.
    attributes: Vec<(String, String)>,
    groups: Vec<GroupSummary>,
    /// Only a visitor who may configure sees why the person has a role.
    explanation: Option<RoleExplanation>,
    manual_role: Option<Role>,
    /// The roles given by hand below that.
    manual_below: Vec<Role>,
    /// Whether the role given by hand is above the visitor's own, so that the visitor cannot take it away.
    outranks_visitor: bool,
    /// The roles that the visitor may give.
    roles: Vec<Role>,
    catalogue: Vec<Role>,
    sessions: Vec<PersonSession>,
    identity: IdentityPanel,
    /// What the visitor may do about who the person is.
    actions: Vec<Action>,
    /// The document that was pushed.
    raw: String,
    /// The change that ended the person's access.
    ended: Option<Row>,
    history: Vec<Row>,
    /// Whether the timeline starts at a later page.
    is_continued: bool,
    /// Where the timeline continues; `None` if it is complete.
    earlier: Option<String>,
    requests: Vec<LoggedRequest>,
    /// Why the person was kept out lately.
    refused: Vec<RefusedSignIn>,
    /// What the person was called before.
    former: Vec<FormerIdentifier>,
}

pub(crate) async fn show(
    visitor: Visitor<Read>,
    Id(id): Id,
    Params(params): Params<PersonParams>,
) -> Result<Response, Problem> {
    let done = params.done.as_deref();
    let layout = visitor.layout(Section::People).with_notice(done);
    let layout = layout.with_said(done.and_then(Action::done));
    page(&visitor, &id, layout, params.after).await
}

/// Renders the page of a person about whom a form was refused.
pub(super) async fn refused<G: Gate>(
    visitor: &Visitor<G>,
    id: &str,
    problem: Problem,
) -> Result<Response, Problem> {
    if !is_about_form(&problem) || !visitor.may(Permission::DirectoryRead) {
        return Err(problem);
    }
    let layout = visitor.layout(Section::People);
    let mut response = page(visitor, id, layout.with_refusal(Some(&problem)), None).await?;
    *response.status_mut() = status_of(&problem);
    Ok(response)
}

async fn page<G: Gate>(
    visitor: &Visitor<G>,
    id: &str,
    layout: Layout,
    after: Option<String>,
) -> Result<Response, Problem> {
    let tenant = visitor.tenant();
    let profile = match Insight::of(tenant).person_profile(id).await {
        Ok(profile) => profile,
        Err(error) => return deleted::page(visitor, id, layout, error).await,
    };
    let connections = tenant.credentials().connections().await?;
    let by_request = RequestQuery {
        person: Some(id.to_owned()),
        limit: REQUESTS_SIZE,
        ..RequestQuery::default()
    };
    let is_continued = after.is_some();
    let by_subject = AuditQuery {
        subject: Some(id.to_owned()),
        after,
        limit: HISTORY_SIZE,
        ..AuditQuery::default()
    };
    let (changes, earlier) = tenant.journal().audit(&by_subject).await?;
    let former = former_identifiers(id, &changes);
    let mut history = rows(Reader::of(visitor, &connections), changes).await?;
    let ended = match ended_by(&profile.person).filter(|_| layout.may_read_logs()) {
        None => None,
        Some(action) => {
            let is_end = |row: &Row| row.entry.is(action) && row.entry.subject.id == id;
            match history.iter().position(is_end) {
                Some(at) => Some(history[at].clone()),
                None => {
                    let query = AuditQuery {
                        action: Some(action.as_str().to_owned()),
                        after: None,
                        limit: ENDS_SIZE,
                        ..by_subject
                    };
                    let (ends, _) = tenant.journal().audit(&query).await?;
                    rows(Reader::of(visitor, &connections), ends).await?.pop()
                }
            }
        }
    };
    if !layout.may_read_logs() {
        history.clear();
    }
    let mut manual_below = manual_roles(&profile.role);
    let manual_role = manual_below.pop();
    render(&Page {
        attributes: attributes::labelled(&profile.resource),
        raw: attributes::raw(&profile.resource),
        manual_role,
        manual_below,
        outranks_visitor: manual_role.is_some_and(|role| role.outranks(visitor.role())),
        identity: IdentityPanel::of(&profile.person, &connections),
        actions: Action::offered(&profile, &layout),
        explanation: layout.may_configure().then(|| explain_role(&profile)),
        roles: visitor
            .catalogue()
            .given(Way::Hand)
            .into_iter()
            .filter(|role| !role.outranks(visitor.role()))
            .collect(),
        catalogue: visitor.catalogue().roles(),
        ended,
        history,
        is_continued,
        earlier: earlier.map(|earlier| fields::query_string(&[("after", &earlier)])),
        refused: Insight::of(tenant).refused_sign_ins_of(id).await?,
        former,
        requests: tenant.request_log().search(&by_request).await?.0,
        groups: profile
            .groups
            .into_iter()
            .filter(|one| one.is_member)
            .map(|one| one.group)
            .collect(),
        sessions: profile.sessions,
        person: profile.person,
        layout,
    })
}

/// The action that ends the access of a person in this state.
fn ended_by(person: &Person) -> Option<EventType> {
    match (person.identity.blocked_at, person.state) {
        (Some(_), _) => Some(EventType::UserBlocked),
        (None, PersonState::Inactive) => Some(EventType::UserDeactivated),
        (None, _) => None,
    }
}

/// Returns the roles given by hand, lowest first.
fn manual_roles(held: &PersonRole) -> Vec<Role> {
    let manual = held.grants.iter();
    let manual = manual.filter(|grant| grant.source == Source::Manual);
    let mut roles: Vec<Role> = manual.map(|grant| grant.role).collect();
    roles.sort_unstable();
    roles
}

fn explain_role(profile: &PersonProfile) -> RoleExplanation {
    let grants = profile.role.grants.iter();
    RoleExplanation {
        grants: grants.map(|grant| explain_grant(profile, grant)).collect(),
        reasons: reasons(profile),
    }
}

fn explain_grant(profile: &PersonProfile, grant: &Granted) -> ExplainedGrant {
    let decides = profile.role.decides(grant);
    let (group, why) = match &grant.source {
        Source::Mapped { group } => {
            let known = profile.groups.iter().find(|one| one.group.id == *group);
            let gives = known.filter(|one| one.group.roles.contains(&grant.role.into()));
            let why = match gives {
                Some(one) if one.is_named && profile.route_by == RouteBy::Claim => Why::SignIn,
                Some(one) if one.is_member => Why::Member,
                Some(one) if one.is_named => Why::SignIn,
                _ => Why::LastSignIn,
            };
            let name = known.map(|one| one.group.display_name.clone());
            (name.map(|name| (group.clone(), name)), why)
        }
        Source::Manual => (None, Why::Hand),
        Source::Default if decides => (None, Why::Default),
        Source::Default => (None, Why::DefaultOnly),
    };
    ExplainedGrant {
        role: grant.role,
        decides,
        group,
        why,
        since: grant.since,
        request_id: grant.request_id.clone(),
    }
}

/// Explains why the person has no role, or another role than the groups would give.
fn reasons(profile: &PersonProfile) -> Vec<Text> {
    let has_signed_in = profile.person.last_login_at.is_some();
    if profile.person.state == PersonState::Inactive {
        return match profile.role.grants.is_empty() {
            true => vec![t("person-none-inactive")],
            false => vec![t("person-none-inactive-again")],
        };
    }
    let held_back = profile.role.held_back.map(|why| match why {
        HeldBack::UntilSignIn if has_signed_in => t("person-held-back-next"),
        HeldBack::UntilSignIn => t("person-held-back-first"),
        HeldBack::NotNamed if has_signed_in => t("person-not-named"),
        HeldBack::NotNamed => t("person-not-named-yet"),
    });
    let nothing = match (profile.role.effective, &held_back, has_signed_in) {
        (Some(_), ..) | (None, Some(_), _) => None,
        (None, None, false) => Some(t("person-nothing-yet")),
        (None, None, true) => Some(t("person-nothing")),
    };
    nothing.into_iter().chain(held_back).collect()
}

/// Applies an action and goes back to the person's page, which also says why one was refused.
pub(crate) async fn act(
    State(directory): State<Directory>,
    Id(id): Id,
    action: Action,
    change: Change<SignedIn, NoFields>,
) -> Result<Response, Problem> {
    let visitor = change.visitor;
    visitor.require(action.permission())?;
    if let Err(problem) = action.apply(&directory, &visitor, &id).await {
        return refused(&visitor, &id, problem).await;
    }
    let done = action.words().id;
    Ok(redirect(&format!(
        "{}/people/{id}?done={done}",
        visitor.console()
    )))
}

/// The form that gives a role by hand.
#[derive(Debug, Deserialize)]
pub(crate) struct NewRole {
    /// The role's id; empty for none.
    role: String,
    #[serde(flatten)]
    also: Also,
}

pub(crate) async fn give_role(
    Id(id): Id,
    change: Change<Configure, NewRole>,
) -> Result<Response, Problem> {
    let Change { visitor, form } = change;
    let option = form.also.option(&form.role);
    let roles = fields::parse_roles_option(&option, visitor.catalogue())?;
    if let Err(problem) = give(&visitor, &id, roles).await {
        return refused(&visitor, &id, problem).await;
    }
    Ok(redirect(&format!(
        "{}/people/{id}?done=role-given",
        visitor.console()
    )))
}

async fn give<G: Gate>(
    visitor: &Visitor<G>,
    id: &str,
    roles: BTreeSet<Role>,
) -> Result<(), Problem> {
    for role in &roles {
        visitor.check_gives(Some(*role)).await?;
    }
    let tenant = visitor.tenant();
    tenant.roles().give_role(id, roles, visitor.role()).await?;
    Ok(())
}
