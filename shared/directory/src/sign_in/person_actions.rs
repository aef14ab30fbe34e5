//! What admins do about who one person is: block and unblock, end sessions, bind anew, confirm, delete, merge.
//!
//! Nobody does this to somebody who ranks above them. Each change returns the person after it, if they are still there, and is one transaction, on the condition that the person is
//! as they were when that was checked.

use jiff::Timestamp;
use rollcall_model::{EventType, Role, USERS};
use rollcall_scim as scim;
use rollcall_store::{Error, now, retry_stale};
use serde_json::{Value, json};

use crate::journal::entry::Entry;
use crate::resources::effects::Written;
use crate::resources::handle::Resources;
use crate::resources::record::Record;
use crate::resources::sign_in_only::{is_somebody_else, moves_subjects};
use crate::resources::subjects::write_forgotten;
use crate::resources::writes::{account_writes, committed, subject};
use crate::roles::handle::Roles;
use crate::roles::person::ChangedPerson;
use crate::roles::rank::vouches;
use crate::sign_in::handle::SignIn;

/// A change of one person's account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    Block,
    Unblock,
    EndSessions,
    BindAnew,
    Confirm { renamings: Option<u64> },
}

impl Action {
    /// Returns the person after the change; `None` if it changes nothing.
    fn applied_to(self, before: &Record, at: Timestamp) -> Result<Option<Record>, Error> {
        let mut after = before.rewritten();
        let identity = &mut after.identity;
        match self {
            Self::Block if identity.blocked_at.is_some() => return Ok(None),
            Self::Block => {
                identity.blocked_at = Some(at);
                after.shut_out(at);
            }
            Self::Unblock if identity.blocked_at.is_none() => return Ok(None),
            Self::Unblock => identity.blocked_at = None,
            Self::EndSessions => after.account.end_sessions(at),
            Self::BindAnew if identity.bindings.is_empty() => return Ok(None),
            Self::BindAnew => {
                identity.bindings.clear();
                after.account.end_sessions(at);
            }
            Self::Confirm { .. } => {
                after.prove_identifiers()?;
                if after.identity == before.identity {
                    return Ok(None);
                }
            }
        }
        Ok(Some(after))
    }

    fn event(self) -> EventType {
        match self {
            Self::Block => EventType::UserBlocked,
            Self::Unblock => EventType::UserUnblocked,
            Self::EndSessions => EventType::UserSessionsEnded,
            Self::BindAnew => EventType::UserSubjectsForgotten,
            Self::Confirm { .. } => EventType::UserConfirmed,
        }
    }

    /// Returns what the journal says about the person before the change.
    fn told(self, before: &Record) -> Option<Value> {
        let connections: Vec<_> = before.identity.bindings.keys().collect();
        (self == Self::BindAnew).then(|| json!({"connections": connections}))
    }
}

/// What closing an account into a person does, beside ending its sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Merging {
    /// Whether its subjects move to the person.
    pub moves_subjects: bool,
    /// Whether it holds a role that was given by hand, which ends with it.
    pub loses_role: bool,
}

/// Returns the person with confirmed identifiers; `None` if they are proven already.
///
/// # Errors
/// When the stored document is not JSON.
pub(super) fn confirmed(record: &Record) -> Result<Option<Record>, Error> {
    let renamings = None;
    Action::Confirm { renamings }.applied_to(record, now())
}

impl SignIn<'_> {
    /// Blocks a person: they cannot sign in, their sessions are over and their roles do not count, whatever SCIM says. It
    /// ends by [`Self::unblock`], or when SCIM sets `active` from false to true.
    ///
    /// # Errors
    /// `404` when the person does not exist; `403` when they rank above `rank`, and for the last active owner.
    pub async fn block(self, user: &str, rank: Role) -> Result<ChangedPerson, Error> {
        self.act(user, rank, Action::Block).await
    }

    /// Ends the block of a person.
    ///
    /// # Errors
    /// `404` when the person does not exist; `403` when they rank above `rank`.
    pub async fn unblock(self, user: &str, rank: Role) -> Result<ChangedPerson, Error> {
        self.act(user, rank, Action::Unblock).await
    }

    /// Ends every session that the person has now: its next check refuses it. The person can sign in again.
    ///
    /// # Errors
    /// `404` when the person does not exist; `403` when they rank above `rank`.
    pub async fn end_sessions_of(self, user: &str, rank: Role) -> Result<(), Error> {
        self.act(user, rank, Action::EndSessions).await.map(drop)
    }

    /// Forgets the subjects that are bound to a person, and ends their sessions. The next sign-in that means them binds
    /// its subject.
    ///
    /// # Errors
    /// `404` when the person does not exist; `403` when they rank above `rank`.
    pub async fn bind_anew(self, user: &str, rank: Role) -> Result<ChangedPerson, Error> {
        self.act(user, rank, Action::BindAnew).await
    }

    /// Makes the present user name and external id of a person proven, so that a sign-in with them reaches the person
    /// also if they hold a role of their own. `renamings` says how often the identifiers of a person who confirms had
    /// changed when their session began; `None` for anybody else.
    ///
    /// # Errors
    /// `404` when the person does not exist; `403` when they rank above `rank`, or the actor may not say whose
    /// identifiers these are.
    pub async fn confirm(
        self,
        user: &str,
        rank: Role,
        renamings: Option<u64>,
    ) -> Result<ChangedPerson, Error> {
        self.act(user, rank, Action::Confirm { renamings }).await
    }

    /// Deletes a person, whoever sent them. Nobody signs in with their identifiers, unless they are pushed again.
    ///
    /// # Errors
    /// `404` when the person does not exist; `403` when they rank above `rank`, and for the last active owner.
    pub async fn delete_person(self, user: &str, rank: Role) -> Result<Written<()>, Error> {
        retry_stale(|_| async move {
            let resources = Resources::of(self.scope);
            let record = resources.record(&USERS, user).await?;
            Roles::of(self.scope).check_rank_over(&record, rank).await?;
            resources.delete_record(&USERS, &record).await
        })
        .await
    }

    /// Closes an account that only came from sign-in into a person who was pushed. Its sessions end. Its roles do not
    /// move, and its subjects only to somebody who has neither a subject nor a role that was given by hand. Returns that person.
    ///
    /// # Errors
    /// `404` when one of them does not exist; `invalidValue` when they are not such two, or the account is blocked; `403`
    /// when one of them ranks above `rank`, and for the last active owner; and unless `rank` is that of an owner, for an
    /// account with a role that was given by hand, and for two with different external ids or subjects.
    pub async fn merge(self, user: &str, into: &str, rank: Role) -> Result<ChangedPerson, Error> {
        retry_stale(|_| async move {
            let (closed, into) = self.mergeable(user, into, rank).await?;
            let merged = Resources::of(self.scope).merge(&closed, &into).await?;
            Ok(merged.map(ChangedPerson))
        })
        .await
    }

    /// Returns what [`Self::merge`] would do. Nothing changes.
    ///
    /// # Errors
    /// As for [`Self::merge`], except for the last active owner.
    pub async fn preview_merge(self, user: &str, into: &str, rank: Role) -> Result<Merging, Error> {
        let (closed, into) = self.mergeable(user, into, rank).await?;
        Ok(Merging {
            moves_subjects: moves_subjects(&closed, &into),
            loses_role: closed.account.manual.is_some(),
        })
    }

    async fn mergeable(
        self,
        user: &str,
        into: &str,
        rank: Role,
    ) -> Result<(Record, Record), Error> {
        let (resources, roles) = (Resources::of(self.scope), Roles::of(self.scope));
        let closed = resources.record(&USERS, user).await?;
        let into = resources.record(&USERS, into).await?;
        for record in [&closed, &into] {
            roles.check_rank_over(record, rank).await?;
        }
        let is_apart = closed.is_out() || !closed.identity.is_unowned();
        if is_apart || into.identity.is_unowned() {
            let detail = "only an account that came from sign-in or an import and is not blocked can be merged, and \
                only into a person whom an identity provider has sent";
            return Err(scim::Error::InvalidValue(detail.to_owned()).into());
        }
        if closed.account.manual.is_some() && !rank.is_owner() {
            let detail = "only an owner can merge an account that holds a role of its own";
            return Err(scim::Error::Forbidden(detail.to_owned()).into());
        }
        if !rank.is_owner() && is_somebody_else(&closed, &into)? {
            let detail = "the two have different external ids, or different subjects in one connection; only an owner \
                can confirm that they are one person";
            return Err(scim::Error::Forbidden(detail.to_owned()).into());
        }
        Ok((closed, into))
    }

    async fn act(self, user: &str, rank: Role, action: Action) -> Result<ChangedPerson, Error> {
        retry_stale(|_| async move {
            let record = Resources::of(self.scope).record(&USERS, user).await?;
            Roles::of(self.scope).check_rank_over(&record, rank).await?;
            let Some(after) = action.applied_to(&record, now())? else {
                return Ok(Some(ChangedPerson(record)));
            };
            let mut transaction = account_writes(self.scope, &record, &after)?;
            match action {
                Action::Confirm { renamings } => {
                    self.check_confirmer(&record, rank, renamings).await?;
                }
                Action::BindAnew => write_forgotten(self.scope, &mut transaction, &record).await?,
                Action::Block | Action::Unblock | Action::EndSessions => {}
            }
            let entry = Entry::new(self.scope, action.event(), subject(&USERS, &record)?);
            let entry = entry.with_change(action.told(&record), None);
            transaction.put(entry.to_item(self.scope.keys())?);
            let is_committed = committed(self.scope, &transaction, &USERS).await?;
            Ok(is_committed.then_some(ChangedPerson(after)))
        })
        .await
    }

    /// Checks that the actor may confirm the identifiers of somebody who is protected: the application, another owner, or
    /// the person in a session that is older than the last change.
    pub(super) async fn check_confirmer(
        self,
        record: &Record,
        rank: Role,
        renamings: Option<u64>,
    ) -> Result<(), Error> {
        let actor = &self.scope.actor;
        let is_older = renamings.is_some_and(|seen| seen < record.identity.renamings);
        let may = match actor.person_id() {
            Some(id) if id == record.id => is_older,
            _ => vouches(actor, &record.id, rank),
        };
        if may || !Roles::of(self.scope).protects(record).await? {
            return Ok(());
        }
        let detail = "this person holds a role of their own: their identifiers are confirmed by the application, by \
                      another owner, or by themselves in a session from before the change";
        Err(scim::Error::Forbidden(detail.to_owned()).into())
    }
}
