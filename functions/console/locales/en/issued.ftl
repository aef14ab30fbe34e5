# A token or a client secret, shown once.

issued-secret = Copy the client secret now
issued-secret-once = The secret is shown only this once and cannot be read again. Anyone who has it can change your people and groups.
issued-token = Copy the token now
issued-token-once = It is shown only this once and cannot be read again. Anyone who has it can change your people and groups.
issued-until = { $b }This page shows it until { $until }.{ $b-end } Then it cannot be read again. Anyone who has it can change your people and groups.
issued-over = This page no longer shows the token. If nobody copied it, revoke it under Tokens and create another.
issued-endpoint = Token endpoint
issued-client-id = Client ID
issued-client-secret = Client secret
issued-token-label = Token
