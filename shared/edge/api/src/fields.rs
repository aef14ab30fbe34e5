//! Reads bodies, query strings and path segments, and builds the pages of lists.

use std::ops::RangeInclusive;
use std::time::Duration;

use axum::Json;
use axum::extract::{FromRequest, FromRequestParts, Query, RawPathParams, Request};
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use http::{HeaderValue, StatusCode, header};
use rollcall_directory::{is_id, shown};
use rollcall_edge_http::{API_PATH, Problem, from_json, from_pairs, read};
use serde::Serialize;
use serde::de::DeserializeOwned;
use utoipa::ToSchema;

use crate::stored_answer::SecretMember;

/// The items on a page if the request has no `limit`.
const DEFAULT_LIMIT: i64 = 100;
/// The maximum number of items on a page.
const MAX_LIMIT: i64 = 500;
/// What bodies are in.
const MEDIA_TYPE: &str = "application/json";
/// The maximum length of a name or label, in characters.
pub(crate) const MAX_NAME_CHARS: usize = 200;

/// The JSON object in the body, with the keys of `T` and no others.
pub(crate) struct Fields<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Fields<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Problem> {
        match from_json(read(request, MEDIA_TYPE).await?) {
            Ok(fields) => Ok(Self(fields)),
            Err(misfit) => Err(Problem::invalid(misfit.to_string())),
        }
    }
}

/// The query string, with the keys of `T` and no others.
#[derive(Clone, Copy, Debug)]
pub struct Params<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let pairs = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri);
        let pairs = pairs.map(|Query(pairs)| pairs);
        let pairs = pairs.map_err(|_| Problem::unreadable("the query string cannot be read"))?;
        from_pairs(pairs)
            .map(Self)
            .map_err(|misfit| Problem::unreadable(misfit.to_string()))
    }
}

/// The segment `{id}` of the path, decoded.
#[derive(Clone, Debug)]
pub struct Id(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        Ok(Self(segment(parts, "id").await?))
    }
}

/// The segments `{id}` and `{session}` of the path, decoded.
#[derive(Clone, Debug)]
pub(crate) struct Ids {
    pub(crate) id: String,
    pub(crate) session: String,
}

impl<S: Send + Sync> FromRequestParts<S> for Ids {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        Ok(Self {
            id: segment(parts, "id").await?,
            session: segment(parts, "session").await?,
        })
    }
}

/// Returns the variable segment of the path with this name, decoded.
///
/// # Errors
/// 404 when it does not decode to UTF-8.
pub async fn segment(parts: &mut Parts, name: &str) -> Result<String, Problem> {
    let segments = RawPathParams::from_request_parts(parts, &()).await.ok();
    let segments = segments.iter().flatten();
    let mut named = segments.filter(|(key, _)| *key == name);
    match named.next() {
        Some((_, segment)) => Ok(segment.to_owned()),
        None => Err(Problem::not_found("the resource in the path")),
    }
}

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct List<T> {
    /// The items of the page. A page can have fewer items than `limit`, even none, although there is a next page.
    items: Vec<T>,
    /// The value of `after` for the next page. Absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

impl<T> List<T> {
    pub(crate) fn of<D>(items: Vec<D>, next: Option<String>) -> Json<Self>
    where
        T: From<D>,
    {
        let items = items.into_iter().map(T::from).collect();
        Json(Self { items, next })
    }
}

/// Returns the number of items that a page may have, at most [`MAX_LIMIT`].
///
/// # Errors
/// 400 when `limit` is less than 1.
pub(crate) fn limit(given: Option<i64>) -> Result<usize, Problem> {
    match given.unwrap_or(DEFAULT_LIMIT) {
        limit @ 1.. => Ok(limit.min(MAX_LIMIT) as usize),
        _ => Err(Problem::invalid("`limit` must be at least 1")),
    }
}

/// Returns one page of a list that is completely in memory, and the `next` of that page. The list must be sorted by id.
pub(crate) fn page<D>(
    items: Vec<D>,
    id: impl Fn(&D) -> &str,
    after: Option<&str>,
    limit: usize,
) -> (Vec<D>, Option<String>) {
    let mut items: Vec<D> = match after {
        Some(after) => items.into_iter().filter(|item| id(item) > after).collect(),
        None => items,
    };
    let more = items.len() > limit;
    items.truncate(limit);
    let next = items
        .last()
        .filter(|_| more)
        .map(|item| id(item).to_owned());
    (items, next)
}

/// Checks that a text can be the id of a user.
///
/// # Errors
/// 404 when there can be no such user.
pub(crate) fn check_user_id(id: &str) -> Result<(), Problem> {
    match is_id(id) {
        true => Ok(()),
        false => Err(Problem::not_found(format!("user `{}`", shown(id)))),
    }
}

/// Validates a display name and returns it trimmed. `key` is the name of the field, for the error.
///
/// # Errors
/// 400 when the name is empty, has more than 200 characters, or contains control characters.
pub fn name(key: &str, given: &str) -> Result<String, Problem> {
    let name = given.trim();
    let fits = !name.is_empty()
        && name.chars().count() <= MAX_NAME_CHARS
        && !name.chars().any(char::is_control);
    match fits {
        true => Ok(name.to_owned()),
        false => Err(Problem::invalid(format!(
            "`{key}` must be 1 to {MAX_NAME_CHARS} printable characters"
        ))),
    }
}

/// Validates a display name that must be read back as it was put, as [`name`] does.
///
/// # Errors
/// Those of [`name`], and 400 for spaces around the name, which are not kept.
pub(crate) fn exact_name(key: &str, given: &str) -> Result<String, Problem> {
    let name = name(key, given)?;
    match name == given {
        true => Ok(name),
        false => Err(Problem::invalid(format!(
            "`{key}` must not begin or end with a space: it is read back as it was put"
        ))),
    }
}

/// Returns a 201 with the created item and its `Location`. A `GET` of that path, relative to `/api/v1`, must exist.
pub(crate) fn created(path: &str, body: &impl Serialize) -> Response {
    let mut response = (StatusCode::CREATED, Json(body)).into_response();
    if let Ok(location) = HeaderValue::try_from(format!("{API_PATH}{path}")) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

/// Returns how long something lasts that expires in `seconds`.
///
/// # Errors
/// `invalid_value` outside of the bounds.
pub(crate) fn expiry(seconds: u32, bounds: RangeInclusive<u32>) -> Result<Duration, Problem> {
    match bounds.contains(&seconds) {
        true => Ok(Duration::from_secs(u64::from(seconds))),
        false => Err(Problem::invalid(format!(
            "`expires_in` must be {} to {} seconds",
            bounds.start(),
            bounds.end()
        ))),
    }
}

/// Returns the response of a creation, whose member `secret` is shown this once: a repetition gets it without.
pub(crate) fn with_secret(mut response: Response, secret: &'static str) -> Response {
    response.extensions_mut().insert(SecretMember(secret));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_follow_one_another() {
        let all = || vec!["a", "b", "c"];
        let id = |item: &&'static str| -> &'static str { item };
        for (after, limit, items, next) in [
            (None, 2, vec!["a", "b"], Some("b")),
            (Some("b"), 2, vec!["c"], None),
            (Some("c"), 2, vec![], None),
            (None, 3, vec!["a", "b", "c"], None),
        ] {
            let next = next.map(str::to_owned);
            assert_eq!(page(all(), |item| id(item), after, limit), (items, next));
        }
    }

    #[test]
    fn limits_and_names_are_bounded() {
        assert_eq!(limit(None).ok(), Some(100));
        assert_eq!(limit(Some(9_999)).ok(), Some(500));
        assert!(limit(Some(0)).is_err());
        assert!(name("label", " Okta ").is_ok_and(|name| name == "Okta"));
        assert!(exact_name("label", "Okta X").is_ok_and(|name| name == "Okta X"));
        assert!(exact_name("label", " Okta").is_err());
        assert!(name("label", "  ").is_err());
        assert!(name("label", &"x".repeat(201)).is_err());
    }
}
