//! Imports and their parts, as they are stored. Both expire.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use rollcall_model::{is_chosen_id, shown};
use rollcall_scim as scim;
use rollcall_store::{
    Error, Expression, Guard, Item, Transaction, from_item, now, number, to_item,
};
use serde::{Deserialize, Serialize};

use crate::import::handle::Imports;
use crate::import::outcome::{Counts, Outcome, RowFailure, RowResult};
use crate::resources::restore::conflict;

/// How long an import is kept.
const KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);
/// The highest number of a part.
pub(super) const MAX_PARTS: u32 = 5_000;
/// The number of failures that are kept of a part.
const MAX_FAILURES: usize = 200;

/// What an import does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImportMode {
    /// It creates and changes people.
    Import,
    /// It decides what pushes would do, and changes nothing.
    Adoption,
    /// It compares the list with the directory, and changes nothing. This also stands for modes that only a newer version
    /// knows.
    #[default]
    #[serde(other)]
    Report,
}

/// The format of the parts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImportFormat {
    /// Each line is a JSON object.
    #[default]
    JsonLines,
    /// Comma-separated values. Each part begins with the line of the column names.
    Csv,
}

/// An import to create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewImport {
    /// What it does.
    pub mode: ImportMode,
    /// The format of its parts.
    pub format: ImportFormat,
    /// The connection that would push; for the adoption only.
    pub connection: Option<String>,
}

/// An import with its progress.
#[derive(Clone, Debug, PartialEq)]
pub struct Import {
    /// Its id.
    pub id: String,
    /// What was asked for.
    pub asked: NewImport,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it is forgotten.
    pub expires_at: Timestamp,
    /// The numbers of the parts that are done.
    pub parts: BTreeSet<u32>,
    /// What became of their rows.
    pub counts: Counts,
}

impl Import {
    /// Returns the lowest number of a part that is not done.
    pub fn next_part(&self) -> u32 {
        let mut numbers = 1..=MAX_PARTS;
        let free = numbers.find(|number| !self.parts.contains(number));
        free.unwrap_or(MAX_PARTS)
    }
}

/// What became of a part.
#[derive(Clone, Debug, PartialEq)]
pub struct PartResult {
    /// Its number.
    pub number: u32,
    /// What became of its rows.
    pub counts: Counts,
    /// What became of each row that is not as it was before: without those that are unchanged. Of a part that was done
    /// before, the failures alone.
    pub rows: Vec<RowResult>,
    /// Whether it was done before, so that this request changed nothing.
    pub is_repeated: bool,
}

#[derive(Debug, Serialize, Deserialize)]
struct StoredImport {
    #[serde(rename = "SK")]
    id: String,
    mode: ImportMode,
    format: ImportFormat,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    connection: Option<String>,
    created_at: Timestamp,
    expires: i64,
    #[serde(
        default,
        with = "serde_dynamo::number_set",
        skip_serializing_if = "BTreeSet::is_empty"
    )]
    n_done: BTreeSet<u32>,
}

#[derive(Debug, Serialize, Deserialize)]
struct StoredPart {
    hash: String,
    counts: Counts,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    failures: Vec<RowFailure>,
    expires: i64,
}

impl StoredPart {
    fn result(self, number: u32) -> PartResult {
        PartResult {
            number,
            counts: self.counts,
            rows: self.failures.into_iter().map(RowResult::failed).collect(),
            is_repeated: true,
        }
    }
}

impl Imports<'_> {
    /// Creates an import with a chosen id. Returns whether it is new: the same request again changes nothing.
    ///
    /// # Errors
    /// `invalidValue` for an id that cannot be chosen; `404` when the connection does not exist; `409` when there is
    /// another import with this id.
    pub async fn put(self, id: &str, new: &NewImport) -> Result<(Import, bool), Error> {
        if !is_chosen_id(id) {
            let detail = "the id of an import has small letters, digits, `-` and `_`, and begins with one of the first two; choose another one";
            return Err(scim::Error::InvalidValue(detail.to_owned()).into());
        }
        let at = now();
        let stored = StoredImport {
            id: id.to_owned(),
            mode: new.mode,
            format: new.format,
            connection: new.connection.clone(),
            created_at: at,
            expires: at.as_second() + KEPT.as_secs(),
            n_done: BTreeSet::new(),
        };
        let key = self.scope.keys().import(id);
        let mut transaction = Transaction::default();
        // The table removes an import some time after it has expired.
        let is_free = Expression::new("attribute_not_exists(PK) OR expires <= :now");
        let is_free = is_free.with(":now", number(at.as_second()));
        transaction.put_if(to_item(&key, &stored)?, is_free, Guard::Unique);
        self.scope.check_alive(&mut transaction);
        let failed = self.scope.table.transact(&transaction).await?;
        if failed.contains(&Guard::Gone) {
            return Err(not_found("tenant", self.scope.tenant.as_str()));
        }
        let import = self.import(id).await?;
        match import.asked == *new {
            true => Ok((import, failed.is_empty())),
            false => Err(conflict(
                "there is an import with this id that asks for something else; choose another id",
            )),
        }
    }

    /// Reads an import with its progress. One that has expired is forgotten, although the table may still have it.
    ///
    /// # Errors
    /// `404` when there is none with this id.
    pub async fn import(self, id: &str) -> Result<Import, Error> {
        let item = match is_chosen_id(id) {
            true => self.scope.table.get(&self.scope.keys().import(id)).await?,
            false => None,
        };
        let import = item.map(import_of).transpose()?;
        let import = import.filter(|import| import.expires_at > now());
        import.ok_or_else(|| not_found("import", id))
    }

    /// Reads what became of a part.
    ///
    /// # Errors
    /// `404` when it was not done.
    pub async fn part(self, id: &str, number: u32) -> Result<PartResult, Error> {
        let import = self.import(id).await?;
        let part = self.stored_part(&import, number).await?;
        let part = part.ok_or_else(|| not_found("part", &number.to_string()))?;
        Ok(part.result(number))
    }

    /// Reads a part. One that expires at another time belongs to an earlier import with the same id, which was forgotten
    /// before its parts.
    async fn stored_part(self, import: &Import, number: u32) -> Result<Option<StoredPart>, Error> {
        let key = self.scope.keys().import_part(&import.id, number);
        let item = self.scope.table.get(&key).await?;
        let part: Option<StoredPart> = item.map(from_item).transpose()?;
        Ok(part.filter(|part| part.expires == import.expires_at.as_second()))
    }

    /// Reads what became of a part, if it was done with these rows.
    ///
    /// # Errors
    /// `409` when it was done with others.
    pub(super) async fn done_before(
        self,
        import: &Import,
        number: u32,
        hash: &str,
    ) -> Result<Option<PartResult>, Error> {
        match self.stored_part(import, number).await? {
            Some(part) if part.hash == hash => Ok(Some(part.result(number))),
            Some(_) => Err(conflict(format!(
                "part {number} was done with other rows; send these rows as another part"
            ))),
            None => Ok(None),
        }
    }

    /// Notes what became of a part. Returns `false` if another request noted it first.
    pub(super) async fn note_part(
        self,
        import: &Import,
        hash: &str,
        result: &PartResult,
    ) -> Result<bool, Error> {
        let failed = result
            .rows
            .iter()
            .filter(|row| row.outcome == Outcome::Failed);
        let failures = failed.filter_map(|row| row.failure.clone());
        let stored = StoredPart {
            hash: hash.to_owned(),
            counts: result.counts,
            failures: failures.take(MAX_FAILURES).collect(),
            expires: import.expires_at.as_second(),
        };
        let keys = self.scope.keys();
        let mut transaction = Transaction::default();
        let key = keys.import_part(&import.id, result.number);
        let is_free = Expression::new("attribute_not_exists(PK) OR expires <> :expires")
            .with(":expires", number(stored.expires));
        transaction.put_if(to_item(&key, &stored)?, is_free, Guard::Used);
        let changed = result.counts.stored();
        let changed = changed.iter().filter(|(_, rows)| *rows > 0);
        let mut add = String::from("ADD n_done :part");
        let mut values = Vec::new();
        for (name, rows) in changed {
            add.push_str(&format!(", {name} :{name}"));
            values.push((format!(":{name}"), number(rows)));
        }
        let part = aws_sdk_dynamodb::types::AttributeValue::Ns(vec![result.number.to_string()]);
        let mut add = Expression::new(add).with(":part", part);
        for (name, value) in values {
            add = add.with(&name, value);
        }
        transaction.update_if(
            keys.import(&import.id),
            add,
            Expression::present(),
            Guard::Gone,
        );
        let failed = self.scope.table.transact(&transaction).await?;
        match failed.contains(&Guard::Gone) {
            true => Err(not_found("import", &import.id)),
            false => Ok(failed.is_empty()),
        }
    }
}

fn import_of(item: Item) -> Result<Import, Error> {
    let number = |name: &str| {
        let number = item.get(name).and_then(|value| value.as_n().ok());
        number.and_then(|number| number.parse().ok()).unwrap_or(0)
    };
    let counts = Counts::from_stored(number);
    let stored: StoredImport = from_item(item)?;
    Ok(Import {
        asked: NewImport {
            mode: stored.mode,
            format: stored.format,
            connection: stored.connection,
        },
        id: stored.id,
        created_at: stored.created_at,
        expires_at: Timestamp::from_second(stored.expires).map_err(Error::corrupt)?,
        parts: stored.n_done,
        counts,
    })
}

fn not_found(what: &str, id: &str) -> Error {
    let what = format!("{what} `{}`", shown(id));
    scim::Error::NotFound { what }.into()
}
