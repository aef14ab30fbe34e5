//! Makes imported people members of the groups that their rows name, and creates the groups that are not there.

use std::collections::BTreeMap;

use futures::{FutureExt, StreamExt, TryStreamExt, stream};
use rollcall_model::{GROUPS, Role};
use rollcall_scim as scim;
use rollcall_store::{Error, from_item};
use tokio::time::Instant;

use crate::import::handle::Imports;
use crate::import::late::unless_late;
use crate::import::look_up::Known;
use crate::import::outcome::{Outcome, RowFailure, RowResult};
use crate::import::people::Imported;
use crate::resources::handle::Resources;
use crate::resources::record::Record;
use crate::resources::writes::Pointer;
use crate::roles::handle::Roles;

/// The number of people who join a group in one transaction.
const JOIN_AT_ONCE: usize = 40;
/// The number of groups that people join at the same time.
const GROUPS_AT_ONCE: usize = 8;

/// The people who join one group.
#[derive(Debug)]
struct Joining {
    name: String,
    people: Vec<String>,
}

impl Imports<'_> {
    /// Makes the people members of their groups. Rows whose group cannot be joined fail: also a group that gives a role above
    /// that of the caller.
    ///
    /// # Errors
    /// Only table errors.
    pub(super) async fn join_groups(
        self,
        imported: &mut [Imported],
        known: &Known,
        (giver, late): (Role, Instant),
    ) -> Result<(), Error> {
        let mut joining: BTreeMap<String, Joining> = BTreeMap::new();
        for one in imported.iter() {
            for (folded, name) in &one.joins {
                let group = joining.entry(folded.clone()).or_insert_with(|| Joining {
                    name: name.clone(),
                    people: Vec::new(),
                });
                group.people.extend(one.result.user.clone());
            }
        }
        let each = joining
            .into_iter()
            .map(|(folded, joining)| self.try_join(folded, joining, known, (giver, late)).boxed());
        let each: Vec<_> = each.collect();
        let refused: Vec<Option<(String, Error)>> = stream::iter(each)
            .buffer_unordered(GROUPS_AT_ONCE)
            .try_collect()
            .await?;
        let refused: BTreeMap<String, Error> = refused.into_iter().flatten().collect();
        for one in imported {
            let mut errors = one.joins.iter().filter_map(|(name, _)| refused.get(name));
            if let Some(error) = errors.next() {
                fail(&mut one.result, error);
            }
        }
        Ok(())
    }

    /// Makes people members of a group. Returns the refusal, if it is refused.
    async fn try_join(
        self,
        folded: String,
        joining: Joining,
        known: &Known,
        terms: (Role, Instant),
    ) -> Result<Option<(String, Error)>, Error> {
        let group = known.groups.get(&folded);
        match self.join(&folded, &joining, group, terms).await {
            Err(error) if error.is_refusal() && !is_unavailable(&error) => {
                Ok(Some((folded, error)))
            }
            Err(error) => Err(error),
            Ok(()) => Ok(None),
        }
    }

    async fn join(
        self,
        folded: &str,
        joining: &Joining,
        known: Option<&Record>,
        (giver, late): (Role, Instant),
    ) -> Result<(), Error> {
        unless_late(late)?;
        let roles = Roles::of(self.scope);
        match known {
            Some(group) => roles.check_rank_over_group(&group.id, giver).await?,
            None => roles.check_rank_over_name(&joining.name, giver).await?,
        }
        let resources = Resources::of(self.scope);
        let group = match known {
            Some(group) => group.id.clone(),
            None => match resources.create_imported_group(&joining.name).await? {
                Some(group) => group.id,
                None => match self.open_group(folded).await? {
                    Some(group) => group,
                    // It went to a connection in between.
                    None => return Ok(()),
                },
            },
        };
        for people in joining.people.chunks(JOIN_AT_ONCE) {
            unless_late(late)?;
            resources.add_members(&group, people).await?;
        }
        Ok(())
    }

    /// Returns the id of the group with this name, unless a connection owns it.
    async fn open_group(self, folded: &str) -> Result<Option<String>, Error> {
        let key = self.scope.keys().name(&GROUPS, folded);
        let Some(pointer) = self.scope.table.get(&key).await? else {
            return Err(Error::Busy(None));
        };
        let id = from_item::<Pointer>(pointer)?.id;
        let group = Resources::of(self.scope).record(&GROUPS, &id).await?;
        Ok(group.identity.is_unowned().then_some(id))
    }
}

/// Returns whether the whole part is to be sent again.
fn is_unavailable(error: &Error) -> bool {
    matches!(error, Error::Scim(scim::Error::Unavailable { .. }))
}

fn fail(result: &mut RowResult, error: &Error) {
    let user = result.user.take();
    let failure = RowFailure::of(result.line, error);
    *result = RowResult {
        user,
        outcome: Outcome::Failed,
        ..RowResult::failed(failure)
    };
}
