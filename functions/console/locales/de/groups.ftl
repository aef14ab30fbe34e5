# Gruppen und Rollen: die Liste.

groups-lead = Geben Sie jeder Gruppe eine Rolle. Wer in mehreren Gruppen ist, erhält die höchste Rolle.
groups-all-roles = Alle Rollen ansehen
groups-changed-script = 1 Gruppe geändert.|# Gruppen geändert.
groups-nothing-changed = Nichts geändert.
groups-changed =
    { $count ->
        [one] { $count } Gruppe geändert.
       *[other] { $count } Gruppen geändert.
    }
groups-not-saved = Noch ist nichts gespeichert.
groups-discard = Verwerfen
groups-save-script = 1 Änderung speichern|# Änderungen speichern
groups-save =
    { $count ->
        [one] { $count } Änderung speichern
       *[other] { $count } Änderungen speichern
    }
groups-preview-hint = Wählen Sie eine Rolle für eine Gruppe oder für viele. Wer Zugang erhält und wer ihn verliert, sehen Sie hier vor dem Speichern.
groups-search = Gruppen suchen
groups-none-yet = Noch keine Gruppen. Gruppen erscheinen hier, sobald Ihr Anbieter sie überträgt.
groups-no-match =
    { $count ->
        [one] Kein Treffer für „{ $name }“. { $count } Gruppe durchsucht.
       *[other] Kein Treffer für „{ $name }“. Alle { $count } Gruppen durchsucht.
    }
groups-none-such =
    { $count ->
        [one] Kein Treffer unter { $count } Gruppe.
       *[other] Kein Treffer unter { $count } Gruppen.
    }
groups-bulk = Rolle für die ausgewählten Gruppen
groups-bulk-hint = Rolle der ausgewählten setzen auf …
groups-apply = Anwenden
groups-select-all = Alle Gruppen auf dieser Seite auswählen
groups-row-stale = { $expected }, als Sie diese Seite öffneten, jetzt { $now }
groups-row-was = War { $was }, nicht gespeichert
groups-role-of = Rolle von { $group }
groups-show-all =
    { $count ->
        [one] { $count } Gruppe anzeigen
       *[other] Alle { $count } Gruppen anzeigen
    }
groups-chip-all = Alle
groups-chip-empty = Leer
