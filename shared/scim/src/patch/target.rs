//! The verb and the target of a PATCH operation (RFC 7644 §3.5.2).

use serde_json::Value;

use crate::dialect;
use crate::error::{Error, quoted};
use crate::filter::Filter;
use crate::path::AttrPath;

/// The kind of change, from `op`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    Add,
    Replace,
    Remove,
}

impl Verb {
    /// Parses `op`.
    pub(super) fn parse(op: Option<Value>) -> Result<Verb, Error> {
        let name = op.as_ref().and_then(Value::as_str).unwrap_or_default();
        match dialect::values::op_name(name).as_str() {
            "add" => Ok(Verb::Add),
            "replace" => Ok(Verb::Replace),
            "remove" => Ok(Verb::Remove),
            _ => Err(Error::InvalidSyntax(format!(
                "`op` must be `add`, `replace` or `remove`, not {}",
                quoted(name)
            ))),
        }
    }
}

/// The values that an operation changes.
pub(super) struct Target {
    pub(super) path: AttrPath,
    pub(super) filter: Option<Filter>,
    /// Whether the `path` of the operation names the attribute.
    ///
    /// If a key of the `value` names it instead, the operation skips a read-only attribute without an
    /// error.
    pub(super) explicit: bool,
}
