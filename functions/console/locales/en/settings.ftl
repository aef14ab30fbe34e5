# The settings of a tenant: labels, hints, choices, and what is said about them.

settings-heading = Settings
settings-owners = Only owners can change this.
settings-no-role = None
settings-save = Save settings
settings-yes = yes
settings-no = no
settings-minutes = { $value } minutes
settings-difference = “{ $label }” is “{ $there }” there and “{ $here }” here.
settings-number = { $blank ->
        [allowed] “{ $label }” must be a whole number from { $min } to { $max }, or left blank
       *[refused] “{ $label }” must be a whole number from { $min } to { $max }
    }
settings-only-owners = only an owner changes who may sign in and how many may be removed; ask an owner, and save the other settings without it
settings-changed-elsewhere = settings changed in another tab, so nothing was saved; what you typed is still here: compare it with what is saved, then save again

settings-roles = Roles
settings-default-role = Default role
settings-default-role-hint = What people get at their first sign-in when no mapped group decides.
settings-route-by = What decides the mapped role at a sign-in
settings-route-by-claim-then-membership = The groups of the sign-in where they name a mapped group, else the pushed memberships
settings-route-by-claim = The groups of the sign-in alone
settings-route-by-membership = The pushed memberships alone
settings-claim-match = What a group of the sign-in is known by
settings-claim-match-hint = In some identity providers everyone can create a group with any name. The external id cannot be imitated.
settings-claim-match-any = Its name, its external id or its id
settings-claim-match-external-id = Its external id alone
settings-role-sync = When a changed group changes roles
settings-role-sync-immediate = At once
settings-role-sync-at-login = At the person's next sign-in
settings-manual-roles = Roles given by hand
settings-manual-roles-preserved = Stay; the highest of all counts
settings-manual-roles-overwritten = Give way to the groups of the next sign-in, owners excepted

settings-who-signs-in = Who may sign in
settings-sign-up = People whom no identity provider has sent
settings-sign-up-allowed = May sign in and are added
settings-sign-up-pushed-only = May not sign in: your identity provider sends them first
settings-match-email = E-mail address of a sign-in
settings-match-email-hint = An address finds only people who have never signed in and hold no role of their own.
settings-match-email-no = Finds no one; the user name or external id must match
settings-match-email-yes = Finds the person who was sent with it
settings-deleted-people = A deleted person who is sent again
settings-deleted-people-hint = Identity providers give names to new people. A role given by hand comes back only with the sign-in of before.
settings-deleted-people-new = Is a new person
settings-deleted-people-restore = Comes back with the same id and groups

settings-removals = Unusually many removals
settings-brake-percent = Limit in percent of people
settings-brake-percent-hint = Deactivations, deletions and lost groups of a connection within an hour. Beyond it you get a mail; a connection can also hold such changes.
settings-brake-at-least = Changes that are always allowed

settings-sessions = Sessions
settings-session-minutes = Session length in minutes
settings-session-minutes-hint = Optional, 5 to 43,200. Leave blank for 12 hours. A shorter time counts at once, a longer one from the next sign-in.
settings-session-default = 12 hours
settings-idle-minutes = End unused sessions after minutes
settings-idle-minutes-hint = Optional, 5 to 43,200. Leave blank to never end a session for lack of use.
settings-idle-never = never

settings-provisioning = Provisioning
settings-invitations = Send an invitation to people who are pushed
settings-invitation-domains = Domains that invitations go to
settings-invitation-domains-hint = Optional, separated by commas. Leave blank to invite people at every domain.
settings-every-domain = every domain
settings-allowed-addresses = Addresses that tokens are accepted from
settings-allowed-addresses-hint = Optional, networks such as 203.0.113.0/24 or 2001:db8::/32, or addresses, separated by commas, at most 50. Leave blank for all addresses. Whoever signs in here is not bound by it.
settings-all-addresses = all addresses
settings-unknown-members = Unknown people in a pushed group
settings-unknown-members-skip = Leave them out and say so in Activity
settings-unknown-members-reject = Refuse the request
settings-limited = Limit how fast a token may call
settings-per-minute = Requests per minute
settings-burst = Requests at once on top

settings-notifications = Notifications
settings-contacts = Addresses that get mail when something is wrong
settings-contacts-hint = Optional, at most 10, separated by commas. They get mail when a connection falls silent, a token is about to expire, requests keep failing, or a connection removes unusually many people.
settings-no-contacts = none

settings-logs = Logs
settings-retention = Days to keep the audit log and the request log
settings-sampling = Log one of this many successful reads
settings-sampling-hint = 1 logs every request. Requests that fail or change something are always logged.
settings-logged-values = Values in the request log
settings-logged-values-hint = Secrets are never kept. Of other values, the log keeps the name and the size.
settings-logged-values-declared = Those of attributes that a schema declares
settings-logged-values-all = All
