//! The types of events.

use std::fmt;

/// Declares the types with their names. The documentation of a type is also its description.
macro_rules! event_types {
    ($($(#[doc = $doc:literal])* $variant:ident = $name:literal,)*) => {
        /// The type of an event or a journal entry.
        ///
        /// A newer version may have stored other types, so what is stored stays text: [`EventType::of`] returns `None`
        /// for them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum EventType {
            $($(#[doc = $doc])* $variant,)*
        }

        impl EventType {
            /// All types.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Returns the name in events and stored items.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// Returns what happened, as a sentence.
            pub fn description(self) -> &'static str {
                match self {
                    $(Self::$variant => concat!($($doc,)*).trim_start(),)*
                }
            }
        }
    };
}

event_types! {
    /// A person was created.
    UserCreated = "user.created",
    /// Attributes of a person changed.
    UserUpdated = "user.updated",
    /// A person became inactive.
    UserDeactivated = "user.deactivated",
    /// A person became active again.
    UserReactivated = "user.reactivated",
    /// A person was deleted.
    UserDeleted = "user.deleted",
    /// A person who was deleted is back, with the same id.
    UserRestored = "user.restored",
    /// The identifiers of a person no longer keep anybody from signing in as somebody new.
    UserAdmittedAsNew = "user.admitted_as_new",
    /// An identity provider changed the user name or the external id of a person whose role was given by hand.
    UserIdentityChanged = "user.identity_changed",
    /// Somebody gave a person a role by hand, or took it away.
    UserRoleGiven = "user.role_given",
    /// The effective role of a person changed.
    UserRoleChanged = "user.role_changed",
    /// All sessions of a person were ended.
    UserSessionsEnded = "user.sessions_ended",
    /// An admin blocked a person.
    UserBlocked = "user.blocked",
    /// An admin ended the block of a person.
    UserUnblocked = "user.unblocked",
    /// The subjects that were bound to a person were forgotten, so that the next sign-in binds one.
    UserSubjectsForgotten = "user.subjects_forgotten",
    /// The user name and the external id of a person were confirmed to be theirs.
    UserConfirmed = "user.confirmed",
    /// One session of a person was ended by somebody else.
    UserSessionEnded = "user.session_ended",
    /// A person who was pushed got no invitation mail.
    UserNotInvited = "user.not_invited",
    /// A connection pushed a person who had only signed in so far.
    UserAdopted = "user.adopted",
    /// Another connection took over a person.
    UserTakenOver = "user.taken_over",
    /// An account that only came from sign-in was closed into a person who was pushed.
    UserMerged = "user.merged",
    /// The erasure of everything about a person was ordered.
    UserErasureRequested = "user.erasure_requested",
    /// Everything about a person was erased.
    UserErased = "user.erased",
    /// The subject of a sign-in was bound to a person.
    UserSubjectBound = "user.subject_bound",
    /// The subject of a sign-in went from a person who has ended to one who was pushed in their place.
    UserSubjectMoved = "user.subject_moved",
    /// A person signed in.
    AuthLogin = "auth.login",
    /// A sign-in was refused.
    AuthRefused = "auth.refused",
    /// A person, or whoever opened a portal link, signed out.
    AuthLogout = "auth.logout",
    /// A group was created.
    GroupCreated = "group.created",
    /// Attributes of a group changed.
    GroupUpdated = "group.updated",
    /// A group was deleted.
    GroupDeleted = "group.deleted",
    /// All changes of members in one transaction. Only the audit log has this type. In the feed, each member that was
    /// added or removed is an event.
    GroupMembersChanged = "group.members_changed",
    /// A person became a member of a group.
    GroupMemberAdded = "group.member_added",
    /// A person is no longer a member of a group.
    GroupMemberRemoved = "group.member_removed",
    /// Another connection took over a group.
    GroupTakenOver = "group.taken_over",
    /// The role that a group gives changed.
    GroupMappingChanged = "group.mapping_changed",
    /// A connection was created.
    ConnectionCreated = "connection.created",
    /// The name or the provider of a connection changed.
    ConnectionUpdated = "connection.updated",
    /// How a connection tells people apart changed.
    ConnectionRulesChanged = "connection.rules_changed",
    /// Many people of a connection are refused at once, because the identity provider sends other subjects than before.
    ConnectionSubjectsChanged = "connection.subjects_changed",
    /// A connection takes away more within an hour than it may: deactivations, deletions and lost groups.
    BrakeTripped = "brake.tripped",
    /// What a connection said about a person or a group is held back. It takes effect when an admin agrees, or after a
    /// day.
    BrakeHeld = "brake.held",
    /// What was held back about a person or a group was taken back, by an admin or by the identity provider.
    BrakeDiscarded = "brake.discarded",
    /// A check of the tenant found something wrong that the check before it did not find.
    HealthOpened = "health.opened",
    /// A check of the tenant no longer found what was wrong.
    HealthClosed = "health.closed",
    /// An admin knows of a finding. It counts no more until it closes.
    HealthAcknowledged = "health.acknowledged",
    /// An admin put a finding off. It counts no more until a time.
    HealthSnoozed = "health.snoozed",
    /// A finding that was acknowledged or put off counts again.
    HealthUnsnoozed = "health.unsnoozed",
    /// A connection was deleted.
    ConnectionDeleted = "connection.deleted",
    /// A token or an OAuth client was issued.
    TokenCreated = "token.created",
    /// A token or an OAuth client was revoked.
    TokenRevoked = "token.revoked",
    /// A tenant was created.
    TenantCreated = "tenant.created",
    /// The name of a tenant changed.
    TenantRenamed = "tenant.renamed",
    /// The settings of a tenant changed.
    TenantSettingsChanged = "tenant.settings_changed",
    /// The operator's limit for the requests of a tenant changed.
    TenantCeilingChanged = "tenant.ceiling_changed",
    /// The roles of a tenant changed.
    TenantRolesChanged = "tenant.roles_changed",
    /// The extension schemas of a tenant changed.
    TenantSchemasChanged = "tenant.schemas_changed",
    /// How the product is called and looks for a tenant changed.
    TenantBrandingChanged = "tenant.branding_changed",
    /// The role changed that a group will give as soon as it is pushed.
    TenantGroupAwaited = "tenant.group_awaited",
    /// A tenant was deleted.
    TenantDeleted = "tenant.deleted",
    /// The erasure of everything about a deleted tenant was ordered.
    TenantErasureRequested = "tenant.erasure_requested",
    /// A webhook was created.
    WebhookCreated = "webhook.created",
    /// The name, the URL or the types of a webhook changed.
    WebhookChanged = "webhook.changed",
    /// A webhook got a new signing secret.
    WebhookSecretRotated = "webhook.secret_rotated",
    /// A test event was requested for a webhook. The webhook gets it whatever its types are.
    WebhookTested = "webhook.tested",
    /// A webhook sends nothing any more until it is resumed: by hand, after three days of failures, or because its next
    /// events are not in the feed.
    WebhookPaused = "webhook.paused",
    /// A webhook sends again.
    WebhookResumed = "webhook.resumed",
    /// A webhook sends again from another place in the feed.
    WebhookReplayed = "webhook.replayed",
    /// A webhook was deleted.
    WebhookDeleted = "webhook.deleted",
    /// A portal link was made.
    PortalLinkCreated = "portal_link.created",
    /// A portal link that was to be mailed was not.
    PortalLinkNotMailed = "portal_link.not_mailed",
    /// A mail that the tenant sent bounced, or its receiver reported it as spam.
    MailRejected = "mail.rejected",
    /// A portal link was opened.
    PortalLinkOpened = "portal_link.opened",
    /// A portal link, or the session that it opened, was ended.
    PortalLinkEnded = "portal_link.ended",
}

impl EventType {
    /// Returns the type with a stored name; `None` for a name that only a newer version knows.
    pub fn of(name: &str) -> Option<Self> {
        let mut all = Self::ALL.iter().copied();
        all.find(|kind| kind.as_str() == name)
    }

    /// Returns whether the change ends somebody's access. An index of the journal has the entries of these types.
    pub fn ends_access(self) -> bool {
        matches!(
            self,
            Self::UserDeactivated | Self::UserDeleted | Self::UserBlocked
        )
    }

    /// Returns whether the feed and the bus have events of this type. All other types are those of journal entries only.
    pub fn is_event(self) -> bool {
        self != Self::GroupMembersChanged
    }
}

impl fmt::Display for EventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_found_by_its_name() {
        for kind in EventType::ALL {
            assert_eq!(EventType::of(kind.as_str()), Some(*kind));
        }
        assert_eq!(EventType::of("user.promoted"), None);
    }
}
