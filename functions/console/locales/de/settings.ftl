# Die Einstellungen eines Mandanten.

settings-heading = Einstellungen
settings-owners = Nur Owner können dies ändern.
settings-no-role = Keine
settings-save = Einstellungen speichern
settings-yes = ja
settings-no = nein
settings-minutes = { $value } Minuten
settings-difference = „{ $label }“ ist dort „{ $there }“ und hier „{ $here }“.
settings-number = { $blank ->
        [allowed] „{ $label }“ muss eine ganze Zahl von { $min } bis { $max } sein oder leer bleiben
       *[refused] „{ $label }“ muss eine ganze Zahl von { $min } bis { $max } sein
    }
settings-only-owners = nur ein Owner kann ändern, wer sich anmelden darf und wie viele Personen deaktiviert oder gelöscht werden dürfen; wenden Sie sich an einen Owner, und speichern Sie die übrigen Einstellungen ohne diese
settings-changed-elsewhere = die Einstellungen wurden in einem anderen Tab geändert, deshalb wurde nichts gespeichert; Ihre Eingaben sind noch hier: Vergleichen Sie sie mit dem, was gespeichert ist, und speichern Sie dann erneut

settings-roles = Rollen
settings-default-role = Standardrolle
settings-default-role-hint = Was Personen bei ihrer ersten Anmeldung erhalten, wenn keine zugeordnete Gruppe entscheidet.
settings-route-by = Was bei einer Anmeldung über die zugeordnete Rolle entscheidet
settings-route-by-claim-then-membership = Die Gruppen der Anmeldung, wenn sie eine zugeordnete Gruppe nennen, sonst die übertragenen Mitgliedschaften
settings-route-by-claim = Nur die Gruppen der Anmeldung
settings-route-by-membership = Nur die übertragenen Mitgliedschaften
settings-claim-match = Woran eine Gruppe der Anmeldung erkannt wird
settings-claim-match-hint = Bei manchen Identitätsanbietern können alle eine Gruppe mit beliebigem Namen erstellen. Die externe ID lässt sich nicht nachahmen.
settings-claim-match-any = Am Namen, an der externen ID oder an der ID
settings-claim-match-external-id = Nur an der externen ID
settings-role-sync = Wann eine geänderte Gruppe Rollen ändert
settings-role-sync-immediate = Sofort
settings-role-sync-at-login = Bei der nächsten Anmeldung der Person
settings-manual-roles = Von Hand vergebene Rollen
settings-manual-roles-preserved = Bleiben; die höchste aller Rollen gilt
settings-manual-roles-overwritten = Werden bei der nächsten Anmeldung durch die Rollen der Gruppen ersetzt, außer bei Ownern

settings-who-signs-in = Wer sich anmelden darf
settings-sign-up = Personen, die kein Identitätsanbieter übertragen hat
settings-sign-up-allowed = Dürfen sich anmelden und werden hinzugefügt
settings-sign-up-pushed-only = Dürfen sich nicht anmelden: Ihr Identitätsanbieter überträgt sie zuerst
settings-match-email = E-Mail-Adresse einer Anmeldung
settings-match-email-hint = Eine Adresse findet nur Personen, die sich noch nie angemeldet haben und keine von Hand vergebene Rolle haben.
settings-match-email-no = Findet niemanden; der Benutzername oder die externe ID muss übereinstimmen
settings-match-email-yes = Findet die Person, die mit ihr übertragen wurde
settings-deleted-people = Eine gelöschte Person, die erneut übertragen wird
settings-deleted-people-hint = Identitätsanbieter vergeben frei gewordene Namen neu. Eine von Hand vergebene Rolle kommt nur zurück, wenn sich die Person wie früher anmeldet.
settings-deleted-people-new = Ist eine neue Person
settings-deleted-people-restore = Kommt mit derselben ID und denselben Gruppen zurück

settings-removals = Ungewöhnlich viele Deaktivierungen und Löschungen
settings-brake-percent = Grenze in Prozent der Personen
settings-brake-percent-hint = Deaktivierungen, Löschungen und Entfernungen aus Gruppen durch eine Verbindung innerhalb einer Stunde. Über der Grenze erhalten Sie eine E-Mail; eine Verbindung kann solche Änderungen auch zurückhalten.
settings-brake-at-least = Änderungen, die immer erlaubt sind

settings-sessions = Sitzungen
settings-session-minutes = Sitzungsdauer in Minuten
settings-session-minutes-hint = Optional, 5 bis 43.200. Leer lassen für 12 Stunden. Eine kürzere Dauer gilt sofort, eine längere ab der nächsten Anmeldung.
settings-session-default = 12 Stunden
settings-idle-minutes = Ungenutzte Sitzungen beenden nach (Minuten)
settings-idle-minutes-hint = Optional, 5 bis 43.200. Leer lassen, um ungenutzte Sitzungen nie zu beenden.
settings-idle-never = nie

settings-provisioning = Bereitstellung
settings-invitations = Übertragenen Personen eine Einladung schicken
settings-invitation-domains = Domains, an die Einladungen gehen
settings-invitation-domains-hint = Optional, durch Kommas getrennt. Leer lassen, um Personen jeder Domain einzuladen.
settings-every-domain = jede Domain
settings-allowed-addresses = Adressen, von denen Token angenommen werden
settings-allowed-addresses-hint = Optional, Netze wie 203.0.113.0/24 oder 2001:db8::/32 oder einzelne Adressen, durch Kommas getrennt, höchstens 50. Leer lassen für alle Adressen. Anmeldungen an der Konsole sind davon nicht betroffen.
settings-all-addresses = alle Adressen
settings-unknown-members = Unbekannte Personen in einer übertragenen Gruppe
settings-unknown-members-skip = Auslassen und unter „Aktivität“ vermerken
settings-unknown-members-reject = Die Anfrage ablehnen
settings-limited = Begrenzen, wie schnell ein Token Anfragen senden darf
settings-per-minute = Anfragen pro Minute
settings-per-minute-hint = Nur die Anwendung hebt die Grenze auf oder setzt weniger als 60 oder mehr als 6.000 Anfragen pro Minute.
settings-burst = Zusätzliche Anfragen auf einmal

settings-notifications = Benachrichtigungen
settings-contacts = Adressen, die bei Problemen eine E-Mail erhalten
settings-contacts-hint = Optional, höchstens 10, durch Kommas getrennt. An diese Adressen geht eine E-Mail, wenn eine Verbindung nichts mehr sendet, ein Token bald abläuft, Anfragen wiederholt fehlschlagen oder eine Verbindung ungewöhnlich vielen Personen den Zugang entzieht.
settings-no-contacts = keine

settings-logs = Protokolle
settings-retention = Tage, die Änderungsprotokoll und Anfrageprotokoll aufbewahrt werden
settings-sampling = Einen von so vielen erfolgreichen Lesezugriffen protokollieren
settings-sampling-hint = 1 protokolliert jede Anfrage. Anfragen, die fehlschlagen oder etwas ändern, werden immer protokolliert.
settings-logged-values = Werte im Anfrageprotokoll
settings-logged-values-hint = Geheimnisse werden nie aufbewahrt. Von anderen Werten behält das Protokoll den Namen und die Größe.
settings-logged-values-declared = Die der Attribute, die ein Schema deklariert
settings-logged-values-all = Alle
