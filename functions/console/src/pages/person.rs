//! Person: one person's attributes, role and its reasons, sessions and history.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use rollcall_directory::{
    AuditQuery, Connection, Directory, EventType, ExplainedGrant as Granted, HeldBack, Permission,
    Person, PersonRole, PersonSession, PersonState, RequestQuery, Role, RoleId, RouteBy, Source,
    Way,
};
use rollcall_edge_api::{Configure, Gate, Id, Params, Read, SignedIn};
use rollcall_edge_http::Problem;
use rollcall_insight::{
    FormerIdentifier, GroupSummary, Insight, PersonProfile, RefusedSignIn, former_identifiers,
};
use serde::Deserialize;

use super::activity::lines;
use super::attributes;
use super::audit::{Row, rows};
use super::deleted;
use super::fields::{self, Also, NoFields};
use super::identity_panel::IdentityPanel;
use super::log_names::{ConnectionNames, Known, Reader};
use super::log_row::Row as LogRow;
use super::person_actions::Action;
use crate::display;
use crate::known_names::Names;
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
    /// The option for the roles given by hand, which the form starts from.
    was: String,
    /// The roles given by hand, lowest first, as they are or as they were chosen.
    chosen: Vec<Role>,
    /// What another admin has given in the meantime, if it differs from what was chosen.
    differences: Vec<String>,
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
    /// The latest requests about the person, as Activity shows them.
    requests: Vec<LogRow>,
    /// Why the person was kept out lately.
    refused: Vec<RefusedSignIn>,
    /// What the person was called before.
    former: Vec<FormerIdentifier>,
}

impl Page {
    /// Whether a role is chosen besides a higher one.
    fn is_below(&self, role: &Role) -> bool {
        self.chosen
            .split_last()
            .is_some_and(|(_, below)| below.contains(role))
    }
}

pub(crate) async fn show(
    visitor: Visitor<Read>,
    Id(id): Id,
    Params(params): Params<PersonParams>,
) -> Result<Response, Problem> {
    let done = params.done.as_deref();
    let layout = visitor.layout(Section::People).with_notice(done);
    let layout = layout.with_said(done.and_then(Action::done));
    page(&visitor, &id, layout, params.after, None).await
}

/// Renders the page of a person about whom a form was refused, with the roles that were chosen.
async fn refused<G: Gate>(
    visitor: &Visitor<G>,
    id: &str,
    problem: Problem,
    chosen: Option<Chosen>,
) -> Result<Response, Problem> {
    if !is_about_form(&problem) || !visitor.may(Permission::DirectoryRead) {
        return Err(problem);
    }
    let layout = visitor.layout(Section::People);
    let layout = layout.with_refusal(Some(&problem));
    let mut response = page(visitor, id, layout, None, chosen).await?;
    *response.status_mut() = status_of(&problem);
    Ok(response)
}

async fn page<G: Gate>(
    visitor: &Visitor<G>,
    id: &str,
    layout: Layout,
    after: Option<String>,
    chosen: Option<Chosen>,
) -> Result<Response, Problem> {
    let tenant = visitor.tenant();
    let profile = match Insight::of(tenant).person_profile(id).await {
        Ok(profile) => profile,
        Err(error) => return deleted::page(visitor, id, layout, error).await,
    };
    let connections = tenant.credentials().connections().await?;
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
    let requests = requests(visitor, &profile, &connections, &layout).await?;
    let held = manual_roles(&profile.role);
    let manual_role = held.last().copied();
    let was = option_of(&held);
    let outdated = chosen.as_ref().filter(|chosen| chosen.was != was);
    let difference = outdated.and_then(|chosen| {
        let told = |roles: &[Role]| match roles {
            [] => t("person-role-none").plain(),
            roles => {
                let highest_first: Vec<Role> = roles.iter().rev().copied().collect();
                display::role_names(&highest_first)
            }
        };
        let label = t("person-manual-role");
        fields::difference(label, &told(&held), &told(&chosen.roles))
    });
    render(&Page {
        attributes: attributes::labelled(&profile.resource),
        raw: attributes::raw(&profile.resource),
        manual_role,
        was,
        chosen: chosen.map_or(held, |chosen| chosen.roles),
        differences: difference.into_iter().collect(),
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
        requests,
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

/// Reads the latest requests about a person. Their lines name the person and the person's groups.
async fn requests<G: Gate>(
    visitor: &Visitor<G>,
    profile: &PersonProfile,
    connections: &[Connection],
    layout: &Layout,
) -> Result<Vec<LogRow>, Problem> {
    if !layout.may_read_logs() {
        return Ok(Vec::new());
    }
    let (tenant, person) = (visitor.tenant(), &profile.person);
    let query = RequestQuery {
        person: Some(person.id.clone()),
        limit: REQUESTS_SIZE,
        ..RequestQuery::default()
    };
    let (requests, _) = tenant.request_log().search(&query).await?;
    let shown = person.display_name.as_ref().unwrap_or(&person.user_name);
    let groups = profile.groups.iter();
    let groups = groups.map(|one| (one.group.id.clone(), one.group.display_name.clone()));
    let used = requests.iter().map(|one| one.connection_id.as_str());
    let known = Known {
        names: Names::some(groups.chain([(person.id.clone(), shown.clone())]).collect()),
        connections: ConnectionNames::read(tenant, connections, used.collect()).await?,
    };
    Ok(lines(requests, &known, &layout.console))
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

/// The option that stands for roles given by hand.
fn option_of(roles: &[Role]) -> String {
    let highest_first = roles.iter().rev().copied().map(RoleId::from);
    fields::roles_option(&highest_first.collect::<Vec<_>>())
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
        return refused(&visitor, &id, problem, None).await;
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
    /// The option for the roles that the person had when the form was made. A form of an earlier version has none.
    #[serde(default)]
    was: String,
    #[serde(flatten)]
    also: Also,
}

/// The roles that a refused form asks for.
struct Chosen {
    was: String,
    /// Lowest first.
    roles: Vec<Role>,
}

pub(crate) async fn give_role(
    Id(id): Id,
    change: Change<Configure, NewRole>,
) -> Result<Response, Problem> {
    let Change { visitor, form } = change;
    let option = form.also.option(&form.role);
    let roles = fields::parse_roles_option(&option, visitor.catalogue())?;
    let chosen = Chosen {
        was: form.was,
        roles: roles.into_iter().collect(),
    };
    if let Err(problem) = give(&visitor, &id, &chosen).await {
        return refused(&visitor, &id, problem, Some(chosen)).await;
    }
    Ok(redirect(&format!(
        "{}/people/{id}?done=role-given",
        visitor.console()
    )))
}

async fn give<G: Gate>(visitor: &Visitor<G>, id: &str, chosen: &Chosen) -> Result<(), Problem> {
    for role in &chosen.roles {
        visitor.check_gives(Some(*role)).await?;
    }
    let was = fields::role_ids_of_option(&chosen.was);
    let (given, giver) = (visitor.tenant().roles(), visitor.role());
    let given = given.give_role_from(id, &was, chosen.roles.iter().copied(), giver);
    match given.await? {
        true => Ok(()),
        false => Err(Problem::conflict(t("error-role-changed"))),
    }
}
