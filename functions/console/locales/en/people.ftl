# People: the list.

people-chip-all = All
people-chip-group = Group: { $group }
people-deleted-group = A deleted group
people-deleted-connection = A deleted connection
