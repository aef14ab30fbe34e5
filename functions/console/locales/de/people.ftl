# Personen: die Liste.

people-chip-all = Alle
people-chip-group = Gruppe: { $group }
people-deleted-group = Eine gelöschte Gruppe
people-deleted-connection = Eine gelöschte Verbindung
