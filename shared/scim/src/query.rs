//! List requests, from a query string or from a `.search` body (RFC 7644 §3.4.2, §3.4.3).

#[cfg(test)]
mod tests;

use serde_json::Value;

use crate::dialect;
use crate::error::{Error, quoted};
use crate::filter::{Filter, Matcher};
use crate::limits::{MAX_RESULTS, MAX_START_INDEX};
use crate::projection::Projection;
use crate::reading::Reading;
use crate::resource::{object, require_schema};
use crate::schema::ResourceType;
use crate::sort::Sort;

/// The URN of the SearchRequest message (RFC 7644 §3.4.3).
pub const SEARCH_REQUEST_URN: &str = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";

/// The names of the parameters of a list request.
pub const PARAMETERS: [&str; 8] = [
    "filter",
    "sortBy",
    "sortOrder",
    "startIndex",
    "count",
    "attributes",
    "excludedAttributes",
    "cursor",
];

/// A list request (RFC 7644 §3.4.2).
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// The condition that selects resources. `None` selects all.
    pub filter: Option<Filter>,
    /// The order of the resources. `None` leaves it to the service.
    pub sort: Option<Sort>,
    /// The 1-based index of the first resource in the page, at most [`MAX_START_INDEX`].
    pub start_index: u64,
    /// The cursor of the page, empty for the first one (RFC 9865 §2). `None` for pages by `start_index`, which a query
    /// with a cursor does not use.
    pub cursor: Option<String>,
    /// The requested number of resources in the page, from 0 to [`MAX_RESULTS`]. `None` leaves it to the
    /// service.
    pub count: Option<u64>,
    /// The attributes in the response.
    pub projection: Projection,
    /// The base URL that the client uses. The URLs of resources start with it, also in filters.
    pub base_url: String,
}

impl Query {
    /// Parses decoded query parameters, as pairs of name and value.
    ///
    /// Names are case-insensitive, and unknown names have no effect. If a name occurs more than once, the
    /// last value counts.
    ///
    /// # Errors
    /// `InvalidFilter` when `filter` is invalid. `InvalidCount` when a query by cursor has an invalid `count`.
    /// `InvalidValue` when another parameter is invalid.
    pub fn from_pairs(
        rt: &'static ResourceType,
        pairs: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Query, Error> {
        let [
            filter,
            sort_by,
            sort_order,
            start_index,
            count,
            attributes,
            excluded,
            cursor,
        ] = &known_parameters(pairs);
        let sort_by = sort_by.as_deref().filter(|by| !by.trim().is_empty());
        Ok(Query {
            filter: filter
                .as_deref()
                .map(|filter| Filter::parse(rt, filter))
                .transpose()?,
            sort: sort_by
                .map(|by| Sort::parse(rt, by, sort_order.as_deref()))
                .transpose()?,
            start_index: number("startIndex", start_index.as_deref())?
                .map_or(1, |n| n.clamp(1, MAX_START_INDEX)),
            count: number("count", count.as_deref())
                .map_err(|error| match cursor {
                    Some(_) => Error::InvalidCount(error.to_string()),
                    None => error,
                })?
                .map(limited),
            cursor: cursor.as_deref().map(|cursor| cursor.trim().to_owned()),
            projection: Projection::parse(rt, attributes.as_deref(), excluded.as_deref())?,
            base_url: String::new(),
        })
    }

    /// Whether a query has a parameter of this name. Names are case-insensitive.
    pub fn has_parameter(name: &str) -> bool {
        PARAMETERS
            .iter()
            .any(|known| known.eq_ignore_ascii_case(name))
    }

    /// Returns the query of a client that uses this base URL.
    #[must_use]
    pub fn at(self, base_url: &str) -> Query {
        Query {
            base_url: base_url.to_owned(),
            ..self
        }
    }

    /// Returns the filter, prepared for many resources. `None` if the query has no filter.
    pub fn matcher(&self, rt: &'static ResourceType) -> Option<Matcher<'_>> {
        let filter = self.filter.as_ref()?;
        Some(Matcher::at(filter, rt, &self.base_url))
    }

    /// Parses the body of a POST to `.search` (RFC 7644 §3.4.3).
    ///
    /// Its members have the names and the meaning of the query parameters.
    ///
    /// # Errors
    /// `InvalidSyntax` when the body is not an object or has no `schemas`. `InvalidValue` when `schemas`
    /// lacks [`SEARCH_REQUEST_URN`] or a member has the wrong type. Otherwise the errors of
    /// [`Query::from_pairs`].
    pub fn from_search_request(rt: &'static ResourceType, body: Value) -> Result<Query, Error> {
        let mut body = object(body)?;
        let schemas = dialect::values::take(&mut body, "schemas");
        require_schema(schemas, SEARCH_REQUEST_URN, |_| false)?;
        let mut pairs = Vec::new();
        for (name, value) in body {
            let known = Query::has_parameter(&name);
            Reading::ParameterIgnored.note_if(!known);
            if known && let Some(text) = parameter(&name, value)? {
                pairs.push((name, text));
            }
        }
        Query::from_pairs(rt, pairs)
    }
}

fn limited(count: u64) -> u64 {
    Reading::CountLimited.note_if(count > MAX_RESULTS);
    count.min(MAX_RESULTS)
}

/// Returns the values of [`PARAMETERS`], in that order.
fn known_parameters(
    pairs: impl IntoIterator<Item = (String, String)>,
) -> [Option<String>; PARAMETERS.len()] {
    let mut values: [Option<String>; PARAMETERS.len()] = Default::default();
    for (name, value) in pairs {
        let place = PARAMETERS
            .iter()
            .position(|known| known.eq_ignore_ascii_case(&name));
        let Some(place) = place else {
            Reading::ParameterIgnored.note();
            continue;
        };
        let before = values[place].replace(value);
        Reading::ParameterRepeated.note_if(before.is_some());
    }
    values
}

/// Converts a member of a SearchRequest to the equivalent query parameter.
fn parameter(name: &str, value: Value) -> Result<Option<String>, Error> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text)),
        Value::Number(number) => Ok(Some(number.to_string())),
        Value::Array(names) if names.iter().all(Value::is_string) => {
            let names: Vec<&str> = names.iter().filter_map(Value::as_str).collect();
            Ok(Some(names.join(",")))
        }
        _ => {
            let name = quoted(name);
            Err(Error::InvalidValue(format!(
                "{name} of the SearchRequest has the wrong type"
            )))
        }
    }
}

/// Parses an integer. Negative numbers become 0 (RFC 7644 §3.4.2.4), and numbers that are too large
/// become [`u64::MAX`].
fn number(name: &str, text: Option<&str>) -> Result<Option<u64>, Error> {
    let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        let text = quoted(text);
        return Err(Error::InvalidValue(format!(
            "`{name}` must be an integer, not {text}"
        )));
    }
    if text.starts_with('-') {
        return Ok(Some(0));
    }
    Ok(Some(digits.parse().unwrap_or(u64::MAX)))
}
