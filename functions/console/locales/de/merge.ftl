# Zusammenführen: ein Konto, das in einer anderen Person aufgeht.

merge-title = { $account } zusammenführen
merge-heading = { $account } mit einer anderen Person zusammenführen
merge-lead = Dieses Konto ist nur durch eine Anmeldung entstanden. Führen Sie es zusammen, wenn Ihr Identitätsanbieter dieselbe Person unter einem anderen Datensatz überträgt.
merge-into = Mit { $person }
merge-closed = Das Konto { $account } wird geschlossen. Das lässt sich nicht rückgängig machen.
merge-sessions =
    { $count ->
        [one] { $count } Sitzung endet.
       *[other] { $count } Sitzungen enden.
    }
merge-role = Seine von Hand vergebene Rolle { $role } endet. Rollen gehen nie über.
merge-moves = Seine Subjekte gehen über: Die nächste Anmeldung mit diesem Konto führt zu { $person }.
merge-moves-not = Kein Subjekt geht über. Die nächste Anmeldung muss zum Benutzernamen oder zur externen ID von { $person } passen.
merge-keeps = { $person } behält Gruppen, Rollen und Sitzungen: { $role }.
merge-other = Andere Person wählen
merge-close = Konto schließen
merge-other-person = Andere Person
merge-search = Andere Person suchen
merge-search-hint = Anfang eines Wortes aus Name oder E-Mail-Adresse oder eine vollständige ID
merge-no-match = Kein Treffer für „{ $text }“ unter den Personen, die ein Identitätsanbieter überträgt.
