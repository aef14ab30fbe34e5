//! What an admin does about who one person is. `Action` is the table of it: its words, the permission that it needs, and
//! what it calls.

use axum::extract::FromRequestParts;
use http::request::Parts;
use rollcall_directory::{Directory, Permission, PersonState, Reason};
use rollcall_edge_api::{Gate, explained, segment};
use rollcall_edge_http::Problem;
use rollcall_insight::PersonProfile;

use crate::layout::Layout;
use crate::visitor::Visitor;

/// What an admin does about one person. The id of an action is the last segment of its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    EndSessions,
    Unblock,
    Block,
    Confirm,
    BindAnew,
    AdmitAsNew,
    GiveBack,
    Restore,
    AdmitOthers,
    Delete,
}

/// How pages speak of an action.
pub(crate) struct Words {
    /// The last segment of its path, which also names it in the address of the page that follows.
    pub(crate) id: &'static str,
    /// What the button says: a verb and its object.
    pub(crate) button: &'static str,
    /// What follows from it.
    pub(crate) consequence: &'static str,
    /// What the page says afterwards.
    pub(crate) done: &'static str,
    /// Whether it takes something away.
    pub(crate) is_loss: bool,
}

impl Action {
    pub(crate) const ALL: [Self; 10] = [
        Self::EndSessions,
        Self::Unblock,
        Self::Block,
        Self::Confirm,
        Self::BindAnew,
        Self::AdmitAsNew,
        Self::GiveBack,
        Self::Restore,
        Self::AdmitOthers,
        Self::Delete,
    ];

    pub(crate) fn words(self) -> Words {
        let words = |id, button, consequence, done, is_loss| Words {
            id,
            button,
            consequence,
            done,
            is_loss,
        };
        match self {
            Self::EndSessions => words(
                "end-sessions",
                "End all sessions",
                "They are signed out and can sign in again.",
                "Sessions ended",
                true,
            ),
            Self::Unblock => words(
                "unblock",
                "Unblock person",
                "They can sign in again, unless your identity provider has deactivated them.",
                "Person unblocked",
                false,
            ),
            Self::Block => words(
                "block",
                "Block person",
                "They are signed out and cannot sign in until an admin unblocks them, or your identity provider \
                 deactivates and reactivates them.",
                "Person blocked. All their sessions ended.",
                true,
            ),
            Self::Confirm => words(
                "confirm",
                "Confirm identifiers",
                "Confirm only if the user name and the external id below belong to this person: a sign-in with them gets \
                 the role that was given by hand.",
                "User name and external id confirmed",
                false,
            ),
            Self::BindAnew => words(
                "bind-anew",
                "Bind anew",
                "They are signed out. The next sign-in with their user name or external id binds its subject. Use it if \
                 your identity provider has created the person again.",
                "The next sign-in of this person binds its subject.",
                true,
            ),
            Self::AdmitAsNew => words(
                "admit-as-new",
                "Admit others with this address",
                "Someone else may sign in with the same e-mail address and becomes a new person. This person keeps their \
                 account; the address alone no longer finds it.",
                "The e-mail address alone no longer means this person.",
                false,
            ),
            Self::GiveBack => words(
                "give-back",
                "Give the role back",
                "The role that was given by hand before the deletion counts again. Do it only if the person who signs in \
                 with this name is the one of before.",
                "Role given back",
                false,
            ),
            Self::Restore => words(
                "restore",
                "Restore person",
                "They come back active, with the same id, groups and attributes. A role that was given by hand stays \
                 withheld until they sign in as before, or until you give it back.",
                "Person restored",
                false,
            ),
            Self::AdmitOthers => words(
                "admit-others",
                "Admit as new",
                "The identifiers are free: the next sign-in with one of them creates a new person, without the roles and \
                 groups of this one.",
                "The identifiers are free. The next sign-in with one of them creates a new person.",
                false,
            ),
            Self::Delete => words(
                "delete",
                "Delete person",
                "They are signed out and cannot sign in again. If your identity provider still has this person, it may \
                 push them again as a new one.",
                "Person deleted",
                true,
            ),
        }
    }

    fn of(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.words().id == id)
    }

    /// What the page says after the action with this id.
    pub(crate) fn done(id: &str) -> Option<&'static str> {
        Self::of(id).map(|action| action.words().done)
    }

    /// Whether the action is among those at the top of a person's page.
    pub(crate) fn is_first(&self) -> bool {
        matches!(self, Self::EndSessions | Self::Block | Self::Unblock)
    }

    pub(crate) fn permission(self) -> Permission {
        Permission::SsoConfigure
    }

    /// Whether the action would change anything about this person.
    fn fits(self, profile: &PersonProfile) -> bool {
        let (person, identity) = (&profile.person, &profile.person.identity);
        match self {
            Self::EndSessions => !profile.sessions.is_empty(),
            Self::Unblock => identity.blocked_at.is_some(),
            Self::Block => identity.blocked_at.is_none(),
            Self::BindAnew => !identity.bindings.is_empty(),
            Self::AdmitAsNew => {
                let is_in = person.state != PersonState::Inactive;
                is_in && person.email.is_some() && !identity.email_shared
            }
            Self::GiveBack => profile.has_withheld_role,
            Self::Confirm | Self::Delete => true,
            Self::Restore | Self::AdmitOthers => false,
        }
    }

    /// Lists what the visitor may do about a person.
    pub(crate) fn offered(profile: &PersonProfile, layout: &Layout) -> Vec<Self> {
        let is_offered = |action: &Self| layout.may(action.permission()) && action.fits(profile);
        Self::ALL.into_iter().filter(is_offered).collect()
    }

    /// Lists what the visitor may do about a person who was deleted.
    pub(crate) fn offered_after_deletion(layout: &Layout) -> Vec<Self> {
        let both = [Self::Restore, Self::AdmitOthers].into_iter();
        both.filter(|action| layout.may(action.permission()))
            .collect()
    }

    pub(crate) async fn apply<G: Gate>(
        self,
        directory: &Directory,
        visitor: &Visitor<G>,
        id: &str,
    ) -> Result<(), Problem> {
        let (tenant, rank) = (visitor.tenant(), visitor.role());
        self.check_fate(visitor, id).await?;
        let sign_in = tenant.sign_in();
        let done = match self {
            Self::EndSessions => sign_in.end_sessions_of(id, rank).await,
            Self::Unblock => sign_in.unblock(id, rank).await,
            Self::Block => sign_in.block(id, rank).await,
            Self::Confirm => sign_in.confirm(id, rank, visitor.renamings()).await,
            Self::BindAnew => sign_in.bind_anew(id, rank).await,
            Self::AdmitAsNew | Self::AdmitOthers => tenant.resources().admit_as_new(id, rank).await,
            Self::GiveBack | Self::Restore => {
                let gives_back = visitor.rank_to_give_back();
                // Whoever comes back claims the unique values of before.
                let tenant = directory.with_schemas(tenant.clone()).await?;
                tenant.roles().restore(id, rank, gives_back).await
            }
            Self::Delete => sign_in.delete_person(id, rank).await.map(drop),
        };
        match done {
            Ok(()) => Ok(()),
            Err(error) if error.reason() == Reason::NotUnique => Err(Problem::conflict(
                "someone else has this user name now; rename or delete that person, then restore this one",
            )),
            Err(error) => Err(explained(tenant, id, error).await),
        }
    }
}

impl Action {
    /// Whether it is for people who were deleted; `None` if that makes no difference to it.
    fn is_for_deleted(self) -> Option<bool> {
        match self {
            Self::Restore | Self::AdmitOthers => Some(true),
            Self::GiveBack | Self::AdmitAsNew => Some(false),
            _ => None,
        }
    }

    /// Refuses an action that would mean something else, because the person was deleted or restored in the meantime.
    async fn check_fate<G: Gate>(self, visitor: &Visitor<G>, id: &str) -> Result<(), Problem> {
        let Some(is_for_deleted) = self.is_for_deleted() else {
            return Ok(());
        };
        let fate = visitor.tenant().resources().fate(id).await?;
        match (is_for_deleted, fate.is_some()) {
            (true, false) => Err(Problem::conflict(
                "this person is not deleted any more, so nothing was done",
            )),
            (false, true) => Err(Problem::conflict(
                "this person was deleted in the meantime, so nothing was done",
            )),
            _ => Ok(()),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Action {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let id = segment(parts, "action").await?;
        Self::of(&id).ok_or_else(|| Problem::not_found("this page"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_action_has_an_id_of_its_own() {
        for action in Action::ALL {
            let words = action.words();
            assert_eq!(Action::of(words.id), Some(action), "{}", words.id);
        }
        assert_eq!(Action::of("nothing"), None);
    }
}
