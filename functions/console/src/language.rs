//! The language of a visit: chosen by the visitor and kept in a cookie, else asked for by the browser, else English.
//!
//! It belongs to the task that answers the request, so that every function that writes for people writes in it without
//! being told. What stands outside of a request (a test, a tool) is in English.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use cookie::{Cookie, SameSite};
use http::header::{ACCEPT_LANGUAGE, CONTENT_LANGUAGE, CONTENT_TYPE, COOKIE, REFERER, VARY};
use http::{HeaderMap, HeaderValue, Method};
use rollcall_edge_http::{CONSOLE_PATH, Root, Visit};

/// The cookie with the choice, which says nothing about the visitor but that.
const COOKIE_NAME: &str = "language";
/// How long a choice is kept, in days.
const COOKIE_DAYS: i64 = 365;
/// What a page in some language depends on.
pub(crate) const VARIES: &str = "accept-language, cookie";

/// A language in which the console has all messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Language {
    #[default]
    English,
    German,
}

impl Language {
    pub(crate) const ALL: [Self; 2] = [Self::English, Self::German];

    /// The tag of the language (BCP 47), which is also the folder of its catalogues.
    pub(crate) fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }

    /// The language's name for itself.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::German => "Deutsch",
        }
    }

    /// What stands between the thousands of a number.
    pub(crate) fn group_separator(self) -> char {
        match self {
            Self::English => ',',
            Self::German => '.',
        }
    }

    /// What stands before the decimals of a number.
    pub(crate) fn decimal_separator(self) -> char {
        match self {
            Self::English => '.',
            Self::German => ',',
        }
    }

    /// Puts the separators of a language into the digits of a whole number.
    pub(crate) fn grouped(self, digits: &str) -> String {
        let mut shown = String::new();
        for (at, digit) in digits.char_indices() {
            let is_between = shown.ends_with(|c: char| c.is_ascii_digit());
            if is_between && (digits.len() - at).is_multiple_of(3) {
                shown.push(self.group_separator());
            }
            shown.push(digit);
        }
        shown
    }

    /// The language of a tag: its first part decides, so `de-AT` is German.
    pub(crate) fn tagged(tag: &str) -> Option<Self> {
        let first = tag.split('-').next().unwrap_or_default();
        let mut all = Self::ALL.into_iter();
        all.find(|language| language.tag().eq_ignore_ascii_case(first))
    }

    /// The language of a visit.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        chosen(headers)
            .or_else(|| asked(headers))
            .unwrap_or_default()
    }
}

/// What the visitor chose.
fn chosen(headers: &HeaderMap) -> Option<Language> {
    let cookies = headers.get_all(COOKIE).into_iter();
    let mut cookies = cookies
        .filter_map(|header| header.to_str().ok())
        .flat_map(Cookie::split_parse)
        .filter_map(Result::ok);
    let choice = cookies.find(|cookie| cookie.name() == COOKIE_NAME)?;
    Language::tagged(choice.value())
}

/// What the browser asks for: the language of the highest weight that the console has (RFC 9110, section 12.5.4).
fn asked(headers: &HeaderMap) -> Option<Language> {
    let headers = headers.get_all(ACCEPT_LANGUAGE).into_iter();
    let ranges = headers
        .filter_map(|header| header.to_str().ok())
        .flat_map(|header| header.split(','));
    let mut best: Option<(f32, Language)> = None;
    for (tag, weight) in ranges.filter_map(range) {
        let language = match tag {
            "*" => Some(Language::default()),
            tag => Language::tagged(tag),
        };
        // Of the same weight, the first counts.
        if let Some(language) = language
            && weight > best.map_or(0.0, |(best, _)| best)
        {
            best = Some((weight, language));
        }
    }
    best.map(|(_, language)| language)
}

/// Reads a range and its weight, which is 1 unless given. One that cannot be read is ignored.
fn range(text: &str) -> Option<(&str, f32)> {
    let mut parts = text.split(';').map(str::trim);
    let tag = parts.next().filter(|tag| !tag.is_empty())?;
    let weight = parts.find_map(|part| part.strip_prefix("q=").or(part.strip_prefix("Q=")));
    let weight = weight.map_or(Ok(1.0), |weight| weight.trim().parse());
    let weight = weight.ok().filter(|weight| (0.0..=1.0).contains(weight))?;
    Some((tag, weight))
}

/// Builds the cookie that keeps a choice.
pub(crate) fn cookie(root: &Root, language: Language) -> String {
    Cookie::build((COOKIE_NAME, language.tag()))
        .path(format!("{}{CONSOLE_PATH}", root.mount()))
        .http_only(true)
        .secure(root.is_secure())
        .same_site(SameSite::Lax)
        .max_age(cookie::time::Duration::days(COOKIE_DAYS))
        .to_string()
}

/// What the task that answers a request knows about the visit.
#[derive(Clone, Debug, Default)]
struct Visited {
    language: Language,
    /// The address of the page below the console's path, if it can be asked for again.
    here: Option<String>,
}

tokio::task_local! {
    static VISITED: Visited;
}

/// The language in which this task writes.
pub(crate) fn spoken() -> Language {
    VISITED
        .try_with(|visited| visited.language)
        .unwrap_or_default()
}

/// The tag of that language.
pub(crate) fn tag() -> &'static str {
    spoken().tag()
}

/// The other languages, to choose from.
pub(crate) fn others() -> Vec<Language> {
    let spoken = spoken();
    let others = Language::ALL.into_iter();
    others.filter(|other| *other != spoken).collect()
}

/// The address to come back to after a choice, below the console's path.
pub(crate) fn here() -> String {
    let here = VISITED.try_with(|visited| visited.here.clone());
    here.ok().flatten().unwrap_or_default()
}

/// Whether a language can be chosen here: only a page that can be asked for again, since the answer to a form (a new
/// secret, or what was typed) would be lost.
pub(crate) fn can_choose() -> bool {
    VISITED
        .try_with(|visited| visited.here.is_some())
        .unwrap_or_default()
}

/// Runs a function that writes in this language.
pub(crate) fn with<T>(language: Language, write: impl FnOnce() -> T) -> T {
    let visited = Visited {
        language,
        here: VISITED
            .try_with(|visited| visited.here.clone())
            .ok()
            .flatten(),
    };
    VISITED.sync_scope(visited, write)
}

/// Runs a function that writes an error in the language of the visit, from where a choice comes back to the page: the one
/// that was asked for, or the one with the form.
pub(crate) fn with_error<T>(visit: &Visit, write: impl FnOnce() -> T) -> T {
    let visited = Visited {
        language: Language::of(&visit.headers),
        here: asked_for(visit).or_else(|| came_from(visit)),
    };
    VISITED.sync_scope(visited, write)
}

/// The address that was asked for, below the console's path.
fn asked_for(visit: &Visit) -> Option<String> {
    let address = visit.address.as_deref()?;
    address.strip_prefix(CONSOLE_PATH).map(str::to_owned)
}

/// The address of the page of the console that sent a form, below the console's path.
fn came_from(visit: &Visit) -> Option<String> {
    let from = visit.headers.get(REFERER)?.to_str().ok()?;
    let below = from.strip_prefix(visit.root.as_str())?;
    let below = below.strip_prefix(CONSOLE_PATH)?;
    let is_below = below.is_empty() || below.starts_with(['/', '?']);
    is_below.then(|| below.to_owned())
}

/// Awaits what writes in this language, such as a file that is the same for everyone.
pub(crate) async fn within<T>(language: Language, writing: impl Future<Output = T>) -> T {
    let visited = Visited {
        language,
        here: None,
    };
    VISITED.scope(visited, writing).await
}

/// Answers a request in the language of the visit, and says so on pages.
pub(crate) async fn speak(request: Request, next: Next) -> Response {
    let language = Language::of(request.headers());
    let here = (request.method() == Method::GET).then(|| {
        let uri = request.uri();
        let address = uri.path_and_query().map_or(uri.path(), |all| all.as_str());
        let below = address.strip_prefix(CONSOLE_PATH);
        below.unwrap_or_default().to_owned()
    });
    let visited = Visited { language, here };
    let mut response = VISITED.scope(visited, next.run(request)).await;
    let headers = response.headers_mut();
    let kind = headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    if kind.is_some_and(|kind| kind.starts_with(b"text/html")) {
        headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static(language.tag()));
        headers.append(VARY, HeaderValue::from_static(VARIES));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn language(accepted: &str, cookie: &str) -> Language {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT_LANGUAGE, HeaderValue::try_from(accepted).unwrap());
        headers.insert(COOKIE, HeaderValue::try_from(cookie).unwrap());
        Language::of(&headers)
    }

    #[test]
    fn the_choice_counts_then_the_browser_then_english() {
        for (accepted, cookie, expected) in [
            ("", "", Language::English),
            ("de", "", Language::German),
            ("de-AT", "", Language::German),
            ("DE-at;q=0.3, fr", "", Language::German),
            (
                "fr-CH, fr;q=0.9, en;q=0.8, de;q=0.7, *;q=0.5",
                "",
                Language::English,
            ),
            ("en;q=0.5, de;q=0.8", "", Language::German),
            ("en;q=0.5,de;q=0.5", "", Language::English),
            ("de;q=0", "", Language::English),
            ("*", "", Language::English),
            ("de;q=2, en;q=0.1", "", Language::English),
            (",;q=,de;q=x;", "", Language::English),
            ("den", "", Language::English),
            ("en", "a=b; language=de", Language::German),
            ("de", "language=en", Language::English),
            ("de", "language=xx", Language::German),
        ] {
            assert_eq!(language(accepted, cookie), expected, "{accepted} {cookie}");
        }
    }

    #[test]
    fn a_task_writes_in_its_language() {
        assert_eq!(tag(), "en");
        with(Language::German, || {
            assert_eq!(tag(), "de");
            assert_eq!(others(), [Language::English]);
        });
    }
}
