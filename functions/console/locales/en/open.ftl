# The page that opens the console, before a visitor is signed in.

open-title = Open the console
open-heading = Open the console of { $tenant }
open-signed-in-as = You will be signed in as { $user }.
open-once = This link works only once.
open-role = Role: { $role }.
open-other = You are signed in to { $tenant } as { $user }. Go on only if you want to leave that session: what you set up after this belongs to { $target }.
open-stay = Stay where you are
error-link-unusable = this link was opened already, or it has expired. Open the console again from your application
