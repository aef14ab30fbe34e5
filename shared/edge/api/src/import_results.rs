//! What became of the rows of an import, as responses say it.

use rollcall_directory::{self as directory, Counts, RowFailure};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::people::PersonState;

/// How many rows had each outcome.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct ImportCounts {
    /// All rows.
    rows: u64,
    /// Created people.
    created: u64,
    /// Changed people.
    changed: u64,
    /// People who are as the row says.
    unchanged: u64,
    /// People of a connection, who were left as they are.
    owned: u64,
    /// Report: people who are not in the directory.
    missing: u64,
    /// Report: people who differ.
    differs: u64,
    /// Adoption: people whom the push would create.
    would_create: u64,
    /// Adoption: people whom the connection would adopt.
    would_adopt: u64,
    /// Adoption: deleted people who would come back.
    would_restore: u64,
    /// Adoption: people whom the connection has pushed already.
    own: u64,
    /// Adoption: pushes that would be refused.
    conflict: u64,
    /// Rows that were refused.
    failed: u64,
    /// Report and adoption: of the failed rows, those that do not say whom they mean. Their people can be among the unmatched
    /// ones.
    unidentified: u64,
}

/// What became of a part.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ImportPart {
    /// Its number.
    number: u32,
    /// Whether it was done before with these rows, so that this request changed nothing.
    repeated: bool,
    /// What became of its rows.
    counts: ImportCounts,
    /// What became of each row, in the order of lines, without those that are `unchanged`. Of a part that was done before,
    /// only the first 200 that failed.
    items: Vec<ImportedRow>,
}

/// What became of a row.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ImportedRow {
    /// The line in the part, starting from 1.
    line: u32,
    /// What became of it.
    outcome: RowOutcome,
    /// The id of the person; null if there is none.
    user: Option<String>,
    /// The fields in which the row and the person differ. With `changed`, they were changed; otherwise they stay as they
    /// are. `groups` also says that the person is not in all groups of the row, with `created`, too: `groups_left_out` says
    /// why.
    fields: Vec<RowField>,
    /// Why the person did not join some groups of the row; null if they joined all, or if the row changes nobody.
    groups_left_out: Option<GroupsLeftOut>,
    /// The reason code, if the row failed or conflicts.
    reason: Option<String>,
    /// What is wrong and what to do about it, if the row failed or conflicts.
    detail: Option<String>,
}

/// Why a person did not join groups of a row.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum GroupsLeftOut {
    /// They belong to a connection, which alone decides who is in them.
    OwnedByConnection,
}

/// What became of a row.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RowOutcome {
    /// The person was created.
    Created,
    /// The person was changed.
    Changed,
    /// The person is as the row says, except for groups of a connection.
    Unchanged,
    /// The person belongs to a connection and was left as they are.
    Owned,
    /// Report: there is no such person.
    Missing,
    /// Report: the person differs.
    Differs,
    /// Adoption: the push would create a person.
    WouldCreate,
    /// Adoption: the connection would adopt the person, with their roles.
    WouldAdopt,
    /// Adoption: a deleted person would come back.
    WouldRestore,
    /// Adoption: the connection has pushed the person already.
    Own,
    /// Adoption: the push would be refused.
    Conflict,
    /// The row was refused.
    Failed,
}

/// A field in which a row and a person can differ.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RowField {
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

/// A person whom no row of an import has met.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UnmatchedPerson {
    /// The user's id.
    id: String,
    /// The user name.
    user_name: String,
    /// The application's own id; null if no import brought it.
    application_id: Option<String>,
    /// The id of the connection that owns the person; null if none does.
    owner: Option<String>,
    /// Active, invited or inactive.
    state: PersonState,
}

impl From<Counts> for ImportCounts {
    fn from(counts: Counts) -> Self {
        Self {
            rows: counts.rows(),
            created: counts.created,
            changed: counts.changed,
            unchanged: counts.unchanged,
            owned: counts.owned,
            missing: counts.missing,
            differs: counts.differs,
            would_create: counts.would_create,
            would_adopt: counts.would_adopt,
            would_restore: counts.would_restore,
            own: counts.own,
            conflict: counts.conflict,
            failed: counts.failed,
            unidentified: counts.unidentified,
        }
    }
}

impl From<directory::PartResult> for ImportPart {
    fn from(part: directory::PartResult) -> Self {
        Self {
            number: part.number,
            repeated: part.is_repeated,
            counts: part.counts.into(),
            items: part.rows.into_iter().map(ImportedRow::from).collect(),
        }
    }
}

impl From<directory::RowResult> for ImportedRow {
    fn from(row: directory::RowResult) -> Self {
        let (reason, detail) = match row.failure {
            Some(RowFailure { reason, detail, .. }) => (Some(reason), Some(detail)),
            None => (None, None),
        };
        Self {
            line: row.line,
            outcome: row.outcome.into(),
            user: row.user,
            fields: row.fields.into_iter().map(RowField::from).collect(),
            groups_left_out: row
                .misses_owned_groups
                .then_some(GroupsLeftOut::OwnedByConnection),
            reason,
            detail,
        }
    }
}

impl From<directory::Outcome> for RowOutcome {
    fn from(outcome: directory::Outcome) -> Self {
        match outcome {
            directory::Outcome::Created => Self::Created,
            directory::Outcome::Changed => Self::Changed,
            directory::Outcome::Unchanged => Self::Unchanged,
            directory::Outcome::Owned => Self::Owned,
            directory::Outcome::Missing => Self::Missing,
            directory::Outcome::Differs => Self::Differs,
            directory::Outcome::WouldCreate => Self::WouldCreate,
            directory::Outcome::WouldAdopt => Self::WouldAdopt,
            directory::Outcome::WouldRestore => Self::WouldRestore,
            directory::Outcome::Own => Self::Own,
            directory::Outcome::Conflict => Self::Conflict,
            directory::Outcome::Failed => Self::Failed,
        }
    }
}

impl From<directory::Field> for RowField {
    fn from(field: directory::Field) -> Self {
        match field {
            directory::Field::ApplicationId => Self::ApplicationId,
            directory::Field::UserName => Self::UserName,
            directory::Field::ExternalId => Self::ExternalId,
            directory::Field::DisplayName => Self::DisplayName,
            directory::Field::Name => Self::Name,
            directory::Field::Emails => Self::Emails,
            directory::Field::Active => Self::Active,
            directory::Field::Roles => Self::Roles,
            directory::Field::Groups => Self::Groups,
        }
    }
}

impl From<directory::UnmatchedPerson> for UnmatchedPerson {
    fn from(person: directory::UnmatchedPerson) -> Self {
        Self {
            id: person.id,
            user_name: person.user_name,
            application_id: person.application_id,
            owner: person.owner,
            state: person.state.into(),
        }
    }
}
