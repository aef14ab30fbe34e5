# Was die Bremse einer Verbindung zurückhält.

held-heading = Zurückgehaltene Änderungen
held-lead = Ihr Identitätsanbieter hat diese Änderungen über die Grenze der Verbindung hinaus gesendet. Die Änderungen sind nicht wirksam: Diese Personen behalten ihren Zugang, bis jemand entscheidet, oder bis zum Zeitpunkt in der letzten Spalte.
held-none-here = Keine auf dieser Seite. Sehen Sie auf der nächsten Seite nach.
held-none = Keine zurückgehaltenen Änderungen.
held-apply-selected = Ausgewählte anwenden
held-discard-selected = Ausgewählte verwerfen
held-list = Liste der zurückgehaltenen Änderungen
held-select-all = Jede Änderung auf dieser Seite auswählen
held-select-one = { $who } auswählen: { $change }
held-who = Wer
held-change = Änderung
held-sent = Gesendet
held-takes-effect = Wird wirksam
held-everyone = Alle in der Gruppe
held-others = und { $count ->
        [one] { $count } weitere Person
       *[other] { $count } weitere
    }
held-apply-ask = Auswahl anwenden …
held-apply-says = Ausgewählte Änderungen werden sofort wirksam: Diese Personen verlieren ihren Zugang oder ihre Gruppen.
held-stake = Die Änderungen auf dieser Seite, wenn Sie alle anwenden:
held-stake-deactivated = { $count ->
        [one] { $count } Person wird deaktiviert
       *[other] { $count } Personen werden deaktiviert
    }
held-stake-deleted = { $count ->
        [one] { $count } Person wird gelöscht
       *[other] { $count } Personen werden gelöscht
    }
held-stake-group-loss = { $count ->
        [one] { $count } Person wird aus Gruppen entfernt
       *[other] { $count } Personen werden aus Gruppen entfernt
    }
held-stake-group-deleted = { $count ->
        [one] { $count } Gruppe wird gelöscht
       *[other] { $count } Gruppen werden gelöscht
    }
held-decide-all = Über alle entscheiden …
held-decide-rest = Über diese und alle auf den nächsten Seiten entscheiden …
held-decide-says = Angewendete Änderungen werden sofort wirksam. Verworfene werden rückgängig gemacht: Ihr Identitätsanbieter sieht, was vorher war, und sendet die Änderung erneut, wenn er sie noch will.
held-discard-all = Alle verwerfen
held-apply-all = Alle anwenden
held-next = Nächste Seite
held-deactivated = Deaktiviert
held-deleted = Gelöscht
held-group-loss = Aus einer Gruppe entfernt
held-group-deleted = Gruppe gelöscht
held-applied-count = { $count ->
        [one] { $count } Änderung
       *[other] { $count } Änderungen
    } angewendet.
held-discarded-count = { $count ->
        [one] { $count } Änderung
       *[other] { $count } Änderungen
    } verworfen.
held-left-out = Einige Änderungen wurden ausgelassen: Die Personen stehen im Rang über Ihnen, oder es geht um den letzten Owner.
held-more = Es bleiben weitere Änderungen: Entscheiden Sie erneut, um fortzufahren.
held-choose = wählen Sie, was mit den Änderungen geschehen soll
held-pick = wählen Sie mindestens eine Änderung aus
