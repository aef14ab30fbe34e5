//! Validates JSON against the schemas of the OpenAPI document.
//!
//! It knows the keywords that the document uses, and refuses a schema with any other, so that nothing goes unchecked. An
//! object may have only the declared properties, unless its schema allows others.

use serde_json::{Map, Value};

/// Keywords that constrain nothing.
const ANNOTATIONS: [&str; 6] = [
    "description",
    "default",
    "example",
    "examples",
    "format",
    "discriminator",
];

/// A document with schemas under `#/components/schemas`.
#[derive(Clone, Copy, Debug)]
pub struct Schemas<'a>(pub &'a Value);

impl<'a> Schemas<'a> {
    /// Returns the schema with this name.
    pub fn named(self, name: &str) -> Option<&'a Value> {
        self.0["components"]["schemas"].get(name)
    }

    /// Validates a value.
    ///
    /// # Errors
    /// The path of the first part that is invalid, and why.
    pub fn check(self, value: &Value, schema: &Value, path: &str) -> Result<(), String> {
        let schema = match schema {
            Value::Object(schema) => schema,
            Value::Bool(true) => return Ok(()),
            other => return Err(format!("{path}: unexpected schema {other}")),
        };
        for (keyword, argument) in schema {
            if !self.holds(value, keyword, argument, path)? {
                return Err(format!(
                    "{path}: {value} does not match `{keyword}`: {argument}"
                ));
            }
        }
        match (schema.get("properties"), value) {
            (Some(Value::Object(declared)), Value::Object(members)) => {
                self.check_members(members, declared, schema, path)
            }
            _ => Ok(()),
        }
    }

    fn holds(
        self,
        value: &Value,
        keyword: &str,
        argument: &Value,
        path: &str,
    ) -> Result<bool, String> {
        let arguments = argument.as_array().map_or(&[][..], Vec::as_slice);
        match keyword {
            "$ref" => {
                let pointer = argument.as_str().unwrap_or_default();
                let schema = self.0.pointer(pointer.trim_start_matches('#'));
                let schema = schema.ok_or_else(|| format!("{path}: no schema {pointer}"))?;
                self.check(value, schema, path).map(|()| true)
            }
            "type" => Ok(match argument {
                Value::Array(types) => types.iter().any(|one| is_of(value, one)),
                one => is_of(value, one),
            }),
            "enum" => Ok(arguments.contains(value)),
            "required" => Ok(arguments
                .iter()
                .all(|name| value.get(name.as_str().unwrap_or_default()).is_some())),
            "items" => {
                for (n, item) in value.as_array().into_iter().flatten().enumerate() {
                    self.check(item, argument, &format!("{path}/{n}"))?;
                }
                Ok(true)
            }
            "oneOf" => {
                let results = arguments.iter().map(|one| self.check(value, one, path));
                let errors: Vec<String> = results.filter_map(Result::err).collect();
                match arguments.len() - errors.len() {
                    0 => Err(errors.join("; ")),
                    matching => Ok(matching == 1),
                }
            }
            "minimum" => Ok(!value.is_number() || value.as_f64() >= argument.as_f64()),
            "maximum" => Ok(!value.is_number() || value.as_f64() <= argument.as_f64()),
            "minLength" => Ok(length(value).is_none_or(|length| length >= number(argument))),
            "maxLength" => Ok(length(value).is_none_or(|length| length <= number(argument))),
            "maxItems" => Ok(items(value).is_none_or(|items| items <= number(argument))),
            // Looked at together with the declared properties.
            "properties" | "additionalProperties" => Ok(true),
            annotation if ANNOTATIONS.contains(&annotation) => Ok(true),
            unknown => Err(format!(
                "{path}: the keyword `{unknown}` is not implemented"
            )),
        }
    }

    fn check_members(
        self,
        members: &Map<String, Value>,
        declared: &Map<String, Value>,
        schema: &Map<String, Value>,
        path: &str,
    ) -> Result<(), String> {
        for (name, member) in members {
            let path = format!("{path}/{name}");
            match declared.get(name).or(schema.get("additionalProperties")) {
                Some(schema) => self.check(member, schema, &path)?,
                None => return Err(format!("{path}: not declared")),
            }
        }
        Ok(())
    }
}

fn number(argument: &Value) -> u64 {
    argument.as_u64().unwrap_or_default()
}

fn length(value: &Value) -> Option<u64> {
    value.as_str().map(|text| text.chars().count() as u64)
}

fn items(value: &Value) -> Option<u64> {
    value.as_array().map(|items| items.len() as u64)
}

fn is_of(value: &Value, name: &Value) -> bool {
    match name.as_str().unwrap_or_default() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "null" => value.is_null(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Rows: a value, and what is wrong with it.
    #[test]
    fn each_keyword_is_checked() {
        let document = json!({"components": {"schemas": {"Name": {"type": "string"}}}});
        let schema = json!({
            "type": "object", "required": ["kind"], "description": "An example.",
            "properties": {
                "kind": {"type": "string", "enum": ["a"]},
                "name": {"$ref": "#/components/schemas/Name"},
                "list": {"type": "array", "maxItems": 2, "items": {"type": "integer", "minimum": 1, "maximum": 9}},
                "word": {"type": "string", "minLength": 1, "maxLength": 2},
                "count": {"type": ["integer", "null"], "minimum": 0},
                "open": {"type": "object", "properties": {}, "additionalProperties": true},
                "role": {"oneOf": [{"type": "null"}, {"$ref": "#/components/schemas/Name"}]},
            },
        });
        for (value, wrong) in [
            (
                json!({"kind": "a", "name": "x", "list": [1], "open": {"y": 1}, "role": null, "count": null}),
                None,
            ),
            (json!([]), Some("`type`")),
            (json!({}), Some("`required`")),
            (json!({"kind": "b"}), Some("`enum`")),
            (json!({"kind": "a", "name": 1}), Some("/name")),
            (json!({"kind": "a", "list": [1, 0]}), Some("/list/1")),
            (json!({"kind": "a", "list": [10]}), Some("/list/0")),
            (json!({"kind": "a", "list": [1, 1, 1]}), Some("`maxItems`")),
            (json!({"kind": "a", "word": "öö"}), None),
            (json!({"kind": "a", "word": ""}), Some("`minLength`")),
            (json!({"kind": "a", "word": "abc"}), Some("`maxLength`")),
            (json!({"kind": "a", "role": 1}), Some("/role")),
            (
                json!({"kind": "a", "other": 1}),
                Some("/other: not declared"),
            ),
        ] {
            let result = Schemas(&document).check(&value, &schema, "");
            match wrong {
                None => assert_eq!(result, Ok(())),
                Some(wrong) => assert!(
                    result.clone().is_err_and(|error| error.contains(wrong)),
                    "{result:?}"
                ),
            }
        }
        let unknown = json!({"pattern": "x"});
        assert!(
            Schemas(&document)
                .check(&json!("xx"), &unknown, "")
                .is_err()
        );
    }
}
