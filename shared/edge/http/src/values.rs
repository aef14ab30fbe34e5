//! Deserializes JSON and the parameters of a query, with errors for the people who sent them.
//!
//! The errors of serde's own formats name types of Rust and traits of serde. Here, an error names the member by its path,
//! and says in plain English what it must be: `` `rate_limit.burst` must be a whole number, not text ``.

use std::fmt;

use rollcall_directory::shown;
use serde::de::value::{StrDeserializer, StringDeserializer};
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Error as _, Expected,
    IntoDeserializer, MapAccess, SeqAccess, Unexpected, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;
use serde_json::Value;

/// Precedes an error that was written for the people who sent the value. No other error of a type is passed on.
const OURS: char = '\u{2}';

/// Deserializes JSON.
///
/// Other than with serde's own format, an array is no object whose members are given in order.
///
/// # Errors
/// [`Misfit`] when the value does not fit the type.
pub fn from_json<T: DeserializeOwned>(value: Value) -> Result<T, Misfit> {
    T::deserialize(Given::Json(value))
}

/// Deserializes the pairs of a query string, whose values are all text.
///
/// A list is a parameter with commas, one that occurs more than once, or both: generated clients differ in that.
///
/// # Errors
/// [`Misfit`] when a value does not fit the type, or what is no list occurs more than once.
pub fn from_pairs<T: DeserializeOwned>(pairs: Vec<(String, String)>) -> Result<T, Misfit> {
    let mut given: Vec<(String, Given)> = Vec::new();
    for (name, value) in pairs {
        match given.iter_mut().find(|(earlier, _)| *earlier == name) {
            Some((_, earlier)) => earlier.add(value),
            None => given.push((name, Given::Text(value))),
        }
    }
    T::deserialize(Parameters(given))
}

/// Returns an error of a type's own deserializer, which follows the name of the member: "must be at most 5".
pub fn misfit<E: serde::de::Error>(what: impl fmt::Display) -> E {
    E::custom(format!("{OURS}{what}"))
}

/// What does not fit, and why, for the people who sent it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    path: String,
    what: String,
}

impl Misfit {
    fn at(path: &str, what: String) -> Self {
        let path = path.to_owned();
        Self { path, what }
    }

    fn repeated() -> Self {
        Self::at("", "is given more than once".to_owned())
    }

    fn must_be(expected: &str, found: &str) -> Self {
        let what = match found.is_empty() || found == expected {
            true => format!("must be {expected}"),
            false => format!("must be {expected}, not {found}"),
        };
        Self::at("", what)
    }

    /// Returns the error as one of what is inside `parent`.
    fn inside(mut self, parent: &str) -> Self {
        self.path = match self.path.is_empty() {
            true => parent.to_owned(),
            false if self.path.starts_with('[') => format!("{parent}{}", self.path),
            false => format!("{parent}.{}", self.path),
        };
        self
    }
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.path.is_empty() {
            true => write!(f, "the value {}", self.what),
            false => write!(f, "`{}` {}", self.path, self.what),
        }
    }
}

impl std::error::Error for Misfit {}

impl serde::de::Error for Misfit {
    fn custom<T: fmt::Display>(message: T) -> Self {
        let message = message.to_string();
        // The text of a library is for its users.
        let unclear = "does not have the form that the OpenAPI document describes";
        let what = message.strip_prefix(OURS).unwrap_or(unclear);
        Self::at("", what.to_owned())
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::must_be(&plainly(&expected.to_string()), kind_of(&found))
    }

    fn invalid_value(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::must_be(&plainly(&expected.to_string()), "")
    }

    fn invalid_length(_: usize, _: &dyn Expected) -> Self {
        Self::at("", "has too many or too few elements".to_owned())
    }

    fn unknown_variant(found: &str, known: &'static [&'static str]) -> Self {
        let found = format!("`{}`", shown(found));
        Self::must_be(&format!("one of {}", listed(known)), &found)
    }

    fn unknown_field(name: &str, known: &'static [&'static str]) -> Self {
        let known = match known {
            [] => "; there are no others".to_owned(),
            known => format!("; allowed here: {}", listed(known)),
        };
        Self::at(&shown(name), format!("is not allowed{known}"))
    }

    fn missing_field(name: &'static str) -> Self {
        Self::at(name, "is required".to_owned())
    }

    fn duplicate_field(name: &'static str) -> Self {
        Self::repeated().inside(name)
    }
}

fn listed(names: &[&str]) -> String {
    let names = names.iter().map(|name| format!("`{name}`"));
    names.collect::<Vec<_>>().join(", ")
}

/// Returns in plain words what a type expects.
fn plainly(expected: &str) -> String {
    let plain = match expected {
        "a boolean" => "`true` or `false`",
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number",
        "u8" => "a whole number from 0 to 255",
        "u16" => "a whole number from 0 to 65,535",
        "u32" => "a whole number from 0 to 4,294,967,295",
        "u64" | "usize" => "a whole number that is not negative",
        "f32" | "f64" => "a number",
        "a sequence" => "an array",
        "a map" => "an object",
        "unit" => "null",
        _ if expected.contains("string") || expected.contains("identifier") => "text",
        _ if expected.starts_with("struct") => "an object",
        _ if expected.contains("sequence") || expected.contains("array") => "an array",
        _ => "as the OpenAPI document describes it",
    };
    plain.to_owned()
}

fn kind_of(found: &Unexpected<'_>) -> &'static str {
    match found {
        Unexpected::Bool(_) => "`true` or `false`",
        Unexpected::Unsigned(_) | Unexpected::Signed(_) => "a number",
        Unexpected::Float(_) => "a number with a fraction",
        Unexpected::Char(_) | Unexpected::Str(_) | Unexpected::Bytes(_) => "text",
        Unexpected::Unit | Unexpected::Option => "null",
        Unexpected::Seq => "an array",
        Unexpected::Map => "an object",
        _ => "",
    }
}

/// A value that was sent.
enum Given {
    /// A JSON value.
    Json(Value),
    /// The value of a parameter, which can stand for a number, a boolean or a list.
    Text(String),
    /// The values of a parameter that occurs more than once.
    Texts(Vec<String>),
}

impl Given {
    /// Adds a further value of a parameter.
    fn add(&mut self, value: String) {
        match self {
            Self::Texts(texts) => texts.push(value),
            Self::Text(text) => *self = Self::Texts(vec![std::mem::take(text), value]),
            Self::Json(_) => {}
        }
    }

    /// Returns the elements of a list in a query.
    fn list(texts: &[String]) -> Elements {
        let words = texts.iter().flat_map(|text| text.split(','));
        let words: Vec<Value> = words.map(Value::from).collect();
        Elements {
            elements: words.into_iter(),
            index: 0,
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::Json(Value::Null) => "null",
            Self::Json(Value::Bool(_)) => "`true` or `false`",
            Self::Json(Value::Number(_)) => "a number",
            Self::Json(Value::String(_)) | Self::Text(_) | Self::Texts(_) => "text",
            Self::Json(Value::Array(_)) => "an array",
            Self::Json(Value::Object(_)) => "an object",
        }
    }
}

/// Reads what a text can stand for. JSON has types of its own.
macro_rules! readable {
    ($($method:ident: $type:ty as $name:literal, $visit:ident;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
            match self {
                Self::Text(text) => match text.parse::<$type>() {
                    Ok(value) => visitor.$visit(value),
                    Err(_) => Err(Misfit::must_be(&plainly($name), "")),
                },
                other => other.deserialize_any(visitor),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for Given {
    type Error = Misfit;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        match self {
            Self::Text(text) | Self::Json(Value::String(text)) => visitor.visit_string(text),
            Self::Texts(_) => Err(Misfit::repeated()),
            Self::Json(Value::Null) => visitor.visit_unit(),
            Self::Json(Value::Bool(value)) => visitor.visit_bool(value),
            Self::Json(Value::Number(number)) => {
                match (number.as_u64(), number.as_i64(), number.as_f64()) {
                    (Some(value), _, _) => visitor.visit_u64(value),
                    (_, Some(value), _) => visitor.visit_i64(value),
                    (_, _, Some(value)) => visitor.visit_f64(value),
                    _ => Err(Misfit::must_be("a number that fits", "")),
                }
            }
            Self::Json(Value::Array(elements)) => visitor.visit_seq(Elements {
                elements: elements.into_iter(),
                index: 0,
            }),
            Self::Json(Value::Object(members)) => {
                let given = members.into_iter();
                let given = given.map(|(name, value)| (name, Given::Json(value)));
                visitor.visit_map(Members::of(given))
            }
        }
    }

    readable! {
        deserialize_bool: bool as "a boolean", visit_bool;
        deserialize_i8: i8 as "i8", visit_i8;
        deserialize_i16: i16 as "i16", visit_i16;
        deserialize_i32: i32 as "i32", visit_i32;
        deserialize_i64: i64 as "i64", visit_i64;
        deserialize_u8: u8 as "u8", visit_u8;
        deserialize_u16: u16 as "u16", visit_u16;
        deserialize_u32: u32 as "u32", visit_u32;
        deserialize_u64: u64 as "u64", visit_u64;
        deserialize_f32: f32 as "f32", visit_f32;
        deserialize_f64: f64 as "f64", visit_f64;
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        match self {
            Self::Json(Value::Null) => visitor.visit_none(),
            given => visitor.visit_some(given),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        match self {
            Self::Text(text) => visitor.visit_seq(Self::list(&[text])),
            Self::Texts(texts) => visitor.visit_seq(Self::list(&texts)),
            json => json.deserialize_any(visitor),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        match self {
            Self::Json(Value::Object(_)) => self.deserialize_any(visitor),
            other => Err(Misfit::must_be("an object", other.kind())),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        match self {
            Self::Text(text) | Self::Json(Value::String(text)) => {
                visitor.visit_enum(text.into_deserializer())
            }
            Self::Json(Value::Object(members)) if members.len() == 1 => {
                let mut members = members.into_iter();
                match members.next() {
                    Some((name, value)) => visitor.visit_enum(Variant { name, value }),
                    None => Err(Misfit::must_be("text", "an object")),
                }
            }
            Self::Texts(_) => Err(Misfit::repeated()),
            other => Err(Misfit::must_be("text", other.kind())),
        }
    }

    forward_to_deserialize_any! {
        i128 u128 char str string bytes byte_buf unit unit_struct tuple tuple_struct map identifier ignored_any
    }
}

/// A variant that has a value.
struct Variant {
    name: String,
    value: Value,
}

impl<'de> EnumAccess<'de> for Variant {
    type Error = Misfit;
    type Variant = Given;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Given), Misfit> {
        let name: StringDeserializer<Misfit> = self.name.into_deserializer();
        Ok((seed.deserialize(name)?, Given::Json(self.value)))
    }
}

impl<'de> VariantAccess<'de> for Given {
    type Error = Misfit;

    fn unit_variant(self) -> Result<(), Misfit> {
        Err(Misfit::must_be("text", "an object"))
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Misfit> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Misfit> {
        self.deserialize_any(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        self.deserialize_struct("", fields, visitor)
    }
}

/// The elements of an array.
struct Elements {
    elements: std::vec::IntoIter<Value>,
    index: usize,
}

impl<'de> SeqAccess<'de> for Elements {
    type Error = Misfit;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Misfit> {
        let Some(element) = self.elements.next() else {
            return Ok(None);
        };
        let at = format!("[{}]", self.index);
        self.index += 1;
        let read = seed.deserialize(Given::Json(element));
        read.map(Some).map_err(|misfit| misfit.inside(&at))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.elements.len())
    }
}

/// The members of an object, or the parameters of a query.
struct Members<I> {
    members: I,
    value: Option<(String, Given)>,
}

impl<I: Iterator<Item = (String, Given)>> Members<I> {
    fn of(members: I) -> Self {
        let value = None;
        Self { members, value }
    }
}

impl<'de, I: Iterator<Item = (String, Given)>> MapAccess<'de> for Members<I> {
    type Error = Misfit;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Misfit> {
        let Some((name, value)) = self.members.next() else {
            return Ok(None);
        };
        let key: StrDeserializer<'_, Misfit> = name.as_str().into_deserializer();
        let key = seed.deserialize(key)?;
        self.value = Some((name, value));
        Ok(Some(key))
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Misfit> {
        let (name, value) = self.value.take().ok_or_else(|| Misfit::custom(""))?;
        let read = seed.deserialize(value);
        read.map_err(|misfit| misfit.inside(&name))
    }
}

/// The parameters of a query.
struct Parameters(Vec<(String, Given)>);

impl<'de> Deserializer<'de> for Parameters {
    type Error = Misfit;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        visitor.visit_map(Members::of(self.0.into_iter()))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests;
