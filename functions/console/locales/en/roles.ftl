# Roles: what the application defines.

roles-title = Roles
roles-lead = The application defines the roles. Of several roles, the one with the highest rank counts first; permissions add up.
roles-lead-tenant = The application defines the roles of this tenant. Of several roles, the one with the highest rank counts first; permissions add up.
roles-rank = Rank
roles-given = Given
roles-permissions = Permissions
roles-retired = retired
roles-none = None
roles-way-retired = To nobody any more. Those who have it keep it.
roles-way-groups = by groups
roles-way-hand = by hand
roles-way-default = as the default
roles-no-way = Not given
