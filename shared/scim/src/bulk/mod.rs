//! Bulk (RFC 7644 §3.7): the operations of one request, the references between them, and an order that resolves them.
//!
//! An operation that cannot be read fails alone. A request fails as a whole only if it is no BulkRequest message, or is
//! larger than the service declares.

mod operation;
mod order;
mod reference;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

pub use self::operation::{BulkCall, BulkOperation};
pub use self::order::BulkStep;
use crate::dialect;
use crate::error::{Error, quoted};
use crate::limits::MAX_BULK_OPERATIONS;
use crate::resource::{object, require_schema};

/// The URN of the BulkRequest message (RFC 7644 §3.7).
pub const BULK_REQUEST_URN: &str = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";

/// The URN of the BulkResponse message (RFC 7644 §3.7).
pub const BULK_RESPONSE_URN: &str = "urn:ietf:params:scim:api:messages:2.0:BulkResponse";

/// The operations of a bulk request.
#[derive(Debug, Clone, PartialEq)]
pub struct BulkRequest {
    /// The number of errors after which no further operation begins. `None` for any number.
    pub fail_on_errors: Option<u64>,
    /// The operations, as they were sent.
    pub operations: Vec<BulkOperation>,
}

impl BulkRequest {
    /// Parses the body of a bulk request. A missing `schemas` means BulkRequest.
    ///
    /// # Errors
    /// `InvalidSyntax` or `InvalidValue` when the body is not a BulkRequest message. `TooManyOperations` when it exceeds
    /// [`MAX_BULK_OPERATIONS`]. What is wrong with one operation is in that operation.
    pub fn parse(body: Value) -> Result<Self, Error> {
        let mut body = object(body)?;
        if let schemas @ Some(_) = dialect::values::take(&mut body, "schemas") {
            require_schema(schemas, BULK_REQUEST_URN, |_| false)?;
        }
        let fail_on_errors = dialect::values::take(&mut body, "failOnErrors");
        let fail_on_errors = fail_on_errors.map_or(Ok(None), count_of_errors)?;
        let operations = match dialect::values::take(&mut body, "Operations") {
            Some(Value::Array(operations)) if !operations.is_empty() => operations,
            Some(operation @ Value::Object(_)) => dialect::values::values(operation),
            _ => {
                let detail = "`Operations` must be an array with at least one operation";
                return Err(Error::InvalidSyntax(detail.to_owned()));
            }
        };
        if operations.len() > MAX_BULK_OPERATIONS {
            let limit = MAX_BULK_OPERATIONS;
            return Err(Error::TooManyOperations { limit });
        }
        let operations = operations.into_iter().map(BulkOperation::parse);
        let mut operations: Vec<_> = operations.collect();
        refuse_repeated_ids(&mut operations);
        Ok(Self {
            fail_on_errors,
            operations,
        })
    }

    /// Returns an order in which the references are resolved: each operation after the creations that it refers to, and
    /// otherwise as they were sent.
    ///
    /// In a circle of references, the first creation leaves out its reference and is completed afterwards.
    pub fn steps(&self) -> Vec<BulkStep> {
        let creations = self.creations();
        let needs = self.operations.iter().map(|operation| {
            let call = operation.call.as_ref();
            let named = call.map(BulkCall::references).unwrap_or_default();
            let needs = named.iter().filter_map(|id| creations.get(id));
            needs.copied().collect()
        });
        order::steps(needs.collect())
    }

    /// Returns the creations by their `bulkId`, as indexes of operations.
    pub fn creations(&self) -> BTreeMap<&str, usize> {
        let operations = self.operations.iter().enumerate();
        operations
            .filter(|(_, operation)| operation.creates())
            .filter_map(|(index, operation)| Some((operation.bulk_id.as_deref()?, index)))
            .collect()
    }
}

/// Refuses all creations with the same `bulkId`: a reference could mean somebody else.
fn refuse_repeated_ids(operations: &mut [BulkOperation]) {
    let (mut seen, mut repeated) = (BTreeSet::new(), BTreeSet::new());
    for operation in operations.iter().filter(|operation| operation.creates()) {
        if let Some(id) = &operation.bulk_id
            && !seen.insert(id.clone())
        {
            repeated.insert(id.clone());
        }
    }
    for operation in operations.iter_mut().filter(|it| it.creates()) {
        if let Some(id) = operation
            .bulk_id
            .as_ref()
            .filter(|id| repeated.contains(*id))
        {
            let detail = format!(
                "several POST operations have the `bulkId` {}, give each another one",
                quoted(id)
            );
            operation.call = Err(Error::InvalidValue(detail));
        }
    }
}

/// Reads `failOnErrors`. This code takes the stance: no accepted error means that the first one ends the request.
fn count_of_errors(value: Value) -> Result<Option<u64>, Error> {
    let count = match &value {
        Value::Null => return Ok(None),
        Value::String(text) => text.trim().parse().ok(),
        other => other.as_u64(),
    };
    match count {
        Some(count) => Ok(Some(count.max(1))),
        None => Err(Error::InvalidValue(
            "`failOnErrors` must be a positive integer".to_owned(),
        )),
    }
}

/// What became of one operation.
#[derive(Debug, Clone, PartialEq)]
pub struct BulkOutcome {
    /// The HTTP status.
    pub status: u16,
    /// The URL of the resource, unless it was not created.
    pub location: Option<String>,
    /// The version of the resource after the operation.
    pub version: Option<String>,
    /// The body of an error.
    pub error: Option<Value>,
}

/// Returns the BulkResponse message for operations and what became of them, in the order of the request.
///
/// The resources are left out, as RFC 7644 §3.7 allows: their locations say where they are.
pub fn bulk_response<'a>(
    outcomes: impl IntoIterator<Item = (&'a BulkOperation, &'a BulkOutcome)>,
) -> Value {
    let operations = outcomes.into_iter().map(|(operation, outcome)| {
        let mut shown = Map::new();
        let mut put = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                shown.insert(name.to_owned(), value);
            }
        };
        put("method", operation.method.clone().map(Value::from));
        put("bulkId", operation.bulk_id.clone().map(Value::from));
        put("version", outcome.version.clone().map(Value::from));
        put("location", outcome.location.clone().map(Value::from));
        put("status", Some(outcome.status.to_string().into()));
        put("response", outcome.error.clone());
        Value::Object(shown)
    });
    let operations: Vec<Value> = operations.collect();
    json!({ "schemas": [BULK_RESPONSE_URN], "Operations": operations })
}
