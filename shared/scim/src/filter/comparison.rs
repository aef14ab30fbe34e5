//! Checks that the operator, the attribute and the literal of a comparison fit together.

use serde_json::Number;

use super::ast::{CompareOp, Literal};
use crate::dialect;
use crate::error::{Error, quoted};
use crate::path::AttrPath;
use crate::schema::{Attribute, AttributeKind};
use crate::value::{self, DATE_TIME};

/// Reads a literal with quotes.
pub(super) fn quoted_literal(kind: Option<AttributeKind>, text: &str) -> Literal {
    let boolean = match kind {
        Some(AttributeKind::Boolean) => dialect::values::boolean(text),
        _ => None,
    };
    boolean.map_or_else(|| Literal::String(text.to_owned()), Literal::Bool)
}

/// Reads a literal without quotes. Returns `None` for `and`, `or` and `not`.
pub(super) fn bare_literal(kind: Option<AttributeKind>, word: &str) -> Option<Literal> {
    let is = |expected: &str| word.eq_ignore_ascii_case(expected);
    if is("and") || is("or") || is("not") {
        return None;
    }
    if is("null") {
        return Some(Literal::Null);
    }
    if let Some(text) = kind.and_then(|kind| dialect::values::bare_literal(kind, word)) {
        return Some(Literal::String(text));
    }
    Some(
        match (dialect::values::truth(word), word.parse::<Number>()) {
            (Some(value), _) => Literal::Bool(value),
            (None, Ok(number)) => Literal::Number(number),
            (None, Err(_)) => Literal::String(word.to_owned()),
        },
    )
}

/// Returns the attribute to compare. For a complex attribute, this is its `value`.
pub(super) fn compared(
    path: AttrPath,
    attribute: Option<&'static Attribute>,
) -> Result<(AttrPath, Option<&'static Attribute>), Error> {
    if path.is_whole_schema() {
        let path = quoted(&path.to_string());
        return Err(Error::InvalidFilter(format!(
            "{path} is a schema, compare one of its attributes"
        )));
    }
    match attribute.filter(|attribute| attribute.is_complex()) {
        None => Ok((path, attribute)),
        Some(complex) => match dialect::values::compared_sub_attribute(complex) {
            Some(sub) if path.sub.is_none() => Ok((path.with_sub(sub), complex.sub(sub))),
            _ => {
                let path = quoted(&path.to_string());
                Err(Error::InvalidFilter(format!(
                    "{path} is complex, compare one of its sub-attributes"
                )))
            }
        },
    }
}

/// Checks that the operator supports the attribute and the literal.
pub(super) fn check_comparable(
    path: &AttrPath,
    attribute: Option<&'static Attribute>,
    op: CompareOp,
    value: &Literal,
) -> Result<(), Error> {
    use AttributeKind::{Binary, Boolean, DateTime};
    let name = op.as_str();
    let path = quoted(&path.to_string());
    let kind = attribute.map(|attribute| attribute.kind);
    let unordered =
        matches!(kind, Some(Boolean | Binary)) || matches!(value, Literal::Bool(_) | Literal::Null);
    if op.is_ordering() && unordered {
        return Err(Error::InvalidFilter(format!(
            "{path} has no order and cannot be compared by `{name}`"
        )));
    }
    if op.is_substring() && !matches!(value, Literal::String(_)) {
        return Err(Error::InvalidFilter(format!(
            "`{name}` compares text, put the value for {path} in quotes"
        )));
    }
    match value {
        Literal::String(text)
            if kind == Some(DateTime) && !op.is_substring() && value::instant(text).is_none() =>
        {
            Err(Error::InvalidFilter(format!(
                "{path} is compared with {DATE_TIME}"
            )))
        }
        _ => Ok(()),
    }
}
