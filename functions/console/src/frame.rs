//! What surrounds every page, and the page for what cannot be shown.

use askama::Template;
use axum::response::{Html, IntoResponse, Response};
use http::StatusCode;
use http::header::{HeaderValue, LOCATION};
use rollcall_directory::{FormId, Permission, Role};
use rollcall_edge_http::{CONSOLE_PATH, Problem, Visit};

use crate::assets;
use crate::visitor::form_token_of;

/// A part of the console that the navigation leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Section {
    Connect,
    Tokens,
    Groups,
    People,
    Activity,
    Health,
    Settings,
}

impl Section {
    const ALL: [Self; 7] = [
        Self::Connect,
        Self::Tokens,
        Self::Groups,
        Self::People,
        Self::Activity,
        Self::Health,
        Self::Settings,
    ];

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Connect => "Connect",
            Self::Tokens => "Tokens",
            Self::Groups => "Groups and roles",
            Self::People => "People",
            Self::Activity => "Activity",
            Self::Health => "Health",
            Self::Settings => "Settings",
        }
    }

    /// Behind `/console`.
    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::Connect => "",
            Self::Tokens => "/tokens",
            Self::Groups => "/groups",
            Self::People => "/people",
            Self::Activity => "/activity",
            Self::Health => "/health",
            Self::Settings => "/settings",
        }
    }

    fn needs(self) -> Permission {
        match self {
            Self::Tokens | Self::Settings => Permission::SsoConfigure,
            _ => Permission::ProvisioningRead,
        }
    }
}

/// What surrounds a page.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    /// Where the console is, without a slash at the end.
    pub(crate) console: String,
    pub(crate) section: Section,
    pub(crate) tenant: String,
    /// The person; none for whoever opened a portal link.
    pub(crate) who: Option<String>,
    pub(crate) role: Option<Role>,
    /// What every form must carry.
    pub(crate) form_token: String,
    /// What a form of this page that makes something must carry on top: each is used once.
    pub(crate) form_id: FormId,
    /// What was just done.
    pub(crate) notice: Option<&'static str>,
}

impl Frame {
    /// The frame with what was just done, as the address says after a form was sent.
    pub(crate) fn with_notice(mut self, done: Option<&str>) -> Self {
        self.notice = done.and_then(notice);
        self
    }

    /// The sections that the visitor may see.
    pub(crate) fn sections(&self) -> Vec<Section> {
        let may = |section: &Section| self.may(section.needs());
        Section::ALL.into_iter().filter(may).collect()
    }

    fn may(&self, permission: Permission) -> bool {
        self.role
            .is_some_and(|role| role.permissions().contains(&permission))
    }

    /// Whether the visitor may issue tokens, map groups, give roles and change settings.
    pub(crate) fn may_configure(&self) -> bool {
        self.may(Permission::SsoConfigure)
    }

    pub(crate) fn may_create(&self) -> bool {
        self.may(Permission::ProvisioningCreate)
    }

    pub(crate) fn may_delete(&self) -> bool {
        self.may(Permission::ProvisioningDelete)
    }

    /// The address of a style sheet or script.
    pub(crate) fn asset(&self, name: &str) -> String {
        assets::address(&self.console, name)
    }
}

/// What is said after a change. Texts are chosen by the address, never taken from it.
fn notice(done: &str) -> Option<&'static str> {
    Some(match done {
        "connection-created" => "The connection was made. Follow the steps below.",
        "connection-changed" => "The connection was changed.",
        "connection-deleted" => {
            "The connection and its tokens are gone. The people and groups it pushed stay."
        }
        "token-revoked" => "The token is revoked: it is refused from now on.",
        "role-mapped" => "The mapping was saved.",
        "role-given" => "The role was saved.",
        "sessions-ended" => "Every session of this person is over.",
        "settings-saved" => "The settings were saved.",
        _ => return None,
    })
}

/// A rendered page, or part of one.
pub(crate) fn show(page: &impl Template) -> Result<Response, Problem> {
    match page.render() {
        Ok(text) => Ok(Html(text).into_response()),
        Err(_) => Err(rollcall_scim::Error::Internal.into()),
    }
}

/// A part of a page that a script asks for again and again, until it is told that this was the last time (htmx takes
/// status 286 for that).
pub(crate) fn show_part(part: &impl Template, is_last: bool) -> Result<Response, Problem> {
    let mut response = show(part)?;
    if let (true, Ok(enough)) = (is_last, StatusCode::from_u16(286)) {
        *response.status_mut() = enough;
    }
    Ok(response)
}

/// Sends the browser on with a GET, so that loading again repeats nothing.
pub(crate) fn go(to: &str) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    if let Ok(location) = HeaderValue::try_from(to) {
        response.headers_mut().insert(LOCATION, location);
    }
    response
}

#[derive(Template)]
#[template(path = "refused.html")]
struct Refused<'a> {
    console: String,
    style: String,
    icon: String,
    title: &'a str,
    detail: String,
    /// Whether the console can be of help; not to those who may see nothing of it.
    leads_back: bool,
    /// Lets whoever has a session end it, and come back as somebody else.
    form_token: Option<String>,
    request_id: &'a str,
}

#[derive(Template)]
#[template(path = "refused_part.html")]
struct RefusedPart {
    detail: String,
}

const SIGNED_OUT: &str =
    "You are not signed in, or no longer. Open the console again from your application.";

/// A refusal's title in the words of a page.
fn title(status: u16) -> &'static str {
    match status {
        401 => "Signed out",
        403 => "Not allowed",
        404 => "Not here",
        ..500 => "That cannot be done",
        _ => "Something went wrong",
    }
}

/// A refusal's detail, which the API words as part of a sentence, as a sentence.
fn sentence(detail: &str) -> String {
    let mut chars = detail.chars();
    let first = chars.next().map(char::to_uppercase);
    let text: String = first.into_iter().flatten().chain(chars).collect();
    match text.ends_with(['.', '!', '?']) {
        true => text,
        false => format!("{text}."),
    }
}

/// Words a refusal.
pub(crate) fn refused(visit: &Visit, problem: &Problem) -> String {
    let signed_out = problem.status() == 401;
    // What the API says of bearer tokens does not help here.
    let detail = match signed_out {
        true => SIGNED_OUT.to_owned(),
        false => sentence(problem.detail()),
    };
    let page = if visit.is_part {
        RefusedPart { detail }.render()
    } else {
        let console = format!("{}{CONSOLE_PATH}", visit.root.mount());
        let form_token = form_token_of(visit).filter(|_| !signed_out);
        let leads_back = match problem.status() {
            401 => false,
            403 => form_token.is_some() && visit.path != CONSOLE_PATH,
            _ => true,
        };
        Refused {
            style: assets::address(&console, "style.css"),
            icon: assets::address(&console, "icon.svg"),
            console,
            title: title(problem.status()),
            detail,
            leads_back,
            form_token,
            request_id: &visit.request_id,
        }
        .render()
    };
    page.unwrap_or_default()
}
