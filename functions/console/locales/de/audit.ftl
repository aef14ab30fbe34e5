# Das Änderungsprotokoll.

audit-lead = Jede Änderung und von wem sie stammt, neueste zuerst.
audit-changes = Änderungen
audit-subject = Wer oder was
audit-subject-hint = ID oder vollständiger Name
audit-actor = Ausgelöst von
audit-actor-hint = Benutzername, Verbindung, ID
audit-action = Aktion beginnt mit
audit-request = Anfrage
audit-request-hint = ID einer Anfrage

audit-people = Personen
audit-roles = Rollen von Personen
audit-groups = Gruppen
audit-sign-ins = Anmeldungen
audit-connections = Verbindungen
