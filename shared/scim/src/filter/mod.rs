//! Filters (RFC 7644 §3.4.2.2): one syntax tree for `filter=`, for `emails[…]` and for PATCH paths.

// `dialect` imports this file directly, because the other files in this folder import `dialect`
pub(crate) mod ast;

mod lexer;

mod parser;

mod comparison;

mod print;

mod eval;

pub use self::ast::{CompareOp, Filter, Literal};
pub use self::eval::Matcher;

pub(crate) use self::eval::ValueMatcher;
pub(crate) use self::parser::parse_path;
