# People who were deleted.

deleted-title = Deleted people
deleted-lead = People who were deleted and have not come back, latest first, for as long as the audit log is kept.
deleted-search-hint = A whole user name or id
deleted-no-match-so-far = No match so far. See older entries.
deleted-none = No deleted people.
deleted-no-match = No match for “{ $name }”. Looked through the whole audit log for exactly this user name or id.
deleted-older = Older entries
deleted-person = Deleted person
deleted-a-person = A deleted person
deleted-merged = This account was closed { $when }. Its name went to { $person }another person{ $person-end }.
deleted-when = Deleted { $when }. Sign-ins with the identifiers of this person are refused.
deleted-back = Restore or admit as new
deleted-back-means = Restore if the same person comes back. Admit as new if the name or address now belongs to someone else.
deleted-history = History
deleted-no-history = The log has no change of this person any more.
deleted-in-activity = All of it in Activity
