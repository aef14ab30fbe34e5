//! What an admin does about who one person is. `Action` is the table of it: its words, the permission that it needs, and
//! what it calls.

use axum::extract::FromRequestParts;
use http::request::Parts;
use rollcall_directory::{Directory, Permission, PersonState, Reason};
use rollcall_edge_api::{Gate, explained, segment};
use rollcall_edge_http::Problem;
use rollcall_insight::PersonProfile;

use crate::layout::Layout;
use crate::messages::{Text, t};
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
    pub(crate) button: Text,
    /// What follows from it.
    pub(crate) consequence: Text,
    /// What the page says afterwards.
    pub(crate) done: Text,
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
                t("action-end-sessions"),
                t("action-end-sessions-means"),
                t("action-end-sessions-done"),
                true,
            ),
            Self::Unblock => words(
                "unblock",
                t("action-unblock"),
                t("action-unblock-means"),
                t("action-unblock-done"),
                false,
            ),
            Self::Block => words(
                "block",
                t("action-block"),
                t("action-block-means"),
                t("action-block-done"),
                true,
            ),
            Self::Confirm => words(
                "confirm",
                t("action-confirm"),
                t("action-confirm-means"),
                t("action-confirm-done"),
                false,
            ),
            Self::BindAnew => words(
                "bind-anew",
                t("action-bind-anew"),
                t("action-bind-anew-means"),
                t("action-bind-anew-done"),
                true,
            ),
            Self::AdmitAsNew => words(
                "admit-as-new",
                t("action-admit-as-new"),
                t("action-admit-as-new-means"),
                t("action-admit-as-new-done"),
                false,
            ),
            Self::GiveBack => words(
                "give-back",
                t("action-give-back"),
                t("action-give-back-means"),
                t("action-give-back-done"),
                false,
            ),
            Self::Restore => words(
                "restore",
                t("action-restore"),
                t("action-restore-means"),
                t("action-restore-done"),
                false,
            ),
            Self::AdmitOthers => words(
                "admit-others",
                t("action-admit-others"),
                t("action-admit-others-means"),
                t("action-admit-others-done"),
                false,
            ),
            Self::Delete => words(
                "delete",
                t("action-delete"),
                t("action-delete-means"),
                t("action-delete-done"),
                true,
            ),
        }
    }

    fn of(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.words().id == id)
    }

    /// What the page says after the action with this id.
    pub(crate) fn done(id: &str) -> Option<Text> {
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
            Self::Unblock => sign_in.unblock(id, rank).await.map(drop),
            Self::Block => sign_in.block(id, rank).await.map(drop),
            Self::Confirm => {
                let confirmed = sign_in.confirm(id, rank, visitor.renamings()).await;
                confirmed.map(drop)
            }
            Self::BindAnew => sign_in.bind_anew(id, rank).await.map(drop),
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
            Err(error) if error.reason() == Reason::NotUnique => {
                Err(Problem::conflict(t("error-name-taken").plain()))
            }
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
            (true, false) => Err(Problem::conflict(t("error-not-deleted").plain())),
            (false, true) => Err(Problem::conflict(t("error-deleted-meanwhile").plain())),
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
