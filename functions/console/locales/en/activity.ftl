# Activity: the requests of providers.

activity-lead = Every request of your identity providers, newest first.
activity-chart = Requests by hour, last 48 hours
activity-search-hint = User name, ID, status or part of an address
activity-connection = Connection
activity-method = Method
activity-change = Change
activity-result = Result
activity-person = Person
activity-person-hint = User name, address or ID

activity-failures-only = Failures only
activity-deactivations = Deactivations
activity-result-done = Done
activity-result-refused = Refused
activity-result-slowed = Slowed down
activity-result-failed = Failed on our side
activity-people-added = People added
activity-people-changed = People changed
activity-people-deactivated = People deactivated
activity-people-reactivated = People reactivated
activity-people-deleted = People deleted
activity-members-changed = Members changed
activity-groups-changed = Groups changed
activity-held = Held
activity-method-get = Reads (GET)
activity-method-post = Additions (POST)
activity-method-patch = Changes (PATCH)
activity-method-put = Replacements (PUT)
activity-method-delete = Deletions (DELETE)

# The chart.
chart-empty = No requests in the last 48 hours.
chart-counting = Counting…
chart-label = Requests by hour; the table below has the numbers
chart-bar = { $time }: { $fine } succeeded, { $refused } refused, { $slowed } slowed down, { $failed } failed
chart-legend-fine = succeeded
chart-legend-slowed = slowed down
chart-legend-refused = refused
chart-legend-failed = failed on our side
chart-highest = busiest hour: { $number }
chart-still-counting = still counting…
chart-as-table = Show as a table
chart-table = Requests by hour
chart-hour = Hour
chart-fine = Succeeded
chart-slowed = Slowed down
chart-refused = Refused
chart-failed = Failed on our side

# What Activity and the audit log share: their lists, chips and live lines.

log-requests = Requests
log-audit = Audit log
log-support-access = Support access
log-add-filter = Add filter
log-apply = Apply
log-from = From
log-to = To
log-utc = (UTC)
log-any = Any
log-export = Export:
log-export-cut = A file that is too long ends with the address of the next one.
log-remove-filter = , remove
log-live = Live
log-pause = Pause
log-paused = Paused.
log-continue = Continue
log-more-came = More entries have arrived. Reload the list.
log-no-match-so-far = No match so far. Looked back to { $time }.
log-no-match = No match. Looked through everything the log keeps.
log-time = Time
log-what-happened = What happened
log-by = By
log-answer = Answer
log-further-back = Earlier entries
log-looked-back = Looked back to { $time }.
log-looked-through = Looked through everything the log keeps.
log-since = since { $time }
log-since-may-go-on = since { $time }, possibly earlier
log-at-least = at least { $number }×
log-one-by-one = Show all { $number } one by one
log-no-longer-kept = This entry is no longer kept

# Names.
log-connection-deleted = { $name } (deleted)
log-connection-unknown = (deleted connection)
log-group-unknown = (deleted)
log-group-hidden = a group
log-actor = { $name } ({ $kind })

# Chips.
log-chip-day = { $day } (UTC)
log-chip-from = From { $day }
log-chip-to = Until { $day }
log-chip-text = “{ $text }”
log-chip-about = About { $name }
log-chip-by = By { $name }
log-chip-kind = Kind: { $kind }
log-chip-request = Request { $id }
log-chip-connection-deleted = A deleted connection
