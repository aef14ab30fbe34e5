//! Rules for attribute paths.

use serde_json::Value;

use crate::path::AttrPath;
use crate::reading::Reading;

/// Reads a key of a `value` without `path` as an extension, if the value of the key is an object.
///
/// The caller has checked that no schema declares the key.
/// `{"op": "add", "value": {"urn:x:ext": {"a": 1}}}` adds to the extension `urn:x:ext`, as a POST does.
/// Without this rule, it adds the attribute `ext` to the extension `urn:x`, because keys can be paths,
/// as in `{"name.givenName": "Ada"}` (Entra with the flag `aadOptscim062020`).
pub(crate) fn extension_key(key: &str, value: &Value) -> Option<AttrPath> {
    Reading::UndeclaredExtension.note_if(value.is_object());
    value.is_object().then(|| AttrPath::extended(key, ""))
}
