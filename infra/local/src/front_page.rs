//! What only the local run answers: `/` says what runs here, and `/console` opens the console without an application that
//! makes a link. On AWS, neither exists.

use axum::extract::{Query, State};
use axum::http::header::COOKIE;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{Html, IntoResponse, Redirect, Response};
use rollcall_directory::{Directory, Role, TenantId};
use serde::Deserialize;

use crate::seed::SeededTenant;

/// The beginning of every session in a cookie.
const SESSION: &str = "rcx_";

/// The data of the front page.
#[derive(Clone, Debug)]
pub(crate) struct FrontPage {
    directory: Directory,
    tenants: Vec<SeededTenant>,
}

/// The tenant whose console is wanted; the first one unless given.
#[derive(Debug, Deserialize)]
pub(crate) struct Wanted {
    tenant: Option<String>,
}

impl FrontPage {
    pub(crate) fn new(directory: Directory, tenants: &[SeededTenant]) -> Self {
        Self {
            directory,
            tenants: tenants.to_vec(),
        }
    }

    /// Returns the way to a new console link of a seeded tenant; `None` if the request has a session that is good for it.
    pub(crate) async fn open_console(&self, headers: &HeaderMap, uri: &Uri) -> Option<Response> {
        let wanted = Query::<Wanted>::try_from_uri(uri);
        let wanted = wanted.ok().and_then(|query| query.0.tenant);
        if self.is_open(headers, wanted.as_deref()).await {
            return None;
        }
        let is_wanted = |tenant: &&SeededTenant| wanted.as_ref().is_none_or(|it| *it == tenant.id);
        let tenant = self.tenants.iter().find(is_wanted);
        let Some(id) = tenant.and_then(|tenant| tenant.id.parse::<TenantId>().ok()) else {
            let tenants = self.tenants.iter().map(|tenant| tenant.id.as_str());
            let tenants = tenants.collect::<Vec<_>>().join(" or ");
            let problem = format!("there is no such tenant here; use {tenants}\n");
            return Some((StatusCode::NOT_FOUND, problem).into_response());
        };
        let tenant = self.directory.system(id);
        Some(
            match tenant
                .sign_in()
                .issue_portal_link(Role::Owner, None, true)
                .await
            {
                Ok(link) => {
                    let secret = link.secret.expose();
                    Redirect::to(&format!("/console/open?link={secret}")).into_response()
                }
                Err(error) => {
                    let error: &dyn std::error::Error = &error;
                    tracing::error!(error, "a console link could not be made");
                    StatusCode::SERVICE_UNAVAILABLE.into_response()
                }
            },
        )
    }
}

impl FrontPage {
    /// Whether the request has a session of the wanted tenant that goes on. A browser sends the cookies of another local run as
    /// well, because cookies do not know ports.
    async fn is_open(&self, headers: &HeaderMap, wanted: Option<&str>) -> bool {
        let cookies = headers.get_all(COOKIE).iter();
        let cookies = cookies.filter_map(|cookies| cookies.to_str().ok());
        let values = cookies.flat_map(|cookies| cookies.split(';'));
        let values = values.filter_map(|cookie| cookie.split_once('='));
        for (_, value) in values {
            let value = value.trim();
            if !value.starts_with(SESSION) {
                continue;
            }
            if let Ok(Some(session)) = self.directory.session(value).await
                && wanted.is_none_or(|wanted| session.tenant.as_str() == wanted)
            {
                return true;
            }
        }
        false
    }
}

/// Answers `/`.
pub(crate) async fn index(State(front): State<FrontPage>) -> Html<String> {
    let tenants = front.tenants.iter().map(|tenant| {
        format!(
            "<tr><th scope=\"row\">{}</th><td><a href=\"/console?tenant={}\">open the console</a></td>\
             <td><code>{}</code></td></tr>",
            escaped(&tenant.name),
            tenant.id,
            tenant.scim_base_url
        )
    });
    Html(PAGE.replace("TENANTS", &tenants.collect::<String>()))
}

/// Returns a name from a seed file as HTML text.
fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;");
    text.replace('<', "&lt;").replace('>', "&gt;")
}

const PAGE: &str = r#"<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Rollcall, local run</title>
<style>
:root { color-scheme: light dark }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 3rem auto; padding: 0 1rem }
table { border-collapse: collapse } th, td { text-align: left; padding: .25rem 1.5rem .25rem 0 }
</style>
<h1>Rollcall</h1>
<p>SCIM 2.0 provisioning for your own AWS account, running on this machine. Identity providers push people and groups to
it; it turns groups into roles, ends access when somebody leaves, and tells the application about it.</p>
<table>
<thead><tr><th scope="col">Tenant</th><th scope="col">Console</th><th scope="col">SCIM base URL</th></tr></thead>
<tbody>TENANTS</tbody>
</table>
<p>The tokens and the service key stand in <code>local.json</code> in the data directory, and where you started this.</p>
<ul>
<li><a href="/api/v1/openapi.json">The OpenAPI document</a> of the application's API.</li>
<li><code>README.md</code> in the repository tells the whole story in six steps.</li>
</ul>
</html>
"#;
