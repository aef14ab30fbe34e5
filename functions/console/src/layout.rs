//! The layout around every page, and the error page.

use std::borrow::Cow;

use askama::Template;
use axum::response::{Html, IntoResponse, Response};
use http::StatusCode;
use http::header::{HeaderValue, LOCATION};
use rollcall_directory::{Brand, FormId, Permission, Role};
use rollcall_edge_http::{CONSOLE_PATH, Problem, Refused, Visit};

use crate::api_errors;
use crate::assets::{self, Icon};
use crate::brand::Look;
use crate::language::{self, Language};
use crate::messages::{Text, t};
use crate::session_cookie::form_token_of;

/// A section of the console, listed in the navigation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Section {
    Overview,
    Connect,
    Tokens,
    Groups,
    People,
    Activity,
    Health,
    Evidence,
    Settings,
}

impl Section {
    const ALL: [Self; 9] = [
        Self::Overview,
        Self::Connect,
        Self::Tokens,
        Self::Groups,
        Self::People,
        Self::Activity,
        Self::Health,
        Self::Evidence,
        Self::Settings,
    ];

    pub(crate) fn title(self) -> Text {
        match self {
            Self::Overview => t("section-overview"),
            Self::Connect => t("section-connect"),
            Self::Tokens => t("section-tokens"),
            Self::Groups => t("section-groups"),
            Self::People => t("section-people"),
            Self::Activity => t("section-activity"),
            Self::Health => t("section-health"),
            Self::Evidence => t("section-evidence"),
            Self::Settings => t("section-settings"),
        }
    }

    /// The section that the API calls so, as the page of a portal link.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|section| section.name() == name)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Overview => "overview",
            Self::Connect => "connect",
            _ => self.path().trim_start_matches('/'),
        }
    }

    /// The path below `/console`.
    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::Overview => "",
            Self::Connect => "/connections",
            Self::Tokens => "/tokens",
            Self::Groups => "/groups",
            Self::People => "/people",
            Self::Activity => "/activity",
            Self::Health => "/health",
            Self::Evidence => "/evidence",
            Self::Settings => "/settings",
        }
    }

    /// The name of its icon.
    pub(crate) fn icon(self) -> &'static str {
        match self {
            Self::Overview => "house",
            Self::Connect => "plug",
            Self::Tokens => "key-round",
            Self::Groups => "shield",
            Self::People => "users",
            Self::Activity => "activity",
            Self::Health => "heart-pulse",
            Self::Evidence => "file-check",
            Self::Settings => "settings",
        }
    }

    /// The kinds of sections, in the order of the navigation: a line parts them.
    fn kind(self) -> u8 {
        match self {
            Self::Overview => 0,
            Self::Connect | Self::Tokens => 1,
            Self::Groups | Self::People => 2,
            Self::Activity | Self::Health | Self::Evidence => 3,
            Self::Settings => 4,
        }
    }

    fn permission(self) -> Permission {
        match self {
            Self::Overview | Self::Connect => Permission::ProvisioningRead,
            Self::Tokens => Permission::SsoConfigure,
            Self::Groups | Self::People => Permission::DirectoryRead,
            Self::Activity | Self::Health | Self::Evidence => Permission::LogsRead,
            Self::Settings => Permission::SettingsWrite,
        }
    }
}

/// What the layout shows around a page.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    /// The console's path, without a slash at the end.
    pub(crate) console: String,
    pub(crate) section: Section,
    pub(crate) tenant: String,
    /// The visitor's user name. A visitor who opened a portal link has none.
    pub(crate) user_name: Option<String>,
    pub(crate) role: Option<Role>,
    /// Whether the visitor changes nothing: it is support access.
    pub(crate) read_only: bool,
    /// The address of the application to which the visitor can go back.
    pub(crate) return_url: Option<String>,
    pub(crate) look: Look,
    /// What all roles of the visitor allow.
    pub(crate) permissions: Vec<Permission>,
    /// The token that every form must carry.
    pub(crate) form_token: String,
    /// The id that a form must also carry if it creates something. Each id works once.
    pub(crate) form_id: FormId,
    /// How many findings are open: as the last check knows, or as a page has found itself.
    pub(crate) open_findings: usize,
    /// A message about the change that led to this page.
    pub(crate) notice: Option<Cow<'static, str>>,
    /// Why a form of this page was refused, and what to do about it.
    pub(crate) refusal: Option<String>,
}

impl Layout {
    /// Adds the message about the last change, which the page's address names.
    pub(crate) fn with_notice(mut self, done: Option<&str>) -> Self {
        self.notice = done.and_then(notice).map(Into::into);
        self
    }

    /// Adds a message of the page's own about the last change.
    pub(crate) fn with_said(mut self, said: Option<impl Into<Cow<'static, str>>>) -> Self {
        self.notice = said.map(Into::into).or(self.notice);
        self
    }

    /// Adds why a form of this page was refused.
    pub(crate) fn with_refusal(mut self, problem: Option<&Problem>) -> Self {
        self.refusal = problem.map(|problem| sentence(&said(problem)));
        self
    }

    /// The sections that the visitor may open.
    pub(crate) fn sections(&self) -> Vec<Vec<Section>> {
        let may = |section: &Section| {
            let also = (*section == Section::Evidence).then_some(Permission::DirectoryRead);
            self.may(section.permission()) && also.is_none_or(|also| self.may(also))
        };
        let sections: Vec<Section> = Section::ALL.into_iter().filter(may).collect();
        sections
            .chunk_by(|one, next| one.kind() == next.kind())
            .map(<[Section]>::to_vec)
            .collect()
    }

    /// The number beside a section in the navigation, if it has one.
    pub(crate) fn count(&self, section: &Section) -> Option<usize> {
        let count = Some(self.open_findings).filter(|_| *section == Section::Health);
        count.filter(|count| *count > 0)
    }

    pub(crate) fn may(&self, permission: Permission) -> bool {
        self.permissions.contains(&permission)
    }

    /// Whether the visitor may read the audit log and the request log.
    pub(crate) fn may_read_logs(&self) -> bool {
        self.may(Permission::LogsRead)
    }

    /// Whether the visitor may issue tokens, map groups and give roles.
    pub(crate) fn may_configure(&self) -> bool {
        self.may(Permission::SsoConfigure) && !self.read_only
    }

    pub(crate) fn may_create(&self) -> bool {
        self.may(Permission::ProvisioningCreate) && !self.read_only
    }

    pub(crate) fn may_delete(&self) -> bool {
        self.may(Permission::ProvisioningDelete) && !self.read_only
    }

    /// The address of a path below the console.
    pub(crate) fn to(&self, path: impl std::fmt::Display) -> String {
        format!("{}{path}", self.console)
    }

    /// The icon with this name.
    pub(crate) fn icon(&self, name: &'static str) -> Icon {
        assets::icon(&self.console, name)
    }

    /// The address of a style sheet, a script or the icon.
    pub(crate) fn asset(&self, name: &str) -> String {
        assets::address(&self.console, name)
    }
}

/// The message after a change. The address chooses a text but never supplies one.
fn notice(done: &str) -> Option<Text> {
    Some(match done {
        "connection-created" => t("done-connection-created"),
        "connection-changed" => t("done-connection-changed"),
        "observing" => t("done-observing"),
        "made-real" => t("done-made-real"),
        "rules-saved" => t("done-rules-saved"),
        "replaces" => t("done-replaces"),
        "window-opened" => t("done-window-opened"),
        "window-closed" => t("done-window-closed"),
        "remedy-applied" => t("done-remedy-applied"),
        "connection-deleted" => t("done-connection-deleted"),
        "token-revoked" => t("done-token-revoked"),
        "support-ended" => t("done-support-ended"),
        "role-mapped" | "roles-saved" => t("done-roles-saved"),
        "role-given" => t("done-role-given"),
        "merged" => t("done-merged"),
        "settings-saved" => t("done-settings-saved"),
        "finding-acknowledged" => t("done-finding-acknowledged"),
        "finding-snoozed" => t("done-finding-snoozed"),
        "finding-counts" => t("done-finding-counts"),
        _ => return None,
    })
}

/// Renders a page or a part of one.
pub(crate) fn render(page: &impl Template) -> Result<Response, Problem> {
    match page.render() {
        Ok(text) => Ok(Html(text).into_response()),
        Err(_) => Err(rollcall_scim::Error::Internal.into()),
    }
}

/// Renders a page that says why a form of it was refused, with the status of the refusal.
pub(crate) fn render_refused(page: &impl Template, problem: &Problem) -> Result<Response, Problem> {
    let mut response = render(page)?;
    *response.status_mut() = status_of(problem);
    Ok(response)
}

/// The HTTP status of a refusal.
pub(crate) fn status_of(problem: &Problem) -> StatusCode {
    StatusCode::from_u16(problem.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// Whether a refusal is about what a form asks for, so that its page can say it beside the form.
pub(crate) fn is_about_form(problem: &Problem) -> bool {
    matches!(problem.status(), 400 | 403 | 409)
}

/// Renders a part of a page that a script requests repeatedly. After the last time, status 286 makes htmx stop.
pub(crate) fn render_part(part: &impl Template, is_last: bool) -> Result<Response, Problem> {
    let mut response = render(part)?;
    if let (true, Ok(enough)) = (is_last, StatusCode::from_u16(286)) {
        *response.status_mut() = enough;
    }
    Ok(response)
}

/// Redirects the browser to a GET, so that reloading the page does not repeat the change.
pub(crate) fn redirect(to: &str) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    if let Ok(location) = HeaderValue::try_from(to) {
        response.headers_mut().insert(LOCATION, location);
    }
    response
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage<'a> {
    console: String,
    look: Look,
    title: Text,
    detail: String,
    /// Whether to link to the console. A visitor who may see nothing there gets no link.
    links_back: bool,
    /// Lets a visitor with a session sign out and sign in as another person.
    form_token: Option<String>,
    request_id: &'a str,
}

#[derive(Template)]
#[template(path = "error_part.html")]
struct ErrorPart {
    detail: String,
}

/// The title of the error page.
fn title(status: u16) -> Text {
    match status {
        401 => t("error-signed-out"),
        403 => t("error-not-allowed"),
        404 => t("error-not-here"),
        ..500 => t("error-cannot"),
        _ => t("error-wrong"),
    }
}

/// The detail of an error in the language of the visit. The API writes in English; what it says often has a message, which is
/// found by its English text.
pub(crate) fn said(problem: &Problem) -> String {
    let detail = problem.detail();
    api_errors::translated(detail).unwrap_or_else(|| detail.to_owned())
}

/// The text with a large first letter.
pub(crate) fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(chars).collect()
}

/// Turns an error's detail, which the API writes as a sentence fragment, into a sentence.
fn sentence(detail: &str) -> String {
    let text = capitalised(detail);
    match text.ends_with(['.', '!', '?']) {
        true => text,
        false => format!("{text}."),
    }
}

/// Renders an error as a page or as a part of one, in the language of the visit.
pub(crate) fn error_page(visit: &Visit, problem: &Problem) -> Refused {
    let language = Language::of(&visit.headers);
    Refused {
        html: language::with_error(visit, || written_error(visit, problem)),
        language: language.tag(),
        varies: language::VARIES,
    }
}

fn written_error(visit: &Visit, problem: &Problem) -> String {
    let signed_out = problem.status() == 401;
    // The API's text is about bearer tokens and does not help here.
    let detail = match signed_out {
        true => t("error-signed-out-detail").plain(),
        false => sentence(&said(problem)),
    };
    let page = if visit.is_part {
        ErrorPart { detail }.render()
    } else {
        let console = format!("{}{CONSOLE_PATH}", visit.root.mount());
        let form_token = form_token_of(visit).filter(|_| !signed_out);
        let links_back = match problem.status() {
            401 => false,
            403 => form_token.is_some() && visit.path != CONSOLE_PATH,
            _ => true,
        };
        ErrorPage {
            look: Look::of(&console, &visit.notes.get::<Brand>().unwrap_or_default()),
            console,
            title: title(problem.status()),
            detail,
            links_back,
            form_token,
            request_id: &visit.request_id,
        }
        .render()
    };
    page.unwrap_or_default()
}
