//! Builds successful responses: resources, lists, and empty responses.

use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_LOCATION, ETAG, LOCATION};
use http::{HeaderName, HeaderValue, StatusCode};
use rollcall_directory::{Effects, Page, Tenant};
use rollcall_scim as scim;
use rollcall_scim::{ListResponse, Projection, Resource, ResourceType};
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};

use crate::base_url::BaseUrl;
use crate::error::Error;
use crate::fitting::{MAX_PAYLOAD_BYTES, escaped_bytes};
use crate::json_response::json;

/// The maximum size of the resources in a page, escaped as in Lambda's response. The rest is for what is around them.
const MAX_PAGE_BYTES: usize = MAX_PAYLOAD_BYTES - 50_000;

/// Attaches the effects of a write, for the request log.
pub(crate) fn with_effects(mut response: Response, effects: Effects) -> Response {
    response.extensions_mut().insert(effects);
    response
}

/// Returns a 204.
pub(crate) fn no_content() -> Response {
    StatusCode::NO_CONTENT.into_response()
}

/// Returns a 204 for a resource that was changed, with its version and its URL, as a 200 has them.
pub(crate) fn changed(
    rt: &ResourceType,
    id: &str,
    version: Option<&str>,
    base: &BaseUrl,
) -> Response {
    let mut response = no_content();
    if let Some(version) = version {
        put(&mut response, ETAG, version);
    }
    put_location(&mut response, &format!("{base}{}/{id}", rt.endpoint));
    response
}

/// Returns a 304 with the version that the client already has (RFC 9110 §15.4.5).
pub(crate) fn not_modified(resource: &Resource) -> Response {
    let mut response = StatusCode::NOT_MODIFIED.into_response();
    put(&mut response, ETAG, version(resource));
    response
}

/// Returns one resource, with its version in `ETag` and its URL in `Content-Location` and `Location`. Both must equal
/// `meta.location` (RFC 7643 §3.1, RFC 7644 §3.3); clients read `Location` after every request.
pub(crate) fn resource(
    status: StatusCode,
    resource: &Resource,
    projection: &Projection,
    base: &BaseUrl,
) -> Response {
    let body = projection.render(resource, base.as_str());
    let mut response = json(status.as_u16(), &body);
    put(&mut response, ETAG, version(resource));
    put_location(&mut response, &location(resource, base));
    response
}

/// Returns one page of a list (RFC 7644 §3.4.2), with its resources as `projection` shows them.
///
/// If the resources are larger than Lambda can return, the page has fewer of them, as `itemsPerPage` says. The client
/// continues after them (RFC 7644 §3.4.2.4 allows fewer than `count`), and so does the next cursor. The first one is always
/// there: if it is too large alone, it is compressed or refused (see `fitting`).
///
/// # Errors
/// Those of storing where the next page starts.
pub(crate) async fn page<'a>(
    tenant: &Tenant,
    page: &'a Page,
    projection: impl Fn(&'a Resource) -> &'a Projection,
    base: &BaseUrl,
) -> Result<Response, Error> {
    // Each resource is written once: for its size, and as a part of the body.
    let shown = |resource| to_raw_value(&projection(resource).render(resource, base.as_str()));
    let resources: Result<Vec<_>, _> = page.resources.iter().map(shown).collect();
    let mut resources = resources.map_err(|_| scim::Error::Internal)?;
    resources.truncate(how_many_fit(&resources).max(1));
    let next = match page.onward {
        Some(_) => {
            tenant
                .resources()
                .next_cursor(page, resources.len())
                .await?
        }
        None => None,
    };
    let body = ListResponse::new(page.total, page.start_index, resources).followed_by(next);
    let mut response = json(200, &body);
    response.extensions_mut().insert(Found(page.total));
    Ok(response)
}

/// How many resources a search or a list has in all, for the request log.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found(pub(crate) u64);

/// Returns how many resources fit into one response, counted from the first.
fn how_many_fit(resources: &[Box<RawValue>]) -> usize {
    let mut room = MAX_PAGE_BYTES;
    let fits = |text: &&str| {
        let left = room.checked_sub(escaped_bytes(text.as_bytes()));
        room = left.unwrap_or_default();
        left.is_some()
    };
    let texts = resources.iter().map(|resource| resource.get());
    texts.take_while(fits).count()
}

pub(crate) fn version(resource: &Resource) -> &str {
    resource
        .get("meta")
        .and_then(|meta| meta.get("version"))
        .and_then(Value::as_str)
        .unwrap_or_default()
}

fn location(resource: &Resource, base: &BaseUrl) -> String {
    let id = resource
        .get("id")
        .and_then(Value::as_str)
        .unwrap_or_default();
    format!("{base}{}/{id}", resource.resource_type().endpoint)
}

fn put_location(response: &mut Response, location: &str) {
    put(response, CONTENT_LOCATION, location);
    put(response, LOCATION, location);
}

fn put(response: &mut Response, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;
    use rollcall_scim::USER;
    use serde_json::json;

    use super::*;

    /// Returns a user whose display name consists of quotes.
    fn user(quotes: usize) -> Resource {
        let user = json!({
            "id": "id-1",
            "displayName": "\"".repeat(quotes),
            "meta": {"resourceType": "User", "version": "W/\"7\""},
        });
        let Value::Object(user) = user else {
            unreachable!("an object")
        };
        Resource::from_stored(&USER, user)
    }

    fn tenant() -> Tenant {
        crate::caller::tests::directory().system("acme".parse().expect("an id"))
    }

    fn base() -> BaseUrl {
        let request = http::Request::builder()
            .header("host", "x.test")
            .body(())
            .expect("a request");
        BaseUrl::of(&request.into_parts().0)
    }

    async fn body_of(response: Response) -> Value {
        serde_json::from_slice(
            &to_bytes(response.into_body(), usize::MAX)
                .await
                .expect("a body"),
        )
        .expect("JSON")
    }

    #[test]
    fn one_resource_carries_version_and_url() {
        let shown = |status| resource(status, &user(1), &Projection::all(), &base());
        for (response, status) in [
            (shown(StatusCode::OK), StatusCode::OK),
            (shown(StatusCode::CREATED), StatusCode::CREATED),
            (
                changed(&USER, "id-1", Some("W/\"7\""), &base()),
                StatusCode::NO_CONTENT,
            ),
        ] {
            assert_eq!(response.status(), status);
            assert_eq!(response.headers()[ETAG], "W/\"7\"");
            for name in [CONTENT_LOCATION, LOCATION] {
                assert_eq!(
                    response.headers()[name],
                    "https://x.test/scim/v2/Users/id-1"
                );
            }
        }
    }

    #[tokio::test]
    async fn a_page_ends_where_lambda_does() {
        for (quotes, count, kept) in [(1, 3, 3), (700_000, 3, 2), (2_000_000, 2, 1), (0, 0, 0)] {
            let resources = (0..count).map(|_| user(quotes)).collect();
            let found = Page {
                total: 9,
                start_index: 4,
                resources,
                onward: None,
            };
            let all = Projection::all();
            let answer = page(&tenant(), &found, |_| &all, &base()).await;
            let body = body_of(answer.expect("an answer")).await;
            assert_eq!(
                (&body["totalResults"], &body["startIndex"]),
                (&json!(9), &json!(4))
            );
            assert_eq!(body["itemsPerPage"], json!(kept), "{quotes} {count}");
            assert_eq!(body["Resources"].as_array().map(Vec::len), Some(kept));
        }
    }
}
