//! What a PATCH operation does, and where.

use serde_json::Value;

use crate::dialect;
use crate::error::{Error, quoted};
use crate::filter::Filter;
use crate::path::AttrPath;

/// What an operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    Add,
    Replace,
    Remove,
}

impl Verb {
    /// Reads `op`, in any case.
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

/// Where an operation does it.
pub(super) struct Target {
    pub(super) path: AttrPath,
    pub(super) filter: Option<Filter>,
    /// Whether a `path` names it. What a key of a value names by the way is not worth an error.
    pub(super) explicit: bool,
}
