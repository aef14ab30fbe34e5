# What the brake of a connection holds.

held-heading = Held changes
held-lead = Your identity provider sent these changes beyond the limit of the connection. They are not in effect: these people keep their access until someone decides, or until the time in the last column.
held-none-here = None on this page. See the next page.
held-none = No held changes.
held-apply-selected = Apply selected
held-discard-selected = Discard selected
held-list = List of held changes
held-select-all = Select every change on this page
held-select = Select change { $number }
held-who = Who
held-change = Change
held-sent = Sent
held-takes-effect = Takes effect
held-everyone = Everyone in the group
held-others = and { $count ->
        [one] { $count } other
       *[other] { $count } others
    }
held-decide-all = Decide about all of them…
held-decide-rest = Decide about these and all on the next pages…
held-decide-says = Applied changes take effect at once. Discarded ones are undone: your identity provider sees what was before, and sends the change again if it still wants it.
held-discard-all = Discard all
held-apply-all = Apply all
held-next = Next page
held-deactivated = Deactivated
held-deleted = Deleted
held-group-loss = Removed from a group
held-group-deleted = Group deleted
held-applied-count = { $count ->
        [one] { $count } change
       *[other] { $count } changes
    } applied.
held-discarded-count = { $count ->
        [one] { $count } change
       *[other] { $count } changes
    } discarded.
held-left-out = Some are left out: they rank above you, or one is the last owner.
held-more = More changes remain: decide about them again to go on.
held-choose = choose what to do with the changes
held-pick = select at least one change
