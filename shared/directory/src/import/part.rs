//! Does the rows of one part, within one request: reads whom they mean with a few calls, runs them beside each other, and
//! notes what became of them.

use std::collections::BTreeSet;
use std::time::Duration;

use futures::{FutureExt, StreamExt, stream};
use rollcall_model::{Reason, Role, RoleId, USERS, sha256_hex};
use rollcall_scim as scim;
use rollcall_store::{Error, TenantItem};
use tokio::time::Instant;

use crate::credentials::handle::Credentials;
use crate::import::adoption::{Takeable, no_connection};
use crate::import::compare::compare;
use crate::import::handle::Imports;
use crate::import::late::unless_late;
use crate::import::look_up::Known;
use crate::import::outcome::{Counts, Field, Outcome, RowFailure, RowResult};
use crate::import::people::{Imported, Terms};
use crate::import::row::{ImportRow, RefusedRow};
use crate::import::state::{Import, ImportMode, MAX_PARTS, PartResult};
use crate::resources::names::check_name;
use crate::roles::granting::count_grants;
use crate::roles::handle::Roles;

/// The maximum number of rows of a part.
pub const MAX_ROWS: usize = 1_000;
/// The maximum number of groups that the rows of a part name.
const MAX_GROUPS: usize = 1_000;
/// The number of rows that are done at the same time.
const AT_ONCE: usize = 16;
/// How long rows begin, and then memberships. A function ends after 28 seconds, and a write can take some of them.
const PATIENCE: Duration = Duration::from_secs(12);
const PATIENCE_WITH_GROUPS: Duration = Duration::from_secs(18);
/// How often the grants of a part are counted again because the tenant has changed.
const TURNS_OF_GRANTS: usize = 5;

impl Imports<'_> {
    /// Does the rows of a part, or returns what became of them if that was done before. The rows are those of the bytes that
    /// were sent. `giver` is the role above which the caller acts on nobody.
    ///
    /// A part that fails halfway can be sent again: rows that are done change nothing.
    ///
    /// # Errors
    /// `404` when there is no such import; `invalidValue` for a number, or a number of rows or groups, out of bounds; `409`
    /// when the part was done with other rows; `503` when there was no time for all rows.
    pub async fn put_part(
        self,
        id: &str,
        number: u32,
        (sent, rows): (&[u8], Vec<Result<ImportRow, RefusedRow>>),
        giver: Role,
    ) -> Result<PartResult, Error> {
        check_bounds(number, rows.len())?;
        let hash = &sha256_hex(&String::from_utf8_lossy(sent));
        let import = self.import(id).await?;
        let before = self.done_before(&import, number, hash).await?;
        if let Some(done) = before.clone()
            && import.asked.mode == ImportMode::Import
        {
            return Ok(done);
        }
        let rows = match import.asked.mode {
            ImportMode::Import | ImportMode::Report => rows,
            ImportMode::Adoption => rows.into_iter().map(pushed).collect(),
        };
        let (rows, refused) = distinct(rows);
        check_groups(&rows)?;
        let (mut results, unidentified) = match import.asked.mode {
            ImportMode::Import => (self.import_rows(&rows, giver).await?, 0),
            ImportMode::Report | ImportMode::Adoption => {
                self.look_at_rows(&rows, &refused, &import).await?
            }
        };
        results.extend(refused.iter().map(RefusedRow::result));
        results.sort_by_key(|result| result.line);
        let counts = Counts {
            unidentified,
            ..Counts::of(&results)
        };
        results.retain(|result| result.outcome != Outcome::Unchanged || !result.fields.is_empty());
        let result = PartResult {
            number,
            counts,
            rows: results,
            is_repeated: before.is_some(),
        };
        if before.is_some() || self.note_part(&import, hash, &result).await? {
            return Ok(result);
        }
        // Another request has done the part at the same time.
        let done = self.done_before(&import, number, hash).await?;
        done.ok_or(Error::Busy(None))
    }

    async fn import_rows(self, rows: &[ImportRow], giver: Role) -> Result<Vec<RowResult>, Error> {
        let began = Instant::now();
        let (known, tenant) = (self.look_up(rows).await?, self.scope.stored_tenant().await?);
        let terms = &Terms {
            known: &known,
            tenant: &tenant,
            giver,
        };
        let late = began + PATIENCE;
        let (rows, again) = known.first_meant(rows, self.scope.keys());
        let each = rows
            .into_iter()
            .map(|row| self.import_row(row, terms, late).boxed());
        let each: Vec<_> = each.collect();
        let done: Vec<Result<Imported, Error>> =
            stream::iter(each).buffered(AT_ONCE).collect().await;
        let (done, failed): (Vec<_>, Vec<_>) = done.into_iter().partition(Result::is_ok);
        let mut imported: Vec<Imported> = done.into_iter().flatten().collect();
        // Also when other rows were late: a part that is sent again does not count what it granted before.
        self.settle_grants(&imported, &tenant, giver).await?;
        if let Some(Err(error)) = failed.into_iter().next() {
            return Err(error);
        }
        let late = began + PATIENCE_WITH_GROUPS;
        self.join_groups(&mut imported, &known, (giver, late))
            .await?;
        let results = imported.into_iter().map(|one| one.result);
        Ok(results.chain(again.into_iter().map(meant_again)).collect())
    }

    async fn import_row(
        self,
        row: &ImportRow,
        terms: &Terms<'_>,
        late: Instant,
    ) -> Result<Imported, Error> {
        unless_late(late)?;
        match self.import_person(row, terms).await {
            Err(error) if error.is_refusal() => Ok(Imported::failed(row.line, &error)),
            done => done,
        }
    }

    /// Counts the grants of new people once for all. If the roles have changed since the tenant was read, those that are
    /// gone are taken away.
    async fn settle_grants(
        self,
        imported: &[Imported],
        tenant: &TenantItem,
        giver: Role,
    ) -> Result<(), Error> {
        let granted = imported.iter().filter(|one| !one.granted.is_empty());
        let granted: Vec<&Imported> = granted.collect();
        if granted.is_empty() || count_grants(self.scope, tenant).await? {
            return Ok(());
        }
        for _ in 0..TURNS_OF_GRANTS {
            let tenant = self.scope.stored_tenant().await?;
            let is_known = |role: &Role| tenant.settings.roles.role(&RoleId::from(*role)).is_some();
            for one in &granted {
                let known = one.granted.iter().filter(|role| is_known(role));
                let known: BTreeSet<Role> = known.copied().collect();
                if let Some(user) = one.result.user.as_ref().filter(|_| known != one.granted) {
                    Roles::of(self.scope).give_role(user, known, giver).await?;
                }
            }
            if count_grants(self.scope, &tenant).await? {
                return Ok(());
            }
        }
        Err(Error::Busy(None))
    }

    /// Compares rows with the directory, or decides what their pushes would do, and notes whom they name. Returns also how
    /// many of the refused rows do not say whom they mean.
    async fn look_at_rows(
        self,
        rows: &[ImportRow],
        refused: &[RefusedRow],
        import: &Import,
    ) -> Result<(Vec<RowResult>, u64), Error> {
        let known = self.look_up(rows).await?;
        let results = match import.asked.mode {
            ImportMode::Import | ImportMode::Report => self.compare_rows(rows, &known).await?,
            ImportMode::Adoption => self.decide_pushes(rows, &known, import).await?,
        };
        let unidentified = self.note_met(import, (rows, &known), refused).await?;
        Ok((results, unidentified))
    }

    async fn compare_rows(
        self,
        rows: &[ImportRow],
        known: &Known,
    ) -> Result<Vec<RowResult>, Error> {
        let context = Roles::of(self.scope).context().await?;
        let (rows, again) = known.first_meant(rows, self.scope.keys());
        let compared = rows.into_iter().map(|row| {
            let compared = known.meant(row).and_then(|person| {
                let Some(person) = person else {
                    check_name(&USERS, None, &row.resource()?)?;
                    return Ok(RowResult::new(row.line, Outcome::Missing, None));
                };
                let held = context.roles(person);
                let held = held.into_iter().map(RoleId::from).collect();
                let mut fields = compare(row, person, &held)?.fields;
                if known.missing_groups(row, Some(person)).next().is_some() {
                    fields.insert(Field::Groups);
                }
                // Somebody can be kept out although nobody deactivated them.
                match row.active.is_some_and(|active| active == person.is_out()) {
                    true => fields.insert(Field::Active),
                    false => fields.remove(&Field::Active),
                };
                let outcome = match fields.is_empty() {
                    true => Outcome::Unchanged,
                    false => Outcome::Differs,
                };
                Ok(RowResult::new(row.line, outcome, Some(&person.id)).with(fields))
            });
            refused_or(row, compared)
        });
        let again = again.into_iter().map(|row| Ok(meant_again(row)));
        compared.chain(again).collect()
    }

    async fn decide_pushes(
        self,
        rows: &[ImportRow],
        known: &Known,
        import: &Import,
    ) -> Result<Vec<RowResult>, Error> {
        let connection = import.asked.connection.as_ref().ok_or_else(no_connection)?;
        Credentials::of(self.scope).connection(connection).await?;
        let tenant = self.scope.stored_tenant().await?;
        let (mut results, mut takeable) = (Vec::new(), Takeable::new());
        for row in rows {
            let decided = self.decide_push(row, known, connection, &tenant, &mut takeable);
            results.push(refused_or(row, decided.await)?);
        }
        Ok(results)
    }
}

fn check_bounds(number: u32, rows: usize) -> Result<(), Error> {
    let detail = match () {
        () if !(1..=MAX_PARTS).contains(&number) => {
            format!("the number of a part is 1 to {MAX_PARTS}")
        }
        () if rows == 0 => "the part has no rows".to_owned(),
        () if rows > MAX_ROWS => {
            format!("the part has more than {MAX_ROWS} rows, send smaller parts")
        }
        () => return Ok(()),
    };
    Err(scim::Error::InvalidValue(detail).into())
}

fn check_groups(rows: &[ImportRow]) -> Result<(), Error> {
    let groups = rows.iter().flat_map(|row| &row.groups);
    let groups: BTreeSet<String> = groups.map(|name| scim::fold(name)).collect();
    match groups.len() <= MAX_GROUPS {
        true => Ok(()),
        false => {
            let detail = format!(
                "the part names more than {MAX_GROUPS} groups, send its rows in smaller parts"
            );
            Err(scim::Error::InvalidValue(detail).into())
        }
    }
}

/// Returns a row as an identity provider pushes it: without the application's id, which it does not know.
fn pushed(row: Result<ImportRow, RefusedRow>) -> Result<ImportRow, RefusedRow> {
    let row = row.map(|row| ImportRow {
        application_id: None,
        ..row
    });
    row.map_err(|refused| RefusedRow {
        application_id: None,
        ..refused
    })
}

/// Returns the rows that name different people, and the others.
fn distinct(rows: Vec<Result<ImportRow, RefusedRow>>) -> (Vec<ImportRow>, Vec<RefusedRow>) {
    let (mut names, mut ids) = (BTreeSet::new(), BTreeSet::new());
    let (mut good, mut failed) = (Vec::new(), Vec::new());
    for row in rows {
        match row {
            Err(refused) => failed.push(refused),
            Ok(row) => {
                let is_new = names.insert(USERS.compared(&row.user_name));
                let id = row.application_id.clone();
                match is_new && id.is_none_or(|id| ids.insert(id)) {
                    true => good.push(row),
                    false => {
                        let detail =
                            "an earlier line of the part has the same user name or application id";
                        let failure = RowFailure::new(row.line, Reason::NotUnique, detail);
                        failed.push(row.refused(failure));
                    }
                }
            }
        }
    }
    (good, failed)
}

/// Returns what becomes of a row that means the same person as an earlier one, by another name, an id, or a name of before.
fn meant_again(row: &ImportRow) -> RowResult {
    let detail = "an earlier line of the part means the same person, or one who had this name before; make one line of them, or give \
         this one an `application_id` of its own";
    RowResult::failed(RowFailure::new(row.line, Reason::NotUnique, detail))
}

fn refused_or(row: &ImportRow, result: Result<RowResult, Error>) -> Result<RowResult, Error> {
    match result {
        Err(error) if error.is_refusal() => Ok(RowResult::failed(RowFailure::of(row.line, &error))),
        result => result,
    }
}
