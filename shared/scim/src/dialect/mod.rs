//! What identity providers send that the RFC does not allow, and how it is read.
//!
//! Every deviation is one function here, with what comes in, what it becomes, and who sends it.
//! The rest of the crate knows RFC 7643 and 7644 only and calls these at the edge of a value, a
//! filter or a PATCH operation. Emitted JSON never uses a dialect.
//!
//! | rule | what is sent | how it is read |
//! |---|---|---|
//! | [`values::boolean`] | `"True"` for a boolean | `true` |
//! | [`values::values`] | one value of a multi-valued attribute, without an array | an array of one |
//! | [`values::single`] | an array for a single-valued attribute | its first value |
//! | [`values::complex`] | text for a complex value | its `value` |
//! | [`values::is_blank`] | `""` for a date, a URI or bytes | no value |
//! | [`values::take`] | a name of a message in another case, as in `operations` | the name |
//! | [`values::op_name`] | an `op` in another case, such as `Add` | the `op` of the RFC |
//! | [`values::removed_values`] | a `remove` with a `value` | removes these values only |
//! | [`values::bare_literal`] | a literal without quotes in a filter | text |
//! | [`values::compared_sub_attribute`] | a comparison of a complex attribute | a comparison of its `value` |
//! | [`values::short_name`] | an attribute of an extension without its URN | the attribute of the extension |
//! | [`filters::compared_within`] | a comparison after the bracket of a value path | a part of the value path |
//! | [`filters::described_value`] | `add` or `replace` on a value path that selects nothing | makes the value |
//! | [`paths::extension_key`] | a URN that no schema declares, as a key of a value without `path` | an extension |
//!
//! Being lenient is no dialect: unknown attributes, unknown URNs in `schemas`, read-only attributes in
//! a body, and more than one spelling of a name are passed over or read as the RFC allows.

pub(crate) mod filters;
pub(crate) mod paths;
pub(crate) mod values;

#[cfg(test)]
mod tests;
