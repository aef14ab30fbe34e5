# Overview: the first page.

overview-reading = The request log is still being read, so the steps and times below are incomplete. { $health }Health{ $health-end } shows the progress.
overview-setup = Setup
overview-connect = Connect your identity provider
overview-map = Give groups a role
overview-guide = Open the guide
overview-done = done
overview-to-do = to do
overview-waiting = Waiting for you
overview-all = All { $count }
overview-open-health = Open in Health
overview-connections = Connections
overview-provider = Provider
overview-last-request = Last request
overview-last-success = Last success
overview-none-seen = None seen
overview-all-connections = All connections
overview-last-day = Last 24 hours
overview-quiet = Nobody arrived or left, and no group changed
overview-cut = Based on the latest { $count } changes. { $activity }Activity{ $activity-end } has all of them.
overview-arrived =
    { $count ->
        [one] { $count } person arrived
       *[other] { $count } people arrived
    }
overview-left =
    { $count ->
        [one] { $count } person left
       *[other] { $count } people left
    }
overview-group-changes =
    { $count ->
        [one] { $count } change to groups
       *[other] { $count } changes to groups
    }
overview-refused =
    { $count ->
        [one] { $count } refused sign-in
       *[other] { $count } refused sign-ins
    }
overview-lead-connect = Connect your identity provider.
overview-lead-setup = Finish the setup: one step at a time.
overview-lead-observing = Your connection is only observed: nothing takes effect yet.
overview-observing = { $connection } is only observed
overview-observing-says = What your provider sends is stored, but nobody gains or loses access or a role. Next, look at what would change. Then an owner makes the connection real.
overview-observing-next = See what would change
overview-lead-nothing = Nothing needs your attention.
overview-lead-glance = Your connections at a glance.
overview-lead-attention =
    { $count ->
        [one] One thing needs your attention.
       *[other] { $count } things need your attention.
    }
overview-number = { $number }
overview-people-detail = Sent by your provider, imported, or signed in
overview-groups-with-role = Groups with a role
overview-of = { $some } of { $all }
overview-no-groups = No groups yet
overview-every-group = Every group gives a role
overview-groups-without =
    { $count ->
        [one] { $count } gives nobody access yet
       *[other] { $count } give nobody access yet
    }
overview-failed-requests = Failed requests, last 24 hours
overview-no-request = No requests in the last 24 hours
overview-all-succeeded = Every request succeeded
overview-see-why = See which ones and why
overview-step-connection = Add a connection
overview-step-connection-hint = Choose your identity provider.
overview-step-token = Enter the address and the token
overview-step-token-hint = Copy both into your provider, then use its test button.
overview-step-person = First person arrives
overview-step-person-hint = Assign someone to the application in your provider.
overview-step-group = First group arrives
overview-step-group-hint = Push a group in your provider.
overview-step-map = Give groups a role
overview-step-map-hint = Decide who becomes Admin, Member or Viewer.
