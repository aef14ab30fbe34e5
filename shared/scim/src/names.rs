//! The form of names: attributes and the URNs of schemas.

/// Whether text looks like the URN of a schema, because it ends like `:2.0:User`.
pub(crate) fn is_versioned_urn(text: &str) -> bool {
    let mut parts = text.rsplitn(3, ':');
    let (Some(name), Some(version), Some(namespace)) = (parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    is_name(name)
        && is_urn(namespace)
        && version
            .split_once('.')
            .is_some_and(|(major, minor)| is_number(major) && is_number(minor))
}

/// Whether text is an ATTRNAME (RFC 7643 §2.1), or a name with a leading `$` such as `$ref`.
pub(crate) fn is_name(text: &str) -> bool {
    let text = text.strip_prefix('$').unwrap_or(text);
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

/// Whether text can identify a schema: it starts like a URN or URL and has no reserved characters.
pub(crate) fn is_urn(text: &str) -> bool {
    let reserved = |c: char| c.is_whitespace() || c.is_control() || "[]()\"".contains(c);
    let begins = |scheme: &str| {
        text.get(..scheme.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    };
    (begins("urn:") || begins("http://") || begins("https://")) && !text.contains(reserved)
}
