# Token und OAuth-Clients: die Liste, und die Formulare zum Ausstellen, Erneuern und Widerrufen.

tokens-heading = Token
tokens-lead = Identitätsanbieter senden mit jeder Anfrage ein Token oder holen sich als OAuth-Client kurzlebige Token. Eine Verbindung kann mehrere haben, damit ein neues übernehmen kann, bevor das alte endet.
tokens-client-rotated = Der alte Client funktioniert noch. Tragen Sie die neue Client-ID und das neue Client Secret bei Ihrem Identitätsanbieter ein, testen Sie sie dort, und widerrufen Sie dann unten den alten Client.
tokens-rotated = Das alte Token funktioniert noch. Tragen Sie das neue bei Ihrem Identitätsanbieter ein, testen Sie es dort, und widerrufen Sie dann unten das alte.
tokens-none = Noch keine Token
tokens-none-live = Kein Token in Gebrauch
tokens-live = Token in Gebrauch
tokens-past = Widerrufene und abgelaufene Token
tokens-past-count = { $count ->
        [one] { $count } widerrufenes oder abgelaufenes Token
       *[other] { $count } widerrufene oder abgelaufene Token
    }
tokens-past-latest = Die letzten { $count } davon; das { $audit }Änderungsprotokoll{ $audit-end } enthält alle.
tokens-new = Neues Token
tokens-connection = Verbindung
tokens-kind = Art
tokens-kind-bearer = Token
tokens-kind-client = OAuth-Client (Client Credentials)
tokens-name = Name
tokens-expires-hint = Optional. Leer lassen, wenn es nicht ablaufen soll. UTC.
tokens-addresses = Zugelassene Adressen
tokens-addresses-hint = Optional, Netze wie 203.0.113.0/24, durch Kommas getrennt. Das Token wird dann nur von dort angenommen, und nur von Adressen, die die Einstellungen zulassen.
tokens-create = Token erstellen
tokens-connection-first = { $connections }Fügen Sie zuerst eine Verbindung hinzu{ $connections-end }.
tokens-starts-with = Beginnt mit
tokens-created = Erstellt
tokens-last-used = Zuletzt verwendet
tokens-expires = Läuft ab
tokens-state = Status
tokens-actions = Aktionen
tokens-client = OAuth-Client { $code }{ $id }{ $code-end }
tokens-only-from = Nur von { $addresses }
tokens-never-used = Noch nie
tokens-never-expires = Nie
tokens-in-use = In Gebrauch
tokens-expired = Abgelaufen
tokens-revoked = Widerrufen
tokens-old-kind = Von einer früheren Version dieses Dienstes ausgestellt. Erneuern Sie es: Der Betreiber des Dienstes kann solche Token ungültig machen.
tokens-rotate = Erneuern
tokens-rotate-one = { $token } erneuern
tokens-revoke = Widerrufen …
tokens-revoke-one = { $token } widerrufen …
tokens-revoke-used = { $code }{ $prefix }…{ $code-end }, zuletzt verwendet { $ago }: Die nächste Anfrage damit wird abgelehnt.
tokens-revoke-unused = { $code }{ $prefix }…{ $code-end }, noch nie verwendet: Die nächste Anfrage damit wird abgelehnt.
tokens-revoke-now = Token widerrufen
tokens-form-used = dieses Formular wurde bereits verwendet: Das Token, das dabei entstanden ist, wurde damals einmal angezeigt; hat es niemand kopiert, widerrufen Sie es unter „Token“, und erstellen Sie ein anderes
tokens-expires-past = das Ablaufdatum muss in der Zukunft liegen
