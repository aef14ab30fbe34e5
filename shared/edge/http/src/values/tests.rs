//! Tests of what people are told whose values do not fit.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::json;

use super::*;

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Colour {
    Red,
    DarkBlue,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Inner {
    count: u32,
    #[serde(default, deserialize_with = "even")]
    even: u8,
}

fn even<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u8, D::Error> {
    let number = u8::deserialize(deserializer)?;
    match number % 2 {
        0 => Ok(number),
        _ => Err(misfit("must be even")),
    }
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Outer {
    name: String,
    colour: Option<Colour>,
    #[serde(default)]
    inner: Vec<Inner>,
    #[serde(default)]
    more: BTreeMap<String, bool>,
    at: Option<jiff::Timestamp>,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Query {
    limit: Option<i64>,
    deep: Option<bool>,
    colour: Option<Colour>,
    at: Option<jiff::Timestamp>,
    types: Option<Vec<String>>,
}

#[test]
fn json_that_fits_is_read() {
    let value = json!({
        "name": "x", "colour": "dark_blue", "inner": [{"count": 1, "even": 2}, {"count": 2}], "more": {"a": true},
        "at": "2026-01-31T12:00:00Z",
    });
    let read = from_json::<Outer>(value.clone());
    assert_eq!(read.ok(), serde_json::from_value(value).ok());
    let least = from_json::<Outer>(json!({"name": "x", "colour": null}));
    assert!(least.is_ok_and(|least| least.colour.is_none()));
}

#[test]
fn json_that_does_not_fit_is_refused_in_plain_words() {
    for (value, expected) in [
        (json!({}), "`name` is required"),
        (json!({"name": 5}), "`name` must be text, not a number"),
        (json!({"name": null}), "`name` must be text, not null"),
        (
            json!({"name": "x", "colour": "green"}),
            "`colour` must be one of `red`, `dark_blue`, not `green`",
        ),
        (
            json!({"name": "x", "colour": ["red"]}),
            "`colour` must be text, not an array",
        ),
        (
            json!({"name": "x", "colour": {"red": 1}}),
            "`colour` must be text, not an object",
        ),
        (
            json!({"name": "x", "inner": [{"count": 1}, {"count": -1}]}),
            "`inner[1].count` must be a whole number from 0 to 4,294,967,295",
        ),
        (
            json!({"name": "x", "inner": [{"count": 1.5}]}),
            "`inner[0].count` must be a whole number from 0 to 4,294,967,295, not a number with a fraction",
        ),
        (
            json!({"name": "x", "inner": [{"count": 1, "even": 3}]}),
            "`inner[0].even` must be even",
        ),
        (
            json!({"name": "x", "inner": [[1]]}),
            "`inner[0]` must be an object, not an array",
        ),
        (
            json!({"name": "x", "inner": {}}),
            "`inner` must be an array, not an object",
        ),
        (
            json!({"name": "x", "more": []}),
            "`more` must be an object, not an array",
        ),
        (
            json!({"name": "x", "more": {"a": "true"}}),
            "`more.a` must be `true` or `false`, not text",
        ),
        (
            json!({"name": "x", "inner": [{"count": 1, "size": 2}]}),
            "`inner[0].size` is not allowed; allowed here: `count`, `even`",
        ),
        (
            json!({"name": "x", "at": "tomorrow"}),
            "`at` does not have the form that the OpenAPI document describes",
        ),
        (
            json!({"name": "x", "at": 5}),
            "`at` must be text, not a number",
        ),
        (json!([]), "the value must be an object, not an array"),
    ] {
        let misfit = from_json::<Outer>(value.clone()).expect_err("refused");
        assert_eq!(misfit.to_string(), expected, "{value}");
    }
}

#[test]
fn parameters_are_texts() {
    let pairs = |pairs: &[(&str, &str)]| {
        let owned = pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        from_pairs::<Query>(owned.collect())
    };
    let read = pairs(&[("limit", "5"), ("deep", "true"), ("colour", "red")]);
    let expected = Query {
        limit: Some(5),
        deep: Some(true),
        colour: Some(Colour::Red),
        at: None,
        types: None,
    };
    assert_eq!(read, Ok(expected));
    for given in [
        &[("types", "a,b,c")][..],
        &[("types", "a"), ("types", "b"), ("types", "c")],
        &[("types", "a,b"), ("types", "c")],
    ] {
        let read = pairs(given).map(|read| read.types.unwrap_or_default());
        assert_eq!(read, Ok(["a", "b", "c"].map(str::to_owned).to_vec()));
    }
    for (given, expected) in [
        (&[("limit", "many")][..], "`limit` must be a whole number"),
        (&[("deep", "yes")], "`deep` must be `true` or `false`"),
        (
            &[("colour", "green")],
            "`colour` must be one of `red`, `dark_blue`, not `green`",
        ),
        (
            &[("limit", "1"), ("limit", "2")],
            "`limit` is given more than once",
        ),
        (
            &[("depth", "1")],
            "`depth` is not allowed; allowed here: `limit`, `deep`, `colour`, `at`, `types`",
        ),
    ] {
        let misfit = pairs(given).expect_err("refused");
        assert_eq!(misfit.to_string(), expected, "{given:?}");
    }
}
