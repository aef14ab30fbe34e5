# The list of connections, and the choice of a provider for a new one.

connect-heading = Connect
connect-lead = A connection lets one identity provider send its people and groups.
connect-new = New connection
connect-still-reading = The request log is still being read, so the steps and times below are incomplete. { $health }Health{ $health-end } shows the progress.
connect-none = No connections yet
connect-last-request = Last request { $ago }
connect-no-request-lately = No recent request
connect-no-request-yet = No request yet
connect-steps-done = { $done } of 4 steps done
connect-steps-seen = { $done } of 4 steps seen; not all requests before { $since } were checked
connect-form-used = this form was already used; the connection it created is in the list of connections

choose-heading = Which provider do you use?
choose-lead = A connection lets one identity provider send its people and groups. You can add more later.
choose-providers = Identity providers
choose-cannot = { $b }{ $provider } cannot do everything.{ $b-end } Read this before you create a token.
choose-source = { $page }{ $vendor }'s own page{ $icon }{ $page-end }, read on { $day }
choose-name = Name
choose-name-hint = Only you and your colleagues see it.
choose-observe = Observe first
choose-observe-hint = See what your identity provider would change before anything takes effect. You cannot add another connection until then.
choose-create = Create connection
choose-cancel = Cancel
