# Health.

health-lead = What is wrong, why, and how to fix it. Checked { $ago }.
health-notifications = Notifications
health-findings = Findings
health-open = Open
health-snoozed = Snoozed
health-resolved = Resolved
health-resolved-findings = Resolved findings
health-none-resolved = No finding has been resolved yet. A check runs every hour.
health-resolved-list = List of resolved findings
health-finding = Finding
health-severity = Severity
health-found = Found
health-resolved-last = The last 50, as the hourly checks saw them. { $audit }Activity{ $audit-end } has all of them.
health-reading = Reading the request log
health-still-reading = { $number ->
        [one] The request log is long and still being read: { $number } request so far. This page updates by itself.
       *[other] The request log is long and still being read: { $number } requests so far. This page updates by itself.
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
health-acknowledge-hint = It stays here and does not count any more until it is resolved. Nobody gets mail about it. Do not name a person here.
health-snooze = Snooze
health-snooze-more = Snooze…
health-snooze-one = Snooze: { $title }
health-snooze-for = For
health-days = { $number ->
        [one] { $number } day
       *[other] { $number } days
    }
health-snooze-hint = The audit log keeps the reason. Do not name a person here.
health-count-again = Reopen
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
health-remedy-replace = Replace the other connection
health-remedy-sign-up = Change who may sign up
health-remedy-bind-person = Bind the person anew
health-remedy-confirm = Confirm the person
health-remedy-deleted = Look through deleted people
health-remedy-restore = Restore, unblock or admit as new
health-remedy-person = Open the person

# What is well.
health-passing-tokens = Every connection has a token that does not expire soon
health-passing-silence = Every connection sent something in the last 24 hours
health-passing-failures = No request keeps failing
health-passing-brake = No connection removed more people than its limit allows
health-passing-sign-ins = Nobody was refused at sign-in
health-passing-groups = Every group that has members gives a role
health-passing-ceilings = People, groups and tokens are well below their limits
health-passing-webhooks = No webhook is paused

health-choose-days = choose a number of days
health-signed-in-as = Signed in as: { $names }
health-paused-status = { $reason }, status { $status }
health-over = this finding is resolved; open Health again to see what is left

# The titles of findings, by the code of their kind. The English is that of the API.
# $name, $connection: names, set apart in text direction · $number: how many, $count: the same for its plural
# $least: `yes` if there may be more · $held: `none`, or `role` with $role

finding-wrong-token = “{ $name }” is refused: its token is no longer valid
finding-foreign-address = A token of “{ $name }” is used from an address that is not allowed
finding-wrong-address = “{ $name }” uses an address that does not exist here
finding-never-heard-from = Nothing has come from “{ $name }” yet
finding-token-expired = The token “{ $name }” of “{ $connection }” has expired, and no other is valid
finding-no-token = “{ $name }” has no token
finding-token-expiring = The token “{ $name }” of “{ $connection }” expires within { $days }
finding-connection-silent = “{ $name }” has sent nothing for { $hours }
finding-stale-user = “{ $name }” syncs people who are not here: { $requests } answered “not found”
finding-stale-group = “{ $name }” syncs groups that are not here: { $requests } answered “not found”
finding-unsupported-filter = “{ $name }” searches with a filter that is not supported: { $requests } refused
finding-skipped-members = “{ $name }” adds members who are not here: they were left out
finding-nested-groups = “{ $name }” adds groups to groups: they were left out
finding-ignored-path = “{ $name }” changes an attribute that does not exist: it was ignored
finding-failures-repeating = { $requests } of “{ $name }” failed
finding-users-without-groups = “{ $name }” sends people, but no groups
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
finding-owned-by-another = “{ $name }” sends what belongs to another connection: { $requests } refused
finding-brake-tripped = “{ $name }” removed unusually many people at once: { $changes } within an hour, { $ceiling } allowed
finding-subjects-changed = The subjects of “{ $name }” have changed: { $people } cannot sign in
finding-subjects-changed-without-connection = The subjects have changed: { $people } cannot sign in
finding-subject-is-name = { $count ->
        [one] { $people } signs in with a name or a temporary ID as the subject
       *[other] { $people } sign in with a name or a temporary ID as the subject
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
finding-webhook-paused-by-hand = The webhook “{ $name }” is paused: someone has stopped it

finding-sign-in-refused-ambiguous = { $refused }: the sign-in could belong to several people
finding-sign-in-refused-other-subject = { $refused }: the sign-in brings a subject other than the one that is bound to the person
finding-sign-in-refused-other-external-id = { $refused }: the sign-in brings an external ID other than the person's
finding-sign-in-refused-other-connection = { $refused }: the person belongs to another connection
finding-sign-in-refused-unproven = { $refused }: the person holds a role given by hand, and their name or external ID is new
finding-sign-in-refused-same-email = { $refused }: someone else has the e-mail address
finding-sign-in-refused-inactive = { $refused }: the person was deactivated, blocked or deleted
finding-sign-in-refused-not-provisioned = { $refused }: no identity provider has sent the person, and only people whom one has sent may sign in
finding-sign-in-refused-unknown = { $refused }: for a reason that this version does not know

# Several findings of one kind.
finding-several-wrong-token = { $number } connections are refused: their tokens are no longer valid
finding-several-wrong-address = { $number } connections use an address that does not exist here
finding-several-never-heard-from = { $number } connections have sent nothing yet
finding-several-token-expired = { $number } tokens have expired, and no others are valid
finding-several-no-token = { $number } connections have no token
finding-several-token-expiring = { $number } tokens expire soon
finding-several-connection-silent = { $number } connections have sent nothing for a day or longer
finding-several-stale-user = { $number } connections sync people who are not here
finding-several-stale-group = { $number } connections sync groups that are not here
finding-several-unsupported-filter = { $number } connections search with a filter that is not supported
finding-several-skipped-members = { $number } connections add members who are not here: they were left out
finding-several-nested-groups = { $number } connections add groups to groups: they were left out
finding-several-ignored-path = { $number } connections change an attribute that does not exist: it was ignored
finding-several-failures-repeating = { $number } connections have requests that fail
finding-several-users-without-groups = { $number } connections send people, but no groups
finding-several-owned-by-another = { $number } connections send what belongs to another connection
finding-several-brake-tripped = { $number } connections removed unusually many people at once
finding-several-webhook-paused = { $number } webhooks are paused: they send nothing
finding-several-webhook-paused-by-hand = { $number } webhooks are paused by an admin

# How many, as a part of the sentences above.
finding-mail-bounced = { $count ->
        [one] { $addresses } gets no mail: it bounced
       *[other] { $addresses } get no mail: it bounced
    }
finding-mail-reported-as-spam = { $count ->
        [one] { $addresses } gets no mail: reported as spam
       *[other] { $addresses } get no mail: reported as spam
    }
finding-addresses = { $least ->
        [yes] { $count ->
            [one] At least { $number } address
           *[other] At least { $number } addresses
        }
       *[no] { $count ->
            [one] { $number } address
           *[other] { $number } addresses
        }
    }
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
advice-foreign-address = The request log shows the address. If it belongs to your identity provider, add it to the allowed addresses in the settings, or issue a token that allows it. If it does not, someone else has the token: issue a new one for this connection, enter it in your identity provider, then revoke the old one.
advice-wrong-address = The token is right, but the address is not. Copy the SCIM base URL from the Connect page into your identity provider; it ends in /scim/v2, with nothing after it.
advice-never-heard-from = Either nobody has entered the base URL and the token yet, or one of the two is wrong: a request to a wrong address or with a mistyped token (answered 404 or 401) cannot be recognized as yours. Copy both again, without spaces, save, and test the connection in your identity provider.
advice-token-expired = Everything your identity provider sends is refused (401). Issue a new token for this connection, enter it in your identity provider and test the connection. Your identity provider then sends again what changed in the meantime.
advice-no-token = Nothing can be sent without a token. Issue one for this connection and enter it in your identity provider, or delete the connection if it is no longer used.
advice-connection-silent = Perhaps nothing has changed: most identity providers send only changes. To be sure, change something small about a person who is assigned to the application, and see whether it arrives here. If it does not, the token is the likely cause: if it was mistyped or replaced by one that does not exist here, requests are refused and cannot be recognized as yours. Issue a new token, enter it in your identity provider and test the connection. Also check that provisioning is still turned on: a paused sync stops without an error.
advice-stale-user = Your identity provider remembers the ID of someone who was deleted here, and gets “User not found” each time it updates them. Unassign the person from the application in your identity provider and assign them again: it then looks them up by name and creates them anew.
advice-stale-group = Your identity provider remembers the ID of a group that was deleted here. Unlink or remove the group in your identity provider and push it again.
advice-unsupported-filter = It looks up people or groups by an attribute that does not exist here, or in a form that is not SCIM. Check in your identity provider which attribute is used to match people and groups; userName, externalId and emails always work.
advice-skipped-members = Groups arrived with members who have never arrived themselves, or were deleted here. The group has all the others. Assign these people to the application in your identity provider, or unassign and assign them again, then push the group again.
advice-nested-groups = Groups arrived with other groups as members. A group inside a group brings none of its people here, and gives them no role. In your identity provider, make the people members of the outer group themselves, or map the inner group to a role of its own.
advice-ignored-path = People were updated, but one of the attributes does not exist here, so its changes are lost. The request under Activity shows its name. Remove it from the attribute mapping in your identity provider, or correct its name there.
advice-users-without-groups = Without groups, no role can come from a group. In Okta, choose the groups on the Push Groups tab; in Entra ID, assign groups to the application and turn on the provisioning of groups; elsewhere, look for group provisioning in the application's settings.
advice-empty-groups = A group that arrives before its people is empty. Assign the group's members to the application so that they arrive, then push the group again. In most identity providers, a group inside another brings none of its own members.
advice-unmapped-groups = Being in these groups changes nothing yet. Map each to a role on the Groups and roles page, or skip those that are not meant to give one.
advice-claim-missing = Groups are mapped to roles, but the assertions of your single sign-on carry no “groups” claim. Add a group attribute statement named “groups” to the SSO application in your identity provider, or let the memberships that it sends decide, in the settings.
advice-default-role-without-mapping = Groups arrive, but none is mapped to a role, so everyone who signs in gets the default role of the settings, or none. Map the group to the role its members should have.
advice-default-role-without-claim = The “groups” claim is to decide roles, but their sign-in brought none, and they have not arrived as members of a mapped group. Add a group attribute statement named “groups” to the SSO application in your identity provider, or push a group they are in and map it.
advice-default-role-without-match = They are in no group that is mapped to a role: neither by the “groups” claim of the sign-in nor by the memberships that your identity provider sends. The claim must give the name a group has here, or the ID that your identity provider sends. Map one of their groups, or check what the claim contains.
advice-never-signed-in = They have arrived and are known here, but the application shows people only once they have signed in for the first time. Nothing is wrong: they are listed as invited until then. You can turn on invitation mails in the settings.
advice-owned-by-another = Another connection sent these people or groups first, and they stay with it: what this connection sends about them is refused, and nobody loses access. If this connection takes over, let an owner set on its page that it replaces the other one. If it is a second connection for the same identity provider, revoke the tokens of the one that is no longer used. If it is a test application, there is nothing to do here: unassign these people there.
advice-brake-tripped = Your identity provider deactivated or deleted people, or removed them from groups, more often than the limit of this connection allows. If nobody intended that, look there first: often a filter or an assignment was changed by mistake. What is held takes effect after a day unless someone applies or discards it on the page of the connection; what was not held is in effect already.
advice-subject-is-name = An address can change and be given to someone else, and a transient Name ID is different each time. Neither is bound, so these people are found by their names alone. In your identity provider, set the Name ID of the SSO application to a persistent one, such as the object ID; or ask the vendor of the application to pass the ID that never changes as the subject.
advice-neither-subject-nor-connection = It works, but anyone who can rename people in your identity provider, or holds a SCIM token, can sign in as any of them who has no role given by hand. Ask the vendor of the application to pass the subject and the connection with each sign-in; from the second one on, nobody else can sign in as these people.
advice-people-ceiling = At the limit, your identity provider can add nobody, and nobody new can sign in; everyone who is here can go on. Delete people who are no longer needed: others can be added after the next hourly count. Or ask the vendor of the application for more.
advice-groups-ceiling = At the limit, your identity provider can add no group; the groups that are here stay in use. Push only groups that give a role: others can be added after the next hourly count. Or ask the vendor of the application for more.
advice-tokens-ceiling = At the limit, no token can be issued, and so none can be replaced. Revoke tokens that are no longer used, or ask the vendor of the application for more.
advice-webhook-paused = Either every delivery failed for three days, or the receiver answered that it is gone, or events expired before they were sent, or data was restored from before the webhook was changed. After such a restore, check its URL and rotate its secret. No event is lost while the tenant keeps it. Fix the receiver or change the URL, then resume the webhook with the API; its list of deliveries shows each failure.
advice-webhook-paused-by-hand = Events wait for as long as the tenant keeps them, and are sent in order once the webhook is resumed with the API. Delete it if nobody needs it any more.
advice-subjects-changed = Your identity provider now sends another ID for the same people, for example because the application was created anew there, or the format of the Name ID was changed. If you changed nothing, someone else may be signing in: look there first. If the change is right, let an owner open a rebind window on the connection's page; while it is open, the next sign-in of each person binds the new ID. People who hold a role given by hand are confirmed one by one.
advice-subjects-changed-without-connection = Your identity provider now sends another ID for the same people, for example because the application was created anew there, or the format of the Name ID was changed. If you changed nothing, someone else may be signing in: look there first. If the change is right, let an owner open a rebind window on the connection's page; while it is open, the next sign-in of each person binds the new ID. People who hold a role given by hand are confirmed one by one. The sign-ins name no connection, and a window is opened on one: let the application pass it first.
advice-failures-repeating = The request log shows what was sent and how it was answered.
advice-token-expiring = After that, everything your identity provider sends is refused. Issue a second token now, enter it in your identity provider and test the connection; both work until the old one expires.
advice-never-heard-from-google = Google Workspace provisions only applications of its own catalog, and has no field for a base URL of your own. Ask the person who looks after the connection what stands between Google and this service.
advice-users-without-groups-google = Google Workspace sends people and no groups. Give roles by hand, choose a default role in the settings, or let the “groups” claim of the sign-in decide.
advice-connection-silent-on-schedule = It asks about every 40 minutes, whether or not anything has changed, so its sync has stopped without reporting an error. In Entra ID, open the Provisioning page of the enterprise application: the job may be paused, or in quarantine after earlier failures. Was its token replaced or mistyped? Requests with a token that does not exist here cannot be recognized as yours: issue a new one, enter it there and test the connection. Then start the job again.
advice-default-role-without-claim-alone = In your settings, the “groups” claim alone decides roles, and their sign-in brought none; the memberships that your identity provider sends do not count. Add a group attribute statement named “groups” to the SSO application in your identity provider, or let the memberships decide, in the settings.
advice-default-role-without-match-alone = In your settings, the “groups” claim alone decides roles, and at their last sign-in it named no group that was mapped then; the memberships that your identity provider sends do not count. The claim must give the name a group has here, or the ID that your identity provider sends. Map a group that it names, which counts from their next sign-in, or let the memberships decide, in the settings.
advice-sign-in-refused-ambiguous = Several people have the external ID that the sign-in brings, or the application names no connection and the subject is bound in several. Correct externalId in your identity provider, delete the record that is not used, or let the application pass the connection.
advice-sign-in-refused-other-subject = If it is the same person with a new account in your identity provider, bind them anew on their page. If the name was given to someone else, do not: first let your identity provider rename or remove the person who had it.
advice-sign-in-refused-other-external-id = If your identity provider gave the name to someone else, let it rename or remove the person who had it. If it is the same person, correct externalId in your identity provider, or bind them anew on their page. If the application passes a different kind of ID for everyone, let an owner set the external IDs of the connection to “unrelated”.
advice-sign-in-refused-other-connection = If the connection of the sign-in takes over from the other one, let an owner set on its page that it replaces that one. If people belong to both, let the application pass the connection that sends them.
advice-sign-in-refused-unproven = SCIM changed the name or the external ID of someone who holds more than their groups give, so the next sign-in with it could be someone else's. Ask the person whether it is them, and let another owner confirm them on their page; or they confirm themselves in a session that is older than the change.
advice-sign-in-refused-same-email = If both are the same person, correct the user name in your identity provider so that it matches the sign-in. If they are two people, give one of them another address, or admit others with the address on the page of the one who has it.
advice-sign-in-refused-inactive = If they left, there is nothing to do. If they should have access, assign them to the application in your identity provider again, or unblock them on their page. A deleted person can be restored on their page, or others can be admitted with the same identifiers there.
advice-sign-in-refused-not-provisioned = If they should have access, assign them to the application in your identity provider. To let in people whom no identity provider has sent, let an owner set sign-up to “allowed” in the settings.
advice-sign-in-refused-unknown = The audit log has the entry with all its details. Ask the vendor of the application, or update this console.
advice-mail-bounced = These addresses do not exist or take no mail, so invitations and notices do not arrive. Correct the address in your identity provider, or that of the contact in the settings. If it is right, ask the vendor of the application to send mail to it again: until then nothing is sent there.
advice-mail-reported-as-spam = Mail is no longer sent to people who mark it as spam. Ask them whether they want it: if not, switch invitations off in the settings, or remove them from the contacts. If they do, ask the vendor of the application to send mail to them again.
advice-token-expiring-with-another = There is another token that lasts longer, “{ $other }”, but your identity provider still uses “{ $name }”. Enter the other one in your identity provider, test the connection, then revoke “{ $name }”.
