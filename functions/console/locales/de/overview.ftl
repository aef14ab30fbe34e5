# Übersicht: die erste Seite.

overview-reading = Das Anfrageprotokoll wird noch gelesen, daher sind die Schritte und Zeiten unten unvollständig. Unter { $health }Zustand{ $health-end } steht der Fortschritt.
overview-setup = Einrichtung
overview-connect = Identitätsanbieter verbinden
overview-map = Gruppen eine Rolle geben
overview-guide = Anleitung öffnen
overview-done = erledigt
overview-to-do = offen
overview-waiting = Wartet auf Sie
overview-all = Alle { $count }
overview-open-health = Unter „Zustand“ öffnen
overview-connections = Verbindungen
overview-provider = Anbieter
overview-last-request = Letzte Anfrage
overview-last-success = Letzter Erfolg
overview-none-seen = Noch keine
overview-all-connections = Alle Verbindungen
overview-last-day = Letzte 24 Stunden
overview-quiet = Niemand ist angekommen oder ausgeschieden, und keine Gruppe hat sich geändert
overview-cut = Aus den letzten { $count } Änderungen. { $activity }Aktivität{ $activity-end } zeigt alle.
overview-arrived =
    { $count ->
        [one] { $count } Person ist angekommen
       *[other] { $count } Personen sind angekommen
    }
overview-left =
    { $count ->
        [one] { $count } Person ist ausgeschieden
       *[other] { $count } Personen sind ausgeschieden
    }
overview-group-changes =
    { $count ->
        [one] { $count } Änderung an Gruppen
       *[other] { $count } Änderungen an Gruppen
    }
overview-refused =
    { $count ->
        [one] { $count } abgelehnte Anmeldung
       *[other] { $count } abgelehnte Anmeldungen
    }
overview-lead-connect = Verbinden Sie Ihren Identitätsanbieter.
overview-lead-setup = Schließen Sie die Einrichtung ab: ein Schritt nach dem anderen.
overview-lead-observing = Ihre Verbindung wird nur beobachtet: Noch wird nichts wirksam.
overview-observing = { $connection } wird nur beobachtet
overview-observing-says = Was Ihr Anbieter sendet, wird gespeichert, aber niemand erhält oder verliert Zugang oder eine Rolle. Sehen Sie sich als Nächstes an, was sich ändern würde. Danach setzt ein Owner die Verbindung in Kraft.
overview-observing-next = Ansehen, was sich ändern würde
overview-lead-nothing = Nichts erfordert Ihre Aufmerksamkeit.
overview-lead-glance = Ihre Verbindungen auf einen Blick.
overview-lead-attention =
    { $count ->
        [one] Eine Sache erfordert Ihre Aufmerksamkeit.
       *[other] { $count } Dinge erfordern Ihre Aufmerksamkeit.
    }
overview-number = { $number }
overview-people-detail = Von Ihrem Anbieter übertragen, importiert oder angemeldet
overview-groups-with-role = Gruppen mit Rolle
overview-of = { $some } von { $all }
overview-no-groups = Noch keine Gruppen
overview-every-group = Jede Gruppe gibt eine Rolle
overview-groups-without =
    { $count ->
        [one] { $count } gibt noch niemandem Zugang
       *[other] { $count } geben noch niemandem Zugang
    }
overview-failed-requests = Fehlgeschlagene Anfragen, letzte 24 Stunden
overview-no-request = Keine Anfragen in den letzten 24 Stunden
overview-all-succeeded = Jede Anfrage war erfolgreich
overview-see-why = Sehen Sie, welche und warum
overview-step-connection = Verbindung erstellen
overview-step-connection-hint = Wählen Sie Ihren Identitätsanbieter.
overview-step-token = Adresse und Token eintragen
overview-step-token-hint = Kopieren Sie beides zu Ihrem Anbieter, und klicken Sie dort auf die Schaltfläche zum Testen.
overview-step-person = Erste Person kommt an
overview-step-person-hint = Weisen Sie bei Ihrem Anbieter jemanden der Anwendung zu.
overview-step-group = Erste Gruppe kommt an
overview-step-group-hint = Übertragen Sie bei Ihrem Anbieter eine Gruppe.
overview-step-map = Gruppen eine Rolle geben
overview-step-map-hint = Entscheiden Sie, wer Admin, Member oder Viewer wird.
