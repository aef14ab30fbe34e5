# Aktivität: die Anfragen der Anbieter.

activity-lead = Jede Anfrage Ihrer Identitätsanbieter, neueste zuerst.
activity-chart = Anfragen pro Stunde, letzte 48 Stunden
activity-search-hint = Benutzername, ID, Status, Teil einer Adresse
activity-connection = Verbindung
activity-method = Methode
activity-change = Änderung
activity-result = Ergebnis
activity-person = Person
activity-person-hint = Benutzername, Adresse, ID

activity-failures-only = Nur fehlgeschlagene
activity-deactivations = Deaktivierungen
activity-result-done = Erledigt
activity-result-refused = Abgelehnt
activity-result-slowed = Gedrosselt
activity-result-failed = Auf unserer Seite fehlgeschlagen
activity-people-added = Personen hinzugefügt
activity-people-changed = Personen geändert
activity-people-deactivated = Personen deaktiviert
activity-people-reactivated = Personen reaktiviert
activity-people-deleted = Personen gelöscht
activity-members-changed = Mitglieder geändert
activity-groups-changed = Gruppen geändert
activity-held = Zurückgehalten
activity-method-get = Lesen (GET)
activity-method-post = Hinzufügen (POST)
activity-method-patch = Ändern (PATCH)
activity-method-put = Ersetzen (PUT)
activity-method-delete = Löschen (DELETE)

# Das Diagramm.
chart-empty = Keine Anfragen in den letzten 48 Stunden.
chart-counting = Wird gezählt …
chart-label = Anfragen pro Stunde; die Zahlen stehen in der Tabelle darunter
chart-bar = { $time }: { $fine } erfolgreich, { $refused } abgelehnt, { $slowed } gedrosselt, { $failed } fehlgeschlagen
chart-legend-fine = erfolgreich
chart-legend-slowed = gedrosselt
chart-legend-refused = abgelehnt
chart-legend-failed = auf unserer Seite fehlgeschlagen
chart-highest = stärkste Stunde: { $number }
chart-still-counting = wird noch gezählt …
chart-as-table = Als Tabelle anzeigen
chart-table = Anfragen pro Stunde
chart-hour = Stunde
chart-fine = Erfolgreich
chart-slowed = Gedrosselt
chart-refused = Abgelehnt
chart-failed = Auf unserer Seite fehlgeschlagen

# Was Aktivität und Änderungsprotokoll gemeinsam haben: Listen, Filter und neue Zeilen.

log-requests = Anfragen
log-audit = Änderungsprotokoll
log-support-access = Support-Zugriff
log-add-filter = Filter hinzufügen
log-apply = Anwenden
log-from = Von
log-to = Bis
log-utc = (UTC)
log-any = Alle
log-export = Exportieren:
log-export-cut = Ist eine Datei zu lang, endet sie mit der Adresse der nächsten.
log-remove-filter = , entfernen
log-live = Live
log-pause = Anhalten
log-paused = Angehalten.
log-continue = Fortsetzen
log-more-came = Weitere Einträge sind eingetroffen. Laden Sie die Liste neu.
log-no-match-so-far = Bisher kein Treffer. Durchsucht bis zurück zum { $time }.
log-no-match = Kein Treffer. Das ganze Protokoll ist durchsucht.
log-time = Zeit
log-what-happened = Was geschah
log-by = Ausgelöst von
log-answer = Antwort
log-further-back = Frühere Einträge
log-looked-back = Durchsucht bis zurück zum { $time }.
log-looked-through = Das ganze Protokoll ist durchsucht.
log-since = seit { $time }
log-since-may-go-on = seit { $time }, möglicherweise länger
log-at-least = mindestens { $number }×
log-one-by-one = Alle { $number } einzeln
log-no-longer-kept = Dieser Eintrag wird nicht mehr aufbewahrt

# Namen.
log-connection-deleted = { $name } (gelöscht)
log-connection-unknown = (gelöschte Verbindung)
log-group-unknown = (gelöscht)
log-group-hidden = einer Gruppe
log-actor = { $name } ({ $kind })

# Filter.
log-chip-day = { $day } (UTC)
log-chip-from = Von { $day }
log-chip-to = Bis { $day }
log-chip-text = „{ $text }“
log-chip-about = Betrifft { $name }
log-chip-by = Ausgelöst von { $name }
log-chip-kind = Art: { $kind }
log-chip-request = Anfrage { $id }
log-chip-connection-deleted = Eine gelöschte Verbindung
