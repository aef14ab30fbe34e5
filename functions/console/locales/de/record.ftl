# Der Datensatz einer Anfrage oder Änderung.

record-request = Anfrage
record-close = Schließen
record-what-changed = Was sich geändert hat
record-nothing = Nichts.
record-values = Werte vorher und nachher
record-value = Wert
record-before = Vorher
record-after = Nachher
record-open = Öffnen
record-by = Ausgelöst von
record-source-address = Quelladresse
record-user-agent = User-Agent
record-session = Sitzung
record-more = { $number ->
        [one] { $number } weitere Änderung durch dieselbe Anfrage
       *[other] { $number } weitere Änderungen durch dieselbe Anfrage
    }
record-sent = Was gesendet wurde
record-from-elsewhere = Die Änderung kam von anderer Stelle (von Ihrer Anwendung, der Konsole oder diesem Dienst selbst), oder die Anfrage steht nicht mehr im Protokoll.
record-answer = Antwort
record-reason = Grund
record-came-from = Kam von
record-stands-for = Steht für
record-stands-for-reads = { $number } Lesezugriffe: Von den erfolgreichen behält dieses Protokoll nur einige
record-found = Gefunden
record-read-as = Gelesen als
record-left-out = Ausgelassen
record-connection = Verbindung
record-request-id = Anfrage-ID
record-took = { $number } ms
