# Was jede Seite umgibt, und die Meldungen nach einer Änderung.

section-overview = Übersicht
section-connect = Verbinden
section-tokens = Token
section-groups = Gruppen und Rollen
section-people = Personen
section-activity = Aktivität
section-health = Zustand
section-evidence = Nachweise
section-settings = Einstellungen

layout-skip = Zum Inhalt springen
layout-menu = Menü
layout-sections = Bereiche
layout-open-findings =
    { $count ->
        [one] { $count } offener Befund
       *[other] { $count } offene Befunde
    }
layout-read-only = Support-Zugriff, nur lesend
layout-sign-out = Abmelden
layout-support-of = Support von { $product }

brand-neutral = Benutzerbereitstellung
brand-back-to = Zurück zu { $product }
brand-back = Zurück zur Anwendung
brand-help = Brauchen Sie Hilfe?
brand-support = Support

script-copied = Kopiert
script-selected = Markiert. Jetzt kopieren
script-no-answer = Ein Teil dieser Seite konnte nicht geladen werden. Aktualisiert er sich von selbst, wird es erneut versucht; sonst laden Sie die Seite neu.

done-connection-created = Verbindung erstellt
done-connection-changed = Verbindung gespeichert
done-observing = Die Verbindung wird beobachtet
done-made-real = Die Verbindung ist in Kraft
done-rules-saved = Regeln gespeichert
done-replaces = Diese Verbindung übernimmt jede Person und Gruppe der anderen mit ihrem ersten Schreibzugriff.
done-window-opened = Zeitfenster zum Neubinden geöffnet
done-window-closed = Zeitfenster zum Neubinden geschlossen
done-remedy-applied = Erledigt. Das ist noch übrig.
done-connection-deleted = Die Verbindung und ihre Token sind gelöscht. Die übertragenen Personen und Gruppen bleiben.
done-token-revoked = Token widerrufen
done-support-ended = Support-Zugriff beendet
done-roles-saved = Rollen gespeichert
done-role-given = Rolle gespeichert
done-merged = Konto geschlossen. Sein Name gehört jetzt dieser Person.
done-settings-saved = Einstellungen gespeichert
done-finding-acknowledged = Befund zur Kenntnis genommen
done-finding-snoozed = Befund zurückgestellt
done-finding-counts = Befund wieder geöffnet
