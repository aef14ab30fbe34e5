# What a change in the journal is: as a line with names, in a few words, and many of them as one line.
# $name: whom or what it is about

# Lines.
change-user-created = Added { $name }
change-group-created = Added group { $name }
change-user-deactivated = Deactivated { $name }
change-user-reactivated = Reactivated { $name }
change-user-restored = Restored { $name }
change-user-blocked = Blocked { $name }
change-user-unblocked = Unblocked { $name }
change-user-deleted = Deleted { $name }
change-group-deleted = Deleted group { $name }
change-connection-deleted = Deleted connection { $name }
change-attributes-of = { $more ->
        [0] Changed { $attributes } of { $name }
       *[other] Changed { $attributes } and { $more } more of { $name }
    }
change-something-of = Changed { $name }
change-role-first = { $name } became { $to }
change-role-other = { $name } became { $to }, was { $from }
change-role-lost = { $name } lost the role { $from }
change-role-somehow = { $name }: role changed
change-member-added = Added { $member } to { $name }
change-member-removed = Removed { $member } from { $name }
change-members-shown = Changed how members of { $name } are shown
change-members-added = { $added ->
        [one] Added { $added } member to { $name }
       *[other] Added { $added } members to { $name }
    }
change-members-removed = { $removed ->
        [one] Removed { $removed } member from { $name }
       *[other] Removed { $removed } members from { $name }
    }
change-members-added-and-removed = { $added ->
        [one] Added { $added } member to { $name }, removed { $removed }
       *[other] Added { $added } members to { $name }, removed { $removed }
    }
change-mapping-of = Role of members of { $name }: { $from } → { $to }
change-about = { $what } · { $name }

# In a few words.
change-added = Added
change-attributes = { $more ->
        [0] Changed { $attributes }
       *[other] Changed { $attributes } and { $more } more
    }
change-something = Changed
change-deactivated = Deactivated
change-reactivated = Active again
change-deleted = Deleted
change-to-be-erased = To be erased
change-webhook-created = Webhook added
change-webhook-secret-rotated = New signing secret
change-webhook-tested = Test event requested
change-webhook-resumed = Sends again
change-webhook-replayed = Sends again from another event
change-webhook-deleted = Webhook deleted
change-erased = Erased
change-restored = Restored
change-admitted-as-new = Identifiers released for others
change-identity-changed = User name or external ID changed, of someone with a role given by hand
change-role-given = Role given by hand: { $from } → { $to }
change-role = Role changed: { $from } → { $to }
change-sessions-ended = Signed out everywhere
change-taken-over = Taken over by another connection
change-blocked = Blocked
change-unblocked = Unblocked
change-subjects-forgotten = To be bound anew at the next sign-in
change-confirmed = Identifiers confirmed
change-adopted = Sent by a provider, after signing in alone
change-merged = Closed: the name went to a person whom a provider sends
change-subject-bound = Bound to the subject of a sign-in
change-subject-moved = Subject of a sign-in taken over
change-signed-out = Signed out
change-signed-in = Signed in: { $role }
change-members = { $removed ->
        [0] { $added ->
            [one] { $added } member added
           *[other] { $added } members added
        }
        [one] { $added ->
            [0] { $removed } member removed
            [one] { $added } member added, { $removed } member removed
           *[other] { $added } members added, { $removed } member removed
        }
       *[other] { $added ->
            [0] { $removed } members removed
            [one] { $added } member added, { $removed } members removed
           *[other] { $added } members added, { $removed } members removed
        }
    }
change-members-none = Display of members changed
change-mapping = Role of its members: { $from } → { $to }
change-subjects-changed = { $people ->
        [one] Subjects differ from before: { $people } person refused
       *[other] Subjects differ from before: { $people } people refused
    }
change-brake-tripped = { $changes ->
        [one] Limit exceeded: { $changes } change within an hour
       *[other] Limit exceeded: { $changes } changes within an hour
    }
change-brake-tripped-and-holds = { $changes ->
        [one] Limit exceeded: { $changes } change within an hour, further ones are held
       *[other] Limit exceeded: { $changes } changes within an hour, further ones are held
    }
change-brake-held = Held: not in effect yet
change-brake-discarded = Held change discarded
change-health-opened = Finding: { $title }
change-health-closed = Finding resolved: { $title }
change-health-acknowledged = Finding acknowledged: { $title }. Reason: { $reason }
change-health-snoozed = Finding snoozed: { $title }. Reason: { $reason }
change-health-unsnoozed = Finding reopened: { $title }
change-connection-created = Connection created
change-oauth-client-created = OAuth client created
change-token-created = Token created
change-token-revoked = Token revoked
change-tenant-created = Set up
change-tenant-renamed = Renamed
change-tenant-ceiling = Limit of all tokens together changed
change-group-awaited = Role of “{ $group }”, once it arrives: { $from } → { $to }
change-roles = The roles changed
change-schemas = The attributes of people changed
change-branding = The name, logo or color of the console changed
change-link-ended = Setup link ended
change-link-opened = Setup link opened
change-one-member-added = Member added
change-one-member-removed = Member removed
change-link-made = Setup link created: { $role }
change-link-made-to-be-mailed = Setup link created, to be mailed: { $role }
change-link-made-for = Setup link created for { $email }: { $role }
change-link-made-for-to-be-mailed = Setup link created for { $email }, to be mailed: { $role }
change-support-granted = Support access granted, read-only, as { $role }. Reason: { $reason }
change-support-granted-for = Support access granted for { $email }, read-only, as { $role }. Reason: { $reason }
# One source of a role: another one may give a role all the same, so it is not "No role".
change-unknown = { $action }
change-no-role-from-it = none

change-not-invited = Not invited
change-not-invited-no-address = Not invited: no e-mail address
change-not-invited-invalid-address = Not invited: mail cannot be sent to the address
change-not-invited-domain-not-allowed = Not invited: the domain of the address is not allowed
change-not-invited-already-invited = Not invited: the address got an invitation recently
change-not-invited-daily-limit = Not invited: the daily limit of invitations is reached
change-not-invited-undeliverable = Not invited: the mail service refused the mail

change-not-mailed = Setup link not mailed
change-not-mailed-invalid-address = Setup link not mailed: mail cannot be sent to the address
change-not-mailed-domain-not-allowed = Setup link not mailed: the domain of the address is not allowed
change-not-mailed-already-mailed = Setup link not mailed: the address got one within the last hour
change-not-mailed-daily-limit = Setup link not mailed: the daily limit of mails is reached
change-not-mailed-undeliverable = Setup link not mailed: the mail service refused the mail
change-not-mailed-link-ended = Setup link not mailed: it can no longer be opened
change-mail-bounced = Mail bounced
change-mail-complained = Mail was reported as spam
change-mail-bounced-contact = Mail to a contact bounced
change-mail-complained-contact = Mail to a contact was reported as spam
change-mail-bounced-link = The mail with a setup link bounced
change-mail-complained-link = The mail with a setup link was reported as spam

change-paused = Paused
change-paused-failing = Paused: every delivery failed for three days
change-paused-gone = Paused: the endpoint no longer exists
change-paused-events-expired = Paused: the next events have expired
change-paused-restored = Paused: data was restored from before a change
change-paused-cursor-ahead = Paused: after a restore, the log ends before the last event sent

change-refused = Sign-in refused
change-refused-ambiguous = Sign-in refused: it could belong to several people
change-refused-other-subject = Sign-in refused: it brings a different subject
change-refused-other-external-id = Sign-in refused: it brings a different external ID
change-refused-other-connection = Sign-in refused: the person belongs to another connection
change-refused-unproven = Sign-in refused: the name is not confirmed as theirs yet
change-refused-same-email = Sign-in refused: someone else has the e-mail address
change-refused-inactive = Sign-in refused: deactivated or deleted
change-refused-not-provisioned = Sign-in refused: no provider has sent the person

# Many of one cause. $number: how many, at least three
change-many-people-added = Added { $number } people
change-many-groups-added = Added { $number } groups
change-many-people-changed = Changed { $number } people
change-many-groups-changed = Changed { $number } groups
change-many-people-deactivated = Deactivated { $number } people
change-many-people-reactivated = Reactivated { $number } people
change-many-people-deleted = Deleted { $number } people
change-many-groups-deleted = Deleted { $number } groups
change-many-people-restored = Restored { $number } people
change-many-people-erased = Erased { $number } people
change-many-people-taken-over = Took over { $number } people
change-many-groups-taken-over = Took over { $number } groups
change-many-people-confirmed = Confirmed the identifiers of { $number } people
change-many-people-signed-out = Signed { $number } people out everywhere
change-many-held = { $number } changes held
change-many-discarded = { $number } held changes discarded
change-many-roles = { $number } people became { $role }
change-many-roles-lost = { $number } people lost their role
change-many-memberships = Changed the members of { $name } { $number } times
change-because-mapped = Mapping changed: { $what }
