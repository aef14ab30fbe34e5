//! Who looks after the connections of a tenant, for mail that concerns all of its people.

use std::collections::BTreeSet;

use rollcall_model::{Permission, PersonState};
use rollcall_store::{Error, Range, text, word_and_user};

use crate::indexes::words::role_word;
use crate::roles::handle::Roles;
use crate::roles::person::Person;

/// People of one role who are looked at.
const LOOKED_AT: usize = 50;

impl Roles<'_> {
    /// Returns at most `limit` people who may configure connections, the highest roles first. They are found by the roles
    /// that the last event of each reported; what is stored decides.
    ///
    /// # Errors
    /// Only table errors.
    pub async fn administrators(self, limit: usize) -> Result<Vec<Person>, Error> {
        let catalogue = self.scope.settings().await?.roles;
        let roles = catalogue.roles();
        let may = |role: &&rollcall_model::Role| role.allows(Permission::SsoConfigure);
        let (mut seen, mut found) = (BTreeSet::new(), Vec::new());
        for role in roles.iter().rev().filter(may) {
            let word = format!("{}#", role_word(role.as_str()));
            let range = Range::prefix(self.scope.keys().words(), word).limit(LOOKED_AT);
            for item in self.scope.table.query(&range).await?.items {
                let Some((_, user)) = word_and_user(text(&item, "SK")?) else {
                    continue;
                };
                if !seen.insert(user.to_owned()) {
                    continue;
                }
                let person = match self.person(user).await {
                    Ok(person) => person,
                    // The index can be a moment behind.
                    Err(error) if error.to_scim().status() == 404 => continue,
                    Err(error) => return Err(error),
                };
                if person.state != PersonState::Inactive && person.roles.iter().any(|it| may(&it)) {
                    found.push(person);
                }
                if found.len() >= limit {
                    return Ok(found);
                }
            }
        }
        Ok(found)
    }
}
