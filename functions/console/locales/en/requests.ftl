# What a request of a provider did, or could not do and why.
# $name: whom or what it is about; without one, $what says so: `some`, `unknown` or `deleted`

# Done.
request-person-added = { $what ->
        [some] Added a person
       *[named] Added { $name }
    }
request-group-added = { $what ->
        [some] Added a group
       *[named] Added group { $name }
    }
request-person-read = { $what ->
        [some] Read a person
        [unknown] Read an unknown person
        [deleted] Read a deleted person
       *[named] Read { $name }
    }
request-group-read = { $what ->
        [some] Read a group
        [unknown] Read an unknown group
        [deleted] Read a deleted group
       *[named] Read group { $name }
    }
request-person-deleted = { $what ->
        [some] Deleted a person
       *[named] Deleted { $name }
    }
request-group-deleted = { $what ->
        [some] Deleted a group
       *[named] Deleted group { $name }
    }
request-people-listed = Listed people
request-people-listed-total = Listed people: { $total } in all
request-groups-listed = Listed groups
request-groups-listed-total = Listed groups: { $total } in all
request-service-read = Read what the service offers
request-person-searched = Searched for { $text }
request-person-searched-found = { $found ->
        [0] Searched for { $text }: no match
        [1] Searched for { $text }: found
       *[other] Searched for { $text }: { $found } matches
    }
request-group-searched = Searched for group { $text }
request-group-searched-found = { $found ->
        [0] Searched for group { $text }: no match
        [1] Searched for group { $text }: found
       *[other] Searched for group { $text }: { $found } matches
    }
request-other = { $method } { $path }

request-person-held = { $what ->
        [some] Held: a change of a person
        [unknown] Held: a change of an unknown person
        [deleted] Held: a change of a deleted person
       *[named] Held: a change of { $name }
    }
request-person-same = { $what ->
        [some] Sent a person, nothing changed
        [unknown] Sent an unknown person, nothing changed
        [deleted] Sent a deleted person, nothing changed
       *[named] Sent { $name }, nothing changed
    }
request-person-deactivated = { $what ->
        [some] Deactivated a person
        [unknown] Deactivated an unknown person
        [deleted] Deactivated a deleted person
       *[named] Deactivated { $name }
    }
request-person-reactivated = { $what ->
        [some] Reactivated a person
        [unknown] Reactivated an unknown person
        [deleted] Reactivated a deleted person
       *[named] Reactivated { $name }
    }
request-person-changed = { $what ->
        [some] Changed a person
        [unknown] Changed an unknown person
        [deleted] Changed a deleted person
       *[named] Changed { $name }
    }
request-person-attributes = { $what ->
        [some] Changed { $attributes } of a person
        [unknown] Changed { $attributes } of an unknown person
        [deleted] Changed { $attributes } of a deleted person
       *[named] Changed { $attributes } of { $name }
    }
request-group-held = { $what ->
        [some] Held: a change of a group
        [unknown] Held: a change of an unknown group
        [deleted] Held: a change of a deleted group
       *[named] Held: a change of group { $name }
    }
request-group-same = { $what ->
        [some] Sent a group, nothing changed
        [unknown] Sent an unknown group, nothing changed
        [deleted] Sent a deleted group, nothing changed
       *[named] Sent group { $name }, nothing changed
    }
request-group-changed = { $what ->
        [some] Changed a group
        [unknown] Changed an unknown group
        [deleted] Changed a deleted group
       *[named] Changed group { $name }
    }
request-group-attributes = { $what ->
        [some] Changed { $attributes } of a group
        [unknown] Changed { $attributes } of an unknown group
        [deleted] Changed { $attributes } of a deleted group
       *[named] Changed { $attributes } of group { $name }
    }
# The attributes of the two above: the first ones with names, and how many more.
request-attribute = { $name }
request-attributes-listed = { $listed }, { $name }
request-attributes = { $more ->
       *[other] { $listed } and { $more } more
    }
request-members-set = { $what ->
        [some] Set the members of a group: { $members }
        [unknown] Set the members of an unknown group: { $members }
        [deleted] Set the members of a deleted group: { $members }
       *[named] Set the members of { $name }: { $members }
    }
request-members-cleared = { $what ->
        [some] Removed all members from a group
        [unknown] Removed all members from an unknown group
        [deleted] Removed all members from a deleted group
       *[named] Removed all members from { $name }
    }
request-member-added = { $what ->
        [some] Added { $member } to a group
        [unknown] Added { $member } to an unknown group
        [deleted] Added { $member } to a deleted group
       *[named] Added { $member } to { $name }
    }
request-member-removed = { $what ->
        [some] Removed { $member } from a group
        [unknown] Removed { $member } from an unknown group
        [deleted] Removed { $member } from a deleted group
       *[named] Removed { $member } from { $name }
    }
request-members-added = { $what ->
        [some] Added { $members } to a group
        [unknown] Added { $members } to an unknown group
        [deleted] Added { $members } to a deleted group
       *[named] Added { $members } to { $name }
    }
request-members-removed = { $what ->
        [some] Removed { $members } from a group
        [unknown] Removed { $members } from an unknown group
        [deleted] Removed { $members } from a deleted group
       *[named] Removed { $members } from { $name }
    }
request-members-added-and-removed = { $what ->
        [some] Added { $members } to a group, removed { $removed }
        [unknown] Added { $members } to an unknown group, removed { $removed }
        [deleted] Added { $members } to a deleted group, removed { $removed }
       *[named] Added { $members } to { $name }, removed { $removed }
    }

# Not done.
request-person-not-added = { $what ->
        [some] Could not add a person
       *[named] Could not add { $name }
    }
request-group-not-added = { $what ->
        [some] Could not add a group
       *[named] Could not add group { $name }
    }
request-person-not-read = { $what ->
        [some] Could not read a person
        [unknown] Could not read an unknown person
        [deleted] Could not read a deleted person
       *[named] Could not read { $name }
    }
request-group-not-read = { $what ->
        [some] Could not read a group
        [unknown] Could not read an unknown group
        [deleted] Could not read a deleted group
       *[named] Could not read group { $name }
    }
request-person-not-deleted = { $what ->
        [some] Could not delete a person
        [unknown] Could not delete an unknown person
        [deleted] Could not delete a deleted person
       *[named] Could not delete { $name }
    }
request-group-not-deleted = { $what ->
        [some] Could not delete a group
        [unknown] Could not delete an unknown group
        [deleted] Could not delete a deleted group
       *[named] Could not delete group { $name }
    }
request-person-not-deactivated = { $what ->
        [some] Could not deactivate a person
        [unknown] Could not deactivate an unknown person
        [deleted] Could not deactivate a deleted person
       *[named] Could not deactivate { $name }
    }
request-person-not-changed = { $what ->
        [some] Could not change a person
        [unknown] Could not change an unknown person
        [deleted] Could not change a deleted person
       *[named] Could not change { $name }
    }
request-members-not-changed = { $what ->
        [some] Could not change the members of a group
        [unknown] Could not change the members of an unknown group
        [deleted] Could not change the members of a deleted group
       *[named] Could not change the members of { $name }
    }
request-group-not-changed = { $what ->
        [some] Could not change a group
        [unknown] Could not change an unknown group
        [deleted] Could not change a deleted group
       *[named] Could not change group { $name }
    }
request-not-searched = Could not search for { $text }
request-people-not-listed = Could not list people
request-groups-not-listed = Could not list groups
request-service-not-read = Could not read what the service offers
request-other-refused = Refused: { $method } { $path }

# Why not, or what else is to say.
request-failed = { $said }: { $why }
request-done-but = { $said }, { $why }
request-members-left-out = { $members ->
        [one] { $said }, { $members } unknown member left out
       *[other] { $said }, { $members } unknown members left out
    }
request-why-stale-user = the ID belongs to no one here
request-why-stale-group = the ID belongs to no group here
request-why-gone-already = already gone
request-why-not-found = not found here
request-why-duplicate-user = user name taken
request-why-duplicate-group = group name taken
request-why-revoked = the token was revoked
request-why-expired = the token has expired
request-why-no-token = no valid token
request-why-foreign-address = not from an allowed address
request-why-last-owner = the last owner
request-why-owned-by-another = belongs to another connection
request-why-forbidden = not allowed
request-why-filter = the filter is not supported
request-why-unknown-member = an unknown member
request-why-value = a value does not fit
request-why-path = an unknown attribute
request-why-mutability = cannot be changed
request-why-syntax = cannot be read
request-why-too-many = the answer would be too large
request-why-bad-request = not valid
request-why-method = no such address
request-why-precondition = changed in the meantime
request-why-too-large = too large
request-why-throttled = slowed down
request-why-read-too-much = read too much at once
request-why-not-offered = not offered here
request-why-failed = the fault was on our side
request-why-skipped = unknown members left out
request-why-ignored-path = an unknown attribute ignored
request-why-other = see the details

# Many of one cause. $number: how many, at least three
request-many-people-added = Added { $number } people
request-many-groups-added = Added { $number } groups
request-many-people-read = Read { $number } people
request-many-groups-read = Read { $number } groups
request-many-people-listed = Listed people { $number } times
request-many-groups-listed = Listed groups { $number } times
request-many-people-searched = Searched for people { $number } times
request-many-groups-searched = Searched for groups { $number } times
request-many-people-deleted = Deleted { $number } people
request-many-groups-deleted = Deleted { $number } groups
request-many-same = Sent { $number } times, nothing changed
request-many-people-deactivated = Deactivated { $number } people
request-many-people-reactivated = Reactivated { $number } people
request-many-people-changed = Changed { $number } people
request-many-memberships = Changed the members of { $name } { $number } times
request-many-groups-changed = Changed { $number } groups
request-many-service-read = Read what the service offers { $number } times
