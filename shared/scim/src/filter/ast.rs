//! The syntax tree of a filter.

use serde_json::{Number, Value};

use crate::path::AttrPath;

/// A condition on a resource, or on one value of a multi-valued attribute.
///
/// A filter that was parsed is canonical: names are spelled as declared, and inside
/// [`Filter::ValuePath`] paths name sub-attributes alone. `Display` prints the form of the RFC, and
/// parsing that gives the same filter.
#[derive(Debug, Clone, PartialEq)]
pub enum Filter {
    /// All of them hold; two at least.
    And(Vec<Filter>),
    /// One of them holds; two at least.
    Or(Vec<Filter>),
    /// It does not hold.
    Not(Box<Filter>),
    /// A value of the attribute compares so.
    Compare {
        /// What is compared.
        path: AttrPath,
        /// How.
        op: CompareOp,
        /// With what.
        value: Literal,
    },
    /// The attribute has a value that is not empty.
    Present(AttrPath),
    /// The filter holds for one and the same value of the attribute.
    ValuePath {
        /// The attribute.
        path: AttrPath,
        /// What one of its values must meet.
        filter: Box<Filter>,
    },
}

impl Filter {
    /// Returns every path in use; of a value path it is the path before the bracket.
    pub fn attributes(&self) -> impl Iterator<Item = &AttrPath> {
        let mut paths = Vec::new();
        self.collect(&mut paths);
        paths.into_iter()
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

/// How two values compare.
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

    /// Returns the operator as it is written.
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

/// The value an attribute is compared with.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// Text.
    String(String),
    /// A number.
    Number(Number),
    /// `true` or `false`.
    Bool(bool),
    /// `null`: no value.
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
