//! Evaluates filters on JSON that has been checked.

#[cfg(test)]
mod tests;

use std::cmp::Ordering;

use serde_json::{Map, Number, Value};

use super::{CompareOp, Filter, Literal};
use crate::dialect;
use crate::fold::fold_unless;
use crate::path::AttrPath;
use crate::schema::{Attribute, AttributeKind, ResourceType};
use crate::value;

/// What the object at hand is, and so what its names mean.
#[derive(Clone, Copy)]
pub(crate) enum Scope {
    /// A resource.
    Resource(&'static ResourceType),
    /// A value of this complex attribute, where it is declared.
    Value(Option<&'static Attribute>),
}

impl Scope {
    /// Returns the attribute that the path names, its sub-attribute left aside.
    fn declared(self, path: &AttrPath) -> Option<&'static Attribute> {
        match self {
            Scope::Resource(rt) => rt.declared(path),
            Scope::Value(parent) => parent?.sub(&path.attribute),
        }
    }
}

/// Whether the object meets the filter.
pub(super) fn matches(filter: &Filter, object: &Map<String, Value>, scope: Scope) -> bool {
    match filter {
        Filter::And(all) => all.iter().all(|filter| matches(filter, object, scope)),
        Filter::Or(any) => any.iter().any(|filter| matches(filter, object, scope)),
        Filter::Not(filter) => !matches(filter, object, scope),
        Filter::Present(path) => visit(object, path, &mut is_present),
        Filter::Compare { path, op, value } => {
            let declared = scope.declared(path);
            let declared = match &path.sub {
                Some(sub) => declared.and_then(|attribute| attribute.sub(sub)),
                None => declared,
            };
            compare(object, path, declared, *op, value)
        }
        Filter::ValuePath { path, filter } => {
            let inner = Scope::Value(scope.declared(path));
            visit(object, path, &mut |value| {
                filter.matches_value(value, inner)
            })
        }
    }
}

/// Shows the values at a path one by one until one is taken; returns whether one was.
pub(crate) fn visit<'a>(
    object: &'a Map<String, Value>,
    path: &AttrPath,
    take: &mut dyn FnMut(&'a Value) -> bool,
) -> bool {
    let object = match &path.schema {
        None => Some(object),
        Some(urn) => match object.iter().find(|(name, _)| path.names_schema(name)) {
            Some((_, extension)) => return take(extension),
            None => get(object, urn).and_then(Value::as_object),
        },
    };
    let Some(value) = object.and_then(|object| get(object, &path.attribute)) else {
        return false;
    };
    each(value, &mut |value| match &path.sub {
        None => take(value),
        Some(sub) => value
            .as_object()
            .and_then(|object| get(object, sub))
            .is_some_and(|value| each(value, take)),
    })
}

fn each<'a>(value: &'a Value, take: &mut dyn FnMut(&'a Value) -> bool) -> bool {
    match value {
        Value::Array(values) => values.iter().any(take),
        Value::Null => false,
        value => take(value),
    }
}

/// Looks a name up as it is, and in any case where nobody declared how it is spelled.
fn get<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    object.get(name).or_else(|| {
        let found = object
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))?;
        Some(found.1)
    })
}

/// RFC 7644 §3.4.2.2: "a non-empty or non-null value, or a non-empty node for complex attributes".
fn is_present(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(values) => values.iter().any(is_present),
        Value::Object(object) => object.values().any(is_present),
        Value::Bool(_) | Value::Number(_) => true,
    }
}

fn compare(
    object: &Map<String, Value>,
    path: &AttrPath,
    declared: Option<&'static Attribute>,
    op: CompareOp,
    literal: &Literal,
) -> bool {
    let has_value = |object| visit(object, path, &mut |_| true);
    match (op, literal) {
        (CompareOp::Eq, Literal::Null) => !has_value(object),
        (CompareOp::Ne, Literal::Null) => has_value(object),
        // A value that is not there is not equal. Of several values, one that differs is enough.
        (CompareOp::Ne, literal) => {
            let literal = Operand::new(declared, literal);
            let mut differs = |value| literal.order(declared, value) != Some(Ordering::Equal);
            !has_value(object) || visit(object, path, &mut differs)
        }
        (op, literal) => {
            let literal = Operand::new(declared, literal);
            visit(object, path, &mut |value| {
                literal.holds(declared, op, value)
            })
        }
    }
}

/// The literal, prepared once for all values it is compared with.
enum Operand<'a> {
    Text(std::borrow::Cow<'a, str>),
    Instant(jiff::Timestamp, &'a str),
    Number(&'a Number),
    Bool(bool),
    Null,
}

impl<'a> Operand<'a> {
    fn new(declared: Option<&'static Attribute>, literal: &'a Literal) -> Self {
        let is_date = declared.is_some_and(|a| a.kind == AttributeKind::DateTime);
        match literal {
            Literal::String(text) => match value::instant(text).filter(|_| is_date) {
                Some(instant) => Operand::Instant(instant, text),
                None => Operand::Text(fold_unless(is_case_exact(declared), text)),
            },
            Literal::Number(number) => Operand::Number(number),
            Literal::Bool(value) => Operand::Bool(*value),
            Literal::Null => Operand::Null,
        }
    }

    fn holds(&self, declared: Option<&'static Attribute>, op: CompareOp, value: &Value) -> bool {
        match op {
            CompareOp::Co => self.in_text(declared, value, |text, part| text.contains(part)),
            CompareOp::Sw => self.in_text(declared, value, |text, part| text.starts_with(part)),
            CompareOp::Ew => self.in_text(declared, value, |text, part| text.ends_with(part)),
            CompareOp::Eq => self.order(declared, value) == Some(Ordering::Equal),
            CompareOp::Ne => self.order(declared, value) != Some(Ordering::Equal),
            CompareOp::Gt => self.order(declared, value).is_some_and(Ordering::is_gt),
            CompareOp::Ge => self.order(declared, value).is_some_and(Ordering::is_ge),
            CompareOp::Lt => self.order(declared, value).is_some_and(Ordering::is_lt),
            CompareOp::Le => self.order(declared, value).is_some_and(Ordering::is_le),
        }
    }

    fn in_text(
        &self,
        declared: Option<&'static Attribute>,
        value: &Value,
        holds: impl Fn(&str, &str) -> bool,
    ) -> bool {
        let part = match self {
            Operand::Text(part) => part.as_ref(),
            Operand::Instant(_, part) => part,
            _ => return false,
        };
        value
            .as_str()
            .is_some_and(|text| holds(&fold_unless(is_case_exact(declared), text), part))
    }

    /// Returns how the value stands to the literal; nothing where they are of different types.
    fn order(&self, declared: Option<&'static Attribute>, value: &Value) -> Option<Ordering> {
        match (self, value) {
            (Operand::Text(part), Value::String(text)) => {
                let text = fold_unless(is_case_exact(declared), text);
                Some(text.as_ref().cmp(part.as_ref()))
            }
            (Operand::Text(text), Value::Bool(value)) => {
                let same = dialect::boolean(text) == Some(*value);
                same.then_some(Ordering::Equal)
            }
            (Operand::Instant(instant, _), Value::String(text)) => {
                Some(value::instant(text)?.cmp(instant))
            }
            (Operand::Number(number), Value::Number(value)) => order_numbers(value, number),
            (Operand::Bool(literal), Value::Bool(value)) => {
                (literal == value).then_some(Ordering::Equal)
            }
            _ => None,
        }
    }
}

fn is_case_exact(declared: Option<&'static Attribute>) -> bool {
    declared.is_some_and(|attribute| attribute.case_exact)
}

fn order_numbers(a: &Number, b: &Number) -> Option<Ordering> {
    match (a.as_i64(), b.as_i64()) {
        (Some(a), Some(b)) => Some(a.cmp(&b)),
        _ => a.as_f64()?.partial_cmp(&b.as_f64()?),
    }
}
