//! Portal links: the application makes a link for a customer's admin, which opens the console once.

use std::ops::RangeInclusive;

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use jiff::Timestamp;
use rollcall_directory as directory;
use rollcall_directory::{IssuedSession, NewPortalLink as NewLink, Permission, mail_domain};
use rollcall_edge_http::{CONSOLE_PATH, Problem, root};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::application::ApplicationAt;
use crate::fields::{Fields, expiry, with_secret};
use crate::gate::Sessions;
use crate::role::Role;
use crate::surface::MARKER;

/// For how many seconds a link can be opened, and for how many unless the application says so.
const LIFE: RangeInclusive<u32> = 60..=7 * 86_400;
const DEFAULT_LIFE: u32 = 600;

/// A portal link to create.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPortalLink {
    /// The role of the session that the link opens. It must be one that can see something in the console.
    #[schema(required = true, value_type = Role)]
    role_id: Option<Role>,
    /// The address of the person for whom the link is made. The audit log names it with all that is done with the link.
    /// If a person has it, the link and its session end when they are deactivated or their sessions are ended.
    #[schema(example = "ada@example.com")]
    email: Option<String>,
    /// Whether the holder may make one person an owner, while the tenant has none. Without it, what a link opens gives
    /// no role that a group cannot give.
    #[serde(default)]
    first_owner: bool,
    /// Where the pages lead back to: an address of the application at one of the `return_origins` of the tenant's settings.
    #[schema(max_length = 2000, example = "https://app.example.com/settings")]
    return_url: Option<String>,
    /// The page that it opens; the first one that the role may see unless given.
    page: Option<PortalPage>,
    /// Whether the link is mailed to `email`, and only there: the answer then has no `url`. An address gets at most one link
    /// of the tenant per hour by mail, and only if the tenant's `invitation_domains` allow it. If the link is not mailed, an
    /// event `portal_link.not_mailed` says why. Refused if the stack sends no mail.
    #[serde(default)]
    mail: bool,
    /// For how many seconds it can be opened: 600 unless given, 60 to 604,800 (seven days).
    #[schema(minimum = 60, maximum = 604800)]
    expires_in: Option<u32>,
}

/// A page of the console.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PortalPage {
    /// Connections, and how to set one up.
    Connect,
    /// Tokens of connections.
    Tokens,
    /// Groups and their roles.
    Groups,
    /// People.
    People,
    /// Requests and the audit log.
    Activity,
    /// What is wrong, and what to do about it.
    Health,
    /// Settings.
    Settings,
}

impl PortalPage {
    /// Returns the name, which the link remembers, and the permission that the page needs.
    fn terms(self) -> (&'static str, Permission) {
        match self {
            Self::Connect => ("connect", Permission::ProvisioningRead),
            Self::Tokens => ("tokens", Permission::SsoConfigure),
            Self::Groups => ("groups", Permission::DirectoryRead),
            Self::People => ("people", Permission::DirectoryRead),
            Self::Activity => ("activity", Permission::LogsRead),
            Self::Health => ("health", Permission::LogsRead),
            Self::Settings => ("settings", Permission::SettingsWrite),
        }
    }
}

/// Returns the address of the person for whom a link is made, trimmed.
fn address(given: &str) -> Result<String, Problem> {
    let address = given.trim();
    match mail_domain(address) {
        Some(_) => Ok(address.to_owned()),
        // The value can be a secret that was mixed up with the address, so it is not repeated.
        None => Err(Problem::invalid(
            "`email` must be an address that mail can be sent to, such as `ada@example.com`",
        )),
    }
}

/// Returns the name of a page that the role may see.
fn page_for(role: directory::Role, page: Option<PortalPage>) -> Result<Option<String>, Problem> {
    let Some((name, permission)) = page.map(PortalPage::terms) else {
        return Ok(None);
    };
    match role.allows(permission) {
        true => Ok(Some(name.to_owned())),
        false => Err(Problem::invalid(format!(
            "the role `{role}` does not see the page `{name}`, which needs `{}`; pass another page or role",
            permission.as_str()
        ))),
    }
}

/// A link that opens the console once.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PortalLink {
    /// The link's id, as lists, events and the audit log show it.
    id: String,
    /// Where to send the admin. Absent if the link is mailed. A repetition of the request leaves it out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    url: Option<String>,
    /// Whether the answer is one that was sent before, without the URL.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    secret_omitted: Option<bool>,
    /// Until when it can be opened.
    expires_at: Timestamp,
}

/// Makes a link that opens the console, once: for ten minutes, or for up to seven days.
#[utoipa::path(post, path = "/api/v1/tenants/{tenant}/portal-links", operation_id = "create_portal_link", tag = "sign-in",
    request_body = NewPortalLink, params(("tenant" = String, Path, description = "The tenant's id")),
    responses((status = 201, body = PortalLink)), security(("service_key" = ["sessions:create"])))]
pub(crate) async fn create_portal_link(
    at: ApplicationAt<Sessions>,
    OpenedAt(console): OpenedAt,
    Fields(new): Fields<NewPortalLink>,
) -> Result<Response, Problem> {
    let email = new.email.as_deref().map(address).transpose()?;
    let role = new.role_id.ok_or_else(|| {
        Problem::invalid(
            "`role_id` is missing: pass the role of the session that the link opens, such as `admin`",
        )
    })?;
    let (roles, _) = at.tenant.settings().roles().await?;
    let role = role.of(&roles)?;
    if role.sees_nothing() {
        return Err(Problem::invalid(format!(
            "the role `{role}` sees nothing in the console; pass one with a permission there, such as `admin`"
        )));
    }
    let link = NewLink {
        role,
        email,
        first_owner: new.first_owner,
        opens_at: new.mail.then(|| console.clone()),
        page: page_for(role, new.page)?,
        life: expiry(new.expires_in.unwrap_or(DEFAULT_LIFE), LIFE)?,
        return_url: new.return_url,
        ..NewLink::with_role(role)
    };
    let link = at.tenant.sign_in().make_portal_link(link).await?;
    Ok(match new.mail {
        true => link_answer(&link, None),
        false => {
            let url = format!("{console}?link={}", link.secret.expose());
            with_secret(link_answer(&link, Some(url)), "url")
        }
    })
}

fn link_answer(link: &IssuedSession, url: Option<String>) -> Response {
    let link = PortalLink {
        id: link.id(),
        url,
        secret_omitted: None,
        expires_at: link.expires_at,
    };
    // No `Location`: no endpoint returns the link again.
    (StatusCode::CREATED, Json(link)).into_response()
}

/// The URL that opens portal links: the console at the host and stage that the caller used for the API.
pub(crate) struct OpenedAt(pub(crate) String);

impl<S: Sync> axum::extract::FromRequestParts<S> for OpenedAt {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(
        parts: &mut http::request::Parts,
        _state: &S,
    ) -> Result<Self, Self::Rejection> {
        Ok(Self(format!("{}{CONSOLE_PATH}/open", root(parts, MARKER))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_lasts_for_up_to_seven_days() {
        for (given, expected) in [
            (None, Some(600)),
            (Some(60), Some(60)),
            (Some(604_800), Some(604_800)),
            (Some(59), None),
            (Some(604_801), None),
        ] {
            let found = expiry(given.unwrap_or(DEFAULT_LIFE), LIFE)
                .ok()
                .map(|life| life.as_secs());
            assert_eq!(found, expected, "{given:?}");
        }
    }

    #[test]
    fn a_link_is_made_for_an_address() {
        let accepted = |given: &str| address(given).ok();
        let ada = Some("ada@example.com".to_owned());
        assert_eq!(accepted("ada@example.com"), ada);
        assert_eq!(accepted(" ada@example.com "), ada);
        for wrong in [
            "",
            "not an email",
            "ada",
            "ada@example",
            "a@x.test, b@x.test",
        ] {
            assert_eq!(accepted(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_link_opens_a_page_that_its_role_sees() {
        let member = directory::Role::Member;
        let page = page_for(member, Some(PortalPage::Connect)).ok().flatten();
        assert_eq!(page.as_deref(), Some("connect"));
        assert!(page_for(member, Some(PortalPage::People)).is_err());
        assert_eq!(page_for(member, None).ok(), Some(None));
    }
}
