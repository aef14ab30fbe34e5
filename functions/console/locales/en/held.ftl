# What the brake of a connection holds.

held-heading = Held changes
held-lead = Your identity provider sent these changes beyond the limit of the connection. They are not in effect: these people keep their access until someone decides, or until the time in the last column.
held-none-here = None on this page. See the next page.
held-none = No held changes.
held-apply-selected = Apply selected
held-discard-selected = Discard selected
held-list = List of held changes
held-select-all = Select every change on this page
held-select-one = Select { $who }: { $change }
held-who = Who
held-change = Change
held-sent = Sent
held-takes-effect = Takes effect
held-everyone = Everyone in the group
held-others = and { $count ->
        [one] { $count } other
       *[other] { $count } others
    }
held-apply-ask = Apply selected…
held-apply-says = Selected changes take effect at once: these people lose their access or their groups.
held-stake = The changes on this page, if you apply all of them:
held-stake-deactivated = { $count ->
        [one] { $count } person is deactivated
       *[other] { $count } people are deactivated
    }
held-stake-deleted = { $count ->
        [one] { $count } person is deleted
       *[other] { $count } people are deleted
    }
held-stake-group-loss = { $count ->
        [one] { $count } person is removed from groups
       *[other] { $count } people are removed from groups
    }
held-stake-group-deleted = { $count ->
        [one] { $count } group is deleted
       *[other] { $count } groups are deleted
    }
held-decide-all = Decide about all of them…
held-decide-rest = Decide about these and all on the next pages…
held-decide-says = Applied changes take effect at once. Discarded ones are undone: your identity provider sees the earlier state, and sends the change again if it still wants it.
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
held-left-out = Some are left out: the people rank above you, or one is the last owner.
held-more = More changes remain: decide again to go on.
held-choose = choose what to do with the changes
held-pick = select at least one change
