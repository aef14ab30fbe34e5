# Tokens and OAuth clients: the list, and the forms that issue, rotate and revoke them.

tokens-heading = Tokens
tokens-lead = Identity providers send a token with each request, or fetch short-lived ones as an OAuth client. A connection can have several, so that a new one can take over before the old one ends.
tokens-client-rotated = The old client still works. Enter the new client ID and secret in your identity provider, test them there, then revoke the old client below.
tokens-rotated = The old token still works. Enter the new one in your identity provider, test it there, then revoke the old one below.
tokens-none = No tokens yet
tokens-none-live = No token in use
tokens-live = Tokens in use
tokens-past = Revoked and expired tokens
tokens-past-count = { $count ->
        [one] { $count } revoked or expired token
       *[other] { $count } revoked or expired tokens
    }
tokens-past-latest = The latest { $count } of them; the { $audit }audit log{ $audit-end } has all.
tokens-new = New token
tokens-connection = Connection
tokens-kind = Kind
tokens-kind-bearer = Token
tokens-kind-client = OAuth client (client credentials)
tokens-name = Name
tokens-expires-hint = Optional. Leave blank for no expiry. UTC.
tokens-addresses = Allowed addresses
tokens-addresses-hint = Optional, networks such as 203.0.113.0/24, separated by commas. The token is then accepted only from there, and only from what the settings allow.
tokens-create = Create token
tokens-connection-first = { $connections }Add a connection{ $connections-end } first.
tokens-starts-with = Starts with
tokens-created = Created
tokens-last-used = Last used
tokens-expires = Expires
tokens-state = State
tokens-actions = Actions
tokens-client = OAuth client { $code }{ $id }{ $code-end }
tokens-only-from = Only from { $addresses }
tokens-never-used = Never
tokens-never-expires = Never
tokens-in-use = In use
tokens-expired = Expired
tokens-revoked = Revoked
tokens-old-kind = Issued by an earlier version of this service. Rotate it: the operator of this service may stop accepting it.
tokens-rotate = Rotate
tokens-rotate-one = Rotate { $token }
tokens-revoke = Revoke…
tokens-revoke-one = Revoke { $token }…
tokens-revoke-used = { $code }{ $prefix }…{ $code-end }, last used { $ago }: the next request with it is refused.
tokens-revoke-unused = { $code }{ $prefix }…{ $code-end }, never used: the next request with it is refused.
tokens-revoke-now = Revoke token
tokens-form-used = this form was already used, and the token it created was shown then; if nobody copied it, revoke it under Tokens and create another
tokens-expires-past = the expiry must be in the future
