//! Evaluates filters on resources and their values.

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::cmp::Ordering;

use serde_json::{Map, Number, Value};

use super::ast::{CompareOp, Filter, Literal};
use crate::compared::compared;
use crate::dialect;
use crate::location;
use crate::path::AttrPath;
use crate::resource::Resource;
use crate::schema::{Attribute, AttributeKind, ResourceType, USER};
use crate::value;

/// The kind of object that a filter examines. It determines the declarations of the names.
#[derive(Clone, Copy)]
enum Scope {
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
    ///
    /// To match many resources, prepare a [`Matcher`] once.
    pub fn matches(&self, resource: &Resource) -> bool {
        Matcher::new(self, resource.resource_type()).matches(resource)
    }
}

/// A filter that is prepared for the comparison with many resources: its literals are folded, and its attributes found,
/// once.
pub struct Matcher<'a> {
    prepared: Prepared<'a>,
    /// The base URL, if the filter compares a URL that begins with it.
    base_url: Option<&'a str>,
}

impl<'a> Matcher<'a> {
    /// Prepares a filter for resources of a type. The URLs of resources have no value.
    pub fn new(filter: &'a Filter, rt: &'static ResourceType) -> Self {
        Matcher {
            prepared: Prepared::new(filter, Scope::Resource(rt)),
            base_url: None,
        }
    }

    /// Prepares a filter for resources of a type, whose URLs start with the base URL.
    pub fn at(filter: &'a Filter, rt: &'static ResourceType, base_url: &'a str) -> Self {
        Matcher {
            base_url: location::is_compared(filter).then_some(base_url),
            ..Matcher::new(filter, rt)
        }
    }

    /// Whether the resource matches the filter.
    pub fn matches(&self, resource: &Resource) -> bool {
        match self.base_url {
            Some(base_url) => self
                .prepared
                .matches(&location::filtered(resource, base_url)),
            None => self.prepared.matches(resource.attributes()),
        }
    }
}

/// A filter that is prepared for the comparison with many values of one attribute.
pub(crate) struct ValueMatcher<'a> {
    prepared: Prepared<'a>,
    parent: Option<&'static Attribute>,
}

impl<'a> ValueMatcher<'a> {
    /// Prepares a filter for values of this attribute. `None` means that no schema declares the attribute.
    pub(crate) fn new(filter: &'a Filter, parent: Option<&'static Attribute>) -> Self {
        let prepared = Prepared::new(filter, Scope::Value(parent));
        ValueMatcher { prepared, parent }
    }

    /// Whether one value of the attribute matches the filter. A simple value is the `value` of itself (RFC 7643 §2.4).
    pub(crate) fn matches(&self, value: &Value) -> bool {
        match value {
            Value::Object(object) if self.parent.is_some_and(Attribute::is_keyed) => {
                self.prepared.matches(&as_user(object))
            }
            Value::Object(object) => self.prepared.matches(object),
            Value::Null | Value::Array(_) => false,
            simple => {
                let object = Map::from_iter([("value".to_owned(), simple.clone())]);
                self.prepared.matches(&object)
            }
        }
    }
}

/// Returns a member of a Group as a filter sees it: every member is a User, whether or not the client said so.
fn as_user(member: &Map<String, Value>) -> Cow<'_, Map<String, Value>> {
    if member.get("type").and_then(Value::as_str) == Some(USER.name) {
        return Cow::Borrowed(member);
    }
    let mut member = member.clone();
    member.insert("type".to_owned(), USER.name.into());
    Cow::Owned(member)
}

enum Prepared<'a> {
    And(Vec<Prepared<'a>>),
    Or(Vec<Prepared<'a>>),
    Not(Box<Prepared<'a>>),
    Present(&'a AttrPath),
    Compare(Comparison<'a>),
    ValuePath(&'a AttrPath, Box<ValueMatcher<'a>>),
}

impl<'a> Prepared<'a> {
    fn new(filter: &'a Filter, scope: Scope) -> Self {
        let all = |filters: &'a [Filter]| filters.iter().map(|f| Self::new(f, scope)).collect();
        match filter {
            Filter::And(filters) => Prepared::And(all(filters)),
            Filter::Or(filters) => Prepared::Or(all(filters)),
            Filter::Not(filter) => Prepared::Not(Box::new(Self::new(filter, scope))),
            Filter::Present(path) => Prepared::Present(path),
            Filter::Compare { path, op, value } => {
                let attribute = scope.declared(path);
                let declared = attribute.and_then(|attribute| path.within(attribute));
                Prepared::Compare(Comparison::new(path, declared, *op, value))
            }
            Filter::ValuePath { path, filter } => {
                let inner = ValueMatcher::new(filter, scope.declared(path));
                Prepared::ValuePath(path, Box::new(inner))
            }
        }
    }

    /// Whether the object matches the filter.
    fn matches(&self, object: &Map<String, Value>) -> bool {
        match self {
            Prepared::And(all) => all.iter().all(|filter| filter.matches(object)),
            Prepared::Or(any) => any.iter().any(|filter| filter.matches(object)),
            Prepared::Not(filter) => !filter.matches(object),
            Prepared::Present(path) => path.visit(object, &mut is_present),
            Prepared::Compare(comparison) => comparison.holds_for(object),
            Prepared::ValuePath(path, filter) => {
                path.visit(object, &mut |value| filter.matches(value))
            }
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

/// A comparison with its literal prepared.
struct Comparison<'a> {
    path: &'a AttrPath,
    declared: Option<&'static Attribute>,
    op: CompareOp,
    literal: Operand<'a>,
}

impl<'a> Comparison<'a> {
    fn new(
        path: &'a AttrPath,
        declared: Option<&'static Attribute>,
        op: CompareOp,
        literal: &'a Literal,
    ) -> Self {
        let literal = Operand::new(declared, literal);
        Comparison {
            path,
            declared,
            op,
            literal,
        }
    }

    fn holds_for(&self, object: &Map<String, Value>) -> bool {
        let has_value = || self.path.visit(object, &mut |_| true);
        let mut holds = |value: &Value| self.literal.holds(self.declared, self.op, value);
        match (self.op, &self.literal) {
            (CompareOp::Eq, Operand::Null) => !has_value(),
            (CompareOp::Ne, Operand::Null) => has_value(),
            // `ne` is true for a missing value, and if at least one of several values differs
            (CompareOp::Ne, _) => !has_value() || self.path.visit(object, &mut holds),
            _ => self.path.visit(object, &mut holds),
        }
    }
}

/// A literal, prepared once for the comparison with many values.
enum Operand<'a> {
    Text(Cow<'a, str>),
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
                None => Operand::Text(compared(declared, text)),
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
            .is_some_and(|text| holds(&compared(declared, text), part))
    }

    /// Returns the order of the value relative to the literal, or `None` if their types differ.
    fn order(&self, declared: Option<&'static Attribute>, value: &Value) -> Option<Ordering> {
        match (self, value) {
            (Operand::Text(part), Value::String(text)) => {
                let text = compared(declared, text);
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

fn order_numbers(a: &Number, b: &Number) -> Option<Ordering> {
    match (a.as_i64(), b.as_i64()) {
        (Some(a), Some(b)) => Some(a.cmp(&b)),
        _ => a.as_f64()?.partial_cmp(&b.as_f64()?),
    }
}
