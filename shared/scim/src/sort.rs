//! Sorting: `sortBy` and `sortOrder` (RFC 7644 §3.4.2.3).

use serde_json::Value;

use crate::compared::compared;
use crate::dialect;
use crate::error::{Error, quoted};
use crate::path::AttrPath;
use crate::reading::Reading;
use crate::resource::Resource;
use crate::schema::{AttributeKind, ResourceType};
use crate::value;

/// The order of a list (RFC 7644 §3.4.2.3).
#[derive(Debug, Clone, PartialEq)]
pub struct Sort {
    /// The attribute to sort by.
    pub path: AttrPath,
    /// Whether the order is descending. Resources without a value then come first.
    pub descending: bool,
}

/// The sort key of a resource. In ascending order, resources without a value come last.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum SortKey {
    /// A boolean. `false` comes before `true`.
    Bool(bool),
    /// A number, mapped to an integer so that the order stays the same.
    Number(i64),
    /// A string, folded unless the attribute is `caseExact`.
    Text(String),
    /// A point in time.
    Instant(jiff::Timestamp),
    /// No value.
    Missing,
}

impl Sort {
    /// Parses the query parameters `sortBy` and `sortOrder`. The default order is ascending.
    ///
    /// # Errors
    /// `InvalidValue` when `by` is not the path of a sortable attribute, or when `order` is neither
    /// `ascending` nor `descending`.
    pub fn parse(rt: &'static ResourceType, by: &str, order: Option<&str>) -> Result<Sort, Error> {
        let descending = match order.map(str::trim).filter(|order| !order.is_empty()) {
            None => false,
            Some(order) if order.eq_ignore_ascii_case("ascending") => false,
            Some(order) if order.eq_ignore_ascii_case("descending") => true,
            Some(order) => {
                let order = quoted(order);
                return Err(Error::InvalidValue(format!(
                    "`sortOrder` is `ascending` or `descending`, not {order}"
                )));
            }
        };
        let path = AttrPath::parse(rt, by.trim())
            .map_err(|error| Error::InvalidValue(format!("`sortBy`: {error}")))?;
        Reading::QueryAttributeUnknown.note_if(path.is_unknown_in(rt));
        let path = sortable(rt, path)?;
        Ok(Sort { path, descending })
    }

    /// Returns the sort key of the resource.
    ///
    /// For a multi-valued attribute, the primary value determines the key. If no value is primary, the
    /// first one does.
    pub fn key(&self, resource: &Resource) -> SortKey {
        let attribute = AttrPath {
            sub: None,
            ..self.path.clone()
        };
        let mut chosen: Option<&Value> = None;
        attribute.visit(resource.attributes(), &mut |value| {
            let primary = value::is_primary(value);
            if primary || chosen.is_none() {
                chosen = Some(value);
            }
            primary
        });
        let value = match &self.path.sub {
            Some(sub) => chosen.and_then(|value| value.get(sub)),
            None => chosen,
        };
        value.map_or(SortKey::Missing, |value| self.key_of(resource, value))
    }

    fn key_of(&self, resource: &Resource, value: &Value) -> SortKey {
        let declared = self.path.declared_in(resource.resource_type());
        match value {
            Value::Bool(value) => SortKey::Bool(*value),
            Value::Number(number) => number
                .as_f64()
                .map_or(SortKey::Missing, |number| SortKey::Number(ordered(number))),
            Value::String(text) => match declared {
                Some(attribute) if attribute.kind == AttributeKind::DateTime => {
                    value::instant(text).map_or(SortKey::Missing, SortKey::Instant)
                }
                declared => SortKey::Text(compared(declared, text).into_owned()),
            },
            Value::Null | Value::Array(_) | Value::Object(_) => SortKey::Missing,
        }
    }
}

/// Maps a number to an integer so that the order of all numbers stays the same.
fn ordered(number: f64) -> i64 {
    let bits = number.to_bits().cast_signed();
    if bits < 0 { bits ^ i64::MAX } else { bits }
}

/// Returns the path to sort by. For a complex attribute this is its `value`, if it has one.
fn sortable(rt: &'static ResourceType, path: AttrPath) -> Result<AttrPath, Error> {
    let complex = path
        .attribute_in(rt)
        .filter(|attribute| attribute.is_complex() && path.sub.is_none());
    let unsortable = || {
        Error::InvalidValue(format!(
            "`sortBy` cannot be `{path}`, name one of its attributes"
        ))
    };
    match complex {
        _ if path.is_whole_schema() => Err(unsortable()),
        None => Ok(path),
        Some(attribute) => match dialect::values::compared_sub_attribute(attribute) {
            Some(sub) => Ok(path.with_sub(sub)),
            None => Err(unsortable()),
        },
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::schema::{ENTERPRISE_USER_SCHEMA, USER};

    fn sort(by: &str) -> Sort {
        Sort::parse(&USER, by, None).expect("a valid sort")
    }

    fn user(attributes: Value) -> Resource {
        match attributes {
            Value::Object(attributes) => Resource::from_stored(&USER, attributes),
            _ => unreachable!("an object literal"),
        }
    }

    /// Checks that resources with these attributes sort in this order, without equal keys.
    fn check(by: &str, ascending: &[Value]) {
        let keys: Vec<SortKey> = ascending
            .iter()
            .map(|attributes| sort(by).key(&user(attributes.clone())))
            .collect();
        assert!(
            keys.windows(2).all(|pair| pair[0] < pair[1]),
            "{by}: {keys:?}"
        );
    }

    #[test]
    fn orders() {
        check(
            "userName",
            &[
                json!({"userName": "ada"}),
                json!({"userName": "Bea"}),
                json!({"userName": "cyd"}),
                json!({}),
            ],
        );
        check(
            "externalId",
            &[
                json!({"externalId": "B"}),
                json!({"externalId": "a"}),
                json!({}),
            ],
        );
        check(
            "active",
            &[json!({"active": false}), json!({"active": true}), json!({})],
        );
        check(
            "meta.created",
            &[
                json!({"meta": {"created": "2024-01-01T01:00:00+02:00"}}),
                json!({"meta": {"created": "2024-01-01T00:00:00Z"}}),
                json!({}),
            ],
        );
        check(
            "urn:x:ext:2.0:User:n",
            &[-2.5, -1.0, 0.0, 3.0, 20.0].map(|n| json!({"urn:x:ext:2.0:User": {"n": n}})),
        );
        check(
            "manager",
            &["a", "b"].map(|m| json!({(ENTERPRISE_USER_SCHEMA.id): {"manager": {"value": m}}})),
        );
    }

    #[test]
    fn of_several_values_the_primary_or_the_first_counts() {
        let emails = |emails: Value| json!({ "emails": emails });
        check(
            "emails",
            &[
                emails(json!([{"value": "z"}, {"value": "a", "primary": true}])),
                emails(json!([{"value": "b"}, {"value": "a"}])),
                emails(json!([{"type": "work"}, {"value": "a"}])),
            ],
        );
    }

    #[test]
    fn parameters() {
        let order =
            |order: &str| Sort::parse(&USER, "title", Some(order)).map(|sort| sort.descending);
        assert_eq!(order("Ascending"), Ok(false));
        assert_eq!(order("DESCENDING"), Ok(true));
        assert_eq!(order(""), Ok(false));
        assert!(matches!(order("up"), Err(Error::InvalidValue(_))));
        assert_eq!(
            sort("emails").path,
            AttrPath::new("emails").with_sub("value")
        );
        for by in ["", "a b", "name", "addresses", ENTERPRISE_USER_SCHEMA.id] {
            let error = Sort::parse(&USER, by, None);
            assert!(matches!(error, Err(Error::InvalidValue(_))), "{by}");
        }
    }

    proptest! {
        #[test]
        fn numbers_keep_their_order(a in any::<i32>(), b in -1e300..1e300f64) {
            let a = f64::from(a);
            prop_assert_eq!(ordered(a).cmp(&ordered(b)), a.total_cmp(&b));
        }
    }
}
