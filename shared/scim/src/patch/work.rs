//! Bounds the work of one PATCH, which grows with the product of operations, values and filters.

use serde_json::Value;

use crate::error::Error;
use crate::limits::MAX_PATCH_COMPARISONS;

/// The number of bytes of text that count as one value.
const BYTES_PER_VALUE: usize = 64;

/// The comparisons that one PATCH may still make.
pub(super) struct Work {
    left: usize,
}

impl Work {
    /// Allows [`MAX_PATCH_COMPARISONS`].
    pub(super) fn new() -> Self {
        Work {
            left: MAX_PATCH_COMPARISONS,
        }
    }

    /// Counts the comparison of each value with each of `terms`.
    ///
    /// # Errors
    /// `TooMany` when the PATCH makes too many comparisons.
    pub(super) fn compare(&mut self, values: &[Value], terms: usize) -> Result<(), Error> {
        self.compare_many(values.iter().map(weight).sum(), terms)
    }

    /// Counts the comparison of this many values with each of `terms`.
    ///
    /// # Errors
    /// `TooMany` when the PATCH makes too many comparisons.
    pub(super) fn compare_many(&mut self, values: usize, terms: usize) -> Result<(), Error> {
        let left = self.left.checked_sub(values.saturating_mul(terms.max(1)));
        self.left = left.ok_or_else(|| {
            Error::TooMany(format!(
                "a PATCH can compare at most {MAX_PATCH_COMPARISONS} values, counted for each operation as the values \
                 of the attribute times the comparisons in the filter; send fewer operations or shorter filters"
            ))
        })?;
        Ok(())
    }
}

fn weight(value: &Value) -> usize {
    1 + text_bytes(value) / BYTES_PER_VALUE
}

fn text_bytes(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(values) => values.iter().map(text_bytes).sum(),
        Value::Object(object) => object.values().map(text_bytes).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
    }
}
