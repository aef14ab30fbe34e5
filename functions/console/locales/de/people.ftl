# Personen: die Liste.

people-chip-all = Alle
people-chip-group = Gruppe: { $group }
people-deleted-group = Eine gelöschte Gruppe
people-deleted-connection = Eine gelöschte Verbindung
people-lead = Alle, die übertragen oder importiert wurden oder sich angemeldet haben, und was sie tun dürfen.
people-search = Personen suchen
people-search-hint = Ein beliebiges Wort aus Name oder Adresse
people-chip-remove = entfernen
people-no-words = Die Suche wird noch aufgebaut: Gefunden werden Anfänge von Benutzernamen, andere Werte nur als Ganzes.
people-no-changes = Der Suche fehlen die letzten Änderungen, die innerhalb etwa einer Stunde nachgetragen werden: Wer neu ist oder umbenannt wurde, wird bis dahin vielleicht nur über ganze Werte und den Anfang des Benutzernamens gefunden.
people-nobody-yet = Noch niemand. Personen erscheinen hier, sobald Ihr Anbieter sie überträgt.
people-no-match =
    { $count ->
        [one] Kein Treffer. { $count } Person durchsucht.
       *[other] Kein Treffer. Alle { $count } Personen durchsucht.
    }
people-no-match-for =
    { $count ->
        [one] Kein Treffer für „{ $text }“. { $count } Person durchsucht.
       *[other] Kein Treffer für „{ $text }“. Alle { $count } Personen durchsucht.
    }
people-end-sessions = Sitzungen beenden …
people-end-sessions-means = Alle Ausgewählten werden abgemeldet und können sich wieder anmelden.
people-end-sessions-now = Sitzungen aller Ausgewählten beenden
people-show-all =
    { $count ->
        [one] { $count } Person anzeigen
       *[other] Alle { $count } Personen anzeigen
    }
people-everywhere = Alle Attribute aller Personen durchsuchen
people-list = Liste der Personen
people-select-all = Alle auf dieser Seite auswählen
people-sort-created = Nach Erstellung sortieren
people-sort-name = Nach Benutzername sortieren
people-no-connection = Keine
