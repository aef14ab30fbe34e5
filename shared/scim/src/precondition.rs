//! `If-Match` and `If-None-Match` (RFC 7644 §3.14, RFC 9110 §13.1).

use crate::error::{Error, quoted};

/// The conditions that a request sets on the version of a resource. Both headers are optional.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Precondition {
    if_match: Option<Tags>,
    if_none_match: Option<Tags>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Tags {
    Any,
    OneOf(Vec<String>),
}

impl Precondition {
    /// Creates a precondition that sets no condition.
    pub fn none() -> Self {
        Precondition::default()
    }

    /// Parses the values of the two headers. Each is `*` or a comma-separated list of ETags.
    ///
    /// # Errors
    /// `InvalidSyntax` when a header has another form.
    pub fn new(if_match: Option<&str>, if_none_match: Option<&str>) -> Result<Self, Error> {
        Ok(Precondition {
            if_match: tags("If-Match", if_match)?,
            if_none_match: tags("If-None-Match", if_none_match)?,
        })
    }

    /// Whether the request sets no condition.
    pub fn is_none(&self) -> bool {
        self.if_match.is_none() && self.if_none_match.is_none()
    }

    /// Whether the conditions allow a write to a resource with this `meta.version`.
    pub fn allows_write(&self, current_version: &str) -> bool {
        let holds = |tags: &Tags| tags.contain(current_version);
        self.if_match.as_ref().is_none_or(holds) && !self.not_modified(current_version)
    }

    /// Whether a read of a resource with this `meta.version` returns "304 Not Modified".
    pub fn not_modified(&self, current_version: &str) -> bool {
        self.if_none_match
            .as_ref()
            .is_some_and(|tags| tags.contain(current_version))
    }
}

impl Tags {
    /// Compares weakly (RFC 9110 §8.8.3.2): `W/"1"` and `"1"` name the same version.
    fn contain(&self, version: &str) -> bool {
        match self {
            Tags::Any => true,
            Tags::OneOf(tags) => opaque(version).is_some_and(|v| tags.iter().any(|tag| tag == v)),
        }
    }
}

fn tags(header: &str, text: Option<&str>) -> Result<Option<Tags>, Error> {
    let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    if text == "*" {
        return Ok(Some(Tags::Any));
    }
    let malformed = || {
        let text = quoted(text);
        Error::InvalidSyntax(format!(
            "`{header}` must be `*` or a list of versions as in `meta.version`, not {text}"
        ))
    };
    let versions = text.split(',').map(str::trim).filter(|v| !v.is_empty());
    let opaque = |version| opaque(version).map(str::to_owned);
    let versions: Option<Vec<String>> = versions.map(opaque).collect();
    versions.map(|v| Some(Tags::OneOf(v))).ok_or_else(malformed)
}

/// Returns the opaque tag of a version, without `W/` and quotes. Quotes are optional.
fn opaque(version: &str) -> Option<&str> {
    let strong = version
        .strip_prefix("W/")
        .or_else(|| version.strip_prefix("w/"))
        .unwrap_or(version);
    let opaque = match strong.strip_prefix('"') {
        Some(open) => open.strip_suffix('"')?,
        None => strong,
    };
    (!opaque.contains('"')).then_some(opaque)
}

#[cfg(test)]
mod tests {
    use super::*;

    const VERSION: &str = "W/\"7\"";

    fn check(if_match: Option<&str>, if_none_match: Option<&str>, write: bool, same: bool) {
        let condition = Precondition::new(if_match, if_none_match).expect("well-formed");
        assert_eq!(condition.allows_write(VERSION), write, "{condition:?}");
        assert_eq!(condition.not_modified(VERSION), same, "{condition:?}");
    }

    #[test]
    fn conditions() {
        check(None, None, true, false);
        check(Some(""), Some(" "), true, false);
        check(Some("*"), None, true, false);
        check(Some("W/\"7\""), None, true, false);
        check(Some("\"7\""), None, true, false);
        check(Some("7"), None, true, false);
        check(Some("W/\"6\""), None, false, false);
        check(Some("W/\"6\", W/\"7\""), None, true, false);
        check(None, Some("W/\"7\""), false, true);
        check(None, Some("*"), false, true);
        check(None, Some("\"6\",\"8\""), true, false);
        check(Some("W/\"7\""), Some("W/\"6\""), true, false);
    }

    #[test]
    fn malformed() {
        for text in ["\"", "W/\"7", "\"a\"b\"", "W/7\""] {
            let error = Precondition::new(Some(text), None);
            assert!(matches!(error, Err(Error::InvalidSyntax(_))), "{text}");
        }
        assert!(Precondition::none().is_none());
    }
}
