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
settings-only-owners = only an owner can change who may sign in and how many people may be removed; ask an owner, and save the other settings without these
settings-changed-elsewhere = settings changed in another tab, so nothing was saved; what you entered is still here: compare it with what is saved, then save again

settings-roles = Roles
settings-default-role = Default role
settings-default-role-hint = What people get at their first sign-in when no mapped group decides.
settings-route-by = What decides the mapped role at a sign-in
settings-route-by-claim-then-membership = The groups of the sign-in if they name a mapped group, otherwise the memberships that your provider sends
settings-route-by-claim = Only the groups of the sign-in
settings-route-by-membership = Only the memberships that your provider sends
settings-claim-match = How a group of the sign-in is recognized
settings-claim-match-hint = In some identity providers, anyone can create a group with any name. Nobody can imitate the external ID.
settings-claim-match-any = By its name, its external ID or its ID
settings-claim-match-external-id = Only by its external ID
settings-role-sync = When a changed group changes roles
settings-role-sync-immediate = At once
settings-role-sync-at-login = At the person's next sign-in
settings-manual-roles = Roles given by hand
settings-manual-roles-preserved = Stay; the highest of all roles counts
settings-manual-roles-overwritten = Are replaced by the roles of the groups at the next sign-in, except for owners

settings-who-signs-in = Who may sign in
settings-sign-up = People whom no identity provider has sent
settings-sign-up-allowed = May sign in and are added
settings-sign-up-pushed-only = May not sign in: your identity provider sends them first
settings-match-email = E-mail address of a sign-in
settings-match-email-hint = An address finds only people who have never signed in and hold no role given by hand.
settings-match-email-no = Finds no one; the user name or external ID must match
settings-match-email-yes = Finds the person who was sent with it
settings-deleted-people = A deleted person who is sent again
settings-deleted-people-hint = Identity providers give names that have become free to new people. A role given by hand comes back only when they sign in as they did before.
settings-deleted-people-new = Is a new person
settings-deleted-people-restore = Comes back with the same ID and groups

settings-removals = Unusually many removals
settings-brake-percent = Limit in percent of people
settings-brake-percent-hint = Deactivations, deletions and removals from groups by one connection within an hour. Beyond the limit you get an e-mail; a connection can also hold such changes.
settings-brake-at-least = Changes that are always allowed

settings-sessions = Sessions
settings-session-minutes = Session length in minutes
settings-session-minutes-hint = Optional, 5 to 43,200. Leave blank for 12 hours. A shorter time applies at once, a longer one from the next sign-in.
settings-session-default = 12 hours
settings-idle-minutes = End idle sessions after (minutes)
settings-idle-minutes-hint = Optional, 5 to 43,200. Leave blank to never end a session because it is idle.
settings-idle-never = never

settings-provisioning = Provisioning
settings-invitations = Send an invitation to people who arrive
settings-invitation-domains = Domains that invitations go to
settings-invitation-domains-hint = Optional, separated by commas. Leave blank to invite people at every domain.
settings-every-domain = every domain
settings-allowed-addresses = Addresses that tokens are accepted from
settings-allowed-addresses-hint = Optional, networks such as 203.0.113.0/24 or 2001:db8::/32, or addresses, separated by commas, at most 50. Leave blank for all addresses. This does not limit sign-ins to the console.
settings-all-addresses = all addresses
settings-unknown-members = Unknown people in a group that arrives
settings-unknown-members-skip = Leave them out and say so in Activity
settings-unknown-members-reject = Refuse the request
settings-limited = Limit how many requests a token may send
settings-per-minute = Requests per minute
settings-burst = Extra requests in a burst
settings-per-minute-hint = Only the application removes the limit, or sets less than 60 or more than 6,000 requests per minute.

settings-notifications = Notifications
settings-contacts = Addresses that get mail when something is wrong
settings-contacts-hint = Optional, at most 10, separated by commas. They get an e-mail when a connection stops sending, a token is about to expire, requests keep failing, or a connection removes unusually many people.
settings-no-contacts = none

settings-logs = Logs
settings-retention = Days to keep the audit log and the request log
settings-sampling = Log one in this many successful reads
settings-sampling-hint = 1 logs every request. Requests that fail or change something are always logged.
settings-logged-values = Values in the request log
settings-logged-values-hint = Secrets are never kept. Of other values, the log keeps the name and the size.
settings-logged-values-declared = Those of attributes that a schema declares
settings-logged-values-all = All
