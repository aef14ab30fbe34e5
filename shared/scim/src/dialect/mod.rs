//! Rules for input that identity providers send although the RFC does not allow it.
//!
//! Each rule is one function, and notes its [`Reading`](crate::Reading) when it applies. Its documentation gives the input, the result, and the clients that send
//! the input. The rest of the crate implements only RFC 7643 and 7644, and calls these functions where
//! it reads a value, a path, a filter or a PATCH operation. The JSON that the crate emits follows the
//! RFC.
//!
//! | rule | input | result |
//! |---|---|---|
//! | [`values::boolean`] | `"True"` for a boolean | `true` |
//! | [`values::values`] | a multi-valued attribute without an array | an array of one value |
//! | [`values::single`] | an array for a single-valued attribute | the first value |
//! | [`values::complex`] | a string for a complex value | an object with this `value` |
//! | [`values::is_blank`] | `""` for a date, a URI or base64 | no value |
//! | [`values::is_blank_identifier`] | `""` for the `value` of a complex value | no value |
//! | [`values::schemas`] | a resource without `schemas` | one of the endpoint's core schema |
//! | [`values::take`] | a key of a message in another case, such as `operations` | the value of the key |
//! | [`values::op_name`] | an `op` in another case, such as `Add` | the `op` of the RFC |
//! | [`values::removed_values`] | a `remove` operation with a `value` | removal of only these values |
//! | [`values::bare_literal`] | a string in a filter without quotes | the string |
//! | [`values::compared_sub_attribute`] | a comparison of a complex attribute | its `value` is compared |
//! | [`values::short_name`] | an extension attribute without its URN | the extension's attribute |
//! | [`filters::single_quoted`] | a literal in single quotes | a string |
//! | [`filters::compared_within`] | a comparison after the `]` of a value path | a condition in the `[]` |
//! | [`filters::described_value`] | `add` or `replace` without a match for its path | a new value |
//! | [`members::own`] | the `type` or `$ref` of a member that is no user | left out |
//! | [`urns::colon_after_urn`] | a dot after the URN of a schema | the colon that belongs there |
//! | [`paths::extension_key`] | an undeclared URN as a key, in a `value` without `path` | an extension |
//!
//! Leniency that does not contradict the RFC needs no rule here. The crate ignores unknown attributes,
//! unknown URNs in `schemas`, and read-only attributes in a body, and it accepts attribute names in any
//! case.

pub(crate) mod filters;
pub(crate) mod members;
pub(crate) mod paths;
pub(crate) mod urns;
pub(crate) mod values;

#[cfg(test)]
mod tests;
