//! Whom the rows of a report or a preview have met: they are noted, so that `unmatched` can list the others.

use std::collections::BTreeSet;

use rollcall_store::{Error, to_item};
use serde_json::json;

use crate::import::handle::Imports;
use crate::import::look_up::Known;
use crate::import::row::{ImportRow, RefusedRow};
use crate::import::state::Import;

impl Imports<'_> {
    /// Notes whom rows name, also those that are refused: these people are in the list. That can be repeated. Returns how
    /// many of the refused rows do not say whom they mean.
    ///
    /// # Errors
    /// Only table errors.
    pub(super) async fn note_met(
        self,
        import: &Import,
        (rows, known): (&[ImportRow], &Known),
        refused: &[RefusedRow],
    ) -> Result<u64, Error> {
        let mentions: Vec<ImportRow> = refused.iter().map(RefusedRow::mention).collect();
        // A name with white space around it fails, but says whom it means.
        let padded = rows
            .iter()
            .filter(|row| row.user_name.trim() != row.user_name);
        let trimmed = padded.map(|row| ImportRow {
            user_name: row.user_name.trim().to_owned(),
            ..ImportRow::default()
        });
        let mentioned: Vec<ImportRow> = mentions.iter().cloned().chain(trimmed).collect();
        let found = self.look_up_present(&mentioned).await?;
        let mut met: BTreeSet<&str> = rows.iter().flat_map(|row| named(row, known)).collect();
        let mut unidentified = 0;
        for mention in &mentions {
            if mention.user_name.is_empty() && named(mention, &found).next().is_none() {
                unidentified += 1;
            }
        }
        met.extend(mentioned.iter().flat_map(|row| named(row, &found)));
        let partition = self.scope.keys().met_by_import(&import.id);
        let expires = import.expires_at.as_second();
        let items = met
            .into_iter()
            .map(|user| to_item(&partition.at(user), &json!({"expires": expires})));
        let items = items.collect::<Result<Vec<_>, _>>()?;
        self.scope.table.batch_put(items).await?;
        Ok(unidentified)
    }
}

/// Returns the ids of whom a row names: two people, if its user name and its application's id contradict each other.
fn named<'k>(row: &ImportRow, known: &'k Known) -> impl Iterator<Item = &'k str> {
    let people = known.named(row).into_iter();
    let people = people.chain(known.by_application_id(row));
    people.map(|person| person.id.as_str())
}
