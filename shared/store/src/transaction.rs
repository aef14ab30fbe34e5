//! A transaction: writes, each with a guard that gives the meaning of a condition that does not hold.

use aws_sdk_dynamodb::types::{
    CancellationReason, ConditionCheck, Delete, Put, TransactWriteItem, Update,
};

use crate::create_table::TTL_ATTRIBUTE;
use crate::error::Error;
use crate::fence::Fence;
use crate::item::{Item, key_item, number, text as text_of};
use crate::partition::{Key, Partition};
use crate::stack_keys::StackKeys;

/// DynamoDB's limit on the writes of one transaction. Condition checks count as writes.
pub const MAX_WRITES: usize = 100;

/// The meaning of a write's condition that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Guard {
    /// The write has no condition.
    None,
    /// The item has changed since it was read. Read it again and start over.
    Stale,
    /// The name or id is already in use.
    Unique,
    /// Another resource has the value of this attribute.
    UniqueValue(String),
    /// The form was already submitted.
    Used,
    /// A deleted person has the identifier.
    Deleted,
    /// The tenant would be left without an owner.
    LastOwner,
    /// The tenant has an owner by now.
    FirstOwner,
    /// An item that the write depends on was deleted or is being deleted.
    Gone,
}

/// Writes that DynamoDB commits together or not at all.
#[derive(Clone, Debug, Default)]
pub struct Transaction {
    writes: Vec<(Write, Guard)>,
    is_told: bool,
}

#[derive(Clone, Debug)]
enum Write {
    Put {
        item: Item,
        condition: Option<Expression>,
    },
    Update {
        key: Key,
        set: Expression,
        condition: Option<Expression>,
    },
    Delete {
        key: Key,
        condition: Option<Expression>,
    },
    Check {
        key: Key,
        condition: Expression,
    },
}

/// A DynamoDB expression and its attribute values. It contains attribute names directly, so they must not be reserved
/// words.
#[derive(Clone, Debug, Default)]
pub struct Expression {
    text: String,
    values: Item,
}

impl Expression {
    /// Creates an expression without values.
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            values: Item::new(),
        }
    }

    /// Adds a value under its name, such as `:now`.
    #[must_use]
    pub fn with(mut self, name: &str, value: aws_sdk_dynamodb::types::AttributeValue) -> Self {
        self.values.insert(name.to_owned(), value);
        self
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Adds another condition, which must hold as well.
    #[must_use]
    pub fn and(mut self, condition: &str) -> Self {
        self.text = format!("{} AND {condition}", self.text);
        self
    }

    pub(crate) fn values_with(&self, other: &Self) -> Option<Item> {
        values([Some(self), Some(other)])
    }

    /// Appends text to the expression.
    #[must_use]
    pub fn then(mut self, text: &str) -> Self {
        self.text.push_str(text);
        self
    }

    /// Returns an update of an item within a fence, which also sets when the item expires.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if the item is outside.
    pub(crate) fn within(&self, fence: &Fence, key: &Key) -> Result<Self, Error> {
        fence.note(key)?;
        Ok(self.expiring(fence.expires))
    }

    fn expiring(&self, at: u64) -> Self {
        if self.text.contains(TTL_ATTRIBUTE) {
            return self.clone();
        }
        let sets = format!("SET {TTL_ATTRIBUTE} = :fence_ends");
        let text = match self.text.split_once("SET ") {
            Some((before, after)) => format!("{before}{sets}, {after}"),
            None => format!("{sets} {}", self.text),
        };
        Self {
            text,
            ..self.clone()
        }
        .with(":fence_ends", number(at))
    }

    /// Returns the condition that the item does not exist.
    pub fn absent() -> Self {
        Self::new("attribute_not_exists(PK)")
    }

    /// Returns the condition that the item exists.
    pub fn present() -> Self {
        Self::new("attribute_exists(PK)")
    }

    /// Returns the condition that the item still has the revision that was read.
    pub fn at_revision(revision: u64) -> Self {
        Self::new("revision = :read_revision").with(":read_revision", number(revision))
    }
}

impl Transaction {
    /// Returns the number of writes.
    pub fn len(&self) -> usize {
        self.writes.len()
    }

    /// Returns whether there are no writes.
    pub fn is_empty(&self) -> bool {
        self.writes.is_empty()
    }

    /// Adds a put of an item, without a condition.
    pub fn put(&mut self, item: Item) {
        self.writes.push((
            Write::Put {
                item,
                condition: None,
            },
            Guard::None,
        ));
    }

    /// Adds a put of an item, with a condition.
    pub fn put_if(&mut self, item: Item, condition: Expression, guard: Guard) {
        self.writes.push((
            Write::Put {
                item,
                condition: Some(condition),
            },
            guard,
        ));
    }

    /// Adds an update of an item, without a condition.
    pub fn update(&mut self, key: Key, set: Expression) {
        self.writes.push((
            Write::Update {
                key,
                set,
                condition: None,
            },
            Guard::None,
        ));
    }

    /// Adds an update of an item, with a condition.
    pub fn update_if(&mut self, key: Key, set: Expression, condition: Expression, guard: Guard) {
        self.writes.push((
            Write::Update {
                key,
                set,
                condition: Some(condition),
            },
            guard,
        ));
    }

    /// Adds a deletion of an item, without a condition.
    pub fn delete(&mut self, key: Key) {
        self.writes.push((
            Write::Delete {
                key,
                condition: None,
            },
            Guard::None,
        ));
    }

    /// Adds a deletion of an item, with a condition.
    pub fn delete_if(&mut self, key: Key, condition: Expression, guard: Guard) {
        self.writes.push((
            Write::Delete {
                key,
                condition: Some(condition),
            },
            guard,
        ));
    }

    /// Adds a condition on an item that the transaction does not write.
    pub fn check(&mut self, key: Key, condition: Expression, guard: Guard) {
        self.writes.push((Write::Check { key, condition }, guard));
    }

    /// Returns the items that are put under one of these guards.
    pub fn put_under<'a>(&'a self, guards: &'a [Guard]) -> impl Iterator<Item = &'a Item> {
        let under = self.writes.iter();
        under.filter_map(|(write, guard)| match write {
            Write::Put { item, .. } if guards.contains(guard) => Some(item),
            _ => None,
        })
    }

    /// Adds the writes of another transaction.
    pub fn append(&mut self, mut other: Self) {
        self.writes.append(&mut other.writes);
        self.is_told |= other.is_told;
    }

    /// Says that the transaction makes the change that was asked for, although no journal of a tenant or of the service
    /// keys tells it. So it carries the mark of the attempt ([`crate::Attempt`]).
    pub fn make_change(&mut self) {
        self.is_told = true;
    }

    /// Returns whether the transaction makes a change: a journal tells it, or [`Self::make_change`] said so.
    pub(crate) fn is_told(&self) -> bool {
        let mut writes = self.writes.iter();
        self.is_told
            || writes.any(|(write, _)| match write {
                Write::Put { item, .. } => text_of(item, "PK").is_ok_and(is_journal),
                _ => false,
            })
    }

    /// Returns the transaction within a fence.
    pub(crate) fn within(&self, fence: &Fence) -> Result<Self, Error> {
        let mut fenced = Self::default();
        for (write, guard) in &self.writes {
            let write = match write {
                Write::Put { item, condition } => match Fence::put(Some(fence), item.clone())? {
                    Some(item) => Write::Put {
                        item,
                        condition: condition.clone(),
                    },
                    None => continue,
                },
                Write::Update {
                    key,
                    set,
                    condition,
                } => Write::Update {
                    key: key.clone(),
                    set: set.within(fence, key)?,
                    condition: condition.clone(),
                },
                Write::Delete { key, .. } => {
                    fence.note(key)?;
                    write.clone()
                }
                Write::Check { .. } => write.clone(),
            };
            fenced.writes.push((write, guard.clone()));
        }
        Ok(fenced)
    }

    /// Returns the guards of the writes whose conditions did not hold, from the reasons of a cancellation.
    pub(crate) fn failed_guards(&self, reasons: &[CancellationReason]) -> Vec<Guard> {
        self.writes
            .iter()
            .zip(reasons)
            .filter(|(_, reason)| reason.code() == Some("ConditionalCheckFailed"))
            .map(|((_, guard), _)| guard.clone())
            .collect()
    }

    pub(crate) fn items(&self, table: &str) -> Result<Vec<TransactWriteItem>, Error> {
        self.writes
            .iter()
            .map(|(write, _)| write.item(table))
            .collect()
    }
}

impl Write {
    fn item(&self, table: &str) -> Result<TransactWriteItem, Error> {
        let item = TransactWriteItem::builder();
        Ok(match self {
            Self::Put {
                item: put,
                condition,
            } => item.put(
                Put::builder()
                    .table_name(table)
                    .set_item(Some(put.clone()))
                    .set_condition_expression(text(condition))
                    .set_expression_attribute_values(values([condition.as_ref()]))
                    .build()
                    .map_err(Error::corrupt)?,
            ),
            Self::Update {
                key,
                set,
                condition,
            } => item.update(
                Update::builder()
                    .table_name(table)
                    .set_key(Some(key_item(key)))
                    .update_expression(&set.text)
                    .set_condition_expression(text(condition))
                    .set_expression_attribute_values(values([Some(set), condition.as_ref()]))
                    .build()
                    .map_err(Error::corrupt)?,
            ),
            Self::Delete { key, condition } => item.delete(
                Delete::builder()
                    .table_name(table)
                    .set_key(Some(key_item(key)))
                    .set_condition_expression(text(condition))
                    .set_expression_attribute_values(values([condition.as_ref()]))
                    .build()
                    .map_err(Error::corrupt)?,
            ),
            Self::Check { key, condition } => item.condition_check(
                ConditionCheck::builder()
                    .table_name(table)
                    .set_key(Some(key_item(key)))
                    .condition_expression(&condition.text)
                    .set_expression_attribute_values(values([Some(condition)]))
                    .build()
                    .map_err(Error::corrupt)?,
            ),
        }
        .build())
    }
}

/// Returns whether the partition is the journal of a tenant, or the history of the service keys.
fn is_journal(partition: &str) -> bool {
    let history = StackKeys::service_key_history();
    Partition::journal_of(partition).is_some() || partition == history.as_str()
}

fn text(condition: &Option<Expression>) -> Option<String> {
    condition.as_ref().map(|expression| expression.text.clone())
}

fn values<'a>(expressions: impl IntoIterator<Item = Option<&'a Expression>>) -> Option<Item> {
    let all: Item = expressions
        .into_iter()
        .flatten()
        .flat_map(|e| e.values.clone())
        .collect();
    Some(all).filter(|all| !all.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_update_that_expires_keeps_what_it_does() {
        for (text, expected) in [
            ("SET a = :a", "SET expires = :fence_ends, a = :a"),
            ("ADD n :one", "SET expires = :fence_ends ADD n :one"),
            (
                "ADD n :one SET a = :a",
                "ADD n :one SET expires = :fence_ends, a = :a",
            ),
            ("SET expires = :e", "SET expires = :e"),
        ] {
            assert_eq!(Expression::new(text).expiring(7).text(), expected);
        }
    }
}
