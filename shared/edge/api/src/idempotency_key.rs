//! `Idempotency-Key`: a POST that is repeated under its key changes nothing again, and gets the answer of the first.
//!
//! The layer reads the key and the body. The extractors of callers claim the key once they know the tenant and the caller,
//! so a handler does nothing for it. After the handler, the layer stores the answer of a request that changed something.

use std::sync::{Arc, Mutex, PoisonError};

use axum::body::{Body, to_bytes};
use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::Method;
use http::request::Parts;
use rollcall_directory::{Directory, Reason, Repeat, RepeatKey, Repeated, StoredAnswer, Tenant};
use rollcall_edge_http::{Problem, Unreadable};
use rollcall_scim::limits::MAX_BODY_BYTES;

use crate::stored_answer::{kept, replay};

/// The header with the key.
pub(crate) const IDEMPOTENCY_KEY: &str = "idempotency-key";
/// The longest key, in characters.
const MAX_CHARS: usize = 255;
/// How the paths of POSTs end for which a key has no meaning: what a session may do is asked, a sign-in is new each time,
/// and the others do the rest when they are sent again.
const EXEMPT: [&str; 6] = [
    "/sessions/introspect",
    "/sso/logins",
    "/erasure",
    "/remedies",
    "/held",
    "/bindings",
];

/// How the paths of POSTs end whose change can take several transactions. If the answer is missing, the change may be half
/// done: the same request again does the rest, which repeats nothing, and answers.
const COMPLETED: [&str; 1] = ["/restore"];

/// Returns whether a key has no meaning for the POST of a path.
pub(crate) fn is_exempt(path: &str) -> bool {
    EXEMPT.iter().any(|end| path.ends_with(end))
}

/// A key in a request, for the extractor that claims it.
#[derive(Clone, Debug)]
pub(crate) struct Presented {
    key: RepeatKey,
    /// Whether the request does the rest of a change that was begun.
    completes: bool,
    state: Arc<Mutex<Option<Claimed>>>,
}

/// What a claim has found.
#[derive(Debug)]
enum Claimed {
    /// The request is carried out, or the rest of it.
    First(Repeat),
    /// The request was carried out before. This is the answer.
    Answered(StoredAnswer),
}

/// Reads the key of a POST, and stores the answer.
pub(crate) async fn layer(request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    if !is_meant(&parts) {
        return next.run(Request::from_parts(parts, body)).await;
    }
    let Ok(bytes) = to_bytes(body, MAX_BODY_BYTES).await else {
        return Problem::from(Unreadable::TooLarge).into_response();
    };
    let presented = match presented(&parts, &bytes) {
        Ok(presented) => presented,
        Err(problem) => return problem.into_response(),
    };
    parts.extensions.insert(presented.clone());
    let request = Request::from_parts(parts, Body::from(bytes));
    presented.settled(next.run(request).await).await
}

fn is_meant(parts: &Parts) -> bool {
    let path = parts.extensions.get::<MatchedPath>();
    parts.method == Method::POST
        && parts.headers.contains_key(IDEMPOTENCY_KEY)
        && path.is_some_and(|path| !is_exempt(path.as_str()))
}

/// Returns the key in the headers.
///
/// # Errors
/// 400 when there are several, or one that is not allowed.
fn presented(parts: &Parts, body: &[u8]) -> Result<Presented, Problem> {
    let mut keys = parts.headers.get_all(IDEMPOTENCY_KEY).iter();
    let key = match (keys.next(), keys.next()) {
        (Some(key), None) => key.to_str().unwrap_or_default(),
        _ => "",
    };
    if key.is_empty() || key.len() > MAX_CHARS || !key.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(Problem::invalid(format!(
            "send one `Idempotency-Key` of 1 to {MAX_CHARS} visible ASCII characters, such as a UUID"
        )));
    }
    let target = parts.uri.path_and_query();
    let target = target.map_or(parts.uri.path(), |target| target.as_str());
    // The digest is one of a text, and a body that is no text is refused in any case.
    let body = String::from_utf8_lossy(body);
    let path = parts.extensions.get::<MatchedPath>();
    let completes = |path: &MatchedPath| COMPLETED.iter().any(|end| path.as_str().ends_with(end));
    Ok(Presented {
        key: RepeatKey::new(key, [parts.method.as_str(), target, &body]),
        completes: path.is_some_and(completes),
        state: Arc::default(),
    })
}

/// Claims the key of a request in a tenant, if it has one. Returns the tenant in which the request is carried out.
///
/// # Errors
/// 409 when the request was carried out before, 422 when the key belongs to another request.
pub(crate) async fn claim(parts: &Parts, tenant: Tenant) -> Result<Tenant, Problem> {
    let Some(presented) = parts.extensions.get::<Presented>() else {
        return Ok(tenant);
    };
    let found = tenant.repeated(&presented.key).await?;
    let repeat = presented.first(found)?;
    Ok(tenant.attempting(&repeat))
}

/// Claims the key of a request in the stack, as [`claim`] does. `service_key` is the id of the caller's key.
///
/// # Errors
/// As for [`claim`].
pub(crate) async fn claim_in_stack(
    parts: &Parts,
    directory: Directory,
    service_key: &str,
) -> Result<Directory, Problem> {
    let Some(presented) = parts.extensions.get::<Presented>() else {
        return Ok(directory);
    };
    let found = directory.repeated(&presented.key, service_key).await?;
    let repeat = presented.first(found)?;
    Ok(directory.attempting(&repeat))
}

impl Presented {
    /// Returns the request if it is the first under its key, or completes what the first has begun.
    fn first(&self, found: Repeated) -> Result<Repeat, Problem> {
        match found {
            Repeated::First(repeat) => {
                self.note(Claimed::First(repeat.clone()));
                Ok(repeat)
            }
            Repeated::Answered(answer) => {
                self.note(Claimed::Answered(answer));
                Err(in_use(true, 0))
            }
            Repeated::Unanswered { begun, .. } if self.completes => {
                self.note(Claimed::First(begun.clone()));
                Ok(begun)
            }
            other => Err(refused(&other)),
        }
    }

    fn note(&self, claimed: Claimed) {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = Some(claimed);
    }

    /// Stores the answer of a request that changed something. Returns the answer, or the one of before.
    async fn settled(self, response: Response) -> Response {
        let claimed = self
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let repeat = match claimed {
            None => return response,
            Some(Claimed::Answered(answer)) => return replay(answer),
            Some(Claimed::First(repeat)) => repeat,
        };
        if response.extensions().get::<Reason>() == Some(&Reason::IdempotencyKeyInUse) {
            // An equal request has made the change meanwhile.
            return match repeat.look_up().await {
                Ok(Repeated::Answered(answer)) => replay(answer),
                Ok(Repeated::First(_)) => in_use(true, 2).into_response(),
                Ok(other) => refused(&other).into_response(),
                Err(error) => Problem::from(error).into_response(),
            };
        }
        if !repeat.is_made() || !response.status().is_success() {
            return response;
        }
        let (response, answer) = kept(response).await;
        if let Some(answer) = answer
            && let Err(error) = repeat.store(&answer).await
        {
            let error: &dyn std::error::Error = &error;
            tracing::warn!(
                error,
                "the answer to a request with an idempotency key was not stored"
            );
        }
        response
    }
}

fn refused(found: &Repeated) -> Problem {
    match found {
        Repeated::Another => Problem::new(
            Reason::IdempotencyKeyReused,
            "this `Idempotency-Key` was used for another request within the last day; choose a new one",
        ),
        Repeated::Unanswered {
            is_recent,
            retry_after,
            ..
        } => in_use(*is_recent, *retry_after),
        Repeated::First(_) | Repeated::Answered(_) => in_use(true, 2),
    }
}

fn in_use(is_recent: bool, retry_after: u32) -> Problem {
    let detail = match is_recent {
        true => {
            "a request with this `Idempotency-Key` is under way; send it again in a moment for its answer"
        }
        false => {
            "the request with this `Idempotency-Key` made its change, but its answer was lost; read what it changed, \
             and use a new key to change more"
        }
    };
    Problem::new(Reason::IdempotencyKeyInUse, detail).after(retry_after)
}
