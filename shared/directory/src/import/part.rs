//! Does the rows of one part, within one request: reads whom they mean with a few calls, runs them beside each other, and
//! notes what became of them.

use std::collections::BTreeSet;
use std::time::Duration;

use futures::{FutureExt, StreamExt, stream};
use rollcall_model::{Reason, Role, RoleId, USERS, sha256_hex};
use rollcall_scim as scim;
use rollcall_store::{Error, TenantItem, to_item};
use serde_json::json;
use tokio::time::Instant;

use crate::credentials::handle::Credentials;
use crate::import::adoption::{Takeable, no_connection};
use crate::import::compare::compare;
use crate::import::handle::Imports;
use crate::import::late::unless_late;
use crate::import::outcome::{Counts, Field, Outcome, RowFailure, RowResult};
use crate::import::people::{Imported, Terms};
use crate::import::row::ImportRow;
use crate::import::state::{Import, ImportMode, MAX_PARTS, PartResult};
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
        (sent, rows): (&[u8], Vec<Result<ImportRow, RowFailure>>),
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
        let (rows, mut results) = distinct(rows);
        check_groups(&rows)?;
        results.extend(match import.asked.mode {
            ImportMode::Import => self.import_rows(&rows, giver).await?,
            ImportMode::Report => self.compare_rows(&rows).await?,
            ImportMode::Adoption => self.decide_pushes(&rows, &import).await?,
        });
        results.sort_by_key(|result| result.line);
        let counts = Counts::of(&results);
        if import.asked.mode != ImportMode::Import {
            self.note_met(&import, &results).await?;
        }
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
        let each = rows
            .iter()
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
        self.join_groups(&mut imported, &known, late).await?;
        Ok(imported.into_iter().map(|one| one.result).collect())
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

    async fn compare_rows(self, rows: &[ImportRow]) -> Result<Vec<RowResult>, Error> {
        let known = self.look_up(rows).await?;
        let context = Roles::of(self.scope).context().await?;
        let compared = rows.iter().map(|row| {
            let compared = known.meant(row).and_then(|person| {
                let Some(person) = person else {
                    return Ok(RowResult::new(row.line, Outcome::Missing, None));
                };
                let held = context.roles(person);
                let held = held.into_iter().map(RoleId::from).collect();
                let mut fields = compare(row, person, &held)?.fields;
                if known.missing_groups(row, Some(person)).next().is_some() {
                    fields.insert(Field::Groups);
                }
                // Somebody can be kept out although nobody deactivated them.
                if row.active.is_some_and(|active| active == person.is_out()) {
                    fields.insert(Field::Active);
                }
                let outcome = match fields.is_empty() {
                    true => Outcome::Unchanged,
                    false => Outcome::Differs,
                };
                Ok(RowResult::new(row.line, outcome, Some(&person.id)).with(fields))
            });
            refused_or(row, compared)
        });
        compared.collect()
    }

    async fn decide_pushes(
        self,
        rows: &[ImportRow],
        import: &Import,
    ) -> Result<Vec<RowResult>, Error> {
        let connection = import.asked.connection.as_ref().ok_or_else(no_connection)?;
        Credentials::of(self.scope).connection(connection).await?;
        let (known, settings) = (self.look_up(rows).await?, self.scope.settings().await?);
        let (mut results, mut takeable) = (Vec::new(), Takeable::new());
        for row in rows {
            let setting = settings.deleted_people;
            let decided = self.decide_push(row, &known, connection, setting, &mut takeable);
            results.push(refused_or(row, decided.await)?);
        }
        Ok(results)
    }

    /// Notes whom the rows have met. That can be repeated.
    async fn note_met(self, import: &Import, results: &[RowResult]) -> Result<(), Error> {
        let met = self.scope.keys().met_by_import(&import.id);
        let people: BTreeSet<&String> = results.iter().filter_map(|it| it.user.as_ref()).collect();
        let expires = import.expires_at.as_second();
        let items = people
            .into_iter()
            .map(|user| to_item(&met.at(user), &json!({"expires": expires})));
        let items = items.collect::<Result<Vec<_>, _>>()?;
        self.scope.table.batch_put(items).await
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

/// Returns the rows that name different people, and the failures of the others.
fn distinct(rows: Vec<Result<ImportRow, RowFailure>>) -> (Vec<ImportRow>, Vec<RowResult>) {
    let (mut names, mut ids) = (BTreeSet::new(), BTreeSet::new());
    let (mut good, mut failed) = (Vec::new(), Vec::new());
    for row in rows {
        match row {
            Err(failure) => failed.push(RowResult::failed(failure)),
            Ok(row) => {
                let is_new = names.insert(USERS.compared(&row.user_name));
                let id = row.application_id.clone();
                match is_new && id.is_none_or(|id| ids.insert(id)) {
                    true => good.push(row),
                    false => failed.push(RowResult::failed(RowFailure::new(
                        row.line,
                        Reason::NotUnique,
                        "an earlier line of the part has the same user name or application id",
                    ))),
                }
            }
        }
    }
    (good, failed)
}

fn refused_or(row: &ImportRow, result: Result<RowResult, Error>) -> Result<RowResult, Error> {
    match result {
        Err(error) if error.is_refusal() => Ok(RowResult::failed(RowFailure::of(row.line, &error))),
        result => result,
    }
}
