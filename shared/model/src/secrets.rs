//! What looks like a secret: by the name of an attribute or parameter, and by the shape of a text. Logs, the journal and
//! the bus never contain it.

use std::borrow::Cow;

use serde_json::Value;

/// Takes the place of a secret.
pub const REDACTED: &str = "***";

/// Parts of names that make any name one of a secret, in lower case and without separators.
const PARTS: [&str; 17] = [
    "password",
    "passwd",
    "passphrase",
    "passcode",
    "kennwort",
    "secret",
    "token",
    "apikey",
    "accesskey",
    "privatekey",
    "signingkey",
    "encryptionkey",
    "credential",
    "authorization",
    "cookie",
    "jwt",
    "assertion",
];
/// Words that are too short to be looked for within other words.
const WORDS: [&str; 11] = [
    "pwd",
    "pass",
    "pin",
    "otp",
    "totp",
    "mfa",
    "cvv",
    "cvc",
    "ssn",
    "samlresponse",
    "sig",
];
/// What the secret of a webhook begins with. Base64 follows, which can contain a slash.
const WEBHOOK: &str = "whsec_";
/// The beginnings of credentials of well-known services, and of this one.
const BEGINNINGS: [&str; 20] = [
    "rcs_",
    "rco_",
    "rca_",
    "rcx_",
    "rcl_",
    "rck_",
    WEBHOOK,
    "ghp_",
    "gho_",
    "ghs_",
    "github_pat_",
    "glpat-",
    "xoxb-",
    "xoxp-",
    "xapp-",
    "sk_live_",
    "rk_live_",
    "sk-ant-",
    "AKIA",
    "AIza",
];
/// A credential has at least this many characters.
const MIN_CREDENTIAL: usize = 12;

/// The first part of a JSON web token has at least this many characters: `{"alg":"HS256"}` in Base64.
const MIN_TOKEN_HEADER: usize = 19;

/// Returns whether an attribute, a path or a parameter with this name holds a secret.
pub fn is_secret_name(name: &str) -> bool {
    let mut squeezed = String::with_capacity(name.len());
    let mut word = String::new();
    let mut before = ' ';
    for c in name.chars() {
        let begins = c.is_uppercase() && !before.is_uppercase();
        if (begins || !c.is_alphabetic()) && WORDS.contains(&word.as_str()) {
            return true;
        }
        if begins || !c.is_alphabetic() {
            word.clear();
        }
        if c.is_alphanumeric() {
            squeezed.extend(c.to_lowercase());
        }
        if c.is_alphabetic() {
            word.extend(c.to_lowercase());
        }
        before = c;
    }
    WORDS.contains(&word.as_str())
        || WORDS.contains(&squeezed.as_str())
        || PARTS.iter().any(|part| squeezed.contains(part))
}

/// Returns whether a query parameter with this name holds a secret. `code` is one there: the application's OAuth code.
pub fn is_secret_parameter(name: &str) -> bool {
    is_secret_name(name) || ["code", "signature", "nonce"].contains(&&*name.to_lowercase())
}

/// Returns whether a filter or a path names the attribute of a secret, outside of its literals.
pub fn names_secret(text: &str) -> bool {
    // Where a literal has no end, nobody knows what is one.
    let words = without_literals(text).unwrap_or_else(|| text.to_owned());
    words.split(is_end).any(is_secret_name)
}

/// Returns whether a filter or a path compares the attribute of a secret with a literal, or is a path with more than names
/// that names such an attribute. Then its text has the secret.
pub fn compares_secret(text: &str) -> bool {
    let is_of_name = |c: char| c.is_alphanumeric() || "_-$.:".contains(c);
    !text.chars().all(is_of_name) && names_secret(text)
}

/// Returns a filter without its literals, in double or single quotes, where a backslash escapes a character; `None` if a
/// literal has no end.
fn without_literals(text: &str) -> Option<String> {
    let mut words = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(begin) = rest.find(['"', '\'']) {
        let (before, literal) = rest.split_at(begin);
        words.push_str(before);
        words.push(' ');
        rest = &literal[end_of_literal(literal)?..];
    }
    Some(words + rest)
}

/// Returns where the literal ends that the text begins with, behind its quote.
fn end_of_literal(text: &str) -> Option<usize> {
    let mut characters = text.char_indices();
    let (_, quote) = characters.next()?;
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' => drop(characters.next()),
            _ if character == quote => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// Returns a text without what looks like a secret in it: bearer tokens, JSON web tokens, keys, well-known credentials, and
/// the values of secret parameters in URLs.
pub fn without_secrets(text: &str) -> Cow<'_, str> {
    if !is_suspicious(text) {
        return Cow::Borrowed(text);
    }
    if text.contains("PRIVATE KEY-----") {
        return Cow::Borrowed(REDACTED);
    }
    let mut clean = String::with_capacity(text.len());
    let mut scheme = Scheme::None;
    let mut in_base64 = false;
    for piece in text.split_inclusive(is_end) {
        let word = piece.trim_end_matches(is_end);
        let end = &piece[word.len()..];
        if word.is_empty() {
            clean.push_str(end);
            continue;
        }
        let is_hidden = in_base64 || scheme.is_followed_by(word) || is_credential(word);
        match is_hidden {
            true => clean.push_str(REDACTED),
            false => clean.push_str(&without_parameters(word)),
        }
        clean.push_str(end);
        let is_base64 = scheme != Scheme::None || word.contains(WEBHOOK) || in_base64;
        in_base64 = is_hidden && is_base64 && end == "/";
        scheme = Scheme::of(word);
    }
    match clean == text {
        true => Cow::Borrowed(text),
        false => Cow::Owned(clean),
    }
}

/// Returns a text without what looks like a secret in it, see [`without_secrets`].
pub fn cleaned(text: impl Into<String>) -> String {
    let text = text.into();
    match without_secrets(&text) {
        Cow::Borrowed(_) => text,
        Cow::Owned(clean) => clean,
    }
}

/// Returns a value without what looks like a secret in its texts and names, see [`without_secrets`].
pub fn cleaned_value(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(cleaned(text)),
        Value::Array(values) => values.into_iter().map(cleaned_value).collect(),
        Value::Object(object) => {
            let fields = object.into_iter();
            let fields = fields.map(|(name, value)| (cleaned(name), cleaned_value(value)));
            Value::Object(fields.collect())
        }
        other => other,
    }
}

/// A word that says that a credential follows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scheme {
    None,
    /// Any long word that follows is one.
    Bearer,
    /// Base64 follows. Groups are called `Basic Administrators`.
    Basic,
}

impl Scheme {
    fn of(word: &str) -> Self {
        match &*word.to_lowercase() {
            "bearer" | "ssws" => Self::Bearer,
            "basic" => Self::Basic,
            _ => Self::None,
        }
    }

    fn is_followed_by(self, word: &str) -> bool {
        let is_long = word.len() >= MIN_CREDENTIAL;
        match self {
            Self::None => false,
            Self::Bearer => is_long,
            Self::Basic => {
                let is_base64 = word
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || "+=-_".contains(c));
                let mut inner = word.chars().skip(1);
                is_long && is_base64 && inner.any(|c| !c.is_ascii_lowercase() && c != '-')
            }
        }
    }
}

/// Returns quickly whether a text can have a secret at all. Most have none.
fn is_suspicious(text: &str) -> bool {
    text.len() >= MIN_CREDENTIAL
        && (text.contains(['=', '-', '_', '.', ' ', '@', '+']) || is_credential(text))
}

fn is_end(c: char) -> bool {
    // Errors quote values in backticks.
    c.is_whitespace() || "\"'`<>,;()[]{}&?#/".contains(c)
}

/// Returns whether a word is a credential, or has one behind a separator, as in `name=value`.
fn is_credential(word: &str) -> bool {
    word.split(['=', ':', '|', '@']).any(|part| {
        let is_one = |begin: &&str| {
            // A slash can follow the first characters of what is Base64.
            let least = match *begin {
                WEBHOOK => WEBHOOK.len() + 1,
                _ => MIN_CREDENTIAL,
            };
            places_of(part, begin).any(|rest| rest.len() >= least)
        };
        let mut tokens = places_of(part, "eyJ").chain(places_of(part, "eyj"));
        BEGINNINGS.iter().any(is_one) || tokens.any(is_json_web_token)
    })
}

/// Returns the rests of a word that begin with a text and follow no letter or digit.
fn places_of<'a>(word: &'a str, begin: &str) -> impl Iterator<Item = &'a str> {
    let places = word.match_indices(begin);
    places.filter_map(|(at, _)| {
        let before = word[..at].chars().next_back();
        let is_begin = before.is_none_or(|before| !before.is_alphanumeric());
        is_begin.then(|| &word[at..])
    })
}

/// Returns whether a word is a JSON web token: three parts in base64url, of which the first is a JSON object. In lower case,
/// as names are compared, only a first part as long as the shortest one there is tells it from a name.
fn is_json_web_token(word: &str) -> bool {
    let is_part = |part: &str| {
        let is_digit = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        part.bytes().all(is_digit)
    };
    let first = word.split('.').next().unwrap_or_default();
    let begins = word.starts_with("eyJ") || first.len() >= MIN_TOKEN_HEADER;
    begins && word.split('.').count() >= 3 && word.split('.').all(is_part)
}

/// Returns `name=value` without the value, if the name is one of a secret, and `user:password@host` without the password.
fn without_parameters(word: &str) -> Cow<'_, str> {
    if let Some((name, value)) = word.split_once('=')
        && !value.is_empty()
        && is_secret_parameter(name)
    {
        return Cow::Owned(format!("{name}={REDACTED}"));
    }
    match word
        .split_once('@')
        .map(|(login, host)| (login.split_once(':'), host))
    {
        Some((Some((user, password)), host)) if !password.is_empty() => {
            Cow::Owned(format!("{user}:{REDACTED}@{host}"))
        }
        _ => Cow::Borrowed(word),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets() {
        for name in [
            "password",
            "Password",
            "passwd",
            "userPasswd",
            "pwd",
            "user_pwd",
            "userPwd",
            "PWD",
            "pin",
            "PIN",
            "badgePin",
            "badge-pin",
            "pin2",
            "apiKey",
            "api_key",
            "API-KEY",
            "x-api-key",
            "secret",
            "clientSecret",
            "token",
            "access_token",
            "refreshToken",
            "otp",
            "otpSeed",
            "passphrase",
            "privateKey",
            "sessionCookie",
            "urn:x:2.0:User:apiKey",
            "urn:x:2.0:User:pin",
            "urn:ietf:params:scim:schemas:core:2.0:User:password",
            "credentials",
            "Authorization",
        ] {
            assert!(is_secret_name(name), "{name}");
        }
        for name in [
            "shipping",
            "spinning",
            "userName",
            "opinion",
            "passenger",
            "compass",
            "postalCode",
            "displayName",
            "costCenter",
            "keyboard",
            "emails.value",
            "",
            "employeeNumber",
            "code",
            "signature",
        ] {
            assert!(!is_secret_name(name), "{name}");
        }
        for (filter, names) in [
            ("password eq \"x\"", true),
            ("emails[pin eq 1]", true),
            ("not (userName eq \"a\") and a.pwd pr", true),
            ("userName eq \"my password\"", false),
            (r#"displayName eq "a\"b" and password eq "x""#, true),
            (r#"userName eq 'a"b' and password eq 'x'"#, true),
            ("userName eq 'my password'", false),
            ("password eq \"x", true),
            ("password eq \"a\" x", true),
            ("\"x password eq \"hunter2\"", true),
            ("emails[pin eq \"x].value", true),
            ("userName eq \"o'hara\" and pwd eq \"x\"", true),
            ("", false),
        ] {
            assert_eq!(names_secret(filter), names, "{filter}");
        }
        for (path, compares) in [
            ("password", false),
            ("urn:x:2.0:User:apiKey", false),
            ("emails[type eq \"work\"].value", false),
            ("password[value eq x]", true),
            ("password eq x", true),
        ] {
            assert_eq!(compares_secret(path), compares, "{path}");
        }
        assert!(is_secret_parameter("code") && is_secret_parameter("Code"));
        assert!(is_secret_parameter("access_token") && !is_secret_parameter("filter"));
    }

    #[test]
    fn shapes_of_secrets() {
        let jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl-_";
        for (text, clean) in [
            (jwt, "***".to_owned()),
            (
                &format!("the token {jwt} here"),
                "the token *** here".to_owned(),
            ),
            ("Bearer abcdefghijklmnop", "Bearer ***".to_owned()),
            (
                "authorization: bearer  abcdefghijkl",
                "authorization: bearer  ***".to_owned(),
            ),
            ("Basic dXNlcjpodW50ZXIy", "Basic ***".to_owned()),
            ("Basic dXNlcjpodW50/XIyXIy", "Basic ***/***".to_owned()),
            ("whsec_C2FVsBQIhr/cChlQIMV+b5sSY", "***/***".to_owned()),
            ("whsec_C2/FVsBQIhrcChlQIMV+b5sSY", "***/***".to_owned()),
            ("my-rcs_acme_0123456789", "***".to_owned()),
            (&format!("x.{jwt}"), "***".to_owned()),
            (&jwt.to_lowercase(), "***".to_owned()),
            ("rcs_acme_0123456789", "***".to_owned()),
            (
                "User `rcs_acme_0123456789` was not found",
                "User `***` was not found".to_owned(),
            ),
            ("note=rcs_acme_0123456789", "***".to_owned()),
            (&format!("sid:{jwt}"), "***".to_owned()),
            ("ghp_0123456789abcdef", "***".to_owned()),
            ("-----BEGIN RSA PRIVATE KEY-----\nabc", "***".to_owned()),
            (
                "https://app.test/cb?code=hunter2&x=1",
                "https://app.test/cb?code=***&x=1".to_owned(),
            ),
            (
                "https://app.test/#access_token=hunter2",
                "https://app.test/#access_token=***".to_owned(),
            ),
            (
                "https://ada:hunter2@app.test/",
                "https://ada:***@app.test/".to_owned(),
            ),
        ] {
            assert_eq!(without_secrets(text), clean);
        }
        for text in [
            "Ada Lovelace",
            "ada@example.com",
            "Basic training",
            "Bearer of news",
            "Basic Administrators",
            "sources_and_more_words",
            "eyjolfur.orn.jonsson",
            "01a2051d-1111-7aaa-8bbb-0123456789ab",
            "emails[type eq \"work\"].value",
            "urn:ietf:params:scim:schemas:core:2.0:User",
            "https://app.test/p?x=1&filter=a",
            "v1.2.3",
            "",
        ] {
            assert_eq!(without_secrets(text), text);
        }
    }
}
