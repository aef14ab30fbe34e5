# Remedies for all people of a connection.

remedy-take-over = Take over people and groups
remedy-take-over-purpose = This connection owns what the other one owned, at once. From then on, only this one can change it.
remedy-replace = Replace another connection
remedy-replace-purpose = This connection takes over each person and group of the other one with its first write to them. Use it before your new identity provider sends anything.
remedy-bind-anew = Open a rebind window
remedy-bind-anew-purpose = Your identity provider now sends other subjects for the same people. While the window is open, the next sign-in of each person binds the new subject.
remedy-confirm = Confirm identifiers
remedy-confirm-purpose = The current user names and external IDs are right. Sign-ins with them reach these people, even those who hold a role given by hand.
remedy-no-other = No other connection
remedy-no-other-gone = No connection has been deleted, and none has had all its tokens revoked. Ask an owner to take over from one that is still in use.
remedy-other = Other connection
remedy-other-gone = { $connection } (no longer in use)
remedy-preview = Preview
remedy-what-changes = What changes
remedy-take-over-from = { $b }{ $people ->
        [one] { $people } person
       *[other] { $people } people
    } and { $groups ->
        [one] { $groups } group
       *[other] { $groups } groups
    }{ $b-end } of { $other } belong to { $connection }. No one loses access.
remedy-take-over-all = { $b }{ $people ->
        [one] { $people } person
       *[other] { $people } people
    } and { $groups ->
        [one] { $groups } group
       *[other] { $groups } groups
    }{ $b-end } belong to { $connection }. No one loses access.
remedy-replace-from = { $connection } may take over { $b }{ $people ->
        [one] { $people } person
       *[other] { $people } people
    } and { $groups ->
        [one] { $groups } group
       *[other] { $groups } groups
    }{ $b-end } of { $other }, each with its first write. No one loses access.
remedy-replace-all = { $connection } may take over { $b }{ $people ->
        [one] { $people } person
       *[other] { $people } people
    } and { $groups ->
        [one] { $groups } group
       *[other] { $groups } groups
    }{ $b-end }, each with its first write. No one loses access.
remedy-bind-anew-says = { $b }{ $people ->
        [one] { $people } person
       *[other] { $people } people
    }{ $b-end } can sign in with another subject. During that time, a sign-in with the name of one of them counts as that person's.
remedy-confirm-says = The user names and external IDs of { $b }{ $people ->
        [one] { $people } person
       *[other] { $people } people
    }{ $b-end } are confirmed.
remedy-left-out-bind = { $count ->
        [one] { $count } person is
       *[other] { $count } people are
    } left out: they rank above you or hold a role given by hand. Bind each of them anew on their page.
remedy-left-out-confirm = { $count ->
        [one] { $count } person is
       *[other] { $count } people are
    } left out: they rank above you or hold a role given by hand. Another owner can confirm them, or each can confirm themselves in a session from before the change.
remedy-left-out = { $count ->
        [one] { $count } person is
       *[other] { $count } people are
    } left out: they rank above you or hold a role given by hand. Ask an owner.
remedy-count-rest = Not everyone has been counted yet. { $rest }Count the rest{ $rest-end }
remedy-owners = Only owners can do this. Ask an owner.
remedy-days-label = How long
remedy-days = { $count ->
        [one] { $count } day
       *[other] { $count } days
    }
remedy-back = Back
remedy-open-window = Open the window
remedy-window = A window is open until { $until }.
remedy-close-window = Close the window
remedy-take-over-now = Take over
remedy-replace-now = Replace the connection
remedy-confirm-now = Confirm identifiers
remedy-nothing-left = Nothing is left to do. { $connection }Back to the connection{ $connection-end }
remedy-so-far = { $people ->
        [one] { $people } person
       *[other] { $people } people
    } and { $groups ->
        [one] { $groups } group
       *[other] { $groups } groups
    } done so far. Stay on this page until all are done.
remedy-go-on = Go on
remedy-days-wrong = choose for how many days the window stays open: 1, 3, 7 or 14
