# The checklist of a connection: what has been seen to work.

checklist-tested = Your provider can connect
checklist-tested-hint = Use its test button
checklist-person = First person arrives
checklist-person-hint = Assign someone to the application
checklist-group = First group arrives
checklist-group-hint = Push a group
checklist-leaver = First person leaves
checklist-leaver-hint = Unassign a test person
checklist-done = : done
checklist-not-yet = : not yet
checklist-not-seen = not seen since { $since }
checklist-last-request = Last request { $ago }.
checklist-no-request = No request yet.
checklist-part-read = The request log is too long to read in full: steps done before then may be missing here.
checklist-still-reading = The request log is still being read, so this is incomplete.
checklist-updates = This list updates by itself.
checklist-map-later = Map groups →
checklist-opens = Opens when the first group arrives.
checklist-map = Map { $count ->
        [one] { $count } group
       *[other] { $count } groups
    } →
