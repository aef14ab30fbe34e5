//! What looks like a secret: by the name of an attribute or parameter, and by the shape of a text. Logs, the journal and
//! the bus never contain it.

use std::borrow::Cow;

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
/// The beginnings of credentials of well-known services, and of this one.
const BEGINNINGS: [&str; 19] = [
    "rcs_",
    "rco_",
    "rca_",
    "rcx_",
    "rcl_",
    "rck_",
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
    let words = without_literals(text);
    words.split([' ', '(', ')', '[', ']']).any(is_secret_name)
}

/// Returns a filter without its literals, in double or single quotes, where a backslash escapes a character. A literal
/// without an end is left as it is.
fn without_literals(text: &str) -> String {
    let mut words = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(begin) = rest.find(['"', '\'']) {
        let (before, literal) = rest.split_at(begin);
        words.push_str(before);
        words.push(' ');
        let Some(end) = end_of_literal(literal) else {
            rest = literal;
            break;
        };
        rest = &literal[end..];
    }
    words + rest
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
    let mut follows_scheme = false;
    for piece in text.split_inclusive(is_end) {
        let word = piece.trim_end_matches(is_end);
        let end = &piece[word.len()..];
        if word.is_empty() {
            clean.push_str(end);
            continue;
        }
        match follows_scheme && word.len() >= MIN_CREDENTIAL || is_credential(word) {
            true => clean.push_str(REDACTED),
            false => clean.push_str(&without_parameters(word)),
        }
        clean.push_str(end);
        follows_scheme = ["bearer", "basic", "ssws"].contains(&&*word.to_lowercase());
    }
    match clean == text {
        true => Cow::Borrowed(text),
        false => Cow::Owned(clean),
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
        let begins = BEGINNINGS.iter().any(|begin| part.starts_with(begin));
        begins && part.len() >= MIN_CREDENTIAL || is_json_web_token(part)
    })
}

/// Returns whether a word is a JSON web token: three parts in base64url, of which the first is a JSON object.
fn is_json_web_token(word: &str) -> bool {
    let is_part = |part: &str| {
        let is_digit = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        part.bytes().all(is_digit)
    };
    word.starts_with("eyJ") && word.split('.').count() >= 3 && word.split('.').all(is_part)
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
            ("userName eq \"o'hara\" and pwd eq \"x\"", true),
            ("", false),
        ] {
            assert_eq!(names_secret(filter), names, "{filter}");
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
