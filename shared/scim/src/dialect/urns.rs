//! Rules for the URNs of schemas.

use crate::names::is_versioned_urn;
use crate::reading::Reading;
use crate::schema::ResourceType;

/// Reads a dot after the URN of a schema as the colon that belongs there.
///
/// `urn:…:enterprise:2.0:User.department` → `urn:…:enterprise:2.0:User:department`, in paths, filters and lists of
/// attributes. Clients of SCIMple send it. A URN that no schema declares ends where it looks like one: `:2.0:User`.
pub(crate) fn colon_after_urn(rt: &ResourceType, text: &str) -> Option<String> {
    let is_schema = |urn: &str| {
        urn.eq_ignore_ascii_case(rt.schema.id)
            || rt.extension(urn).is_some()
            || is_versioned_urn(urn)
    };
    let mut dots = text.match_indices('.').map(|(at, _)| at);
    let dot = dots.find(|at| is_schema(&text[..*at]))?;
    Reading::DotAfterUrn.note();
    Some(format!("{}:{}", &text[..dot], &text[dot + 1..]))
}
