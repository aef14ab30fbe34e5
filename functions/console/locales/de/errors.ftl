# Die Fehlerseite, und warum ein Formular abgelehnt wird.

error-signed-out = Abgemeldet
error-not-allowed = Nicht erlaubt
error-not-here = Nicht vorhanden
error-cannot = Das geht nicht
error-wrong = Etwas ist schiefgegangen
error-signed-out-detail = Sie sind nicht oder nicht mehr angemeldet. Öffnen Sie die Konsole erneut aus Ihrer Anwendung.
error-back = Zurück zur Konsole
error-request = Anfrage { $id }

# Ein Detail ist ein Satzteil: Sein erster Buchstabe wird groß geschrieben, und ein Punkt folgt.
error-other-site = diese Anfrage kam von einer anderen Website, nichts wurde geändert
error-form-too-long = das Formular ist zu lang
error-form-unreadable = das Formular kann nicht gelesen werden; laden Sie die Seite neu
error-other-session = dieses Formular gehört zu einer anderen Sitzung, nichts wurde geändert; laden Sie die Seite neu
error-not-a-form = das kann nicht mit einem Formular angefordert werden
error-this-page-missing = diese Seite gibt es nicht
error-select-people = wählen Sie zuerst Personen aus
error-select-fewer-people = wählen Sie höchstens { $most } Personen aus
error-sessions-of-some = die Sitzungen von { $ended } von { $all } Personen sind beendet; zu den übrigen, die noch ausgewählt sind: { $why }
