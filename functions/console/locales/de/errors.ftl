# Die Fehlerseite, und warum ein Formular abgelehnt wird.

error-signed-out = Abgemeldet
error-not-allowed = Nicht erlaubt
error-not-here = Nicht gefunden
error-cannot = Das geht nicht
error-wrong = Etwas ist schiefgegangen
error-signed-out-detail = Sie sind abgemeldet. Öffnen Sie die Konsole erneut aus Ihrer Anwendung.
error-back = Zurück zur Konsole
error-request = Anfrage { $id }

# Ein Detail ist ein Satzteil: Sein erster Buchstabe wird groß geschrieben, und ein Punkt folgt.
error-other-site = diese Anfrage kam von einer anderen Website, daher wurde nichts geändert
error-form-too-long = das Formular ist zu lang
error-form-unreadable = das Formular kann nicht gelesen werden; laden Sie die Seite neu
error-other-session = dieses Formular gehört zu einer anderen Sitzung, daher wurde nichts geändert; laden Sie die Seite neu
error-not-a-form = das kann nicht mit einem Formular angefordert werden
error-select-people = wählen Sie zuerst Personen aus
error-select-fewer-people = wählen Sie höchstens { $most } Personen aus
error-sessions-of-some = die Sitzungen von { $ended } von { $all } Personen sind beendet; zu den übrigen, die noch ausgewählt sind: { $why }
error-name-taken = jemand anderes hat jetzt diesen Benutzernamen; benennen Sie diese Person um oder löschen Sie sie, und stellen Sie dann wieder her
error-not-deleted = diese Person ist nicht mehr gelöscht, deshalb wurde nichts geändert
error-deleted-meanwhile = diese Person wurde inzwischen gelöscht, deshalb wurde nichts geändert
error-most-groups = ein Formular ändert die Rollen von höchstens { $most } Gruppen
error-roles-changed = Rollen wurden in einem anderen Tab geändert, seit Sie diese Seite geöffnet haben, und nichts weiter wurde gespeichert; die markierten Gruppen zeigen beide Werte: Wählen Sie neu, und speichern Sie dann
error-role-changed = die Rolle wurde in einem anderen Tab geändert, seit Sie diese Seite geöffnet haben, deshalb wurde nichts gespeichert; Ihre Auswahl ist noch hier: Vergleichen Sie sie mit dem, was gespeichert ist, und speichern Sie dann erneut
error-some-groups-saved = { $saved } von { $all } Gruppen sind gespeichert; { $why }
error-group-mapped = die Gruppe wurde einer anderen Rolle zugeordnet, seit Sie diese Seite geöffnet haben, deshalb wurde nichts gespeichert; öffnen Sie die Gruppe erneut, um ihre Rolle zu sehen und was Ihre Auswahl ändern würde
error-not-a-day = `{ $field }` muss ein Tag wie 2027-01-31 sein
