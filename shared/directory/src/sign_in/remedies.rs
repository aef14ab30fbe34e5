//! Remedies for all people of a connection at once: another connection takes them over, their identifiers are confirmed,
//! or a window lets them bind anew. Each has a preview.
//!
//! A call looks at a bounded number of people and says where the next one continues. What is done is not done again, so
//! a call can be repeated. Whoever ranks above the caller is left out.

use std::collections::BTreeSet;
use std::time::Duration;

use rollcall_model::{GROUPS, Kind, Role, USERS};
use rollcall_scim as scim;
use rollcall_store::Error;
use tokio::time::Instant;

use crate::credentials::handle::Credentials;
use crate::credentials::standing::Standing;
use crate::resources::handle::Resources;
use crate::resources::record::Record;
use crate::roles::handle::Roles;
use crate::sign_in::handle::SignIn;
use crate::sign_in::person_actions::confirmed;

/// People or groups that one call reads.
const LOOKED_AT: usize = 500;
/// The time after which a call ends, so that the gateway does not end it.
const BUDGET: Duration = Duration::from_secs(8);
/// People or groups that are read at once.
const PAGE: usize = 100;
/// What a cursor among the groups begins with.
const GROUP: &str = "group:";

/// What is done about the people of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// The connection takes over what this one owns: people and groups.
    TakeOver {
        /// The id of the owner.
        from: String,
    },
    /// The identifiers of the people whom the connection owns are confirmed.
    Confirm,
    /// A window lets sign-ins bind another subject. It is opened by `rebind_until`, so this is a preview only.
    BindAnew,
}

/// What a call has done, or would do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remedied {
    /// How many people it concerns.
    pub people: u64,
    /// How many groups it concerns.
    pub groups: u64,
    /// How many people are left out, because they rank above the caller or hold a role of their own.
    pub left_out: u64,
    /// Where the next call continues.
    pub next: Option<String>,
}

/// A remedy for a connection, by a caller of a rank.
struct Task<'a> {
    connection: &'a str,
    /// The owners whose people and groups it concerns.
    owners: BTreeSet<String>,
    remedy: &'a Remedy,
    rank: Role,
}

/// What is done about one person or group.
enum Verdict {
    /// It does not concern them.
    Nothing,
    LeftOut,
    Concerned,
}

impl SignIn<'_> {
    /// Applies a remedy, or with `is_preview` only counts whom it concerns.
    ///
    /// # Errors
    /// `404` when the connection does not exist; `403` when only an owner can do this; `invalidValue` for a cursor or a
    /// connection that does not fit.
    pub async fn remedy(
        self,
        connection: &str,
        remedy: &Remedy,
        after: Option<&str>,
        rank: Role,
        is_preview: bool,
    ) -> Result<Remedied, Error> {
        let owner = match remedy {
            Remedy::TakeOver { from } => from,
            Remedy::Confirm | Remedy::BindAnew => connection,
        };
        let credentials = Credentials::of(self.scope);
        let task = Task {
            connection,
            owners: credentials.with_predecessors(owner).await?,
            remedy,
            rank,
        };
        self.check(&task, is_preview).await?;
        let (mut kind, mut behind) = begin(after);
        let mut done = Remedied::default();
        let (mut looked_at, deadline) = (0, Instant::now() + BUDGET);
        loop {
            let resources = Resources::of(self.scope);
            let (records, next) = resources.records_after(kind, behind, PAGE).await?;
            looked_at += records.len();
            for record in records {
                let verdict = self.one(&task, kind, &record, is_preview).await?;
                done.count(kind, &verdict);
                if Instant::now() >= deadline {
                    done.next = Some(cursor(kind, Some(record.id)));
                    return Ok(done);
                }
            }
            behind = next;
            if behind.is_none() {
                let has_groups = matches!(remedy, Remedy::TakeOver { .. });
                if !has_groups || *kind == GROUPS {
                    return Ok(done);
                }
                kind = &GROUPS;
            }
            if looked_at >= LOOKED_AT {
                done.next = Some(cursor(kind, behind));
                return Ok(done);
            }
        }
    }

    async fn check(self, task: &Task<'_>, is_preview: bool) -> Result<(), Error> {
        let credentials = Credentials::of(self.scope);
        credentials.connection(task.connection).await?;
        match task.remedy {
            Remedy::TakeOver { from } if from == task.connection => {
                Err(invalid("a connection cannot take over what it owns"))
            }
            Remedy::TakeOver { from } if !task.rank.is_owner() => {
                match credentials.standing(from).await? {
                    Standing::Revoked { .. } | Standing::Deleted => Ok(()),
                    Standing::HandedTo { connection } if connection == task.connection => Ok(()),
                    Standing::Live | Standing::HandedTo { .. } => Err(scim::Error::Forbidden(
                        "only an owner or the application can take over from a connection that still exists"
                            .to_owned(),
                    )
                    .into()),
                }
            }
            Remedy::BindAnew if !is_preview => {
                Err(invalid("set `rebind_until` of the connection instead"))
            }
            Remedy::TakeOver { .. } | Remedy::Confirm | Remedy::BindAnew => Ok(()),
        }
    }

    async fn one(
        self,
        task: &Task<'_>,
        kind: &'static Kind,
        record: &Record,
        is_preview: bool,
    ) -> Result<Verdict, Error> {
        if !task.concerns(record)? {
            return Ok(Verdict::Nothing);
        }
        if *kind == USERS && self.is_left_out(task, record).await? {
            return Ok(Verdict::LeftOut);
        }
        let done = match (is_preview, task.remedy) {
            (true, _) | (_, Remedy::BindAnew) => Ok(()),
            (false, Remedy::Confirm) => {
                let confirmed = self.confirm(&record.id, task.rank, None).await;
                confirmed.map(drop)
            }
            (false, Remedy::TakeOver { .. }) => {
                let (resources, from) = (Resources::of(self.scope), &record.identity.owner);
                let from = from.as_deref().unwrap_or_default();
                let handed = resources.hand_over(kind, &record.id, from, task.connection);
                handed.await
            }
        };
        match done {
            Ok(()) => Ok(Verdict::Concerned),
            // Somebody has deleted or changed them in the meantime.
            Err(error) if error.is_refusal() => Ok(Verdict::LeftOut),
            Err(error) => Err(error),
        }
    }

    async fn is_left_out(self, task: &Task<'_>, record: &Record) -> Result<bool, Error> {
        let roles = Roles::of(self.scope);
        if *task.remedy == Remedy::BindAnew {
            return roles.protects(record).await;
        }
        let mut allowed = roles.check_rank_over(record, task.rank).await;
        if allowed.is_ok() && *task.remedy == Remedy::Confirm {
            allowed = self.check_confirmer(record, task.rank, None).await;
        }
        match allowed {
            Ok(()) => Ok(false),
            Err(error) if error.is_refusal() => Ok(true),
            Err(error) => Err(error),
        }
    }
}

impl Task<'_> {
    fn concerns(&self, record: &Record) -> Result<bool, Error> {
        let identity = &record.identity;
        let owner = identity.owner.as_ref();
        let is_owned = owner.is_some_and(|owner| self.owners.contains(owner));
        Ok(match self.remedy {
            // What was handed over to it is its own already.
            Remedy::TakeOver { .. } => {
                is_owned && owner.map(String::as_str) != Some(self.connection)
            }
            Remedy::Confirm => is_owned && confirmed(record)?.is_some(),
            Remedy::BindAnew => {
                let binding = identity.bindings.get(self.connection);
                binding.is_some_and(|binding| binding.firm)
            }
        })
    }
}

impl Remedied {
    fn count(&mut self, kind: &Kind, verdict: &Verdict) {
        match verdict {
            Verdict::Nothing => {}
            Verdict::LeftOut => self.left_out += 1,
            Verdict::Concerned if kind.has_members() => self.groups += 1,
            Verdict::Concerned => self.people += 1,
        }
    }
}

/// Returns where a call begins. A cursor is the id of a user, or of a group after its mark.
fn begin(after: Option<&str>) -> (&'static Kind, Option<String>) {
    let some = |id: &str| Some(id.to_owned()).filter(|id| !id.is_empty());
    match after {
        None => (&USERS, None),
        Some(after) => match after.strip_prefix(GROUP) {
            Some(group) => (&GROUPS, some(group)),
            None => (&USERS, some(after)),
        },
    }
}

fn cursor(kind: &Kind, behind: Option<String>) -> String {
    let behind = behind.unwrap_or_default();
    match kind.has_members() {
        true => format!("{GROUP}{behind}"),
        false => behind,
    }
}

fn invalid(detail: &str) -> Error {
    scim::Error::InvalidValue(detail.to_owned()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_continues_where_the_last_one_ended() {
        for (kind, behind) in [
            (&USERS, Some("u-1".to_owned())),
            (&GROUPS, Some("g-1".to_owned())),
            (&GROUPS, None),
        ] {
            let (again, place) = begin(Some(&cursor(kind, behind.clone())));
            assert!(again == kind && place == behind, "{behind:?}");
        }
        assert_eq!(begin(None).1, None);
    }
}
