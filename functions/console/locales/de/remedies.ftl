# Abhilfen für alle Personen einer Verbindung.

remedy-take-over = Personen und Gruppen übernehmen
remedy-take-over-purpose = Dieser Verbindung gehören dann sofort alle Personen und Gruppen der anderen. Von da an kann nur noch sie diese ändern.
remedy-replace = Eine andere Verbindung ersetzen
remedy-replace-purpose = Diese Verbindung übernimmt jede Person und Gruppe der anderen mit ihrem ersten Schreibzugriff. Verwenden Sie dies, bevor Ihr neuer Identitätsanbieter etwas sendet.
remedy-bind-anew = Zeitfenster zum Neubinden öffnen
remedy-bind-anew-purpose = Ihr Identitätsanbieter sendet jetzt andere Subjekte für dieselben Personen. Solange das Zeitfenster geöffnet ist, bindet die nächste Anmeldung jeder Person das neue Subjekt.
remedy-confirm = Kennungen bestätigen
remedy-confirm-purpose = Die jetzigen Benutzernamen und externen IDs sind richtig. Anmeldungen mit ihnen erreichen diese Personen, auch solche mit einer von Hand vergebenen Rolle.
remedy-no-other = Keine andere Verbindung
remedy-no-other-gone = Keine Verbindung wurde gelöscht, und bei keiner wurden alle Token widerrufen. Bitten Sie einen Owner, von einer zu übernehmen, die noch in Gebrauch ist.
remedy-other = Andere Verbindung
remedy-other-gone = { $connection } (nicht mehr in Gebrauch)
remedy-preview = Vorschau
remedy-what-changes = Was sich ändert
remedy-take-over-from = { $b }{ $people ->
        [one] { $people } Person
       *[other] { $people } Personen
    } und { $groups ->
        [one] { $groups } Gruppe
       *[other] { $groups } Gruppen
    }{ $b-end } von { $other } gehören dann zu { $connection }. Niemand verliert den Zugang.
remedy-take-over-all = { $b }{ $people ->
        [one] { $people } Person
       *[other] { $people } Personen
    } und { $groups ->
        [one] { $groups } Gruppe
       *[other] { $groups } Gruppen
    }{ $b-end } gehören dann zu { $connection }. Niemand verliert den Zugang.
remedy-replace-from = { $connection } darf { $b }{ $people ->
        [one] { $people } Person
       *[other] { $people } Personen
    } und { $groups ->
        [one] { $groups } Gruppe
       *[other] { $groups } Gruppen
    }{ $b-end } von { $other } übernehmen, jeweils mit dem ersten Schreibzugriff. Niemand verliert den Zugang.
remedy-replace-all = { $connection } darf { $b }{ $people ->
        [one] { $people } Person
       *[other] { $people } Personen
    } und { $groups ->
        [one] { $groups } Gruppe
       *[other] { $groups } Gruppen
    }{ $b-end } übernehmen, jeweils mit dem ersten Schreibzugriff. Niemand verliert den Zugang.
remedy-bind-anew-says = { $b }{ $people ->
        [one] { $people } Person
       *[other] { $people } Personen
    }{ $b-end } { $people ->
        [one] darf
       *[other] dürfen
    } sich mit einem anderen Subjekt anmelden. In dieser Zeit gilt eine Anmeldung mit dem Namen einer dieser Personen als Anmeldung dieser Person.
remedy-confirm-says = Die Benutzernamen und externen IDs von { $b }{ $people ->
        [one] { $people } Person
       *[other] { $people } Personen
    }{ $b-end } werden bestätigt.
remedy-left-out-bind = { $count ->
        [one] { $count } Person wird
       *[other] { $count } Personen werden
    } ausgelassen: höherer Rang als Ihrer oder von Hand vergebene Rolle. Binden Sie jede davon auf ihrer Seite neu.
remedy-left-out-confirm = { $count ->
        [one] { $count } Person wird
       *[other] { $count } Personen werden
    } ausgelassen: höherer Rang als Ihrer oder von Hand vergebene Rolle. Ein anderer Owner kann sie bestätigen, oder jede kann sich selbst in einer Sitzung aus der Zeit vor der Änderung bestätigen.
remedy-left-out = { $count ->
        [one] { $count } Person wird
       *[other] { $count } Personen werden
    } ausgelassen: höherer Rang als Ihrer oder von Hand vergebene Rolle. Wenden Sie sich an einen Owner.
remedy-count-rest = Es wurden noch nicht alle gezählt. { $rest }Den Rest zählen{ $rest-end }
remedy-owners = Nur Owner können das tun. Wenden Sie sich an einen Owner.
remedy-days-label = Wie lange
remedy-days = { $count ->
        [one] { $count } Tag
       *[other] { $count } Tage
    }
remedy-back = Zurück
remedy-open-window = Zeitfenster öffnen
remedy-window = Ein Zeitfenster ist bis { $until } geöffnet.
remedy-close-window = Zeitfenster schließen
remedy-take-over-now = Übernehmen
remedy-replace-now = Verbindung ersetzen
remedy-confirm-now = Kennungen bestätigen
remedy-nothing-left = Es bleibt nichts zu tun. { $connection }Zurück zur Verbindung{ $connection-end }
remedy-so-far = { $people ->
        [one] { $people } Person
       *[other] { $people } Personen
    } und { $groups ->
        [one] { $groups } Gruppe
       *[other] { $groups } Gruppen
    } bisher erledigt. Bleiben Sie auf dieser Seite, bis alle erledigt sind.
remedy-go-on = Weiter
remedy-days-wrong = wählen Sie, wie viele Tage das Zeitfenster geöffnet bleibt: 1, 3, 7 oder 14
