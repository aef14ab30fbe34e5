# Gruppe: eine Gruppe, ihre Mitglieder und der Fortschritt einer Änderung.

group-further-roles = Weitere Rollen der Mitglieder
group-search = Mitglieder suchen
group-search-hint = Ein beliebiges Wort aus Name oder Adresse
group-any-state = Jeder Status
group-details = Details
group-name = Name
group-idp-id = ID beim Anbieter
group-id = ID
group-no-match-so-far = Bisher kein Treffer. Sehen Sie weitere Mitglieder an.
group-no-members = Noch keine Mitglieder
group-no-match = Kein Treffer unter den Mitgliedern
group-more = Weitere Mitglieder
group-told-soon = Die Rollen gelten bereits; Ihre Anwendung wird gleich informiert.
group-done-later =
    { $count ->
        [one] Fertig: { $count } Person geprüft. Ihre Rolle ändert sich bei der nächsten Anmeldung, und dann wird Ihre Anwendung informiert.
       *[other] Fertig: { $count } Personen geprüft. Jede Rolle ändert sich bei der nächsten Anmeldung der Person, und dann wird Ihre Anwendung informiert.
    }
group-done =
    { $count ->
        [one] Fertig: { $count } Person geprüft, und Ihre Anwendung wurde über jede geänderte Rolle informiert.
       *[other] Fertig: { $count } Personen geprüft, und Ihre Anwendung wurde über jede geänderte Rolle informiert.
    }
group-role-follows = Die Rolle jeder Person ändert sich bei ihrer nächsten Anmeldung.
group-being-told = Die Rollen gelten bereits; Ihre Anwendung wird gerade informiert.
group-looked-at = Geprüfte Personen
group-progress = { $some } von { $all } Personen geprüft.
