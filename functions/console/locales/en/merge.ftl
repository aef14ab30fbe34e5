# Merge: an account that goes into another person.

merge-title = Merge { $account }
merge-heading = Merge { $account } into another person
merge-lead = This account came only from sign-in. Merge it if your identity provider sends the same person under another record.
merge-into = Into { $person }
merge-closed = The account { $account } is closed. This cannot be undone.
merge-sessions =
    { $count ->
        [one] { $count } session ends.
       *[other] { $count } sessions end.
    }
merge-role = Its role given by hand, { $role }, ends. Roles never move.
merge-moves = Its subjects move: the next sign-in with this account opens { $person }.
merge-moves-not = No subject moves. The next sign-in must match the user name or external ID of { $person }.
merge-keeps = { $person } keeps groups, roles and sessions: { $role }.
merge-other = Choose another person
merge-close = Close the account
merge-other-person = Other person
merge-search = Search for the other person
merge-search-hint = Beginning of a word of a name or e-mail address, or a whole ID
merge-no-match = No match for “{ $text }” among the people whom an identity provider sends.
