# Group: one group, its members and the progress of a change.

group-further-roles = Further roles of its members
group-search = Search members
group-search-hint = Name or address, any word
group-any-state = Any state
group-details = Details
group-name = Name
group-idp-id = ID at your provider
group-id = ID
group-no-match-so-far = No match so far. See more members.
group-no-members = No members yet
group-no-match = No match among the members
group-more = More members
group-told-soon = The roles are in effect; telling your application begins in a moment.
group-done-later =
    { $count ->
        [one] Done: { $count } person checked. Each person's role changes when they next sign in, and your application is told then.
       *[other] Done: { $count } people checked. Each person's role changes when they next sign in, and your application is told then.
    }
group-done =
    { $count ->
        [one] Done: { $count } person checked, and your application was told of every changed role.
       *[other] Done: { $count } people checked, and your application was told of every changed role.
    }
group-role-follows = Each person's role changes when they next sign in.
group-being-told = The roles are in effect; your application is being told.
group-looked-at = People checked
group-progress = { $some } of { $all } people checked.
