# Vorschau: was das Speichern von Rollen ändern würde.

preview-title = Was das Speichern ändert
preview-more = Mehr anzeigen
preview-names-lead = Noch ist nichts gespeichert. Gehen Sie zurück, um zu speichern oder Ihre Auswahl zu ändern.
preview-back = Zurück zur Vorschau
preview-label = Was das Speichern ändern würde
preview-has-roles = Die Person hat diese Rollen bereits.
preview-has-role = Die Person hat diese Rolle bereits.
preview-turn-later = { $strong }{ $before } → { $after }{ $strong-end } bei der nächsten Anmeldung jeder Person
preview-turn = { $strong }{ $before } → { $after }{ $strong-end }
preview-save-role = Rolle von { $group } speichern
preview-nothing = Nichts: Jede Gruppe hat ihre gespeicherte Rolle.
preview-changed-later =
    { $count ->
        [one] { $count } Person erhält bei der nächsten Anmeldung eine andere Rolle.
       *[other] { $count } Personen erhalten bei der nächsten Anmeldung eine andere Rolle.
    }
preview-changed =
    { $count ->
        [one] { $count } Person erhält eine andere Rolle.
       *[other] { $count } Personen erhalten eine andere Rolle.
    }
preview-nobody = Bei niemandem ändert sich die Rolle.
preview-nobody-at-once = Bei niemandem ändert sich die Rolle sofort.
preview-nobody-so-far = Bisher ändert sich bei niemandem die Rolle.
preview-nobody-at-once-so-far = Bisher ändert sich bei niemandem die Rolle sofort.
preview-becomes = wird zu
preview-lost = Zugang, der endet: { $permissions }.
preview-lost-more = Zugang, der endet: { $permissions } und { $count } weitere.
preview-sessions = Offene Sitzungen ändern sich sofort.
preview-later = Bei ihrer nächsten Anmeldung:
preview-anyway = Bei ihrer nächsten Anmeldung, ob Sie dies speichern oder nicht:
preview-rest = Den Rest prüfen
preview-looked-at =
    { $count ->
        [one] { $count } Person geprüft.
       *[other] { $count } Personen geprüft.
    }
preview-claims-one = Die neue Rolle erhalten bei ihrer nächsten Anmeldung auch alle, deren Anmeldung diese Gruppe nennt.
preview-claims-several = Die neue Rolle erhalten bei ihrer nächsten Anmeldung auch alle, deren Anmeldung eine dieser Gruppen nennt.
preview-show-all = Alle { $count } anzeigen
preview-gain =
    { $count ->
        [one] { $count } Person erhält { $gained }
       *[other] { $count } Personen erhalten { $gained }
    }
preview-lose =
    { $count ->
        [one] { $count } Person verliert { $lost }
       *[other] { $count } Personen verlieren { $lost }
    }
preview-lose-all =
    { $count ->
        [one] { $count } Person verliert { $lost } und hat keine Rolle
       *[other] { $count } Personen verlieren { $lost } und haben keine Rolle
    }
preview-gain-instead =
    { $count ->
        [one] { $count } Person erhält { $gained } statt { $former }
       *[other] { $count } Personen erhalten { $gained } statt { $former }
    }
preview-lose-become =
    { $count ->
        [one] { $count } Person verliert { $lost } und wird { $next }
       *[other] { $count } Personen verlieren { $lost } und werden { $next }
    }
preview-stay =
    { $count ->
        [one] { $count } Person bleibt, wie sie ist
       *[other] { $count } Personen bleiben, wie sie sind
    }
