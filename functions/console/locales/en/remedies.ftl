# Remedies for all people of a connection.

remedy-take-over = Take over people and groups
remedy-take-over-purpose = This connection owns what the other one owned, at once. From then on only this one writes to them.
remedy-replace = Replace another connection
remedy-replace-purpose = This connection takes over each person and group of the other one with its first write to them. Use it before your new identity provider sends anything.
remedy-bind-anew = Open a rebind window
remedy-bind-anew-purpose = Your identity provider now sends other subjects for the same people. While the window is open, the next sign-in of each person binds the new subject.
remedy-confirm = Confirm identifiers
remedy-confirm-purpose = The present user names and external ids are right. Sign-ins with them reach these people, also those who hold a role given by hand.
remedy-no-other = No other connection
remedy-no-other-gone = No connection is deleted, or has all its tokens revoked. Ask an owner to take over from one that is still in use.
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
    }{ $b-end } may be found with another subject. During that time, a sign-in with the name of one of them is taken for that person.
remedy-confirm-says = The user names and external ids of { $b }{ $people ->
        [one] { $people } person
       *[other] { $people } people
    }{ $b-end } are confirmed.
remedy-left-out-bind = { $count ->
        [one] { $count } person is
       *[other] { $count } people are
    } left out, who rank above you or hold a role of their own. Bind each of them anew on their page.
remedy-left-out-confirm = { $count ->
        [one] { $count } person is
       *[other] { $count } people are
    } left out, who rank above you or hold a role of their own. Another owner confirms them, or each confirms themselves in a session from before the change.
remedy-left-out = { $count ->
        [one] { $count } person is
       *[other] { $count } people are
    } left out, who rank above you or hold a role of their own. Ask an owner.
remedy-count-rest = Not everyone was counted yet. { $rest }Count the rest{ $rest-end }
remedy-owners = Only owners can do this. Ask one.
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
