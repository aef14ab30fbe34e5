# Groups and roles: the list.

groups-lead = Give each group a role. Someone in several groups gets the highest role.
groups-all-roles = See all roles
groups-changed-script = 1 group changed.|# groups changed.
groups-nothing-changed = Nothing changed.
groups-changed =
    { $count ->
        [one] { $count } group changed.
       *[other] { $count } groups changed.
    }
groups-not-saved = Nothing is saved yet.
groups-discard = Discard
groups-save-script = Save 1 change|Save # changes
groups-save =
    { $count ->
        [one] Save { $count } change
       *[other] Save { $count } changes
    }
groups-preview-hint = Choose a role for one group or for many. Before you save, you see here who gets access and who loses it.
groups-search = Search groups
groups-none-yet = No groups yet. They appear here as soon as your provider sends them.
groups-no-match =
    { $count ->
        [one] No match for “{ $name }”. Looked through all { $count } group.
       *[other] No match for “{ $name }”. Looked through all { $count } groups.
    }
groups-none-such =
    { $count ->
        [one] No match among { $count } group.
       *[other] No match among { $count } groups.
    }
groups-bulk = Role for the selected groups
groups-bulk-hint = Set role of selected to…
groups-apply = Apply
groups-select-all = Select all groups on this page
groups-row-stale = { $expected } when you opened this page, { $now } now
groups-row-was = Was { $was }, not saved
groups-role-of = Role of { $group }
groups-show-all =
    { $count ->
        [one] Show all { $count } group
       *[other] Show all { $count } groups
    }
groups-chip-all = All
groups-chip-empty = Empty
