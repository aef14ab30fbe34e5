//! A change of a stored item that is told without a read after it: the attributes that it sets and removes make both the
//! update and the item as it is then. So nothing that follows the change can fail the request.

use aws_sdk_dynamodb::types::AttributeValue;
use rollcall_store::{Error, Expression, Item, from_item};
use serde::de::DeserializeOwned;

/// The attributes that a change sets and removes. Their names are no reserved words of DynamoDB.
#[derive(Clone, Debug, Default)]
pub(super) struct Rewrite {
    set: Vec<(&'static str, AttributeValue)>,
    removed: Vec<&'static str>,
}

impl Rewrite {
    pub(super) fn set(mut self, name: &'static str, value: AttributeValue) -> Self {
        self.set.push((name, value));
        self
    }

    pub(super) fn remove(mut self, names: &[&'static str]) -> Self {
        self.removed.extend(names);
        self
    }

    pub(super) fn is_empty(&self) -> bool {
        self.set.is_empty() && self.removed.is_empty()
    }

    /// Returns the update.
    pub(super) fn expression(&self) -> Expression {
        let sets = self.set.iter().map(|(name, _)| format!("{name} = :{name}"));
        let (sets, mut clauses) = (sets.collect::<Vec<_>>(), Vec::new());
        if !sets.is_empty() {
            clauses.push(format!("SET {}", sets.join(", ")));
        }
        if !self.removed.is_empty() {
            clauses.push(format!("REMOVE {}", self.removed.join(", ")));
        }
        let values = self.set.iter();
        values.fold(
            Expression::new(clauses.join(" ")),
            |update, (name, value)| update.with(&format!(":{name}"), value.clone()),
        )
    }

    /// Returns what an item is after the update.
    ///
    /// # Errors
    /// When the item cannot be read.
    pub(super) fn applied<T: DeserializeOwned>(&self, mut item: Item) -> Result<T, Error> {
        for (name, value) in &self.set {
            item.insert((*name).to_owned(), value.clone());
        }
        for name in &self.removed {
            item.remove(*name);
        }
        from_item(item)
    }
}
