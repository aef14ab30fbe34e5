//! The syntax tree of a filter (RFC 7644 §3.4.2.2).

use serde_json::{Number, Value};

use crate::path::AttrPath;

/// A condition on a resource, or on one value of a multi-valued attribute (RFC 7644 §3.4.2.2).
///
/// The parser returns a canonical filter: names have the spelling of the schema, and the paths inside
/// [`Filter::ValuePath`] consist of only a sub-attribute. `Display` prints the syntax of the RFC, which
/// parses to the same filter.
#[derive(Debug, Clone, PartialEq)]
pub enum Filter {
    /// All conditions are true. The list has at least two.
    And(Vec<Filter>),
    /// At least one condition is true. The list has at least two.
    Or(Vec<Filter>),
    /// The condition is false.
    Not(Box<Filter>),
    /// The comparison is true for at least one value of the attribute.
    Compare {
        /// The attribute to compare.
        path: AttrPath,
        /// The comparison operator.
        op: CompareOp,
        /// The value to compare with.
        value: Literal,
    },
    /// The attribute has a value that is not empty (`pr`).
    Present(AttrPath),
    /// At least one value of the attribute matches the whole filter, as in `emails[type eq "work"]`.
    ValuePath {
        /// The complex attribute.
        path: AttrPath,
        /// The condition on one of its values.
        filter: Box<Filter>,
    },
}

impl Filter {
    /// Returns all paths in the filter. For a value path, this is the path before the bracket.
    pub fn attributes(&self) -> impl Iterator<Item = &AttrPath> {
        let mut paths = Vec::new();
        self.collect(&mut paths);
        paths.into_iter()
    }

    /// Returns the number of comparisons in the filter.
    pub(crate) fn terms(&self) -> usize {
        match self {
            Filter::And(all) | Filter::Or(all) => all.iter().map(Filter::terms).sum(),
            Filter::Not(filter) | Filter::ValuePath { filter, .. } => filter.terms(),
            Filter::Compare { .. } | Filter::Present(_) => 1,
        }
    }

    fn collect<'a>(&'a self, paths: &mut Vec<&'a AttrPath>) {
        match self {
            Filter::And(all) | Filter::Or(all) => all.iter().for_each(|f| f.collect(paths)),
            Filter::Not(filter) => filter.collect(paths),
            Filter::Compare { path, .. }
            | Filter::Present(path)
            | Filter::ValuePath { path, .. } => {
                paths.push(path);
            }
        }
    }
}

/// A comparison operator (RFC 7644 §3.4.2.2, table 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CompareOp {
    /// Equal.
    Eq,
    /// Not equal.
    Ne,
    /// Contains.
    Co,
    /// Starts with.
    Sw,
    /// Ends with.
    Ew,
    /// Greater than.
    Gt,
    /// Greater than or equal.
    Ge,
    /// Less than.
    Lt,
    /// Less than or equal.
    Le,
}

impl CompareOp {
    pub(super) const ALL: [CompareOp; 9] = [
        CompareOp::Eq,
        CompareOp::Ne,
        CompareOp::Co,
        CompareOp::Sw,
        CompareOp::Ew,
        CompareOp::Gt,
        CompareOp::Ge,
        CompareOp::Lt,
        CompareOp::Le,
    ];

    /// Returns the operator as text, such as `eq`.
    pub fn as_str(self) -> &'static str {
        match self {
            CompareOp::Eq => "eq",
            CompareOp::Ne => "ne",
            CompareOp::Co => "co",
            CompareOp::Sw => "sw",
            CompareOp::Ew => "ew",
            CompareOp::Gt => "gt",
            CompareOp::Ge => "ge",
            CompareOp::Lt => "lt",
            CompareOp::Le => "le",
        }
    }

    pub(super) fn parse(word: &str) -> Option<Self> {
        CompareOp::ALL
            .into_iter()
            .find(|op| op.as_str().eq_ignore_ascii_case(word))
    }

    pub(super) fn is_ordering(self) -> bool {
        use CompareOp::{Ge, Gt, Le, Lt};
        matches!(self, Gt | Ge | Lt | Le)
    }

    pub(super) fn is_substring(self) -> bool {
        use CompareOp::{Co, Ew, Sw};
        matches!(self, Co | Sw | Ew)
    }
}

/// The value with which a filter compares an attribute.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// A string.
    String(String),
    /// A number.
    Number(Number),
    /// `true` or `false`.
    Bool(bool),
    /// `null`, which means that the attribute has no value.
    Null,
}

impl Literal {
    pub(crate) fn to_json(&self) -> Value {
        match self {
            Literal::String(text) => text.as_str().into(),
            Literal::Number(number) => number.clone().into(),
            Literal::Bool(value) => (*value).into(),
            Literal::Null => Value::Null,
        }
    }
}
