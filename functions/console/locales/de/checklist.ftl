# Die Checkliste einer Verbindung: was nachweislich funktioniert.

checklist-tested = Ihr Anbieter kann sich verbinden
checklist-tested-hint = Klicken Sie dort auf die Schaltfläche zum Testen
checklist-person = Die erste Person kommt an
checklist-person-hint = Weisen Sie der Anwendung jemanden zu
checklist-group = Die erste Gruppe kommt an
checklist-group-hint = Übertragen Sie eine Gruppe
checklist-leaver = Die erste Person scheidet aus
checklist-leaver-hint = Heben Sie die Zuweisung einer Testperson auf
checklist-done = : erledigt
checklist-not-yet = : noch nicht
checklist-not-seen = seit { $since } nicht gesehen
checklist-last-request = Letzte Anfrage { $ago }.
checklist-no-request = Noch keine Anfrage.
checklist-part-read = Das Anfrageprotokoll ist zu lang, um es vollständig zu lesen: Früher erledigte Schritte können hier fehlen.
checklist-still-reading = Das Anfrageprotokoll wird noch gelesen, daher ist dies unvollständig.
checklist-updates = Diese Liste aktualisiert sich von selbst.
checklist-map-later = Gruppen zuordnen →
checklist-opens = Wird verfügbar, sobald die erste Gruppe ankommt.
checklist-map = { $count ->
        [one] { $count } Gruppe
       *[other] { $count } Gruppen
    } zuordnen →
