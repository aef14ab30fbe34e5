//! Loads people and groups into a table in bulk: copies of the items that the service wrote for the first ones.
//!
//! A [`Pattern`] is what the service wrote while something was done: a group with its members was pushed, relayed and indexed.
//! Each copy has ids, names and sequence numbers of its own and is the same otherwise, byte for byte, except for the hashes of
//! its events: the chain of the feed continues behind the copies, and what lies between does not verify.
//!
//! The ids tell of the time at which something happened. Those of the copies follow those of the pattern, one copy after the
//! other, so they are an earlier history if the pattern was written long enough ago.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;

use aws_sdk_dynamodb::types::AttributeValue as SdkValue;
use dynoxide::AttributeValue;
use rollcall_directory::Tenant;
use uuid::{ContextV7, Uuid};

use crate::table::TestTable;

/// The length of an id as text.
const ID: usize = 36;
/// Items that are imported at once.
const AT_ONCE: usize = 20_000;
/// The time from one copy to the next, in milliseconds.
const APART: u64 = 20;
/// How an event says its place in the feed.
const SEQUENCE: &str = "\"sequence\":";

/// An item as the SDK reads it.
pub type Item = HashMap<String, SdkValue>;

/// What the service wrote for one group with its members.
#[derive(Debug)]
pub struct Pattern {
    items: Vec<Vec<(String, Template)>>,
    /// How many ids each copy has of its own.
    ids: usize,
    /// The time of the last entry in the journal of the pattern, in milliseconds since 1970.
    until: u64,
    /// How many events each copy has in the feed.
    events: u64,
    /// The sequence number of the first of these events of the pattern.
    first: u64,
    people: u64,
    partition: String,
}

/// A value of a copied item.
#[derive(Clone, Debug)]
enum Template {
    Same(AttributeValue),
    Text(Vec<Part>),
    Number(u64),
    Map(Vec<(String, Template)>),
    List(Vec<Template>),
    Set(Vec<Vec<Part>>),
}

/// A part of a text of a copied item.
#[derive(Clone, Debug)]
enum Part {
    Same(String),
    Id(usize),
    Name,
    Sequence(u64, usize),
}

/// What is other in a copy.
struct Others<'a> {
    ids: &'a [String],
    name: &'a str,
    shift: u64,
}

/// What tells the texts of a pattern that each copy has of its own.
struct Own<'a> {
    ids: BTreeMap<String, usize>,
    name: &'a str,
}

impl Pattern {
    /// Returns the pattern of what was written between two looks at the table: all items with the text `name`, or with ids
    /// that were new. `people` of them are people, in one group.
    ///
    /// # Panics
    /// Panics when nothing was written.
    pub fn of(tenant: &Tenant, before: &[Item], after: &[Item], name: &str, people: u64) -> Self {
        let key = |item: &Item| (text(item, "PK"), text(item, "SK"));
        let known: BTreeSet<_> = before.iter().map(key).collect();
        let partition = format!("T#{}", tenant.id());
        let is_single = |item: &&Item| {
            let own = text(item, "PK");
            let own = own.strip_prefix(partition.as_str()).unwrap_or_default();
            let of_feed = own == "#F" && !text(item, "SK").starts_with('0');
            // Counters, meters, tokens, digests, and what the indexes cover.
            of_feed || ["", "#C", "#KM", "#K", "#D", "#DQ", "#Z", "#HC", "#HF", "#R"].contains(&own)
        };
        let is_own = |item: &&Item| text(item, "PK").starts_with(&format!("{partition}#"));
        let written = after.iter().filter(|item| !known.contains(&key(item)));
        let written: Vec<_> = written
            .filter(is_own)
            .filter(|item| !is_single(item))
            .collect();
        assert!(!written.is_empty(), "nothing was written");
        let mut before_ids = BTreeSet::new();
        before
            .iter()
            .for_each(|item| ids_in_item(item, &mut before_ids));
        let mut ids = BTreeSet::new();
        written.iter().for_each(|item| ids_in_item(item, &mut ids));
        let ids = ids.difference(&before_ids).cloned();
        let ids: Vec<String> = ids.collect();
        let entries = written
            .iter()
            .filter(|item| text(item, "PK").ends_with("#J"));
        let until = entries.filter_map(|item| milliseconds(&text(item, "SK")));
        let until = until.max();
        let own = Own {
            ids: ids.into_iter().zip(0..).collect(),
            name,
        };
        let events = written
            .iter()
            .filter(|item| text(item, "PK").ends_with("#F"));
        let first = events.clone().map(|item| sequence(&text(item, "SK"))).min();
        Self {
            events: events.count() as u64,
            first: first.unwrap_or_default(),
            items: written.iter().map(|item| own.item(item)).collect(),
            ids: own.ids.len(),
            until: until.unwrap_or_default(),
            people,
            partition,
        }
    }

    /// Returns how many items each copy has.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Returns whether a copy would be empty.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Returns a copy, with its first event in this place of the feed.
    fn copy(
        &self,
        number: usize,
        first: u64,
    ) -> impl Iterator<Item = HashMap<String, AttributeValue>> + '_ {
        // In ascending order, as those of the pattern.
        let at = self.until + APART * number as u64;
        let (seconds, nanos) = (at / 1_000, (at % 1_000) as u32 * 1_000_000);
        let order = ContextV7::new();
        let id = || Uuid::new_v7(uuid::Timestamp::from_unix(&order, seconds, nanos));
        let ids: Vec<String> = (0..self.ids).map(|_| id().to_string()).collect();
        let name = name_of(number);
        let shift = first - self.first;
        self.items.iter().map(move |item| {
            let copy = Others {
                ids: &ids,
                name: &name,
                shift,
            };
            let attributes = item.iter();
            let attributes = attributes.map(|(name, value)| (name.clone(), value.copy(&copy)));
            attributes.collect()
        })
    }
}

impl TestTable {
    /// Loads the copies with these numbers of a pattern, of which the pattern itself is number 0. Their events follow the last
    /// one of the feed, which the index must have.
    ///
    /// # Panics
    /// Panics when the table refuses an item.
    pub async fn load(&self, pattern: &Pattern, numbers: Range<usize>) {
        let copies = numbers.len() as u64;
        let (own, events) = (&pattern.partition, pattern.events * copies);
        let feed = format!("{own}#F");
        let last = self.add(&feed, "HEAD", "given", events).await;
        let mut first = last - events + 1;
        let mut items = Vec::new();
        for number in numbers {
            items.extend(pattern.copy(number, first));
            first += pattern.events;
            if items.len() >= AT_ONCE {
                self.import(std::mem::take(&mut items));
            }
        }
        self.import(items);
        self.add(
            &format!("{own}#C"),
            "U#00",
            "amount",
            pattern.people * copies,
        )
        .await;
        self.add(&format!("{own}#C"), "G#00", "amount", copies)
            .await;
        self.add(&feed, "HEAD", "hash_of", events).await;
        for number in ["followed_to", "roles_to", "left_to"] {
            self.add(&format!("{own}#Z"), "ENTRIES", number, events)
                .await;
        }
    }
}

/// Returns the text in the names of the copy with a number.
pub fn name_of(number: usize) -> String {
    format!("b{number:06}")
}

impl Own<'_> {
    fn item(&self, item: &Item) -> Vec<(String, Template)> {
        let is_event = text(item, "PK").ends_with("#F");
        let attributes = item.iter();
        let template = |(name, value): (&String, &SdkValue)| {
            let template = match (name.as_str(), value) {
                ("SK", SdkValue::S(place)) if is_event => {
                    Template::Text(vec![Part::Sequence(sequence(place), place.len())])
                }
                ("placed_at", SdkValue::N(number)) => {
                    Template::Number(number.parse().unwrap_or_default())
                }
                _ => self.template(value),
            };
            (name.clone(), template)
        };
        attributes.map(template).collect()
    }

    fn template(&self, value: &SdkValue) -> Template {
        let set = |texts: &Vec<String>| texts.iter().map(|it| self.parts(it)).collect();
        match value {
            SdkValue::S(text) => Template::Text(self.parts(text)),
            SdkValue::M(entries) => {
                let entries = entries.iter();
                let of = |(name, value): (&String, &SdkValue)| (name.clone(), self.template(value));
                // A name of an attribute can be an id.
                assert!(
                    entries.clone().all(|(name, _)| name.len() != ID),
                    "{value:?}"
                );
                Template::Map(entries.map(of).collect())
            }
            SdkValue::L(values) => {
                Template::List(values.iter().map(|it| self.template(it)).collect())
            }
            SdkValue::Ss(texts) => Template::Set(set(texts)),
            SdkValue::N(number) => Template::Same(AttributeValue::N(number.clone())),
            SdkValue::Bool(flag) => Template::Same(AttributeValue::BOOL(*flag)),
            SdkValue::Null(flag) => Template::Same(AttributeValue::NULL(*flag)),
            SdkValue::B(bytes) => Template::Same(AttributeValue::B(bytes.as_ref().to_vec())),
            other => panic!("an unexpected attribute value: {other:?}"),
        }
    }

    fn parts(&self, text: &str) -> Vec<Part> {
        let (mut parts, mut same, mut rest) = (Vec::new(), String::new(), text);
        while let Some(first) = rest.chars().next() {
            let (part, taken) = match self.part(rest) {
                Some(found) => found,
                None => {
                    same.push(first);
                    rest = &rest[first.len_utf8()..];
                    continue;
                }
            };
            if let Part::Sequence(..) = part {
                same += SEQUENCE;
            }
            if !same.is_empty() {
                parts.push(Part::Same(std::mem::take(&mut same)));
            }
            parts.push(part);
            rest = &rest[taken..];
        }
        if !same.is_empty() {
            parts.push(Part::Same(same));
        }
        parts
    }

    /// Returns the part with which a text begins, and its length, if it is other in each copy.
    fn part(&self, text: &str) -> Option<(Part, usize)> {
        if let Some(at) = text.get(..ID).and_then(|id| self.ids.get(id)) {
            return Some((Part::Id(*at), ID));
        }
        if text.starts_with(self.name) {
            return Some((Part::Name, self.name.len()));
        }
        let digits = text.strip_prefix(SEQUENCE)?;
        let end = digits.find(|c: char| !c.is_ascii_digit());
        let digits = &digits[..end.unwrap_or(digits.len())];
        let number = digits.parse().ok()?;
        Some((Part::Sequence(number, 0), SEQUENCE.len() + digits.len()))
    }
}

impl Template {
    fn copy(&self, copy: &Others<'_>) -> AttributeValue {
        match self {
            Self::Same(value) => value.clone(),
            Self::Text(parts) => AttributeValue::S(copy.text(parts)),
            Self::Number(number) => AttributeValue::N((number + copy.shift).to_string()),
            Self::Map(entries) => {
                let entries = entries.iter();
                let entries = entries.map(|(name, value)| (name.clone(), value.copy(copy)));
                AttributeValue::M(entries.collect())
            }
            Self::List(values) => {
                AttributeValue::L(values.iter().map(|it| it.copy(copy)).collect())
            }
            Self::Set(texts) => AttributeValue::SS(texts.iter().map(|it| copy.text(it)).collect()),
        }
    }
}

impl Others<'_> {
    fn text(&self, parts: &[Part]) -> String {
        let mut text = String::new();
        for part in parts {
            match part {
                Part::Same(same) => text += same,
                Part::Id(at) => text += &self.ids[*at],
                Part::Name => text += self.name,
                Part::Sequence(number, width) => {
                    text += &format!("{:0width$}", number + self.shift);
                }
            }
        }
        text
    }
}

fn text(item: &Item, name: &str) -> String {
    let value = item.get(name).and_then(|value| value.as_s().ok());
    value.cloned().unwrap_or_default()
}

/// Returns the place of an event in the feed.
fn sequence(place: &str) -> u64 {
    let number = place.parse();
    number.unwrap_or_else(|_| panic!("no place: {place}"))
}

/// Returns the time of a UUIDv7, in milliseconds since 1970.
fn milliseconds(id: &str) -> Option<u64> {
    let (seconds, nanos) = Uuid::try_parse(id).ok()?.get_timestamp()?.to_unix();
    Some(seconds * 1_000 + u64::from(nanos / 1_000_000))
}

fn ids_in_item(item: &Item, ids: &mut BTreeSet<String>) {
    item.values().for_each(|value| ids_in(value, ids));
}

fn ids_in(value: &SdkValue, ids: &mut BTreeSet<String>) {
    let mut in_text = |text: &str| {
        for (at, _) in text.char_indices() {
            let id = text.get(at..at + ID).filter(|id| id.as_bytes()[8] == b'-');
            ids.extend(
                id.filter(|id| Uuid::try_parse(id).is_ok())
                    .map(str::to_owned),
            );
        }
    };
    match value {
        SdkValue::S(text) => in_text(text),
        SdkValue::Ss(texts) => texts.iter().for_each(|text| in_text(text)),
        SdkValue::M(entries) => entries.values().for_each(|value| ids_in(value, ids)),
        SdkValue::L(values) => values.iter().for_each(|value| ids_in(value, ids)),
        _ => {}
    }
}
