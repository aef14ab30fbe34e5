//! Applies one operation to the attributes of a resource.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use serde_json::{Map, Value};

use super::merge::{laid_over, merged};
use super::work::Work;
use crate::dialect;
use crate::error::{Error, quoted};
use crate::filter::{Filter, ValueMatcher};
use crate::fold::fold;
use crate::path::AttrPath;
use crate::reading::Reading;
use crate::schema::Attribute;
use crate::value;

/// A change to one attribute or sub-attribute.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Operation {
    /// The attribute or sub-attribute to change.
    pub(super) path: AttrPath,
    /// The condition that selects values of a multi-valued attribute. `None` selects all.
    pub(super) filter: Option<Filter>,
    /// The declaration of the attribute. `None` means that no schema declares its extension.
    pub(super) attribute: Option<&'static Attribute>,
    /// The kind of change.
    pub(super) action: Action,
}

/// A kind of change, with checked values.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Action {
    Add(Value),
    Replace(Value),
    Remove,
    /// Removes the values that these identify.
    RemoveListed(Vec<Value>),
}

impl Operation {
    pub(super) fn apply(
        &self,
        attributes: &mut Map<String, Value>,
        work: &mut Work,
    ) -> Result<(), Error> {
        let Some(urn) = &self.path.schema else {
            return self.apply_in(attributes, work);
        };
        let whole = attributes.keys().find(|name| self.path.names_schema(name));
        if let Some(name) = whole.filter(|_| self.fits_extension()).cloned() {
            let old = take(attributes, &name);
            put(attributes, name, self.change_value(old));
            return Ok(());
        }
        if self.path.is_whole_schema() {
            return Ok(());
        }
        let name = spelling(attributes, urn);
        let mut extension = into_object(take(attributes, &name));
        self.apply_in(&mut extension, work)?;
        put(attributes, name, Value::Object(extension));
        Ok(())
    }

    /// Drops what identifies nothing from the values of the attribute, when all operations are applied: several of them
    /// may build one value.
    pub(super) fn tidy(&self, attributes: &mut Map<String, Value>) {
        let declared = self.attribute.filter(|attribute| attribute.multi_valued);
        let (Some(attribute), None) = (declared, &self.path.schema) else {
            return;
        };
        if let Some(Value::Array(values)) = attributes.get_mut(attribute.name) {
            value::tidy(attribute, values);
            if values.is_empty() {
                attributes.shift_remove(attribute.name);
            }
        }
    }

    /// Whether the operation can change an extension as a whole.
    fn fits_extension(&self) -> bool {
        self.filter.is_none()
            && match &self.action {
                Action::Add(new) | Action::Replace(new) => new.is_object(),
                Action::Remove | Action::RemoveListed(_) => true,
            }
    }

    fn apply_in(&self, object: &mut Map<String, Value>, work: &mut Work) -> Result<(), Error> {
        let name = spelling(object, &self.path.attribute);
        let old = take(object, &name);
        let new = if self.is_multi_valued(&old) {
            let old = match old {
                Value::Null => Vec::new(),
                old => listed(old),
            };
            Value::Array(self.change_values(old, work)?)
        } else {
            self.change_value(old)
        };
        put(object, name, new);
        Ok(())
    }

    fn is_multi_valued(&self, old: &Value) -> bool {
        match self.attribute {
            Some(attribute) => attribute.multi_valued,
            None => old.is_array() || self.filter.is_some(),
        }
    }

    /// Returns the new value of a single-valued attribute.
    fn change_value(&self, old: Value) -> Value {
        if let Some(sub) = &self.path.sub {
            let mut object = into_object(old);
            self.change_sub(&mut object, sub);
            return Value::Object(object);
        }
        match &self.action {
            Action::Add(new) | Action::Replace(new) => merged(old, new),
            Action::Remove | Action::RemoveListed(_) => Value::Null,
        }
    }

    fn change_sub(&self, object: &mut Map<String, Value>, sub: &str) {
        let name = spelling(object, sub);
        match &self.action {
            Action::Add(new) | Action::Replace(new) => {
                if self.is_identifier(sub) && object.get(&name) != Some(new) {
                    object.clear();
                }
                object.insert(name, new.clone());
            }
            // without a `value`, the rest of a reference such as `manager` refers to nobody
            Action::Remove | Action::RemoveListed(_) if self.is_identifier(sub) => object.clear(),
            Action::Remove | Action::RemoveListed(_) => {
                object.shift_remove(&name);
            }
        }
    }

    /// Whether the sub-attribute says which value a single-valued attribute has.
    fn is_identifier(&self, sub: &str) -> bool {
        sub == "value"
            && self
                .attribute
                .is_some_and(|attribute| !attribute.multi_valued)
    }

    /// Returns the number of comparisons that the operation makes with each value.
    fn terms(&self) -> usize {
        match (&self.action, &self.filter) {
            (Action::RemoveListed(listed), _) => listed.len(),
            (_, filter) => filter.as_ref().map_or(1, Filter::terms),
        }
    }

    /// Returns the new values of a multi-valued attribute.
    fn change_values(&self, mut values: Vec<Value>, work: &mut Work) -> Result<Vec<Value>, Error> {
        work.compare(&values, self.terms())?;
        let whole = self.filter.is_none() && self.path.sub.is_none();
        let touched = match &self.action {
            Action::Add(new) if whole => self.append(&mut values, new),
            Action::Replace(new) if whole => {
                values = listed(new.clone());
                Vec::new()
            }
            Action::Remove if whole => return Ok(Vec::new()),
            Action::RemoveListed(listed) => {
                values.retain(|value| !listed.iter().any(|listed| self.names(listed, value)));
                return Ok(values);
            }
            _ => self.change_selected(&mut values)?,
        };
        keep_one_primary(&mut values, &touched);
        values.retain(|value| !is_empty(value));
        if self.attribute.is_some() {
            value::check_values(&self.path.attribute, &values)?;
        } else {
            value::check_count(&self.path.attribute, &values)?;
        }
        Ok(values)
    }

    /// Appends new values, and merges values that are already present. Returns their indexes.
    fn append(&self, values: &mut Vec<Value>, new: &Value) -> Vec<usize> {
        let known = values.iter().enumerate();
        let mut places: HashMap<String, usize> = known
            .rev()
            .map(|(place, value)| (self.identity(value), place))
            .collect();
        let append = |new: Value| match places.entry(self.identity(&new)) {
            Entry::Occupied(place) => {
                let place = *place.get();
                values[place] = laid_over(values[place].take(), &new);
                place
            }
            Entry::Vacant(place) => {
                values.push(new);
                *place.insert(values.len() - 1)
            }
        };
        listed(new.clone()).into_iter().map(append).collect()
    }

    /// Changes the values that the filter selects, or creates the one that it describes. Returns their
    /// indexes.
    fn change_selected(&self, values: &mut Vec<Value>) -> Result<Vec<usize>, Error> {
        let selects = self.selector();
        let selected = |place: &usize| selects(&values[*place]);
        let selected: Vec<usize> = (0..values.len()).filter(selected).collect();
        match &self.action {
            Action::Add(new) | Action::Replace(new) if selected.is_empty() => {
                values.push(self.create(new)?);
                return Ok(vec![values.len() - 1]);
            }
            _ => {}
        }
        for &place in &selected {
            values[place] = self.change_one_of_many(values[place].take());
        }
        Ok(selected)
    }

    /// Returns the condition by which the path selects values.
    fn selector(&self) -> impl Fn(&Value) -> bool {
        let matcher = self
            .filter
            .as_ref()
            .map(|filter| ValueMatcher::new(filter, self.attribute));
        move |value| match &matcher {
            Some(matcher) => matcher.matches(value),
            None => value.is_object(),
        }
    }

    fn change_one_of_many(&self, old: Value) -> Value {
        match &self.path.sub {
            // a simple value is the `value` of itself
            Some(sub) if sub == "value" && !old.is_object() => {}
            Some(sub) => {
                let mut object = into_object(old);
                self.change_sub(&mut object, sub);
                return Value::Object(object);
            }
            None => {}
        }
        match &self.action {
            Action::Add(new) => laid_over(old, new),
            Action::Replace(new) => laid_over(self.described().unwrap_or_default(), new),
            Action::Remove | Action::RemoveListed(_) => Value::Null,
        }
    }

    /// Creates the value that the filter describes, with the value of the operation merged into it.
    fn create(&self, new: &Value) -> Result<Value, Error> {
        let described = self.described().ok_or_else(|| {
            let attribute = quoted(&self.path.attribute);
            Error::NoTarget(format!(
                "no value of {attribute} matches the filter of the path, add the value first"
            ))
        })?;
        Reading::ValueFromFilter.note_if(self.filter.is_some());
        let Some(sub) = &self.path.sub else {
            return Ok(laid_over(described, new));
        };
        let mut object = into_object(described);
        object.insert(sub.clone(), new.clone());
        Ok(Value::Object(object))
    }

    /// Returns the value that the filter describes, if there is one and it is valid.
    fn described(&self) -> Option<Value> {
        let Some(filter) = &self.filter else {
            return Some(Value::Object(Map::new()));
        };
        let described = Value::Object(dialect::filters::described_value(filter)?);
        let checked = match self.attribute {
            Some(attribute) => value::check_one(attribute, described).ok().flatten()?,
            None => described,
        };
        self.selector()(&checked).then_some(checked)
    }

    fn identity(&self, value: &Value) -> String {
        value::identity(self.attribute, value)
    }

    fn is_same_key(&self, a: &Value, b: &Value) -> bool {
        let exact = self
            .attribute
            .and_then(|attribute| attribute.sub("value"))
            .is_some_and(|value| value.case_exact);
        match (value::key(a), value::key(b).or(b.as_str())) {
            (Some(a), Some(b)) => is_equal(a, b, exact),
            _ => false,
        }
    }

    /// Whether a value of a `remove` operation identifies this value.
    ///
    /// Its `value` must be equal, and its `type` too if it has one. Without a `value`, all its
    /// sub-attributes must be equal.
    fn names(&self, listed: &Value, value: &Value) -> bool {
        if listed == value {
            return true;
        }
        let Value::Object(subs) = listed else {
            return false;
        };
        if subs.contains_key("value") {
            return match text(listed, "type") {
                Some(_) => self.identity(listed) == self.identity(value),
                None => self.is_same_key(listed, value),
            };
        }
        let Value::Object(object) = value else {
            return false;
        };
        subs.iter()
            .all(|(name, value)| object.get(name) == Some(value))
    }
}

/// Sets the value of a name, or removes the name if the value is unassigned.
fn put(object: &mut Map<String, Value>, name: String, value: Value) {
    if is_empty(&value) {
        object.shift_remove(&name);
    } else {
        object.insert(name, value);
    }
}

/// Takes a value and leaves `null`, so that the name keeps its position.
fn take(object: &mut Map<String, Value>, name: &str) -> Value {
    object.get_mut(name).map_or(Value::Null, Value::take)
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(values) => values.is_empty(),
        Value::Object(object) => object.is_empty(),
        _ => false,
    }
}

/// Returns the spelling of a name in the object. Names that no schema declares keep their first
/// spelling.
fn spelling(object: &Map<String, Value>, name: &str) -> String {
    if object.contains_key(name) {
        return name.to_owned();
    }
    let same = object.keys().find(|key| key.eq_ignore_ascii_case(name));
    same.map_or_else(|| name.to_owned(), Clone::clone)
}

fn into_object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}

/// Sets `primary` to false in all other values if the operation sets it to true (RFC 7644 §3.5.2).
fn keep_one_primary(values: &mut [Value], touched: &[usize]) {
    if !touched
        .iter()
        .any(|&place| value::is_primary(&values[place]))
    {
        return;
    }
    for (place, value) in values.iter_mut().enumerate() {
        if value::is_primary(value) && !touched.contains(&place) {
            value["primary"] = false.into();
        }
    }
}

/// Returns the values of an attribute. That of an undeclared extension need not be an array.
fn listed(value: Value) -> Vec<Value> {
    match value {
        Value::Array(values) => values,
        value => vec![value],
    }
}

fn text<'a>(value: &'a Value, sub: &str) -> Option<&'a str> {
    value.get(sub)?.as_str()
}

fn is_equal(a: &str, b: &str, case_exact: bool) -> bool {
    if case_exact || (a.is_ascii() && b.is_ascii()) {
        return a == b || (!case_exact && a.eq_ignore_ascii_case(b));
    }
    fold(a) == fold(b)
}
