# The audit log.

audit-lead = Every change, and who made it, newest first.
audit-changes = Changes
audit-subject = Who or what
audit-subject-hint = An ID or a whole name
audit-actor = Done by
audit-actor-hint = User name, connection or ID
audit-action = Action begins with
audit-request = Request
audit-request-hint = The ID of a request

audit-people = People
audit-roles = Roles of people
audit-groups = Groups
audit-sign-ins = Sign-ins
audit-connections = Connections
