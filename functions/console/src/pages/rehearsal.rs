//! Test: plays the requests of a connection's provider through the SCIM handlers, in a throw-away copy of the tenant with
//! its settings, and shows each with its verdict. The result has an address of its own for ten minutes.

use std::borrow::Cow;
use std::time::Duration;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use http::header::{HeaderValue, RETRY_AFTER};
use rollcall_directory::{Connection, Directory, LoggedRequest, Reason};
use rollcall_edge_api::{Configure, Gate, Id, Params};
use rollcall_edge_http::Problem;
use rollcall_edge_scim::{Conversation, Exchange, rehearse};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::fields::NoFields;
use super::rehearsal_words::{in_english, said};
use crate::layout::{Layout, Section, redirect, render, render_refused};
use crate::messages::{Text, t};
use crate::providers::ProviderInfo;
use crate::request_refusal::{diagnosis, readings};
use crate::visitor::{Change, Visitor};

/// Characters of a body that the page shows. Those of the conversations are shorter.
const MAX_BODY_CHARS: usize = 1_500;
/// A tenant begins one test in this time, which is longer than one takes.
const EVERY: Duration = Duration::from_secs(20);
/// The work of which a tenant takes turns.
const WORK: &str = "rehearsal";

/// One exchange on the page.
#[derive(Serialize, Deserialize)]
struct Row {
    /// What the request is for, in English: the result may be read in another language.
    purpose: String,
    /// The request without its body, and its outcome.
    request: LoggedRequest,
    /// The status that the provider expects.
    expected: u16,
    /// What was sent, without secrets.
    sent: String,
    answered: String,
}

impl Row {
    fn of(exchange: Exchange) -> Self {
        let Exchange {
            purpose: said,
            mut request,
            expected,
            sent,
            answered,
        } = exchange;
        // The body as the request log would have it. One that the log would cut is not JSON any more.
        let logged = request.sent.take();
        let logged = logged.and_then(|sent| serde_json::from_str(&sent).ok());
        request.names.clear();
        Self {
            purpose: match said.is_empty() {
                true => in_english(purpose(&request.http_method, &request.target)),
                false => sentence(&said),
            },
            request,
            expected,
            sent: shown(&logged.or(sent)),
            answered: shown(&answered),
        }
    }

    /// What the request is for, in the language of the visit.
    fn purpose(&self) -> Cow<'_, str> {
        said(&self.purpose)
    }

    fn is_as_expected(&self) -> bool {
        self.request.http_status == self.expected
    }

    /// Whether the service could not answer, which says nothing of the settings.
    fn is_busy(&self) -> bool {
        self.request.http_status >= 500
    }

    /// What is wrong with the request, if it failed.
    fn diagnosis(&self) -> Option<Text> {
        diagnosis(&self.request)
    }

    /// How the request was read, where that is odd.
    fn meanings(&self) -> Vec<Text> {
        let readings = readings(&self.request).into_iter();
        readings.map(|(_, meaning)| meaning).collect()
    }
}

#[derive(Template)]
#[template(path = "rehearsal.html")]
struct Page {
    layout: Layout,
    connection: Connection,
    provider: &'static ProviderInfo,
    /// The number of requests that a test plays; `None` for a provider that sends nothing here.
    requests: Option<usize>,
    /// What was played, if something was.
    rows: Option<Vec<Row>>,
    /// Whether the result that was asked for is not kept any more.
    is_lost: bool,
}

impl Page {
    fn of<G: Gate>(visitor: &Visitor<G>, connection: Connection) -> Self {
        let conversation = Conversation::of(connection.provider);
        Self {
            layout: visitor.layout(Section::Connect),
            provider: ProviderInfo::of(connection.provider),
            requests: conversation.map(|conversation| conversation.len()),
            rows: None,
            is_lost: false,
            connection,
        }
    }

    /// The exchanges that did not go as the provider expects.
    fn surprises(&self) -> usize {
        let rows = self.rows.iter().flatten();
        rows.filter(|row| !row.is_as_expected()).count()
    }

    /// Whether the service could not answer some of the requests, or not even the first one in time.
    fn is_busy(&self) -> bool {
        let rows = self.rows.as_deref().unwrap_or_default();
        rows.is_empty() || rows.iter().any(Row::is_busy)
    }

    /// Whether there was no time for some of the requests.
    fn is_cut(&self) -> bool {
        self.rows
            .as_ref()
            .is_some_and(|rows| Some(rows.len()) < self.requests)
    }
}

/// Which result to show.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    /// The id of a result.
    run: String,
}

pub(crate) async fn show(
    visitor: Visitor<Configure>,
    Id(id): Id,
    Params(asked): Params<Asked>,
) -> Result<Response, Problem> {
    let tenant = visitor.tenant();
    let connection = tenant.credentials().connection(&id).await?;
    let mut page = Page::of(&visitor, connection);
    if !asked.run.is_empty() {
        let kept = tenant.kept_rehearsed(&id, &asked.run).await?;
        // What another version wrote in another way counts as none.
        page.rows = kept.and_then(|kept| serde_json::from_str(&kept).ok());
        page.is_lost = page.rows.is_none();
    }
    render(&page)
}

pub(crate) async fn run(
    Id(id): Id,
    State(directory): State<Directory>,
    change: Change<Configure, NoFields>,
) -> Result<Response, Problem> {
    let visitor = change.visitor;
    let connection = visitor.tenant().credentials().connection(&id).await?;
    let Some(conversation) = Conversation::of(connection.provider) else {
        return render(&Page::of(&visitor, connection));
    };
    let turn = visitor.tenant().credentials().turn(WORK, EVERY).await?;
    if let Some(seconds) = turn {
        return refused(Page::of(&visitor, connection), seconds);
    }
    let tenant = directory.with_schemas(visitor.tenant().clone()).await?;
    let rehearsal = tenant.rehearsal(&id).await?;
    let origin = visitor.root().origin();
    let host = origin.split_once("://").map_or(origin, |(_, host)| host);
    let played = rehearse(&directory, &rehearsal, &conversation, host).await;
    // What is left expires by itself.
    _ = rehearsal.end_rehearsal().await;
    let rows: Vec<Row> = played.into_iter().map(Row::of).collect();
    let result = serde_json::to_string(&rows).map_err(|_| rollcall_scim::Error::Internal)?;
    let kept = visitor.tenant().keep_rehearsed(&id, &result).await?;
    let console = visitor.console();
    Ok(redirect(&format!(
        "{console}/connections/{id}/test?run={kept}"
    )))
}

/// Shows the page to one who has to wait for the next test.
fn refused(mut page: Page, seconds: u32) -> Result<Response, Problem> {
    let detail = t("rehearsal-wait").n("seconds", seconds);
    let problem = Problem::new(Reason::RateLimited, detail);
    page.layout = page.layout.with_refusal(Some(&problem));
    let mut response = render_refused(&page, &problem)?;
    let headers = response.headers_mut();
    headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    Ok(response)
}

/// The message that says what a request is for.
fn purpose(method: &str, target: &str) -> &'static str {
    let path = target.split('?').next().unwrap_or_default();
    let is_group = path.starts_with("/Groups");
    let is_one = path.trim_matches('/').contains('/');
    match (method, is_group, is_one) {
        ("GET", ..) if !path.starts_with("/Users") && !is_group => "rehearsal-describe",
        ("GET", false, true) => "rehearsal-read-person",
        ("GET", true, true) => "rehearsal-read-group",
        ("GET", false, false) => "rehearsal-find-people",
        ("GET", true, false) => "rehearsal-find-groups",
        ("POST", false, _) => "rehearsal-create-person",
        ("POST", true, _) => "rehearsal-create-group",
        ("DELETE", false, _) => "rehearsal-delete-person",
        ("DELETE", true, _) => "rehearsal-delete-group",
        (_, false, _) => "rehearsal-change-person",
        (_, true, _) => "rehearsal-change-group",
    }
}

/// A text with a capital letter in front.
pub(super) fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(chars).collect()
}

fn shown(body: &Option<Value>) -> String {
    let Some(body) = body else {
        return String::new();
    };
    let text = serde_json::to_string_pretty(body).unwrap_or_default();
    let mut chars = text.chars();
    let mut shown: String = chars.by_ref().take(MAX_BODY_CHARS).collect();
    if chars.next().is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_request_has_a_purpose() {
        for (method, target, said) in [
            (
                "GET",
                "/ServiceProviderConfig",
                "Reads what the service offers",
            ),
            ("GET", "/Users?filter=x", "Looks for people"),
            (
                "GET",
                "/Groups/1?excludedAttributes=members",
                "Reads a group",
            ),
            ("PATCH", "/Users/1", "Changes a person"),
            ("PUT", "/Groups/1", "Changes a group or its members"),
        ] {
            assert_eq!(in_english(purpose(method, target)), said);
        }
        assert_eq!(sentence("the last day"), "The last day");
        assert_eq!(shown(&None), "");
        assert!(shown(&Some("x".repeat(2_000).into())).ends_with('…'));
    }
}
