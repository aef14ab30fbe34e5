//! What became of the rows of a part.

use rollcall_model::Reason;
use rollcall_store::Error;
use serde::{Deserialize, Serialize};

/// What became of a row, or what a push of it would do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The person was created.
    Created,
    /// The person was there, and was changed to what the row says.
    Changed,
    /// The person is there and does not differ.
    Unchanged,
    /// The person is there and belongs to a connection, so the row changes nothing.
    Owned,
    /// Report: there is no such person.
    Missing,
    /// Report: the person is there and differs.
    Differs,
    /// Adoption: the push would create a person.
    WouldCreate,
    /// Adoption: the push would adopt a person whom nobody owns, or one of a connection that is replaced or gone.
    WouldAdopt,
    /// Adoption: the push would bring back a deleted person.
    WouldRestore,
    /// Adoption: the connection has pushed the person already.
    Own,
    /// Adoption: the push would be refused.
    Conflict,
    /// The row was refused.
    Failed,
}

/// A field in which a row and a person can differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    /// The application's own id.
    ApplicationId,
    /// The user name.
    UserName,
    /// The external id.
    ExternalId,
    /// The display name.
    DisplayName,
    /// The given name or the family name.
    Name,
    /// The e-mail addresses.
    Emails,
    /// Whether the person is active.
    Active,
    /// The roles.
    Roles,
    /// The groups: the person is not in all that the row names.
    Groups,
}

/// Why a row was refused. It repeats no value of the row, because it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowFailure {
    /// The line in the part, starting from 1.
    pub line: u32,
    /// The reason code.
    pub reason: String,
    /// What is wrong and what to do about it.
    pub detail: String,
}

impl RowFailure {
    /// Returns the failure of a line.
    pub fn new(line: u32, reason: Reason, detail: impl Into<String>) -> Self {
        Self {
            line,
            reason: reason.as_str().to_owned(),
            detail: detail.into(),
        }
    }

    /// Returns the failure of a line that was refused.
    pub(super) fn of(line: u32, error: &Error) -> Self {
        Self::new(line, error.reason(), error.to_scim().to_string())
    }
}

/// What became of one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowResult {
    /// The line in the part, starting from 1.
    pub line: u32,
    /// What became of it.
    pub outcome: Outcome,
    /// The id of the person, if there is one.
    pub user: Option<String>,
    /// The fields in which they differ: those that were changed, or those that stay as they are.
    pub fields: Vec<Field>,
    /// Whether the person did not join groups of the row, because a connection owns these.
    pub misses_owned_groups: bool,
    /// Why it failed or would conflict.
    pub failure: Option<RowFailure>,
}

impl RowResult {
    pub(super) fn new(line: u32, outcome: Outcome, user: Option<&str>) -> Self {
        Self {
            line,
            outcome,
            user: user.map(str::to_owned),
            fields: Vec::new(),
            misses_owned_groups: false,
            failure: None,
        }
    }

    pub(super) fn with(mut self, fields: impl IntoIterator<Item = Field>) -> Self {
        self.fields.extend(fields);
        self
    }

    pub(super) fn missing_owned_groups(self, misses: bool) -> Self {
        Self {
            misses_owned_groups: misses,
            ..self
        }
    }

    /// Returns the result of a line that failed.
    pub(super) fn failed(failure: RowFailure) -> Self {
        Self {
            failure: Some(failure.clone()),
            ..Self::new(failure.line, Outcome::Failed, None)
        }
    }
}

/// The number of counts.
const COUNTS: usize = 13;

/// How many rows had each outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the fields are named like the outcomes")]
pub struct Counts {
    pub created: u64,
    pub changed: u64,
    pub unchanged: u64,
    pub owned: u64,
    pub missing: u64,
    pub differs: u64,
    pub would_create: u64,
    pub would_adopt: u64,
    pub would_restore: u64,
    pub own: u64,
    pub conflict: u64,
    pub failed: u64,
    /// Of the failed rows of a report or an adoption, those that do not say whom they mean.
    pub unidentified: u64,
}

impl Counts {
    /// Returns the counts of these results.
    pub(super) fn of(results: &[RowResult]) -> Self {
        let mut counts = Self::default();
        for result in results {
            *counts.of_mut(result.outcome) += 1;
        }
        counts
    }

    /// Returns how many rows there are.
    pub fn rows(&self) -> u64 {
        let all: u64 = self.stored().iter().map(|(_, number)| number).sum();
        // They are among the failed.
        all - self.unidentified
    }

    fn of_mut(&mut self, outcome: Outcome) -> &mut u64 {
        match outcome {
            Outcome::Created => &mut self.created,
            Outcome::Changed => &mut self.changed,
            Outcome::Unchanged => &mut self.unchanged,
            Outcome::Owned => &mut self.owned,
            Outcome::Missing => &mut self.missing,
            Outcome::Differs => &mut self.differs,
            Outcome::WouldCreate => &mut self.would_create,
            Outcome::WouldAdopt => &mut self.would_adopt,
            Outcome::WouldRestore => &mut self.would_restore,
            Outcome::Own => &mut self.own,
            Outcome::Conflict => &mut self.conflict,
            Outcome::Failed => &mut self.failed,
        }
    }

    /// Returns the counts with the names of their attributes in the item of an import.
    pub(super) fn stored(&self) -> [(&'static str, u64); COUNTS] {
        [
            ("n_created", self.created),
            ("n_changed", self.changed),
            ("n_unchanged", self.unchanged),
            ("n_owned", self.owned),
            ("n_missing", self.missing),
            ("n_differs", self.differs),
            ("n_would_create", self.would_create),
            ("n_would_adopt", self.would_adopt),
            ("n_would_restore", self.would_restore),
            ("n_own", self.own),
            ("n_conflict", self.conflict),
            ("n_failed", self.failed),
            ("n_unidentified", self.unidentified),
        ]
    }

    /// Returns the counts by the names of their attributes.
    pub(super) fn from_stored(number: impl Fn(&str) -> u64) -> Self {
        Self {
            created: number("n_created"),
            changed: number("n_changed"),
            unchanged: number("n_unchanged"),
            owned: number("n_owned"),
            missing: number("n_missing"),
            differs: number("n_differs"),
            would_create: number("n_would_create"),
            would_adopt: number("n_would_adopt"),
            would_restore: number("n_would_restore"),
            own: number("n_own"),
            conflict: number("n_conflict"),
            failed: number("n_failed"),
            unidentified: number("n_unidentified"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_read_as_they_are_stored() {
        let counts = Counts {
            created: 1,
            would_restore: 2,
            failed: 3,
            unidentified: 2,
            ..Counts::default()
        };
        let stored = counts.stored();
        let number = |name: &str| stored.iter().find(|(one, _)| *one == name).unwrap().1;
        assert_eq!(Counts::from_stored(number), counts);
        assert_eq!(counts.rows(), 6);
    }
}
