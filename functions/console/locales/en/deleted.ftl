# People who were deleted.

deleted-title = Deleted people
deleted-lead = Deleted people who have not come back, most recently deleted first. They are listed here for as long as the audit log is kept.
deleted-search-hint = A whole user name or ID
deleted-no-match-so-far = No match so far. See earlier entries.
deleted-none = No deleted people.
deleted-no-match = No match for “{ $name }”. Looked through the whole audit log for exactly this user name or ID.
deleted-at = Deleted
deleted-person = Deleted person
deleted-a-person = A deleted person
deleted-merged = This account was closed { $when }. Its name went to { $person }another person{ $person-end }.
deleted-when = Deleted { $when }. Sign-ins with the identifiers of this person are refused.
deleted-back = Restore or admit as new
deleted-back-means = Restore if the same person comes back. Admit as new if the name or address now belongs to someone else.
deleted-history = History
deleted-no-history = The log no longer has any change of this person.
deleted-in-activity = See all in Activity
