//! Who is in the directory and was met by no row of an import that only compares.

use std::collections::BTreeSet;

use rollcall_model::{PersonState, USERS};
use rollcall_scim as scim;
use rollcall_store::{Error, Item, Range, text};

use crate::import::handle::Imports;
use crate::import::state::{Import, ImportMode};
use crate::resources::handle::Resources;
use crate::resources::record::Record;
use crate::resources::signed::{list_cursor, list_place};

/// The number of people who were met that are read at once.
const AT_ONCE: usize = 500;

/// A person whom no row has met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnmatchedPerson {
    /// The user's id.
    pub id: String,
    /// `userName`.
    pub user_name: String,
    /// The application's own id.
    pub application_id: Option<String>,
    /// The connection that owns the person.
    pub owner: Option<String>,
    /// Active, invited or inactive.
    pub state: PersonState,
}

impl Imports<'_> {
    /// Lists who was met by no row, in order of creation. Of an adoption, these are the people whom nobody owns and those
    /// of the connection. A page can have fewer people than `limit`, even none, although another one follows.
    ///
    /// # Errors
    /// `404` when there is no such import; `invalidValue` for one that changes people; `invalidCursor` and
    /// `expiredCursor` for the cursor.
    pub async fn unmatched(
        self,
        id: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<UnmatchedPerson>, Option<String>), Error> {
        let import = self.import(id).await?;
        if import.asked.mode == ImportMode::Import {
            let detail = "only imports with the mode `report` or `adoption` know who is left over";
            return Err(scim::Error::InvalidValue(detail.to_owned()).into());
        }
        let list = format!("unmatched/{id}");
        let behind: Option<String> = match after {
            Some(cursor) => Some(list_place(self.scope, &list, cursor).await?),
            None => None,
        };
        let resources = Resources::of(self.scope);
        let (people, next) = resources
            .records_after(&USERS, behind.clone(), limit)
            .await?;
        let last = people.last().map(|person| person.id.clone());
        let met = self.met(&import, behind, last.as_deref()).await?;
        let is_left = |person: &&Record| !met.contains(&person.id) && concerns(&import, person);
        let left = people.iter().filter(is_left).map(unmatched_of);
        let left = left.collect::<Result<Vec<_>, _>>()?;
        let next = match next {
            Some(next) => Some(list_cursor(self.scope, &list, &next).await?),
            None => None,
        };
        Ok((left, next))
    }

    /// Returns the ids that were met, behind one and up to another. Notes that expire at another time belong to an earlier
    /// import with the same id, which was forgotten before them.
    async fn met(
        self,
        import: &Import,
        behind: Option<String>,
        last: Option<&str>,
    ) -> Result<BTreeSet<String>, Error> {
        let mut met = BTreeSet::new();
        let Some(last) = last else { return Ok(met) };
        let all = self.scope.keys().met_by_import(&import.id);
        let expires = import.expires_at.as_second().to_string();
        let is_own = |item: &Item| {
            let noted = item.get("expires").and_then(|noted| noted.as_n().ok());
            noted == Some(&expires)
        };
        let mut range = Range::all(all)
            .only("SK, expires")
            .limit(AT_ONCE)
            .after(behind);
        loop {
            let page = self.scope.table.query(&range).await?;
            for item in &page.items {
                let id = text(item, "SK")?;
                if id > last {
                    return Ok(met);
                }
                if is_own(item) {
                    met.insert(id.to_owned());
                }
            }
            match page.next {
                Some(next) => range = range.after(Some(next)),
                None => return Ok(met),
            }
        }
    }
}

/// Returns whether a person can be left over: of an adoption, those of other connections cannot.
fn concerns(import: &Import, person: &Record) -> bool {
    let owner = person.identity.owner.as_ref();
    match import.asked.mode {
        ImportMode::Adoption => owner.is_none() || owner == import.asked.connection.as_ref(),
        ImportMode::Import | ImportMode::Report => true,
    }
}

fn unmatched_of(person: &Record) -> Result<UnmatchedPerson, Error> {
    Ok(UnmatchedPerson {
        id: person.id.clone(),
        user_name: person.user_name()?,
        application_id: person.identity.application_id.clone(),
        owner: person.identity.owner.clone(),
        state: person.state(),
    })
}
