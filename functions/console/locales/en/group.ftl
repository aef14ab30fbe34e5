# Group: one group, its members and the progress of a change.

group-further-roles = Further roles of its members
group-search = Search members
group-search-hint = Name or address, any word
group-any-state = Any state
group-details = Details
group-name = Name
group-idp-id = IdP id
group-id = id
group-no-match-so-far = No match so far. See more members.
group-no-members = No members yet
group-no-match = No match among the members
group-more = More members
group-told-soon = The roles count already; telling your application begins in a moment.
group-done-later =
    { $count ->
        [one] Done: { $count } person checked. Each one's role follows when they sign in next, and your application is told then.
       *[other] Done: { $count } people checked. Each one's role follows when they sign in next, and your application is told then.
    }
group-done =
    { $count ->
        [one] Done: { $count } person checked, and your application was told of every changed role.
       *[other] Done: { $count } people checked, and your application was told of every changed role.
    }
group-role-follows = Each one's role follows when they sign in next.
group-being-told = The roles count already; your application is being told.
group-looked-at = People checked
group-progress = { $some } of { $all } people checked.
