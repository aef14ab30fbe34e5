# The audit log.

audit-lead = Every change, and who made it, newest first.
audit-changes = Changes
audit-subject = Who or what
audit-subject-hint = An id or a whole name
audit-actor = Done by
audit-actor-hint = A user name, a connection, an id
audit-action = Action begins with
audit-request = Request
audit-request-hint = A request's id

audit-people = People
audit-roles = Roles of people
audit-groups = Groups
audit-sign-ins = Sign-ins
audit-connections = Connections
