//! Evaluates filters on resources and their values.

#[cfg(test)]
mod tests;

use std::cmp::Ordering;

use serde_json::{Map, Number, Value};

use super::ast::{CompareOp, Filter, Literal};
use crate::dialect;
use crate::fold::fold_unless;
use crate::path::AttrPath;
use crate::resource::Resource;
use crate::schema::{Attribute, AttributeKind, GROUP, ResourceType};
use crate::value;

/// The kind of object that a filter examines. It determines the declarations of the names.
#[derive(Clone, Copy)]
pub(crate) enum Scope {
    /// A resource.
    Resource(&'static ResourceType),
    /// A value of this complex attribute. `None` means that no schema declares the attribute.
    Value(Option<&'static Attribute>),
}

impl Scope {
    /// Returns the declaration of the attribute in the path, and ignores the sub-attribute.
    fn declared(self, path: &AttrPath) -> Option<&'static Attribute> {
        match self {
            Scope::Resource(rt) => path.attribute_in(rt),
            Scope::Value(parent) => parent?.sub(&path.attribute),
        }
    }
}

impl Filter {
    /// Whether the resource matches the filter. An attribute that the resource lacks has no value.
    pub fn matches(&self, resource: &Resource) -> bool {
        let scope = Scope::Resource(resource.resource_type());
        matches(self, resource.attributes(), scope)
    }

    /// Whether one value of a multi-valued attribute matches the filter.
    pub(crate) fn matches_value(&self, value: &Value, scope: Scope) -> bool {
        value
            .as_object()
            .is_some_and(|object| matches(self, object, scope))
    }
}

/// Whether one member of a Group matches the filter of a value path, as in `members[type eq "User"]`.
///
/// `member` is one value of `members`, an object.
pub fn member_filter_matches(filter: &Filter, member: &Value) -> bool {
    filter.matches_value(member, Scope::Value(GROUP.attribute("members")))
}

/// Whether the object matches the filter.
fn matches(filter: &Filter, object: &Map<String, Value>, scope: Scope) -> bool {
    match filter {
        Filter::And(all) => all.iter().all(|filter| matches(filter, object, scope)),
        Filter::Or(any) => any.iter().any(|filter| matches(filter, object, scope)),
        Filter::Not(filter) => !matches(filter, object, scope),
        Filter::Present(path) => path.visit(object, &mut is_present),
        Filter::Compare { path, op, value } => {
            let declared = scope
                .declared(path)
                .and_then(|attribute| path.within(attribute));
            compare(object, path, declared, *op, value)
        }
        Filter::ValuePath { path, filter } => {
            let inner = Scope::Value(scope.declared(path));
            path.visit(object, &mut |value| filter.matches_value(value, inner))
        }
    }
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
    let has_value = |object| path.visit(object, &mut |_| true);
    match (op, literal) {
        (CompareOp::Eq, Literal::Null) => !has_value(object),
        (CompareOp::Ne, Literal::Null) => has_value(object),
        // `ne` is true for a missing value, and if at least one of several values differs
        (CompareOp::Ne, literal) => {
            let literal = Operand::new(declared, literal);
            let mut differs = |value| literal.order(declared, value) != Some(Ordering::Equal);
            !has_value(object) || path.visit(object, &mut differs)
        }
        (op, literal) => {
            let literal = Operand::new(declared, literal);
            path.visit(object, &mut |value| literal.holds(declared, op, value))
        }
    }
}

/// A literal, prepared once for the comparison with many values.
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

    /// Returns the order of the value relative to the literal, or `None` if their types differ.
    fn order(&self, declared: Option<&'static Attribute>, value: &Value) -> Option<Ordering> {
        match (self, value) {
            (Operand::Text(part), Value::String(text)) => {
                let text = fold_unless(is_case_exact(declared), text);
                Some(text.as_ref().cmp(part.as_ref()))
            }
            (Operand::Text(text), Value::Bool(value)) => {
                let same = dialect::values::truth(text) == Some(*value);
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
