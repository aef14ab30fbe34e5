//! A transaction in the making: writes, each with the guard that says what its failed condition means.

use aws_sdk_dynamodb::types::{
    CancellationReason, ConditionCheck, Delete, Put, TransactWriteItem, Update,
};

use crate::error::Error;
use crate::store::item::{Item, key_item, number};
use crate::store::keys::Key;

/// DynamoDB's bound on the writes of one transaction.
pub(crate) const MAX_WRITES: usize = 100;

/// What it means when a write's condition does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Guard {
    /// The write has no condition.
    None,
    /// The item is not as it was read: read again and start over.
    Stale,
    /// Another resource has the name.
    Unique,
    /// The form that asks for it was used before.
    Used,
    /// The tenant would be left without an owner.
    LastOwner,
}

/// Writes that are committed together or not at all.
#[derive(Debug, Default)]
pub(crate) struct Transaction {
    writes: Vec<(Write, Guard)>,
}

#[derive(Debug)]
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

/// An expression and the values it names. Attribute names are written out, so none may be a reserved word.
#[derive(Clone, Debug, Default)]
pub(crate) struct Expression {
    text: String,
    values: Item,
}

impl Expression {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            values: Item::new(),
        }
    }

    pub(crate) fn with(
        mut self,
        name: &str,
        value: aws_sdk_dynamodb::types::AttributeValue,
    ) -> Self {
        self.values.insert(name.to_owned(), value);
        self
    }

    /// Holds when there is no such item.
    pub(crate) fn absent() -> Self {
        Self::new("attribute_not_exists(PK)")
    }

    /// Holds when there is such an item.
    pub(crate) fn present() -> Self {
        Self::new("attribute_exists(PK)")
    }

    /// Holds when nobody has written the item since it was read.
    pub(crate) fn at_revision(revision: u64) -> Self {
        Self::new("revision = :read_revision").with(":read_revision", number(revision))
    }
}

impl Transaction {
    pub(crate) fn len(&self) -> usize {
        self.writes.len()
    }

    pub(crate) fn put(&mut self, item: Item) {
        self.writes.push((
            Write::Put {
                item,
                condition: None,
            },
            Guard::None,
        ));
    }

    pub(crate) fn put_if(&mut self, item: Item, condition: Expression, guard: Guard) {
        self.writes.push((
            Write::Put {
                item,
                condition: Some(condition),
            },
            guard,
        ));
    }

    pub(crate) fn update(&mut self, key: Key, set: Expression) {
        self.writes.push((
            Write::Update {
                key,
                set,
                condition: None,
            },
            Guard::None,
        ));
    }

    pub(crate) fn update_if(
        &mut self,
        key: Key,
        set: Expression,
        condition: Expression,
        guard: Guard,
    ) {
        self.writes.push((
            Write::Update {
                key,
                set,
                condition: Some(condition),
            },
            guard,
        ));
    }

    pub(crate) fn delete(&mut self, key: Key) {
        self.writes.push((
            Write::Delete {
                key,
                condition: None,
            },
            Guard::None,
        ));
    }

    pub(crate) fn delete_if(&mut self, key: Key, condition: Expression, guard: Guard) {
        self.writes.push((
            Write::Delete {
                key,
                condition: Some(condition),
            },
            guard,
        ));
    }

    /// Writes nothing, but fails when the condition does not hold.
    pub(crate) fn check(&mut self, key: Key, condition: Expression, guard: Guard) {
        self.writes.push((Write::Check { key, condition }, guard));
    }

    pub(crate) fn append(&mut self, mut other: Self) {
        self.writes.append(&mut other.writes);
    }

    /// The guards of the writes that a cancellation names as failed.
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
