//! The choice of a language: a form on every page, which works before a visitor is signed in, too. It changes nothing but
//! a cookie.

use axum::body::to_bytes;
use axum::extract::Request;
use axum::response::Response;
use http::header::{HeaderValue, SET_COOKIE};
use rollcall_edge_http::{CONSOLE_PATH, Problem, Root};
use serde::Deserialize;

use crate::language::{Language, cookie};
use crate::layout::redirect;
use crate::messages::t;
use crate::visitor::is_same_origin;

/// The longest form, in bytes. The address of a page is the longest part of it.
const MAX_FORM_BYTES: usize = 16 * 1024;

#[derive(Debug, Deserialize)]
struct Choice {
    /// The tag of the language.
    to: String,
    /// The page to come back to, below the console's path.
    #[serde(default)]
    back: String,
}

/// Keeps the choice and goes back to the page.
pub(crate) async fn choose(root: Root, request: Request) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    if !is_same_origin(&parts, &root) {
        return Err(Problem::forbidden(t("error-other-site").plain()));
    }
    let body = to_bytes(body, MAX_FORM_BYTES).await;
    let body = body.map_err(|_| Problem::unreadable(t("error-form-too-long").plain()))?;
    let choice: Option<Choice> = serde_urlencoded::from_bytes(&body).ok();
    let chosen = choice.and_then(|choice| Some((Language::tagged(&choice.to)?, choice.back)));
    let (language, back) =
        chosen.ok_or_else(|| Problem::invalid(t("error-form-unreadable").plain()))?;
    let mut response = redirect(&format!("{}{CONSOLE_PATH}{}", root.mount(), below(&back)));
    if let Ok(cookie) = HeaderValue::try_from(cookie(&root, language)) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    Ok(response)
}

/// The address, if it is one below the console's path, and else that of the first page.
pub(super) fn below(back: &str) -> &str {
    let is_path = back.starts_with(['/', '?']);
    let is_plain = back
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    // Browsers read `%2e` as a dot.
    let path = back.split(['?', '#']).next().unwrap_or_default();
    let path = path.to_ascii_lowercase().replace("%2e", ".");
    match is_path && is_plain && !path.contains("/..") {
        true => back,
        false => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_back_stays_in_the_console() {
        for (back, expected) in [
            ("/people?text=ada", "/people?text=ada"),
            ("", ""),
            ("?done=saved", "?done=saved"),
            (".evil.example", ""),
            ("https://evil.example", ""),
            ("/../api", ""),
            ("/%2e%2e/api", ""),
            ("/.%2E/x", ""),
            ("/people?text=/..", "/people?text=/.."),
            ("?text=/..", "?text=/.."),
            ("/people\r\nset-cookie: x", ""),
            ("/\\evil", ""),
        ] {
            assert_eq!(below(back), expected, "{back}");
        }
    }
}
