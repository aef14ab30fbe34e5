# Health.

health-lead = What is wrong, why, and how to fix it. Checked { $ago }.
health-notifications = Notifications
health-findings = Findings
health-open = Open
health-snoozed = Snoozed
health-resolved = Resolved
health-resolved-findings = Resolved findings
health-none-resolved = No finding was resolved yet. A check runs every hour.
health-resolved-list = List of resolved findings
health-finding = Finding
health-severity = Severity
health-found = Found
health-resolved-last = The last 50, as the hourly checks saw them. { $audit }Activity{ $audit-end } has all of them.
health-reading = Reading the request log
health-still-reading = { $number ->
        [one] The request log is long and still being read: { $number } request so far. What stands here changes by itself.
       *[other] The request log is long and still being read: { $number } requests so far. What stands here changes by itself.
    }
health-none-snoozed = No finding is snoozed
health-nothing = Nothing needs your attention
health-connect = Connect your identity provider
health-among = Among them:
health-snoozed-by = Snoozed by { $name } until { $time }: “{ $reason }”
health-acknowledged-by = Acknowledged by { $name } { $ago }: “{ $reason }”
health-acknowledge = Acknowledge
health-acknowledge-more = Acknowledge…
health-acknowledge-one = Acknowledge: { $title }
health-reason = Reason
health-acknowledge-hint = It stays here and counts no more until it is resolved. Nobody gets mail about it. Name no person here.
health-snooze = Snooze
health-snooze-more = Snooze…
health-snooze-one = Snooze: { $title }
health-snooze-for = For
health-days = { $number ->
        [one] { $number } day
       *[other] { $number } days
    }
health-snooze-hint = The audit log keeps it. Name no person here.
health-count-again = Count it again
health-passing = Passing
health-checks = { $number } checks
health-expires = Expires { $time }.
health-since = Since { $time }.
health-open-connection = Open the connection
health-latest-request = See the latest such request
health-failed-requests = See the failed requests
health-latest = Latest: { $name }
health-open-tokens = Open tokens

health-problem = Problem
health-warning = Warning
health-notice = Notice

# Remedies.
health-remedy-bind-anew = Open a rebind window
health-remedy-held = Decide about held changes
health-remedy-replace = Let it replace the other connection
health-remedy-sign-up = Change who may sign up
health-remedy-bind-person = Bind the person anew
health-remedy-confirm = Confirm the person
health-remedy-deleted = Look among deleted people
health-remedy-restore = Restore, unblock or admit as new
health-remedy-person = Open the person

# What is well.
health-passing-tokens = Every connection has a token that lasts
health-passing-silence = Every connection sent something in the last day
health-passing-failures = No request fails again and again
health-passing-brake = No connection took away more than its limit
health-passing-sign-ins = No one was refused at sign-in
health-passing-groups = Every group that has members gives a role
health-passing-ceilings = People, groups and tokens are well below their limits
health-passing-webhooks = No webhook is paused

health-choose-days = choose for how many days
health-signed-in-as = Signed in as: { $names }
health-paused-status = { $reason }, status { $status }
health-over = this finding is over; open Health again to see what is left

# The titles of findings, by the code of their kind. The English is that of the API.
# $name, $connection: names, set apart in text direction · $number: how many, $count: the same for its plural
# $least: `yes` if there may be more · $held: `none`, or `role` with $role

finding-wrong-token = “{ $name }” is refused: its token is no longer good
finding-foreign-address = A token of “{ $name }” is used from an address that is not allowed
finding-wrong-address = “{ $name }” asks at an address that is not offered
finding-never-heard-from = Nothing has come from “{ $name }” yet
finding-token-expired = The token “{ $name }” of “{ $connection }” has expired, and there is no other
finding-no-token = “{ $name }” has no token
finding-token-expiring = The token “{ $name }” of “{ $connection }” expires within { $days }
finding-connection-silent = “{ $name }” has been silent for { $hours }
finding-stale-user = “{ $name }” syncs people who are not here: { $requests } answered “not found”
finding-stale-group = “{ $name }” syncs groups that are not here: { $requests } answered “not found”
finding-unsupported-filter = “{ $name }” searches in a way that cannot be understood: { $requests } refused
finding-skipped-members = “{ $name }” adds members whom nobody knows: they were left out
finding-nested-groups = “{ $name }” adds groups to groups: they were left out
finding-ignored-path = “{ $name }” changes an attribute that does not exist: it was ignored
finding-failures-repeating = { $requests } of “{ $name }” failed
finding-users-without-groups = “{ $name }” pushes people, but no groups
finding-empty-groups = { $count ->
        [one] { $groups } has no members
       *[other] { $groups } have no members
    }
finding-unmapped-groups = { $count ->
        [one] { $groups } has members, but no role
       *[other] { $groups } have members, but no role
    }
finding-claim-missing = No sign-in brings the “groups” claim: { $sign-ins } without it
finding-default-role-without-mapping = { $who }: no group is mapped to a role
finding-default-role-without-claim = { $who }: no “groups” claim came with the sign-in
finding-default-role-without-match = { $who }: none of their groups is mapped to a role
finding-default-role-without-match-alone = { $who }: the “groups” claim named no mapped group
finding-never-signed-in = { $count ->
        [one] { $people } has never signed in
       *[other] { $people } have never signed in
    }
finding-owned-by-another = “{ $name }” pushes what belongs to another connection: { $requests } refused
finding-brake-tripped = “{ $name }” took away a lot at once: { $changes } within an hour, { $ceiling } allowed
finding-subjects-changed = The subjects of “{ $name }” have changed: { $people } cannot sign in
finding-subjects-changed-without-connection = The subjects have changed: { $people } cannot sign in
finding-subject-is-name = { $count ->
        [one] { $people } signs in with a name or a passing id as subject
       *[other] { $people } sign in with a name or a passing id as subject
    }
finding-neither-subject-nor-connection = { $count ->
        [one] { $people } signs in by name alone: no subject, no connection
       *[other] { $people } sign in by name alone: no subject, no connection
    }
finding-people-ceiling = { $people } of { $ceiling } allowed
finding-people-ceiling-reached = { $people } of { $ceiling } allowed: no more can be added
finding-groups-ceiling = { $groups } of { $ceiling } allowed
finding-groups-ceiling-reached = { $groups } of { $ceiling } allowed: no more can be added
finding-tokens-ceiling = { $tokens } of { $ceiling } allowed
finding-tokens-ceiling-reached = { $tokens } of { $ceiling } allowed: no more can be added
finding-webhook-paused = The webhook “{ $name }” is paused: it sends nothing
finding-webhook-paused-by-hand = The webhook “{ $name }” is paused: somebody has stopped it

finding-sign-in-refused-ambiguous = { $refused }: the sign-in could be that of several people
finding-sign-in-refused-other-subject = { $refused }: the sign-in brings another subject than the one that is bound to the person
finding-sign-in-refused-other-external-id = { $refused }: the sign-in brings another external id than the person has
finding-sign-in-refused-other-connection = { $refused }: the person belongs to another connection
finding-sign-in-refused-unproven = { $refused }: the person holds a role given by hand, and their name or external id is new
finding-sign-in-refused-same-email = { $refused }: somebody else has the e-mail address
finding-sign-in-refused-inactive = { $refused }: the person was deactivated, blocked or deleted
finding-sign-in-refused-not-provisioned = { $refused }: nobody has pushed the person, and only people who were pushed may sign in
finding-sign-in-refused-unknown = { $refused }: for a reason that this version does not know

# Several findings of one kind.
finding-several-wrong-token = { $number } connections are refused: their tokens are no longer good
finding-several-wrong-address = { $number } connections ask at an address that is not offered
finding-several-never-heard-from = { $number } connections have sent nothing yet
finding-several-token-expired = { $number } tokens have expired, and there are no others
finding-several-no-token = { $number } connections have no token
finding-several-token-expiring = { $number } tokens expire soon
finding-several-connection-silent = { $number } connections have been silent for a day or longer
finding-several-stale-user = { $number } connections sync people who are not here
finding-several-stale-group = { $number } connections sync groups that are not here
finding-several-unsupported-filter = { $number } connections search in a way that cannot be understood
finding-several-skipped-members = { $number } connections add members whom nobody knows: they were left out
finding-several-nested-groups = { $number } connections add groups to groups: they were left out
finding-several-ignored-path = { $number } connections change an attribute that does not exist: it was ignored
finding-several-failures-repeating = { $number } connections have requests that fail
finding-several-users-without-groups = { $number } connections push people, but no groups
finding-several-owned-by-another = { $number } connections push what belongs to another connection
finding-several-brake-tripped = { $number } connections took away a lot at once
finding-several-webhook-paused = { $number } webhooks are paused: they send nothing
finding-several-webhook-paused-by-hand = { $number } webhooks are paused by an admin

# How many, as a part of the sentences above.
finding-people = { $least ->
        [yes] { $count ->
            [one] At least { $number } person
           *[other] At least { $number } people
        }
       *[no] { $count ->
            [one] { $number } person
           *[other] { $number } people
        }
    }
finding-groups = { $least ->
        [yes] { $count ->
            [one] At least { $number } group
           *[other] At least { $number } groups
        }
       *[no] { $count ->
            [one] { $number } group
           *[other] { $number } groups
        }
    }
finding-requests = { $least ->
        [yes] { $count ->
            [one] At least { $number } request
           *[other] At least { $number } requests
        }
       *[no] { $count ->
            [one] { $number } request
           *[other] { $number } requests
        }
    }
finding-sign-ins = { $least ->
        [yes] { $count ->
            [one] At least { $number } sign-in
           *[other] At least { $number } sign-ins
        }
       *[no] { $count ->
            [one] { $number } sign-in
           *[other] { $number } sign-ins
        }
    }
finding-changes = { $least ->
        [yes] { $count ->
            [one] At least { $number } change
           *[other] At least { $number } changes
        }
       *[no] { $count ->
            [one] { $number } change
           *[other] { $number } changes
        }
    }
finding-tokens = { $count ->
        [one] { $number } token
       *[other] { $number } tokens
    }
finding-days = { $count ->
        [one] { $number } day
       *[other] { $number } days
    }
finding-hours = { $count ->
        [one] { $number } hour
       *[other] { $number } hours
    }
finding-people-out = { $count ->
        [one] { $people } is kept out
       *[other] { $people } are kept out
    }
finding-people-and-role = { $held ->
        [none] { $count ->
            [one] { $people } has no role
           *[other] { $people } have no role
        }
       *[role] { $count ->
            [one] { $people } has only the default role, { $role }
           *[other] { $people } have only the default role, { $role }
        }
    }

# What a finding means and what to do, by the code of its kind. The English is that of the API.

advice-wrong-token = Your identity provider still uses a token that was revoked or has expired. Issue a new token for this connection, enter it in your identity provider and test the connection.
advice-foreign-address = The request log has the address. If it belongs to your identity provider, add it to the allowed addresses in the settings, or issue a token that allows it. If it does not, somebody else has the token: issue a new one for this connection, enter it in your identity provider, then revoke the old one.
advice-wrong-address = The token is right and the address is not. Copy the SCIM base URL from the Connect page into your identity provider; it ends in /scim/v2 and nothing more.
advice-never-heard-from = Either nobody has entered the base URL and the token yet, or one of the two is wrong: requests to a wrong address or with a mistyped token (answered 404 or 401) cannot be told to be yours. Copy both again, without spaces, save, and test the connection in your identity provider.
advice-token-expired = Everything your identity provider sends is refused (401). Issue a new token for this connection, enter it in your identity provider and test the connection. Changes made meanwhile are sent again after that.
advice-no-token = Nothing can be sent without one. Issue a token for this connection and enter it in your identity provider, or delete the connection if it is no longer used.
advice-connection-silent = It may be that nothing has changed: most identity providers send only changes. To be sure, change something small about a person who is assigned to the application and see whether it arrives here. If it does not, the likely fault is the token: one that was mistyped, or replaced by one that is not known here, is refused, and cannot be told to be yours. Issue a new one, enter it in your identity provider and test the connection; and see whether provisioning is still switched on, as a sync that was paused stops without an error.
advice-stale-user = Your identity provider remembers an id of somebody who was deleted here, and gets “User not found” each time it updates them. Unassign the person from the application in your identity provider and assign them again: it then looks them up by name and creates them anew.
advice-stale-group = Your identity provider remembers an id of a group that was deleted here. Unlink or remove the pushed group in your identity provider and push it again.
advice-unsupported-filter = It looks people or groups up by an attribute that does not exist here, or in a form that is not SCIM. Check in your identity provider which attribute is used to match people and groups; userName, externalId and emails always work.
advice-skipped-members = Groups were pushed with members who were never pushed themselves, or were deleted here. The group has all the others. Assign these people to the application in your identity provider, or unassign and assign them again, then push the group again.
advice-nested-groups = Groups were pushed with other groups as members. A group within a group brings none of its people here, and gives them no role. Make the people members of the outer group themselves in your identity provider, or map the inner group to a role of its own.
advice-ignored-path = People were updated, but one of the attributes does not exist here, so its changes are lost. The request under Activity shows its name. Remove it from the attribute mapping in your identity provider, or correct its name there.
advice-users-without-groups = Without groups there are no roles by group. In Okta, choose the groups on the Push Groups tab; in Entra ID, assign groups to the application and switch the provisioning of groups on; elsewhere, look for group provisioning in the application's settings.
advice-empty-groups = A group pushed before its people has nobody in it. Assign the group's members to the application, so that they are pushed, then push the group again. A group nested in another brings none of its own members in most identity providers.
advice-unmapped-groups = Being in these groups changes nothing yet. Map each to a role on the Groups and roles page, or leave out those that are not meant to give one.
advice-claim-missing = Groups are mapped to roles, but the assertions of your single sign-on carry no “groups” claim. Add a group attribute statement named “groups” to the SSO application in your identity provider, or let pushed memberships decide in the settings.
advice-default-role-without-mapping = Groups are pushed, but none is mapped to a role, so that whoever signs in gets the default role of the settings, or none. Map the group to the role its members should have.
advice-default-role-without-claim = Roles are to be decided by the “groups” claim, and it did not come with their sign-in, nor were they pushed as members of a mapped group. Add a group attribute statement named “groups” to the SSO application in your identity provider, or push a group they are in and map it.
advice-default-role-without-match = They are in no group that is mapped to a role: neither what the sign-in's “groups” claim names nor what was pushed. The claim must name groups as they are called here, or by the id your identity provider pushes. Map one of their groups, or see what the claim holds.
advice-never-signed-in = They were pushed and are known here, but the application shows people only once they have signed in for the first time. Nothing is wrong: they are listed as invited until then. Invitation mails can be switched on in the settings.
advice-owned-by-another = The people or groups were pushed by another connection first, and stay with it: this one's writes are refused, and nobody loses access. If this connection takes over, let an owner say on its page that it replaces the other one. If it is a second connection for the same identity provider, revoke the tokens of the one that is no longer used. If it is a test application, there is nothing to do here: unassign these people there.
advice-brake-tripped = Your identity provider deactivated or deleted people, or took them from groups, in greater number than the limit of this connection. If nobody intended that, look there first: often a filter or an assignment was changed by mistake. What is held takes effect after a day unless somebody applies or discards it on the page of the connection; what was not held is in effect already.
advice-subject-is-name = An address changes and is given again, and a transient Name ID is another one each time, so it is not bound, and these people are found by their names alone. In your identity provider, set the Name ID of the SSO application to a persistent one, such as the object id; or ask the makers of the application to pass the id that never changes as the subject.
advice-neither-subject-nor-connection = It works, but whoever can rename people in your identity provider, or holds a SCIM token, can become any of them who holds no role given by hand. Ask the makers of the application to pass the subject and the connection with each sign-in; from the second one on, nobody else signs in as these people.
advice-people-ceiling = At the limit, your identity provider can add nobody, and nobody new signs in; everybody who is here can go on. Delete people who are no longer needed: from the next hourly count on, others can be added. Or ask the vendor of the application for more.
advice-groups-ceiling = At the limit, your identity provider can add no group; the groups that are here can go on. Push only groups that give a role: from the next hourly count on, others can be added. Or ask the vendor of the application for more.
advice-tokens-ceiling = At the limit, no token can be issued, and so none can be replaced. Revoke tokens that are no longer used, or ask the vendor of the application for more.
advice-webhook-paused = Every delivery failed for three days, the receiver answered that it is gone, events expired before they were sent, or data was restored from before the webhook was changed: then check its URL and rotate its secret. No event is lost while the tenant keeps it. Mend the receiver or change the URL, and resume the webhook with the API; its list of deliveries has each failure.
advice-webhook-paused-by-hand = Events wait, as long as the tenant keeps them, and are sent in order once the webhook is resumed with the API. Delete it if nobody needs it any more.
advice-subjects-changed = Your identity provider now sends another id for the same people, for example because the application was made anew there, or the format of the Name ID was changed. If you changed nothing, somebody else may be signing in: look there first. If it is right, let an owner open a rebind window on the connection's page; while it is open, the next sign-in of each person binds the new id. People who hold a role given by hand are confirmed one by one.
advice-subjects-changed-without-connection = Your identity provider now sends another id for the same people, for example because the application was made anew there, or the format of the Name ID was changed. If you changed nothing, somebody else may be signing in: look there first. If it is right, let an owner open a rebind window on the connection's page; while it is open, the next sign-in of each person binds the new id. People who hold a role given by hand are confirmed one by one. The sign-ins name no connection, and a window is opened on one: let the application pass it first.
advice-failures-repeating = The request log says what was sent and what it was answered.
advice-token-expiring = From then on everything your identity provider sends is refused. Issue a second token now, enter it in your identity provider and test the connection; both work until the old one expires.
advice-never-heard-from-google = Google Workspace provisions only applications of its own catalogue, and has no place to enter a base URL of your own. Ask whoever looks after the connection what stands between Google and here.
advice-users-without-groups-google = Google Workspace pushes people and no groups. Give roles by hand, choose a default role in the settings, or let the “groups” claim of the sign-in decide.
advice-connection-silent-on-schedule = It asks every 40 minutes or so, whether or not anything has changed, so its sync has stopped without telling an error. In Entra ID, open the enterprise application's Provisioning page: the job may be paused, or in quarantine after earlier failures. Was its token replaced, or mistyped? Requests with a token that is not known here cannot be told to be yours: issue a new one, enter it there and test the connection. Then start the job again.
advice-default-role-without-claim-alone = As the settings stand, the “groups” claim alone decides roles, and it did not come with their sign-in; memberships that were pushed do not count. Add a group attribute statement named “groups” to the SSO application in your identity provider, or let pushed memberships decide in the settings.
advice-default-role-without-match-alone = As the settings stand, the “groups” claim alone decides roles, and at their last sign-in it named no group that was mapped then; memberships that were pushed do not count. The claim must name groups as they are called here, or by the id your identity provider pushes. Map a group that it names, which counts from their next sign-in, or let pushed memberships decide in the settings.
advice-sign-in-refused-ambiguous = Several people have the external id that the sign-in brings, or the application names no connection and the subject is bound in several. Correct externalId in your identity provider, delete the record that is not used, or let the application pass the connection.
advice-sign-in-refused-other-subject = If it is the same person with a new account in your identity provider, bind them anew on their page. If the name was given to somebody else, do not: first let your identity provider rename or remove the person who had it.
advice-sign-in-refused-other-external-id = If your identity provider gave the name to somebody else, let it rename or remove the person who had it. If it is the same person, correct externalId in your identity provider, or bind them anew on their page. If the application passes ids of another kind for everybody, let an owner set the external ids of the connection to “unrelated”.
advice-sign-in-refused-other-connection = If the connection of the sign-in takes over from the other one, let an owner say on its page that it replaces that one. If people belong to both, let the application pass the connection that pushes them.
advice-sign-in-refused-unproven = SCIM changed the name or the external id of somebody who holds more than their groups give, so the next sign-in by it could be somebody else's. Ask the person whether it is them, and let another owner confirm them on their page; or they confirm themselves in a session that is older than the change.
advice-sign-in-refused-same-email = If both are the same person, correct the user name in your identity provider so that it is what the sign-in brings. If they are two people, give one of them another address, or admit others with the address on the page of the one who has it.
advice-sign-in-refused-inactive = If they left, there is nothing to do. If they should be in, assign them to the application in your identity provider again, or end the block on their page. A person who was deleted is restored on their page, or others are admitted with the same identifiers there.
advice-sign-in-refused-not-provisioned = If they should be in, assign them to the application in your identity provider. To let in people whom nobody has pushed, let an owner set sign-up to “allowed” in the settings.
advice-sign-in-refused-unknown = The audit log has the entry with all its details. Ask whoever runs the application, or update this console.
advice-token-expiring-with-another = There is another token that lasts longer, “{ $other }”, but your identity provider still uses “{ $name }”. Enter the other one in your identity provider, test the connection, then revoke “{ $name }”.
