# People: the list.

people-chip-all = All
people-chip-group = Group: { $group }
people-deleted-group = A deleted group
people-deleted-connection = A deleted connection
people-lead = Everyone who was sent, imported or has signed in, and what they can do.
people-search = Search people
people-search-hint = Any word of a name or address
people-chip-remove = Remove
people-no-words = The search index is still being built: for now, this finds the beginnings of user names, and other values only as a whole.
people-no-changes = The search index lacks the latest changes. They are added within about an hour. Until then, people who were added or renamed are found only by whole values or by the beginning of the user name.
people-nobody-yet = Nobody yet. People appear here as soon as your provider sends them.
people-no-match =
    { $count ->
        [one] No match. Looked through all { $count } person.
       *[other] No match. Looked through all { $count } people.
    }
people-no-match-for =
    { $count ->
        [one] No match for “{ $text }”. Looked through all { $count } person.
       *[other] No match for “{ $text }”. Looked through all { $count } people.
    }
people-end-sessions = End sessions…
people-end-sessions-means = Everyone you selected is signed out and can sign in again.
people-end-sessions-now = End sessions of everyone selected
people-show-all =
    { $count ->
        [one] Show all { $count } person
       *[other] Show all { $count } people
    }
people-everywhere = Search every attribute of everyone
people-list = List of people
people-select-all = Select everyone on this page
people-sort-created = Sort by creation
people-sort-name = Sort by user name
people-no-connection = None
