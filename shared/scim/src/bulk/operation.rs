//! One operation of a bulk request (RFC 7644 §3.7).

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::reference;
use crate::dialect::values::take;
use crate::error::Error;
use crate::patch::PATCH_OP_URN;

/// The methods that an operation can have.
const METHODS: [&str; 4] = ["POST", "PUT", "PATCH", "DELETE"];
/// The maximum length of what the response repeats, in characters.
const MAX_REPEATED_CHARS: usize = 200;

/// One operation: what the response repeats of it, and the request that it stands for.
#[derive(Debug, Clone, PartialEq)]
pub struct BulkOperation {
    /// The method, in upper case.
    pub method: Option<String>,
    /// The name that the client gave the operation.
    pub bulk_id: Option<String>,
    /// The request, or why there is none.
    pub call: Result<BulkCall, Error>,
}

/// The request that an operation stands for.
#[derive(Debug, Clone, PartialEq)]
pub struct BulkCall {
    /// `POST`, `PUT`, `PATCH` or `DELETE`.
    pub method: &'static str,
    /// The endpoint, such as `Users`.
    pub endpoint: String,
    /// The id of the resource; `None` for a POST.
    pub id: Option<String>,
    /// The query after the path, without its question mark.
    pub query: Option<String>,
    /// The version that the resource must have.
    pub version: Option<String>,
    /// The body. `None` if there is none.
    pub data: Option<Value>,
}

impl BulkOperation {
    pub(super) fn parse(operation: Value) -> Self {
        let Value::Object(mut operation) = operation else {
            return Self {
                method: None,
                bulk_id: None,
                call: Err(syntax("an operation must be a JSON object")),
            };
        };
        let method = text(&mut operation, "method").map(|method| method.to_ascii_uppercase());
        let bulk_id = text(&mut operation, "bulkId").filter(|id| !id.is_empty());
        let call = BulkCall::parse(method.as_deref(), bulk_id.as_deref(), operation);
        let repeated = |text: String| text.chars().take(MAX_REPEATED_CHARS).collect();
        Self {
            method: method.map(repeated),
            // A name is repeated as it is, unless it cannot be a name.
            bulk_id: match call {
                Ok(_) => bulk_id,
                Err(_) => bulk_id.map(repeated),
            },
            call,
        }
    }

    /// Returns whether the operation is a POST, however it ends.
    pub(super) fn creates(&self) -> bool {
        self.method.as_deref() == Some("POST")
    }
}

impl BulkCall {
    fn parse(
        method: Option<&str>,
        bulk_id: Option<&str>,
        mut operation: Map<String, Value>,
    ) -> Result<Self, Error> {
        let known = METHODS.into_iter().find(|known| Some(*known) == method);
        let Some(method) = known else {
            return Err(syntax(
                "`method` must be `POST`, `PUT`, `PATCH` or `DELETE`",
            ));
        };
        if bulk_id.is_some_and(|id| id.chars().count() > MAX_REPEATED_CHARS) {
            let detail = format!("`bulkId` can have at most {MAX_REPEATED_CHARS} characters");
            return Err(Error::InvalidValue(detail));
        }
        if method == "POST" && bulk_id.is_none() {
            return Err(syntax("a `POST` needs a `bulkId`"));
        }
        let path = text(&mut operation, "path").unwrap_or_default();
        let (path, query) = match path.split_once('?') {
            Some((path, query)) => (path, Some(query.to_owned())),
            None => (path.as_str(), None),
        };
        let (endpoint, id) = match path.trim_matches('/').split_once('/') {
            Some((endpoint, id)) => (endpoint, Some(id.trim_start_matches('/').to_owned())),
            None => (path.trim_matches('/'), None),
        };
        let is_reference = id.as_deref().is_some_and(|id| reference::of(id).is_some());
        let is_one = id
            .as_deref()
            .is_none_or(|id| is_reference || !id.contains('/'));
        if endpoint.is_empty() || !is_one || id.is_none() != (method == "POST") {
            return Err(syntax(match method {
                "POST" => "the `path` of a `POST` must be an endpoint, such as `/Users`",
                _ => "`path` must name a resource, such as `/Users/{id}`",
            }));
        }
        Ok(Self {
            method,
            endpoint: endpoint.to_owned(),
            id,
            query,
            version: text(&mut operation, "version").filter(|version| !version.is_empty()),
            data: take(&mut operation, "data").filter(|data| !data.is_null()),
        })
    }

    /// Returns the path below the base URL, with its query.
    pub fn target(&self) -> String {
        let id = self.id.iter().map(|id| format!("/{id}"));
        let query = self.query.iter().map(|query| format!("?{query}"));
        let rest: String = id.chain(query).collect();
        format!("/{}{rest}", self.endpoint)
    }

    /// Returns each `bulkId` that the operation refers to, in its path or its data.
    pub fn references(&self) -> BTreeSet<&str> {
        let mut found = BTreeSet::new();
        found.extend(self.id.as_deref().and_then(reference::of));
        if let Some(data) = &self.data {
            reference::find(data, &mut found);
        }
        found
    }

    /// Returns the operation with ids in place of the references. What `id_of` does not know stays.
    #[must_use]
    pub fn resolved<'a>(&self, id_of: impl Fn(&str) -> Option<&'a str>) -> Self {
        let mut call = self.clone();
        if let Some(id) = &mut call.id {
            reference::resolve(id, &id_of);
        }
        if let Some(data) = &mut call.data {
            reference::resolve_all(data, &id_of);
        }
        call
    }

    /// Takes out the attributes of the data that refer to one of these, and returns them.
    pub fn take_referring(&mut self, to: &BTreeSet<&str>) -> Map<String, Value> {
        let Some(Value::Object(data)) = &mut self.data else {
            return Map::new();
        };
        let refers = |value: &Value| {
            let mut found = BTreeSet::new();
            reference::find(value, &mut found);
            !found.is_disjoint(to)
        };
        let all = std::mem::take(data);
        let (taken, kept) = all.into_iter().partition(|(_, value)| refers(value));
        *data = kept;
        taken
    }

    /// Returns the PATCH that adds attributes to a resource which this call has created.
    #[must_use]
    pub fn completing(&self, id: &str, attributes: Map<String, Value>) -> Self {
        let add = json!({ "op": "add", "value": attributes });
        Self {
            method: "PATCH",
            endpoint: self.endpoint.clone(),
            id: Some(id.to_owned()),
            query: None,
            version: None,
            data: Some(json!({ "schemas": [PATCH_OP_URN], "Operations": [add] })),
        }
    }
}

/// Takes a text out of an operation. Numbers are read as text, because some clients count their operations.
fn text(operation: &mut Map<String, Value>, name: &str) -> Option<String> {
    match take(operation, name)? {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn syntax(detail: &str) -> Error {
    Error::InvalidSyntax(detail.to_owned())
}
