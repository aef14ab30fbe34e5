//! Rules for attribute paths.

use serde_json::Value;

use crate::path::AttrPath;

/// A key of a path-less value that no schema knows is an extension when its value is an object.
///
/// `{"op": "add", "value": {"urn:x:ext": {"a": 1}}}` adds to the extension `urn:x:ext`, as a POST would,
/// and not the attribute `ext` to `urn:x`. Its other keys may be paths, as in
/// `{"name.givenName": "Ada"}` (Entra with the flag `aadOptscim062020`).
pub(crate) fn extension_key(key: &str, value: &Value) -> Option<AttrPath> {
    value.is_object().then(|| AttrPath::extended(key, ""))
}
