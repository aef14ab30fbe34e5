# Roles: what the application defines.

roles-title = Roles
roles-lead = The application defines the roles. If someone has several, the one with the highest rank comes first; permissions add up.
roles-lead-tenant = The application defines the roles of this tenant. If someone has several, the one with the highest rank comes first; permissions add up.
roles-rank = Rank
roles-given = Given
roles-permissions = Permissions
roles-retired = retired
roles-none = None
roles-way-retired = No longer given to anyone. People who have it keep it.
roles-way-groups = by groups
roles-way-hand = by hand
roles-way-default = as the default
roles-no-way = Not given
