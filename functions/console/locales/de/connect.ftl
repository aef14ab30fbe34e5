# Die Liste der Verbindungen, und die Wahl eines Anbieters für eine neue.

connect-heading = Verbinden
connect-lead = Über eine Verbindung überträgt ein Identitätsanbieter seine Personen und Gruppen.
connect-new = Neue Verbindung
connect-still-reading = Das Anfrageprotokoll wird noch gelesen, daher sind die Schritte und Zeiten unten unvollständig. Unter { $health }Zustand{ $health-end } steht der Fortschritt.
connect-none = Noch keine Verbindungen
connect-last-request = Letzte Anfrage { $ago }
connect-no-request-lately = Keine Anfrage in letzter Zeit
connect-no-request-yet = Noch keine Anfrage
connect-steps-done = { $done } von 4 Schritten erledigt
connect-steps-seen = { $done } von 4 Schritten gesehen; nicht alle Anfragen vor { $since } wurden geprüft
connect-form-used = dieses Formular wurde bereits verwendet; die Verbindung, die dabei entstanden ist, steht in der Liste der Verbindungen

choose-heading = Welchen Anbieter verwenden Sie?
choose-lead = Über eine Verbindung überträgt ein Identitätsanbieter seine Personen und Gruppen. Weitere können Sie später hinzufügen.
choose-providers = Identitätsanbieter
choose-cannot = { $b }{ $provider } kann nicht alles.{ $b-end } Lesen Sie dies, bevor Sie ein Token erstellen.
choose-source = { $page }Seite des Herstellers ({ $vendor }){ $icon }{ $page-end }, gelesen am { $day }
choose-name = Name
choose-name-hint = Nur Sie und Ihre Kolleginnen und Kollegen sehen ihn.
choose-observe = Zuerst beobachten
choose-observe-hint = Sehen Sie, was Ihr Identitätsanbieter ändern würde, bevor etwas wirksam wird. Bis dahin können Sie keine weitere Verbindung erstellen.
choose-create = Verbindung erstellen
choose-cancel = Abbrechen
