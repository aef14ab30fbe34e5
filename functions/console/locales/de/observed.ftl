# Was sich ändern würde, wenn eine nur beobachtete Verbindung in Kraft gesetzt würde.

observed-what-would-change = Was sich ändern würde
observed-observe = Beobachten
observed-lead = Diese Verbindung wird nur beobachtet. Was Ihr Identitätsanbieter sendet, wird gespeichert, und nichts wird wirksam: Niemand verliert den Zugang, keine Rolle ändert sich, keine Einladung wird gesendet.
observed-under-way = Die Verbindung ist in Kraft. Was sie gesendet hat, wird gerade wirksam: { $checked } von { $count ->
        [one] { $count } Person
       *[other] { $count } Personen
    } geprüft. Laden Sie die Seite neu, um den Fortschritt zu sehen.
observed-not-observed = Diese Verbindung wird nicht beobachtet: Was sie sendet, wird wirksam.
observed-nothing-here = Keine Änderungen bei { $count ->
        [one] { $count } Person
       *[other] { $count } Personen
    }. Sehen Sie auf der nächsten Seite nach.
observed-nothing-yet = Noch nichts. Starten Sie die Bereitstellung bei Ihrem Identitätsanbieter.
observed-nothing-more = Nichts weiter.
observed-summary = { $part ->
        [all] Von allen Personen
       *[page] Auf dieser Seite
    }: { $created } neu, { $adopted } bereits in der Anwendung, { $matched } aus einer anderen Verbindung, { $left-over } nicht übertragen. { $gained ->
        [one] { $gained } Person erhält
       *[other] { $gained } Personen erhalten
    } Rollen, { $lost ->
        [one] { $lost } Person verliert
       *[other] { $lost } Personen verlieren
    } Rollen, { $shut-out ->
        [one] { $shut-out } Person verliert
       *[other] { $shut-out } Personen verlieren
    } den Zugang.
observed-list = Liste der Personen
observed-person = Person
observed-where-from = Herkunft
observed-roles-now = Rollen jetzt
observed-roles-then = Rollen danach
observed-access = Zugang
observed-no-change = Keine Änderung
observed-next = Nächste Seite
observed-observe-first = Diese Verbindung zuerst beobachten
observed-only-alone = Das geht nur, solange eine Verbindung die einzige ist. Löschen Sie zuerst die anderen, oder verwenden Sie einen Testmandanten.
observed-observe-says = Sehen Sie, was Ihr Identitätsanbieter ändern würde, bevor etwas wirksam wird. Das ist möglich, bis die Verbindung ihre erste Anfrage sendet, und nur, solange sie die einzige Verbindung ist. Niemand kann eine weitere erstellen, bevor Sie diese in Kraft setzen oder löschen.
observed-make-real = In Kraft setzen
observed-make-real-ask = In Kraft setzen …
observed-make-real-says = Alles, was diese Verbindung gesendet hat, wird innerhalb von Minuten wirksam: Personen verlieren oder erhalten Zugang, Sitzungen ausgeschiedener Personen enden, und Rollen ändern sich. Sie können es nicht rückgängig machen.
observed-owners = Nur Owner können das tun.
observed-created = Neu
observed-adopted = Bereits in der Anwendung
observed-matched = Aus einer anderen Verbindung
observed-left-over = Von dieser Verbindung nicht übertragen
observed-of-another = Bleibt bei einer anderen Verbindung
observed-loses-access = Verliert den Zugang
observed-gets-access = Erhält Zugang
observed-keeps-access = Behält den Zugang
observed-no-access = Kein Zugang
observed-choose = wählen Sie, was mit der Verbindung geschehen soll
