//! What the types of problems mean, as JSON and as pages: the URL in the `type` of a problem document leads here.

use std::fmt::Write;

use axum::response::{IntoResponse, Response};
use http::header::{ACCEPT, CACHE_CONTROL, CONTENT_SECURITY_POLICY, VARY};
use http::{HeaderMap, HeaderValue};
use rollcall_edge_http::{PROBLEMS_PATH, ProblemType};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;
use utoipa::openapi::OpenApi;

use crate::codes::ReasonCode;

/// The types of problems.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProblemKinds {
    /// All types, in order of their statuses.
    items: Vec<ProblemKind>,
}

/// A type of problem.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProblemKind {
    /// Its name.
    #[schema(example = "not-found")]
    name: &'static str,
    /// The `type` of its problem documents.
    #[schema(
        format = "uri",
        example = "https://rollcall.example.com/api/v1/problems/not-found"
    )]
    r#type: String,
    /// The HTTP status.
    #[schema(example = 404)]
    status: u16,
    /// The status in words.
    #[schema(example = "Not Found")]
    title: &'static str,
    /// What the problem is.
    meaning: &'static str,
    /// What to do about it.
    remedy: &'static str,
    /// The reason codes that a problem of this type can have.
    reasons: Vec<ProblemReason>,
    /// The ids of the operations whose responses can have the status.
    operations: Vec<String>,
}

/// A reason code of a type of problem.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProblemReason {
    /// The code.
    #[schema(value_type = ReasonCode)]
    code: &'static str,
    /// What it means.
    meaning: &'static str,
}

impl ProblemKinds {
    /// Describes all types. `root` is the URL at which the client reached the service.
    pub(crate) fn of(document: &OpenApi, root: &str) -> Self {
        let all = ProblemType::ALL.iter();
        Self {
            items: all
                .map(|kind| ProblemKind::of(*kind, document, root))
                .collect(),
        }
    }

    /// Returns the page that lists the types.
    pub(crate) fn page(&self) -> String {
        let mut rows = String::new();
        for kind in &self.items {
            let _ = write!(
                rows,
                "<tr><td>{}</td><td><a href=\"{}\">{}</a></td><td>{}</td></tr>",
                kind.status,
                escaped(&kind.r#type),
                kind.name,
                marked_up(kind.meaning)
            );
        }
        page(
            "Problems",
            &format!(
                "<p>Every response of <code>/api/v1</code> with a status of 400 or more is a problem document (RFC 9457). \
                 Its <code>type</code> is the URL of one of these pages.</p>\
                 <table><thead><tr><th scope=\"col\">Status</th><th scope=\"col\">Type</th><th scope=\"col\">Meaning</th>\
                 </tr></thead><tbody>{rows}</tbody></table>"
            ),
        )
    }
}

impl ProblemKind {
    /// Describes a type.
    pub(crate) fn of(kind: ProblemType, document: &OpenApi, root: &str) -> Self {
        let reasons = kind.reasons().map(|reason| ProblemReason {
            code: reason.as_str(),
            meaning: reason.meaning(),
        });
        Self {
            name: kind.name(),
            r#type: kind.url(root),
            status: kind.status(),
            title: kind.title(),
            meaning: kind.meaning(),
            remedy: kind.remedy(),
            reasons: reasons.collect(),
            operations: operations_with(kind.status(), document),
        }
    }

    /// Returns the page about the type.
    pub(crate) fn page(&self) -> String {
        let mut reasons = String::new();
        for reason in &self.reasons {
            let meaning = marked_up(reason.meaning);
            let _ = write!(
                reasons,
                "<tr><td><code>{}</code></td><td>{meaning}</td></tr>",
                reason.code
            );
        }
        let operations = self.operations.iter();
        let operations = operations.map(|id| format!("<code>{}</code>", escaped(id)));
        let operations = match self.operations.as_slice() {
            [] => "None of this API.".to_owned(),
            _ => operations.collect::<Vec<_>>().join(" "),
        };
        let index = self.r#type.strip_suffix(&format!("/{}", self.name));
        page(
            self.name,
            &format!(
                "<p><strong>{} {}.</strong> {}</p><h2>What to do</h2><p>{}</p>\
                 <h2>Reason codes</h2><table><tbody>{reasons}</tbody></table>\
                 <h2>Operations that can have this status</h2><p>{operations}</p>\
                 <p><a href=\"{}\">All types of problems</a></p>",
                self.status,
                self.title,
                marked_up(self.meaning),
                marked_up(self.remedy),
                escaped(index.unwrap_or(PROBLEMS_PATH)),
            ),
        )
    }
}

/// Returns whether a client is a browser, which asks for HTML.
pub(crate) fn wants_page(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(ACCEPT).into_iter();
    let mut accepted = accepted.filter_map(|value| value.to_str().ok());
    accepted.any(|value| value.contains("text/html"))
}

/// Returns a response that is the same for everybody, and can be kept.
pub(crate) fn public(body: impl IntoResponse) -> Response {
    let mut response = body.into_response();
    let headers = response.headers_mut();
    for (name, value) in [
        (CACHE_CONTROL, "public, max-age=3600"),
        (VARY, "accept"),
        (
            CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Lists the ids of the operations that declare a status.
fn operations_with(status: u16, document: &OpenApi) -> Vec<String> {
    let status = status.to_string();
    let mut found = Vec::new();
    for item in document.paths.paths.values() {
        for operation in [&item.get, &item.put, &item.post, &item.patch, &item.delete]
            .into_iter()
            .flatten()
        {
            if json!(operation.responses).get(&status).is_some() {
                found.extend(operation.operation_id.clone());
            }
        }
    }
    found
}

fn page(title: &str, content: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" \
         content=\"width=device-width\">\n<title>{title}: Rollcall</title>\n<style>\n:root {{ color-scheme: light dark }}\n\
         body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 3rem auto; padding: 0 1rem }}\n\
         table {{ border-collapse: collapse }} th, td {{ text-align: left; vertical-align: top; padding: .25rem 1.5rem .25rem 0 }}\n\
         code {{ overflow-wrap: anywhere }}\n</style>\n<h1>{title}</h1>\n{content}\n</html>\n"
    )
}

/// Returns text as HTML.
fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            other => html.push(other),
        }
    }
    html
}

/// Returns text in which what stands between backticks is code, as HTML.
fn marked_up(text: &str) -> String {
    let parts = escaped(text);
    let parts = parts.split('`').enumerate();
    let parts = parts.map(|(index, part)| match index % 2 {
        1 => format!("<code>{part}</code>"),
        _ => part.to_owned(),
    });
    parts.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_becomes_html() {
        assert_eq!(
            marked_up("send `a<b` & go"),
            "send <code>a&lt;b</code> &amp; go"
        );
    }
}
