# Was eine Änderung im Journal ist: als Zeile mit Namen, in wenigen Worten, und viele von ihnen als eine Zeile.
# $name: um wen oder was es geht

# Zeilen.
change-user-created = { $name } hinzugefügt
change-group-created = Gruppe { $name } hinzugefügt
change-user-deactivated = { $name } deaktiviert
change-user-reactivated = { $name } reaktiviert
change-user-restored = { $name } wiederhergestellt
change-user-blocked = { $name } gesperrt
change-user-unblocked = { $name } entsperrt
change-user-deleted = { $name } gelöscht
change-group-deleted = Gruppe { $name } gelöscht
change-connection-deleted = Verbindung { $name } gelöscht
change-attributes-of = { $more ->
        [0] { $attributes } von { $name } geändert
        [one] { $attributes } und { $more } weiteres Attribut von { $name } geändert
       *[other] { $attributes } und { $more } weitere Attribute von { $name } geändert
    }
change-something-of = { $name } geändert
change-role-first = { $name } hat jetzt die Rolle { $to }
change-role-other = { $name } hat jetzt die Rolle { $to }, vorher { $from }
change-role-lost = { $name } hat die Rolle { $from } verloren
change-role-somehow = { $name }: Rolle geändert
change-member-added = { $member } zu { $name } hinzugefügt
change-member-removed = { $member } aus { $name } entfernt
change-members-shown = Anzeige der Mitglieder von { $name } geändert
change-members-added = { $added ->
        [one] { $added } Mitglied zu { $name } hinzugefügt
       *[other] { $added } Mitglieder zu { $name } hinzugefügt
    }
change-members-removed = { $removed ->
        [one] { $removed } Mitglied aus { $name } entfernt
       *[other] { $removed } Mitglieder aus { $name } entfernt
    }
change-members-added-and-removed = { $added ->
        [one] { $added } Mitglied zu { $name } hinzugefügt, { $removed } entfernt
       *[other] { $added } Mitglieder zu { $name } hinzugefügt, { $removed } entfernt
    }
change-mapping-of = Rolle der Mitglieder von { $name }: { $from } → { $to }
change-about = { $what } · { $name }

# In wenigen Worten.
change-added = Hinzugefügt
change-attributes = { $more ->
        [0] { $attributes } geändert
        [one] { $attributes } und { $more } weiteres Attribut geändert
       *[other] { $attributes } und { $more } weitere Attribute geändert
    }
change-something = Geändert
change-deactivated = Deaktiviert
change-reactivated = Wieder aktiv
change-deleted = Gelöscht
change-to-be-erased = Löschung aller Daten angeordnet
change-webhook-created = Webhook hinzugefügt
change-webhook-secret-rotated = Neues Signaturgeheimnis
change-webhook-tested = Testereignis angefordert
change-webhook-resumed = Sendet wieder
change-webhook-replayed = Sendet wieder ab einem anderen Ereignis
change-webhook-deleted = Webhook gelöscht
change-erased = Alle Daten gelöscht
change-restored = Wiederhergestellt
change-admitted-as-new = Kennungen für andere freigegeben
change-identity-changed = Benutzername oder externe ID einer Person mit von Hand vergebener Rolle geändert
change-role-given = Rolle von Hand vergeben: { $from } → { $to }
change-role = Rolle geändert: { $from } → { $to }
change-sessions-ended = Überall abgemeldet
change-taken-over = Von einer anderen Verbindung übernommen
change-blocked = Gesperrt
change-unblocked = Entsperrt
change-subjects-forgotten = Wird bei der nächsten Anmeldung neu gebunden
change-confirmed = Kennungen bestätigt
change-adopted = Vom Anbieter übertragen, nachdem sich die Person schon angemeldet hatte
change-merged = Geschlossen: Der Name ging an eine übertragene Person
change-subject-bound = An das Subjekt einer Anmeldung gebunden
change-subject-moved = Subjekt einer Anmeldung übernommen
change-signed-out = Abgemeldet
change-signed-in = Angemeldet: { $role }
change-members = { $removed ->
        [0] { $added ->
            [one] { $added } Mitglied hinzugefügt
           *[other] { $added } Mitglieder hinzugefügt
        }
        [one] { $added ->
            [0] { $removed } Mitglied entfernt
            [one] { $added } Mitglied hinzugefügt, { $removed } Mitglied entfernt
           *[other] { $added } Mitglieder hinzugefügt, { $removed } Mitglied entfernt
        }
       *[other] { $added ->
            [0] { $removed } Mitglieder entfernt
            [one] { $added } Mitglied hinzugefügt, { $removed } Mitglieder entfernt
           *[other] { $added } Mitglieder hinzugefügt, { $removed } Mitglieder entfernt
        }
    }
change-members-none = Anzeige der Mitglieder geändert
change-mapping = Rolle der Mitglieder: { $from } → { $to }
change-subjects-changed = { $people ->
        [one] Andere Subjekte als zuvor: { $people } Person abgewiesen
       *[other] Andere Subjekte als zuvor: { $people } Personen abgewiesen
    }
change-brake-tripped = { $changes ->
        [one] Grenze überschritten: { $changes } Änderung innerhalb einer Stunde
       *[other] Grenze überschritten: { $changes } Änderungen innerhalb einer Stunde
    }
change-brake-tripped-and-holds = { $changes ->
        [one] Grenze überschritten: { $changes } Änderung innerhalb einer Stunde, weitere werden zurückgehalten
       *[other] Grenze überschritten: { $changes } Änderungen innerhalb einer Stunde, weitere werden zurückgehalten
    }
change-brake-held = Zurückgehalten: noch nicht wirksam
change-brake-discarded = Zurückgehaltene Änderung verworfen
change-health-opened = Befund: { $title }
change-health-closed = Befund behoben: { $title }
change-health-acknowledged = Befund zur Kenntnis genommen: { $title }. Grund: { $reason }
change-health-snoozed = Befund zurückgestellt: { $title }. Grund: { $reason }
change-health-unsnoozed = Befund wieder geöffnet: { $title }
change-connection-created = Verbindung erstellt
change-oauth-client-created = OAuth-Client erstellt
change-token-created = Token erstellt
change-token-revoked = Token widerrufen
change-tenant-created = Eingerichtet
change-tenant-renamed = Umbenannt
change-tenant-ceiling = Gemeinsame Grenze aller Token geändert
change-group-awaited = Rolle von „{ $group }“, sobald sie übertragen ist: { $from } → { $to }
change-roles = Rollen geändert
change-schemas = Attribute der Personen geändert
change-branding = Name, Logo oder Farbe der Konsole geändert
change-link-ended = Einrichtungslink beendet
change-link-opened = Einrichtungslink geöffnet
change-one-member-added = Mitglied hinzugefügt
change-one-member-removed = Mitglied entfernt
change-link-made = Einrichtungslink erstellt: { $role }
change-link-made-to-be-mailed = Einrichtungslink erstellt, wird per E-Mail gesendet: { $role }
change-link-made-for = Einrichtungslink für { $email } erstellt: { $role }
change-link-made-for-to-be-mailed = Einrichtungslink für { $email } erstellt, wird per E-Mail gesendet: { $role }
change-support-granted = Support-Zugriff gewährt, nur lesend, als { $role }. Grund: { $reason }
change-support-granted-for = Support-Zugriff für { $email } gewährt, nur lesend, als { $role }. Grund: { $reason }
change-unknown = { $action }
change-no-role-from-it = keine

change-not-invited = Nicht eingeladen
change-not-invited-no-address = Nicht eingeladen: keine E-Mail-Adresse
change-not-invited-invalid-address = Nicht eingeladen: An die Adresse kann keine E-Mail gesendet werden
change-not-invited-domain-not-allowed = Nicht eingeladen: Die Domain der Adresse ist nicht zugelassen
change-not-invited-already-invited = Nicht eingeladen: Die Adresse hat erst vor Kurzem eine Einladung erhalten
change-not-invited-daily-limit = Nicht eingeladen: Die Einladungen des Tages sind aufgebraucht
change-not-invited-undeliverable = Nicht eingeladen: Der E-Mail-Dienst hat die E-Mail abgelehnt

change-not-mailed = Einrichtungslink nicht gesendet
change-not-mailed-invalid-address = Einrichtungslink nicht gesendet: An die Adresse kann keine E-Mail gesendet werden
change-not-mailed-domain-not-allowed = Einrichtungslink nicht gesendet: Die Domain der Adresse ist nicht zugelassen
change-not-mailed-already-mailed = Einrichtungslink nicht gesendet: Die Adresse hat in der letzten Stunde schon einen erhalten
change-not-mailed-daily-limit = Einrichtungslink nicht gesendet: Die E-Mails des Tages sind aufgebraucht
change-not-mailed-undeliverable = Einrichtungslink nicht gesendet: Der E-Mail-Dienst hat die E-Mail abgelehnt
change-not-mailed-link-ended = Einrichtungslink nicht gesendet: Er lässt sich nicht mehr öffnen
change-mail-bounced = Eine E-Mail war unzustellbar
change-mail-complained = Eine E-Mail wurde als Spam gemeldet
change-mail-bounced-contact = Eine E-Mail an einen Kontakt war unzustellbar
change-mail-complained-contact = Eine E-Mail an einen Kontakt wurde als Spam gemeldet
change-mail-bounced-link = Die E-Mail mit einem Einrichtungslink war unzustellbar
change-mail-complained-link = Die E-Mail mit einem Einrichtungslink wurde als Spam gemeldet

change-paused = Angehalten
change-paused-failing = Angehalten: Drei Tage lang schlug jede Zustellung fehl
change-paused-gone = Angehalten: Der Endpunkt existiert nicht mehr
change-paused-events-expired = Angehalten: Die nächsten Ereignisse sind abgelaufen
change-paused-restored = Angehalten: Daten wurden auf einen Stand vor einer Änderung zurückgesetzt
change-paused-cursor-ahead = Angehalten: Nach einer Wiederherstellung endet das Protokoll vor dem zuletzt gesendeten Ereignis

change-refused = Anmeldung abgelehnt
change-refused-ambiguous = Anmeldung abgelehnt: Es könnten mehrere Personen sein
change-refused-other-subject = Anmeldung abgelehnt: Sie bringt ein anderes Subjekt mit
change-refused-other-external-id = Anmeldung abgelehnt: Sie bringt eine andere externe ID mit
change-refused-other-connection = Anmeldung abgelehnt: Die Person gehört zu einer anderen Verbindung
change-refused-unproven = Anmeldung abgelehnt: Noch ist nicht bestätigt, dass der Name dieser Person gehört
change-refused-same-email = Anmeldung abgelehnt: Jemand anderes hat die E-Mail-Adresse
change-refused-inactive = Anmeldung abgelehnt: deaktiviert oder gelöscht
change-refused-not-provisioned = Anmeldung abgelehnt: von keinem Anbieter übertragen

# Viele mit einer Ursache. $number: wie viele, mindestens drei
change-many-people-added = { $number } Personen hinzugefügt
change-many-groups-added = { $number } Gruppen hinzugefügt
change-many-people-changed = { $number } Personen geändert
change-many-groups-changed = { $number } Gruppen geändert
change-many-people-deactivated = { $number } Personen deaktiviert
change-many-people-reactivated = { $number } Personen reaktiviert
change-many-people-deleted = { $number } Personen gelöscht
change-many-groups-deleted = { $number } Gruppen gelöscht
change-many-people-restored = { $number } Personen wiederhergestellt
change-many-people-erased = Alle Daten von { $number } Personen gelöscht
change-many-people-taken-over = { $number } Personen übernommen
change-many-groups-taken-over = { $number } Gruppen übernommen
change-many-people-confirmed = Kennungen von { $number } Personen bestätigt
change-many-people-signed-out = { $number } Personen überall abgemeldet
change-many-held = { $number } Änderungen zurückgehalten
change-many-discarded = { $number } zurückgehaltene Änderungen verworfen
change-many-roles = { $number } Personen haben jetzt die Rolle { $role }
change-many-roles-lost = { $number } Personen haben ihre Rolle verloren
change-many-memberships = Mitglieder von { $name } { $number }-mal geändert
change-because-mapped = Zuordnung geändert: { $what }
