//! Odd readings: what a request contains although the RFC does not expect it, and how it was read all the same.
//!
//! A function that reads something in an odd way notes it with [`Reading::note`]. [`observe`] runs the handling of one
//! request and returns what was noted. The values that the functions return do not depend on it.

#[cfg(test)]
mod tests;

use std::cell::RefCell;
use std::fmt;
use std::future::{Future, poll_fn};
use std::mem::take;
use std::pin::pin;

macro_rules! readings {
    ($($(#[$rule:meta])* $reading:ident = $code:literal, $meaning:literal;)*) => {
        /// One way to read a request that the RFC does not describe, with a code that does not change.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Reading {
            $($(#[$rule])* #[doc = $meaning] $reading,)*
        }

        impl Reading {
            /// All readings.
            pub const ALL: &'static [Self] = &[$(Self::$reading),*];

            /// Returns the code, as logs and the API have it.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$reading => $code,)*
                }
            }

            /// Returns what was sent and how it was read, in plain words.
            pub fn meaning(self) -> &'static str {
                match self {
                    $(Self::$reading => $meaning,)*
                }
            }
        }
    };
}

readings! {
    // the rules in `dialect`
    BooleanAsText = "boolean_as_text", "A boolean was sent as text, such as `\"True\"`; it was read as a boolean.";
    ValueWithoutArray = "value_without_array", "One value was sent where an array is expected; it was read as an array of one value.";
    ArrayForOneValue = "array_for_one_value", "An array was sent where one value is expected; its first value was read.";
    TextForObject = "text_for_object", "Text was sent where an object is expected; it was read as the object's `value`, and empty text as no value.";
    EmptyTextDropped = "empty_text_dropped", "Empty text was sent for a date, a URI or base64; it was read as no value.";
    KeyInOtherCase = "key_in_other_case", "A key of the message was spelled in another case, such as `operations`; it was read as the RFC spells it.";
    OperationInOtherCase = "operation_in_other_case", "The name of a PATCH operation was spelled in another case, such as `Add`; it was read as the RFC spells it.";
    RemoveWithValue = "remove_with_value", "A `remove` operation had a `value`; only these values were removed.";
    FilterWithoutQuotes = "filter_without_quotes", "Text in a filter had no quotes; it was read as text.";
    ObjectCompared = "object_compared", "A filter or an order named an attribute that is an object; its `value` was compared.";
    ExtensionWithoutUrn = "extension_without_urn", "An attribute of an extension was named without the URN of the extension; the extension was found by the name.";
    ComparisonAfterBracket = "comparison_after_bracket", "A comparison followed the `]` of a value path; it was read as a condition within the brackets.";
    ValueFromFilter = "value_from_filter", "A PATCH path matched no value; the value that its filter describes was created.";
    UndeclaredExtension = "undeclared_extension", "A PATCH without `path` had a URN as a key that no schema declares; it was read as an extension.";
    SchemasMissing = "schemas_missing", "The body had no `schemas`; it was read as a resource of the endpoint's core schema.";
    DotAfterUrn = "dot_after_urn", "The URN of a schema was followed by a dot; it was read as the colon that belongs there.";
    SingleQuotes = "single_quotes", "Text in a filter or a path had single quotes; it was read as text.";
    // what is ignored
    AttributeIgnored = "attribute_ignored", "The body or a path named an attribute that does not exist here; it was ignored.";
    PathIgnored = "path_ignored", "The `path` of a PATCH operation on a user named an attribute that does not exist here; the operation was ignored.";
    NullDropped = "null_dropped", "An array contained `null`; it was dropped.";
    ValueIncomplete = "value_incomplete", "An entry had nothing but a `type` or `primary`; it was dropped.";
    ValueRepeated = "value_repeated", "An entry was listed more than once, with the same `type` and `value`; it was kept once.";
    ReadOnlyIgnored = "read_only_ignored", "The body had a read-only attribute, such as `id` or `meta`; it was ignored.";
    PasswordIgnored = "password_ignored", "The request had a password; it was ignored and is not kept.";
    SchemaIgnored = "schema_ignored", "`schemas` listed a URN that does not exist here; it was ignored.";
    SchemasChangeIgnored = "schemas_change_ignored", "A PATCH operation changed `schemas`; it was ignored, because `schemas` follows from the attributes.";
    EmptyPathIgnored = "empty_path_ignored", "A PATCH operation had an empty `path`; it was read as an operation without `path`.";
    ParameterIgnored = "parameter_ignored", "The query had a parameter that does not exist here; it was ignored.";
    ParameterRepeated = "parameter_repeated", "The query had a parameter more than once; the last one was used.";
    QueryAttributeUnknown = "query_attribute_unknown", "A filter, an order or a list of attributes named an attribute that does not exist here; it was read as one that no resource has.";
    CountLimited = "count_limited", "More results were asked for than fit on one page; the page has fewer.";
    MemberRepeated = "member_repeated", "A member was listed more than once; it was counted once.";
    MemberTypeIgnored = "member_type_ignored", "A member had a `type` other than `User`, or a `$ref` to something else than the user; it was ignored.";
    MemberSkipped = "member_skipped", "A member is the id of no user here; the member was left out.";
    // the message
    PathRespelled = "path_respelled", "The URL was spelled in another way, such as `//Users` or `/Users/`; it was read as the endpoint that it resembles.";
    ContentTypeIgnored = "content_type_ignored", "`Content-Type` did not name JSON; the body was read as JSON all the same.";
    ByteOrderMarkDropped = "byte_order_mark_dropped", "The body began with a byte order mark; it was dropped.";
    AcceptIgnored = "accept_ignored", "`Accept` allowed no JSON; the response is JSON all the same.";
}

impl Reading {
    /// Returns the reading with this code; `None` for a code that only a newer version knows.
    pub fn of(code: &str) -> Option<Self> {
        let mut all = Self::ALL.iter().copied();
        all.find(|reading| reading.as_str() == code)
    }

    /// Notes that the current request was read in this way. Outside [`observe`], this has no effect.
    pub fn note(self) {
        NOTED.with_borrow_mut(|noted| noted.add(self));
    }

    /// Notes the reading of an attribute, such as `emails.primary`.
    pub(crate) fn note_about(self, attribute: impl fmt::Display) {
        let attribute = attribute.to_string();
        NOTED.with_borrow_mut(|noted| noted.add_about(self, attribute));
    }

    /// Notes the reading if `odd` is true.
    pub(crate) fn note_if(self, odd: bool) {
        if odd {
            self.note();
        }
    }
}

impl fmt::Display for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A set of readings, each at most once, with the attributes that some of them concern.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Readings {
    codes: u64,
    about: Vec<(Reading, String)>,
}

/// The attributes that the readings of one request name at most. They are logged, and all could be a client's invention.
const MAX_ATTRIBUTES: usize = 10;
/// The bytes of such a name at most.
const MAX_NAME_BYTES: usize = 120;

impl Readings {
    /// Returns the set with one more reading.
    #[must_use]
    pub fn with(mut self, reading: Reading) -> Self {
        self.add(reading);
        self
    }

    /// Returns the readings, in the order of [`Reading::ALL`].
    pub fn iter(&self) -> impl Iterator<Item = Reading> {
        let all = Reading::ALL.iter().copied();
        all.filter(|reading| self.codes & (1 << *reading as u64) != 0)
    }

    /// Returns the readings that concern an attribute, each with its path, in the order in which they were noted. There
    /// are at most ten.
    pub fn about(&self) -> impl Iterator<Item = (Reading, &str)> {
        let about = self.about.iter();
        about.map(|(reading, attribute)| (*reading, attribute.as_str()))
    }

    fn add(&mut self, reading: Reading) {
        self.codes |= 1 << reading as u64;
    }

    /// A name that could not be one of an attribute could be anything, also personal data. It is not kept.
    fn add_about(&mut self, reading: Reading, attribute: String) {
        self.add(reading);
        let is_name = |c: char| c.is_ascii_alphanumeric() || "-_$.:".contains(c);
        let fits = attribute.len() <= MAX_NAME_BYTES && attribute.chars().all(is_name);
        let about = (reading, attribute);
        if fits && self.about.len() < MAX_ATTRIBUTES && !self.about.contains(&about) {
            self.about.push(about);
        }
    }
}

thread_local! {
    /// What the request that the thread is polling has noted.
    static NOTED: RefCell<Readings> = RefCell::default();
}

/// Runs the handling of one request, and returns its output with the readings that it noted.
///
/// Only the future itself counts, not tasks that it spawns. What an inner `observe` notes does not count in an outer one.
pub async fn observe<F: Future>(handling: F) -> (F::Output, Readings) {
    let mut handling = pin!(handling);
    let mut noted = Readings::default();
    let output = poll_fn(|context| {
        let (polled, now_noted) = during(take(&mut noted), || handling.as_mut().poll(context));
        noted = now_noted;
        polled
    })
    .await;
    (output, noted)
}

/// Runs `work`, and returns its output and `noted` with the readings that it noted. The thread's own readings stay: the
/// thread polls other requests in between.
pub(crate) fn during<T>(noted: Readings, work: impl FnOnce() -> T) -> (T, Readings) {
    let outer = NOTED.replace(noted);
    let output = work();
    (output, NOTED.replace(outer))
}
