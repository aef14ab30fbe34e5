# Was eine Anfrage eines Anbieters bewirkt hat, oder was nicht und warum.
# $name: um wen oder was es geht; ohne Namen sagt es $what: `some`, `unknown` oder `deleted`

# Erledigt.
request-person-added = { $what ->
        [some] Person hinzugefügt
       *[named] { $name } hinzugefügt
    }
request-group-added = { $what ->
        [some] Gruppe hinzugefügt
       *[named] Gruppe { $name } hinzugefügt
    }
request-person-read = { $what ->
        [some] Person gelesen
        [unknown] Unbekannte Person gelesen
        [deleted] Gelöschte Person gelesen
       *[named] { $name } gelesen
    }
request-group-read = { $what ->
        [some] Gruppe gelesen
        [unknown] Unbekannte Gruppe gelesen
        [deleted] Gelöschte Gruppe gelesen
       *[named] Gruppe { $name } gelesen
    }
request-person-deleted = { $what ->
        [some] Person gelöscht
       *[named] { $name } gelöscht
    }
request-group-deleted = { $what ->
        [some] Gruppe gelöscht
       *[named] Gruppe { $name } gelöscht
    }
request-people-listed = Personen aufgelistet
request-people-listed-total = Personen aufgelistet: { $total } insgesamt
request-groups-listed = Gruppen aufgelistet
request-groups-listed-total = Gruppen aufgelistet: { $total } insgesamt
request-service-read = Funktionen des Dienstes gelesen
request-person-searched = Nach { $text } gesucht
request-person-searched-found = { $found ->
        [0] Nach { $text } gesucht: kein Treffer
        [1] Nach { $text } gesucht: gefunden
       *[other] Nach { $text } gesucht: { $found } Treffer
    }
request-group-searched = Nach Gruppe { $text } gesucht
request-group-searched-found = { $found ->
        [0] Nach Gruppe { $text } gesucht: kein Treffer
        [1] Nach Gruppe { $text } gesucht: gefunden
       *[other] Nach Gruppe { $text } gesucht: { $found } Treffer
    }
request-other = { $method } { $path }

request-person-held = { $what ->
        [some] Zurückgehalten: Änderung einer Person
        [unknown] Zurückgehalten: Änderung einer unbekannten Person
        [deleted] Zurückgehalten: Änderung einer gelöschten Person
       *[named] Zurückgehalten: Änderung von { $name }
    }
request-person-same = { $what ->
        [some] Person gesendet, nichts geändert
        [unknown] Unbekannte Person gesendet, nichts geändert
        [deleted] Gelöschte Person gesendet, nichts geändert
       *[named] { $name } gesendet, nichts geändert
    }
request-person-deactivated = { $what ->
        [some] Person deaktiviert
        [unknown] Unbekannte Person deaktiviert
        [deleted] Gelöschte Person deaktiviert
       *[named] { $name } deaktiviert
    }
request-person-reactivated = { $what ->
        [some] Person reaktiviert
        [unknown] Unbekannte Person reaktiviert
        [deleted] Gelöschte Person reaktiviert
       *[named] { $name } reaktiviert
    }
request-person-changed = { $what ->
        [some] Person geändert
        [unknown] Unbekannte Person geändert
        [deleted] Gelöschte Person geändert
       *[named] { $name } geändert
    }
request-person-attributes = { $what ->
        [some] { $attributes } einer Person geändert
        [unknown] { $attributes } einer unbekannten Person geändert
        [deleted] { $attributes } einer gelöschten Person geändert
       *[named] { $attributes } von { $name } geändert
    }
request-group-held = { $what ->
        [some] Zurückgehalten: Änderung einer Gruppe
        [unknown] Zurückgehalten: Änderung einer unbekannten Gruppe
        [deleted] Zurückgehalten: Änderung einer gelöschten Gruppe
       *[named] Zurückgehalten: Änderung der Gruppe { $name }
    }
request-group-same = { $what ->
        [some] Gruppe gesendet, nichts geändert
        [unknown] Unbekannte Gruppe gesendet, nichts geändert
        [deleted] Gelöschte Gruppe gesendet, nichts geändert
       *[named] Gruppe { $name } gesendet, nichts geändert
    }
request-group-changed = { $what ->
        [some] Gruppe geändert
        [unknown] Unbekannte Gruppe geändert
        [deleted] Gelöschte Gruppe geändert
       *[named] Gruppe { $name } geändert
    }
request-group-attributes = { $what ->
        [some] { $attributes } einer Gruppe geändert
        [unknown] { $attributes } einer unbekannten Gruppe geändert
        [deleted] { $attributes } einer gelöschten Gruppe geändert
       *[named] { $attributes } der Gruppe { $name } geändert
    }
# Die Attribute der beiden vorigen: die ersten mit Namen, und wie viele noch.
request-attribute = { $name }
request-attributes-listed = { $listed }, { $name }
request-attributes = { $more ->
        [one] { $listed } und { $more } weiteres Attribut
       *[other] { $listed } und { $more } weitere Attribute
    }
request-members-set = { $what ->
        [some] Mitglieder einer Gruppe festgelegt: { $members }
        [unknown] Mitglieder einer unbekannten Gruppe festgelegt: { $members }
        [deleted] Mitglieder einer gelöschten Gruppe festgelegt: { $members }
       *[named] Mitglieder von { $name } festgelegt: { $members }
    }
request-members-cleared = { $what ->
        [some] Alle Mitglieder aus einer Gruppe entfernt
        [unknown] Alle Mitglieder aus einer unbekannten Gruppe entfernt
        [deleted] Alle Mitglieder aus einer gelöschten Gruppe entfernt
       *[named] Alle Mitglieder aus { $name } entfernt
    }
request-member-added = { $what ->
        [some] { $member } zu einer Gruppe hinzugefügt
        [unknown] { $member } zu einer unbekannten Gruppe hinzugefügt
        [deleted] { $member } zu einer gelöschten Gruppe hinzugefügt
       *[named] { $member } zu { $name } hinzugefügt
    }
request-member-removed = { $what ->
        [some] { $member } aus einer Gruppe entfernt
        [unknown] { $member } aus einer unbekannten Gruppe entfernt
        [deleted] { $member } aus einer gelöschten Gruppe entfernt
       *[named] { $member } aus { $name } entfernt
    }
request-members-added = { $what ->
        [some] { $members } zu einer Gruppe hinzugefügt
        [unknown] { $members } zu einer unbekannten Gruppe hinzugefügt
        [deleted] { $members } zu einer gelöschten Gruppe hinzugefügt
       *[named] { $members } zu { $name } hinzugefügt
    }
request-members-removed = { $what ->
        [some] { $members } aus einer Gruppe entfernt
        [unknown] { $members } aus einer unbekannten Gruppe entfernt
        [deleted] { $members } aus einer gelöschten Gruppe entfernt
       *[named] { $members } aus { $name } entfernt
    }
request-members-added-and-removed = { $what ->
        [some] { $members } zu einer Gruppe hinzugefügt, { $removed } entfernt
        [unknown] { $members } zu einer unbekannten Gruppe hinzugefügt, { $removed } entfernt
        [deleted] { $members } zu einer gelöschten Gruppe hinzugefügt, { $removed } entfernt
       *[named] { $members } zu { $name } hinzugefügt, { $removed } entfernt
    }

# Nicht erledigt.
request-person-not-added = { $what ->
        [some] Person nicht hinzugefügt
       *[named] { $name } nicht hinzugefügt
    }
request-group-not-added = { $what ->
        [some] Gruppe nicht hinzugefügt
       *[named] Gruppe { $name } nicht hinzugefügt
    }
request-person-not-read = { $what ->
        [some] Person nicht gelesen
        [unknown] Unbekannte Person nicht gelesen
        [deleted] Gelöschte Person nicht gelesen
       *[named] { $name } nicht gelesen
    }
request-group-not-read = { $what ->
        [some] Gruppe nicht gelesen
        [unknown] Unbekannte Gruppe nicht gelesen
        [deleted] Gelöschte Gruppe nicht gelesen
       *[named] Gruppe { $name } nicht gelesen
    }
request-person-not-deleted = { $what ->
        [some] Person nicht gelöscht
        [unknown] Unbekannte Person nicht gelöscht
        [deleted] Bereits gelöschte Person nicht gelöscht
       *[named] { $name } nicht gelöscht
    }
request-group-not-deleted = { $what ->
        [some] Gruppe nicht gelöscht
        [unknown] Unbekannte Gruppe nicht gelöscht
        [deleted] Bereits gelöschte Gruppe nicht gelöscht
       *[named] Gruppe { $name } nicht gelöscht
    }
request-person-not-deactivated = { $what ->
        [some] Person nicht deaktiviert
        [unknown] Unbekannte Person nicht deaktiviert
        [deleted] Gelöschte Person nicht deaktiviert
       *[named] { $name } nicht deaktiviert
    }
request-person-not-changed = { $what ->
        [some] Person nicht geändert
        [unknown] Unbekannte Person nicht geändert
        [deleted] Gelöschte Person nicht geändert
       *[named] { $name } nicht geändert
    }
request-members-not-changed = { $what ->
        [some] Mitglieder einer Gruppe nicht geändert
        [unknown] Mitglieder einer unbekannten Gruppe nicht geändert
        [deleted] Mitglieder einer gelöschten Gruppe nicht geändert
       *[named] Mitglieder von { $name } nicht geändert
    }
request-group-not-changed = { $what ->
        [some] Gruppe nicht geändert
        [unknown] Unbekannte Gruppe nicht geändert
        [deleted] Gelöschte Gruppe nicht geändert
       *[named] Gruppe { $name } nicht geändert
    }
request-not-searched = Suche nach { $text } nicht ausgeführt
request-people-not-listed = Personen nicht aufgelistet
request-groups-not-listed = Gruppen nicht aufgelistet
request-service-not-read = Funktionen des Dienstes nicht gelesen
request-other-refused = Abgelehnt: { $method } { $path }

# Warum nicht, oder was noch zu sagen ist.
request-failed = { $said }: { $why }
request-done-but = { $said }, { $why }
request-members-left-out = { $members ->
        [one] { $said }, { $members } unbekanntes Mitglied ausgelassen
       *[other] { $said }, { $members } unbekannte Mitglieder ausgelassen
    }
request-why-stale-user = ID gehört zu keiner Person hier
request-why-stale-group = ID gehört zu keiner Gruppe hier
request-why-gone-already = bereits gelöscht
request-why-not-found = nicht vorhanden
request-why-duplicate-user = Benutzername vergeben
request-why-duplicate-group = Gruppenname vergeben
request-why-revoked = Token widerrufen
request-why-expired = Token abgelaufen
request-why-no-token = kein gültiges Token
request-why-foreign-address = nicht von einer zugelassenen Adresse
request-why-last-owner = letzter Owner
request-why-owned-by-another = gehört zu einer anderen Verbindung
request-why-forbidden = nicht erlaubt
request-why-filter = Filter nicht unterstützt
request-why-unknown-member = unbekanntes Mitglied
request-why-value = ein Wert passt nicht
request-why-path = unbekanntes Attribut
request-why-mutability = nicht änderbar
request-why-syntax = nicht lesbar
request-why-too-many = Antwort wäre zu groß
request-why-bad-request = nicht gültig
request-why-method = keine solche Adresse
request-why-precondition = zwischenzeitlich geändert
request-why-too-large = zu groß
request-why-throttled = gedrosselt
request-why-read-too-much = zu viel auf einmal gelesen
request-why-not-offered = hier nicht angeboten
request-why-failed = Fehler auf unserer Seite
request-why-skipped = unbekannte Mitglieder ausgelassen
request-why-ignored-path = unbekanntes Attribut ignoriert
request-why-other = siehe Details

# Viele mit einer Ursache. $number: wie viele, mindestens drei
request-many-people-added = { $number } Personen hinzugefügt
request-many-groups-added = { $number } Gruppen hinzugefügt
request-many-people-read = { $number } Personen gelesen
request-many-groups-read = { $number } Gruppen gelesen
request-many-people-listed = Personen { $number }-mal aufgelistet
request-many-groups-listed = Gruppen { $number }-mal aufgelistet
request-many-people-searched = { $number }-mal nach Personen gesucht
request-many-groups-searched = { $number }-mal nach Gruppen gesucht
request-many-people-deleted = { $number } Personen gelöscht
request-many-groups-deleted = { $number } Gruppen gelöscht
request-many-same = { $number }-mal gesendet, nichts geändert
request-many-people-deactivated = { $number } Personen deaktiviert
request-many-people-reactivated = { $number } Personen reaktiviert
request-many-people-changed = { $number } Personen geändert
request-many-memberships = Mitglieder von { $name } { $number }-mal geändert
request-many-groups-changed = { $number } Gruppen geändert
request-many-service-read = Funktionen des Dienstes { $number }-mal gelesen
