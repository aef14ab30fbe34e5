# Zustand.

health-lead = Was nicht stimmt, warum, und wie Sie es beheben. Geprüft { $ago }.
health-notifications = Benachrichtigungen
health-findings = Befunde
health-open = Offen
health-snoozed = Zurückgestellt
health-resolved = Behoben
health-resolved-findings = Behobene Befunde
health-none-resolved = Noch wurde kein Befund behoben. Geprüft wird jede Stunde.
health-resolved-list = Liste der behobenen Befunde
health-finding = Befund
health-severity = Schweregrad
health-found = Gefunden
health-resolved-last = Die letzten 50, wie die stündlichen Prüfungen sie gesehen haben. Alle finden Sie unter { $audit }Aktivität{ $audit-end }.
health-reading = Das Anfrageprotokoll wird gelesen
health-still-reading = { $number ->
        [one] Das Anfrageprotokoll ist lang und wird noch gelesen: bisher { $number } Anfrage. Was hier steht, aktualisiert sich von selbst.
       *[other] Das Anfrageprotokoll ist lang und wird noch gelesen: bisher { $number } Anfragen. Was hier steht, aktualisiert sich von selbst.
    }
health-none-snoozed = Kein Befund ist zurückgestellt
health-nothing = Nichts erfordert Ihre Aufmerksamkeit
health-connect = Identitätsanbieter verbinden
health-among = Darunter:
health-snoozed-by = Zurückgestellt bis { $time } von { $name }: „{ $reason }“
health-acknowledged-by = Zur Kenntnis genommen { $ago } von { $name }: „{ $reason }“
health-acknowledge = Zur Kenntnis nehmen
health-acknowledge-more = Zur Kenntnis nehmen …
health-acknowledge-one = Zur Kenntnis nehmen: { $title }
health-reason = Grund
health-acknowledge-hint = Der Befund bleibt hier stehen und zählt nicht mehr, bis er behoben ist. Niemand bekommt dazu E-Mails. Nennen Sie hier keine Person.
health-snooze = Zurückstellen
health-snooze-more = Zurückstellen …
health-snooze-one = Zurückstellen: { $title }
health-snooze-for = Für
health-days = { $number ->
        [one] { $number } Tag
       *[other] { $number } Tage
    }
health-snooze-hint = Der Grund bleibt im Änderungsprotokoll. Nennen Sie hier keine Person.
health-count-again = Wieder öffnen
health-passing = Bestanden
health-checks = { $number } Prüfungen
health-expires = Läuft ab am { $time }.
health-since = Seit { $time }.
health-open-connection = Verbindung öffnen
health-latest-request = Neueste Anfrage dieser Art ansehen
health-failed-requests = Fehlgeschlagene Anfragen ansehen
health-latest = Zuletzt: { $name }
health-open-tokens = Token öffnen

health-problem = Problem
health-warning = Warnung
health-notice = Hinweis

# Abhilfe.
health-remedy-bind-anew = Zeitfenster zum Neubinden öffnen
health-remedy-held = Über zurückgehaltene Änderungen entscheiden
health-remedy-replace = Andere Verbindung durch diese ersetzen
health-remedy-sign-up = Ändern, wer sich registrieren darf
health-remedy-bind-person = Person neu binden
health-remedy-confirm = Person bestätigen
health-remedy-deleted = Gelöschte Personen durchsehen
health-remedy-restore = Wiederherstellen, entsperren oder Kennungen freigeben
health-remedy-person = Person öffnen

# Was in Ordnung ist.
health-passing-tokens = Jede Verbindung hat ein Token, das nicht bald abläuft
health-passing-silence = Jede Verbindung hat in den letzten 24 Stunden etwas gesendet
health-passing-failures = Keine Anfrage schlägt immer wieder fehl
health-passing-brake = Keine Verbindung hat ungewöhnlich vielen auf einmal den Zugang entzogen
health-passing-sign-ins = Niemand wurde bei der Anmeldung abgewiesen
health-passing-groups = Jede Gruppe mit Mitgliedern gibt eine Rolle
health-passing-ceilings = Personen, Gruppen und Token liegen deutlich unter ihren Grenzen
health-passing-webhooks = Kein Webhook ist angehalten

health-choose-days = wählen Sie eine Anzahl von Tagen
health-signed-in-as = Angemeldet als: { $names }
health-paused-status = { $reason }, Status { $status }
health-over = dieser Befund ist behoben; öffnen Sie „Zustand“ erneut, um zu sehen, was noch offen ist

# Die Titel der Befunde, nach dem Code ihrer Art.
# $name, $connection: Namen, von der Schreibrichtung getrennt · $number: wie viele, $count: dasselbe für den Plural
# $least: `yes`, wenn es mehr sein können · $held: `none`, oder `role` mit $role

finding-wrong-token = „{ $name }“ wird abgewiesen: Das Token gilt nicht mehr
finding-foreign-address = Ein Token von „{ $name }“ wird von einer nicht zugelassenen Adresse aus verwendet
finding-wrong-address = „{ $name }“ verwendet eine Adresse, die es hier nicht gibt
finding-never-heard-from = Von „{ $name }“ ist noch nichts angekommen
finding-token-expired = Das Token „{ $name }“ von „{ $connection }“ ist abgelaufen, und kein anderes ist gültig
finding-no-token = „{ $name }“ hat kein Token
finding-token-expiring = Das Token „{ $name }“ von „{ $connection }“ läuft innerhalb von { $days } ab
finding-connection-silent = „{ $name }“ hat seit { $hours } nichts gesendet
finding-stale-user = „{ $name }“ gleicht Personen ab, die es hier nicht gibt: { $requests } mit „nicht gefunden“ beantwortet
finding-stale-group = „{ $name }“ gleicht Gruppen ab, die es hier nicht gibt: { $requests } mit „nicht gefunden“ beantwortet
finding-unsupported-filter = „{ $name }“ sucht mit einem Filter, der nicht unterstützt wird: { $requests } abgelehnt
finding-skipped-members = „{ $name }“ fügt Mitglieder hinzu, die es hier nicht gibt: Sie wurden ausgelassen
finding-nested-groups = „{ $name }“ fügt Gruppen zu Gruppen hinzu: Die inneren Gruppen wurden ausgelassen
finding-ignored-path = „{ $name }“ ändert ein Attribut, das es nicht gibt: Es wurde ignoriert
finding-failures-repeating = Von „{ $name }“ sind { $requests } fehlgeschlagen
finding-users-without-groups = „{ $name }“ überträgt Personen, aber keine Gruppen
finding-empty-groups = { $count ->
        [one] { $groups } hat keine Mitglieder
       *[other] { $groups } haben keine Mitglieder
    }
finding-unmapped-groups = { $count ->
        [one] { $groups } hat Mitglieder, aber keine Rolle
       *[other] { $groups } haben Mitglieder, aber keine Rolle
    }
finding-claim-missing = Keine Anmeldung bringt den Claim „groups“ mit: { $sign-ins } ohne ihn
finding-default-role-without-mapping = { $who }: Keiner Gruppe ist eine Rolle zugeordnet
finding-default-role-without-claim = { $who }: Die Anmeldung brachte keinen Claim „groups“ mit
finding-default-role-without-match = { $who }: Keiner ihrer Gruppen ist eine Rolle zugeordnet
finding-default-role-without-match-alone = { $who }: Der Claim „groups“ nannte keine zugeordnete Gruppe
finding-never-signed-in = { $count ->
        [one] { $people } hat sich noch nie angemeldet
       *[other] { $people } haben sich noch nie angemeldet
    }
finding-owned-by-another = „{ $name }“ überträgt, was zu einer anderen Verbindung gehört: { $requests } abgelehnt
finding-brake-tripped = „{ $name }“ hat ungewöhnlich vielen auf einmal den Zugang entzogen: { $changes } innerhalb einer Stunde, erlaubt sind { $ceiling }
finding-subjects-changed = Die Subjekte von „{ $name }“ haben sich geändert: keine Anmeldung möglich für { $people }
finding-subjects-changed-without-connection = Die Subjekte haben sich geändert: keine Anmeldung möglich für { $people }
finding-subject-is-name = { $count ->
        [one] { $people } meldet sich mit einem Namen oder einer wechselnden ID als Subjekt an
       *[other] { $people } melden sich mit einem Namen oder einer wechselnden ID als Subjekt an
    }
finding-neither-subject-nor-connection = { $count ->
        [one] { $people } meldet sich allein mit dem Namen an: ohne Subjekt, ohne Verbindung
       *[other] { $people } melden sich allein mit dem Namen an: ohne Subjekt, ohne Verbindung
    }
finding-people-ceiling = { $people } von { $ceiling } erlaubten
finding-people-ceiling-reached = { $people } von { $ceiling } erlaubten: Weitere können nicht hinzukommen
finding-groups-ceiling = { $groups } von { $ceiling } erlaubten
finding-groups-ceiling-reached = { $groups } von { $ceiling } erlaubten: Weitere können nicht hinzukommen
finding-tokens-ceiling = { $tokens } von { $ceiling } erlaubten
finding-tokens-ceiling-reached = { $tokens } von { $ceiling } erlaubten: Weitere können nicht hinzukommen
finding-webhook-paused = Der Webhook „{ $name }“ ist angehalten: Er sendet nichts
finding-webhook-paused-by-hand = Der Webhook „{ $name }“ ist angehalten: Jemand hat ihn gestoppt

finding-sign-in-refused-ambiguous = { $refused }: Die Anmeldung könnte zu mehreren Personen gehören
finding-sign-in-refused-other-subject = { $refused }: Die Anmeldung bringt ein anderes Subjekt mit als das, das an die Person gebunden ist
finding-sign-in-refused-other-external-id = { $refused }: Die Anmeldung bringt eine andere externe ID mit als die der Person
finding-sign-in-refused-other-connection = { $refused }: Die Person gehört zu einer anderen Verbindung
finding-sign-in-refused-unproven = { $refused }: Die Person hat eine von Hand vergebene Rolle, und ihr Name oder ihre externe ID ist neu
finding-sign-in-refused-same-email = { $refused }: Jemand anderes hat die E-Mail-Adresse
finding-sign-in-refused-inactive = { $refused }: Die Person wurde deaktiviert, gesperrt oder gelöscht
finding-sign-in-refused-not-provisioned = { $refused }: Kein Anbieter hat die Person übertragen, und nur übertragene Personen dürfen sich anmelden
finding-sign-in-refused-unknown = { $refused }: aus einem Grund, den diese Version nicht kennt

# Mehrere Befunde einer Art.
finding-several-wrong-token = { $number } Verbindungen werden abgewiesen: Ihre Token gelten nicht mehr
finding-several-wrong-address = { $number } Verbindungen verwenden eine Adresse, die es hier nicht gibt
finding-several-never-heard-from = { $number } Verbindungen haben noch nichts gesendet
finding-several-token-expired = { $number } Token sind abgelaufen, und keine anderen sind gültig
finding-several-no-token = { $number } Verbindungen haben kein Token
finding-several-token-expiring = { $number } Token laufen bald ab
finding-several-connection-silent = { $number } Verbindungen haben seit mindestens einem Tag nichts gesendet
finding-several-stale-user = { $number } Verbindungen gleichen Personen ab, die es hier nicht gibt
finding-several-stale-group = { $number } Verbindungen gleichen Gruppen ab, die es hier nicht gibt
finding-several-unsupported-filter = { $number } Verbindungen suchen mit einem Filter, der nicht unterstützt wird
finding-several-skipped-members = { $number } Verbindungen fügen Mitglieder hinzu, die es hier nicht gibt: Sie wurden ausgelassen
finding-several-nested-groups = { $number } Verbindungen fügen Gruppen zu Gruppen hinzu: Die inneren Gruppen wurden ausgelassen
finding-several-ignored-path = { $number } Verbindungen ändern ein Attribut, das es nicht gibt: Es wurde ignoriert
finding-several-failures-repeating = { $number } Verbindungen haben Anfragen, die fehlschlagen
finding-several-users-without-groups = { $number } Verbindungen übertragen Personen, aber keine Gruppen
finding-several-owned-by-another = { $number } Verbindungen übertragen, was zu einer anderen Verbindung gehört
finding-several-brake-tripped = { $number } Verbindungen haben ungewöhnlich vielen auf einmal den Zugang entzogen
finding-several-webhook-paused = { $number } Webhooks sind angehalten: Keiner von ihnen sendet
finding-several-webhook-paused-by-hand = { $number } Webhooks wurden von einem Admin angehalten

# Wie viele, als Teil der Sätze oben.
finding-mail-bounced = { $count ->
        [one] { $addresses } erhält keine E-Mails: unzustellbar
       *[other] { $addresses } erhalten keine E-Mails: unzustellbar
    }
finding-mail-reported-as-spam = { $count ->
        [one] { $addresses } erhält keine E-Mails: als Spam gemeldet
       *[other] { $addresses } erhalten keine E-Mails: als Spam gemeldet
    }
finding-addresses = { $least ->
        [yes] { $count ->
            [one] Mindestens { $number } Adresse
           *[other] Mindestens { $number } Adressen
        }
       *[no] { $count ->
            [one] { $number } Adresse
           *[other] { $number } Adressen
        }
    }
finding-people = { $least ->
        [yes] { $count ->
            [one] Mindestens { $number } Person
           *[other] Mindestens { $number } Personen
        }
       *[no] { $count ->
            [one] { $number } Person
           *[other] { $number } Personen
        }
    }
finding-groups = { $least ->
        [yes] { $count ->
            [one] Mindestens { $number } Gruppe
           *[other] Mindestens { $number } Gruppen
        }
       *[no] { $count ->
            [one] { $number } Gruppe
           *[other] { $number } Gruppen
        }
    }
finding-requests = { $least ->
        [yes] { $count ->
            [one] mindestens { $number } Anfrage
           *[other] mindestens { $number } Anfragen
        }
       *[no] { $count ->
            [one] { $number } Anfrage
           *[other] { $number } Anfragen
        }
    }
finding-sign-ins = { $least ->
        [yes] { $count ->
            [one] mindestens { $number } Anmeldung
           *[other] mindestens { $number } Anmeldungen
        }
       *[no] { $count ->
            [one] { $number } Anmeldung
           *[other] { $number } Anmeldungen
        }
    }
finding-changes = { $least ->
        [yes] { $count ->
            [one] mindestens { $number } Änderung
           *[other] mindestens { $number } Änderungen
        }
       *[no] { $count ->
            [one] { $number } Änderung
           *[other] { $number } Änderungen
        }
    }
finding-tokens = { $count ->
        [one] { $number } Token
       *[other] { $number } Token
    }
finding-days = { $count ->
        [one] { $number } Tag
       *[other] { $number } Tagen
    }
finding-hours = { $count ->
        [one] { $number } Stunde
       *[other] { $number } Stunden
    }
finding-people-out = { $count ->
        [one] { $people } wird abgewiesen
       *[other] { $people } werden abgewiesen
    }
finding-people-and-role = { $held ->
        [none] { $count ->
            [one] { $people } hat keine Rolle
           *[other] { $people } haben keine Rolle
        }
       *[role] { $count ->
            [one] { $people } hat nur die Standardrolle { $role }
           *[other] { $people } haben nur die Standardrolle { $role }
        }
    }

# Was ein Befund bedeutet und was zu tun ist, nach dem Code seiner Art.

advice-wrong-token = Ihr Identitätsanbieter verwendet noch ein Token, das widerrufen wurde oder abgelaufen ist. Stellen Sie ein neues Token für diese Verbindung aus, tragen Sie es in Ihrem Identitätsanbieter ein und testen Sie die Verbindung.
advice-foreign-address = Die Adresse steht im Anfrageprotokoll. Gehört sie Ihrem Identitätsanbieter, nehmen Sie sie in den Einstellungen in die zugelassenen Adressen auf, oder stellen Sie ein Token aus, das sie zulässt. Wenn nicht, hat jemand anderes das Token: Stellen Sie ein neues für diese Verbindung aus, tragen Sie es in Ihrem Identitätsanbieter ein und widerrufen Sie dann das alte.
advice-wrong-address = Das Token stimmt, die Adresse nicht. Kopieren Sie die SCIM-Basis-URL von der Seite „Verbinden“ in Ihren Identitätsanbieter; sie endet auf /scim/v2, und nichts folgt danach.
advice-never-heard-from = Entweder hat noch niemand die Basis-URL und das Token eingetragen, oder eines von beiden ist falsch: Anfragen an eine falsche Adresse oder mit einem falsch geschriebenen Token (beantwortet mit 404 oder 401) lassen sich Ihnen nicht zuordnen. Kopieren Sie beides noch einmal ohne Leerzeichen, speichern Sie und testen Sie die Verbindung in Ihrem Identitätsanbieter.
advice-token-expired = Alles, was Ihr Identitätsanbieter sendet, wird abgelehnt (401). Stellen Sie ein neues Token für diese Verbindung aus, tragen Sie es in Ihrem Identitätsanbieter ein und testen Sie die Verbindung. Zwischenzeitliche Änderungen werden danach erneut gesendet.
advice-no-token = Ohne Token kann nichts gesendet werden. Stellen Sie ein Token für diese Verbindung aus und tragen Sie es in Ihrem Identitätsanbieter ein, oder löschen Sie die Verbindung, wenn sie nicht mehr verwendet wird.
advice-connection-silent = Vielleicht hat sich nichts geändert: Die meisten Identitätsanbieter senden nur Änderungen. Um sicherzugehen, ändern Sie eine Kleinigkeit an einer Person, die der Anwendung zugewiesen ist, und sehen Sie nach, ob es hier ankommt. Wenn nicht, liegt es wahrscheinlich am Token: Eines, das falsch geschrieben oder durch ein hier unbekanntes ersetzt wurde, wird abgelehnt und lässt sich Ihnen nicht zuordnen. Stellen Sie ein neues aus, tragen Sie es in Ihrem Identitätsanbieter ein und testen Sie die Verbindung; sehen Sie auch nach, ob die Bereitstellung noch eingeschaltet ist, denn eine angehaltene Synchronisierung endet ohne Fehlermeldung.
advice-stale-user = Ihr Identitätsanbieter verwendet die ID einer Person, die hier gelöscht wurde, und erhält bei jeder Aktualisierung „User not found“. Heben Sie die Zuweisung der Person zur Anwendung in Ihrem Identitätsanbieter auf und weisen Sie sie erneut zu: Er sucht sie dann nach ihrem Namen und legt sie neu an.
advice-stale-group = Ihr Identitätsanbieter verwendet die ID einer Gruppe, die hier gelöscht wurde. Lösen oder entfernen Sie die übertragene Gruppe in Ihrem Identitätsanbieter und übertragen Sie sie erneut.
advice-unsupported-filter = Personen oder Gruppen werden nach einem Attribut gesucht, das es hier nicht gibt, oder in einer Form, die nicht SCIM entspricht. Prüfen Sie in Ihrem Identitätsanbieter, nach welchem Attribut Personen und Gruppen abgeglichen werden; userName, externalId und emails funktionieren immer.
advice-skipped-members = Es wurden Gruppen mit Mitgliedern übertragen, die selbst nie übertragen oder hier gelöscht wurden. Alle anderen sind in der Gruppe. Weisen Sie diese Personen in Ihrem Identitätsanbieter der Anwendung zu, oder heben Sie die Zuweisung auf und erneuern Sie sie, und übertragen Sie dann die Gruppe erneut.
advice-nested-groups = Es wurden Gruppen mit anderen Gruppen als Mitgliedern übertragen. Eine Gruppe in einer Gruppe bringt keine ihrer Personen hierher und gibt ihnen keine Rolle. Machen Sie die Personen in Ihrem Identitätsanbieter selbst zu Mitgliedern der äußeren Gruppe, oder ordnen Sie der inneren Gruppe eine eigene Rolle zu.
advice-ignored-path = Personen wurden aktualisiert, aber eines der Attribute gibt es hier nicht, daher gehen seine Änderungen verloren. Die Anfrage unter „Aktivität“ zeigt seinen Namen. Entfernen Sie es in Ihrem Identitätsanbieter aus der Attributzuordnung, oder korrigieren Sie dort seinen Namen.
advice-users-without-groups = Ohne Gruppen kann keine Rolle von einer Gruppe kommen. Wählen Sie in Okta die Gruppen auf der Registerkarte „Push Groups“; in Entra ID weisen Sie der Anwendung Gruppen zu und schalten die Bereitstellung von Gruppen ein; andernorts suchen Sie in den Einstellungen der Anwendung nach der Gruppenbereitstellung.
advice-empty-groups = Eine Gruppe, die vor ihren Personen übertragen wird, ist leer. Weisen Sie die Mitglieder der Gruppe der Anwendung zu, damit sie übertragen werden, und übertragen Sie dann die Gruppe erneut. Bei den meisten Identitätsanbietern bringt eine verschachtelte Gruppe keine ihrer eigenen Mitglieder mit.
advice-unmapped-groups = Die Mitgliedschaft in diesen Gruppen bewirkt noch nichts. Ordnen Sie jeder auf der Seite „Gruppen und Rollen“ eine Rolle zu, oder lassen Sie die aus, die keine geben sollen.
advice-claim-missing = Den Gruppen sind Rollen zugeordnet, aber die Assertions Ihres Single Sign-on enthalten keinen Claim „groups“. Fügen Sie der SSO-Anwendung in Ihrem Identitätsanbieter ein Gruppenattribut namens „groups“ hinzu, oder lassen Sie in den Einstellungen die übertragenen Mitgliedschaften entscheiden.
advice-default-role-without-mapping = Es werden Gruppen übertragen, aber keiner ist eine Rolle zugeordnet, sodass alle, die sich anmelden, die Standardrolle der Einstellungen oder keine erhalten. Ordnen Sie der Gruppe die Rolle zu, die ihre Mitglieder haben sollen.
advice-default-role-without-claim = Über Rollen soll der Claim „groups“ entscheiden; er kam bei ihrer Anmeldung nicht mit, und sie wurden auch nicht als Mitglieder einer zugeordneten Gruppe übertragen. Fügen Sie der SSO-Anwendung in Ihrem Identitätsanbieter ein Gruppenattribut namens „groups“ hinzu, oder übertragen Sie eine ihrer Gruppen und ordnen Sie ihr eine Rolle zu.
advice-default-role-without-match = Diese Personen sind in keiner Gruppe, der eine Rolle zugeordnet ist: weder nach dem Claim „groups“ der Anmeldung noch nach dem, was übertragen wurde. Der Claim muss Gruppen so nennen, wie sie hier heißen, oder mit der ID, die Ihr Identitätsanbieter überträgt. Ordnen Sie einer ihrer Gruppen eine Rolle zu, oder sehen Sie nach, was der Claim enthält.
advice-never-signed-in = Diese Personen wurden übertragen und sind hier bekannt, aber die Anwendung zeigt Personen erst, wenn sie sich zum ersten Mal angemeldet haben. Alles ist in Ordnung: Bis dahin gelten sie als eingeladen. Einladungs-E-Mails lassen sich in den Einstellungen einschalten.
advice-owned-by-another = Die Personen oder Gruppen wurden zuerst von einer anderen Verbindung übertragen und bleiben bei ihr: Die Schreibzugriffe dieser Verbindung werden abgelehnt, und niemand verliert den Zugang. Löst diese Verbindung die andere ab, lassen Sie einen Owner auf ihrer Seite festlegen, dass sie die andere ersetzt. Ist sie eine zweite Verbindung für denselben Identitätsanbieter, widerrufen Sie die Token derjenigen, die nicht mehr verwendet wird. Ist sie eine Testanwendung, ist hier nichts zu tun: Heben Sie dort die Zuweisung dieser Personen auf.
advice-brake-tripped = Ihr Identitätsanbieter hat Personen deaktiviert, gelöscht oder aus Gruppen genommen, und zwar mehr, als die Grenze dieser Verbindung erlaubt. Wenn das niemand beabsichtigt hat, sehen Sie zuerst dort nach: Oft wurde versehentlich ein Filter oder eine Zuweisung geändert. Zurückgehaltenes wird nach einem Tag wirksam, sofern es nicht jemand auf der Seite der Verbindung anwendet oder verwirft; was nicht zurückgehalten wurde, ist bereits wirksam.
advice-subject-is-name = Eine Adresse kann sich ändern und neu vergeben werden, und eine transiente Name ID ist jedes Mal eine andere. Beide werden nicht gebunden, daher werden diese Personen allein über ihre Namen gefunden. Stellen Sie in Ihrem Identitätsanbieter die Name ID der SSO-Anwendung auf eine dauerhafte um, etwa die Objekt-ID; oder bitten Sie den Betreiber der Anwendung, die ID, die sich nie ändert, als Subjekt zu übergeben.
advice-neither-subject-nor-connection = Es funktioniert, aber wer in Ihrem Identitätsanbieter Personen umbenennen kann oder ein SCIM-Token besitzt, kann sich als jede dieser Personen anmelden, die keine von Hand vergebene Rolle hat. Bitten Sie den Betreiber der Anwendung, bei jeder Anmeldung das Subjekt und die Verbindung zu übergeben; ab der zweiten Anmeldung kann sich niemand anderes mehr als diese Personen anmelden.
advice-people-ceiling = An der Grenze kann Ihr Identitätsanbieter niemanden hinzufügen, und niemand Neues kann sich anmelden; alle, die hier sind, können weiterarbeiten. Löschen Sie Personen, die nicht mehr benötigt werden: Nach der nächsten stündlichen Zählung können andere hinzukommen. Oder bitten Sie den Betreiber der Anwendung um mehr.
advice-groups-ceiling = An der Grenze kann Ihr Identitätsanbieter keine Gruppe hinzufügen; die vorhandenen Gruppen bleiben nutzbar. Übertragen Sie nur Gruppen, die eine Rolle geben: Nach der nächsten stündlichen Zählung können andere hinzukommen. Oder bitten Sie den Betreiber der Anwendung um mehr.
advice-tokens-ceiling = An der Grenze kann kein Token ausgestellt und daher auch keines ersetzt werden. Widerrufen Sie Token, die nicht mehr verwendet werden, oder bitten Sie den Betreiber der Anwendung um mehr.
advice-webhook-paused = Entweder ist drei Tage lang jede Zustellung fehlgeschlagen, oder der Empfänger hat geantwortet, dass es ihn nicht mehr gibt, oder Ereignisse sind vor dem Senden abgelaufen, oder Daten wurden auf einen Stand vor einer Änderung des Webhooks zurückgesetzt. Prüfen Sie im letzten Fall seine URL, und erneuern Sie sein Geheimnis. Solange der Mandant die Ereignisse aufbewahrt, geht keines verloren. Reparieren Sie den Empfänger, oder ändern Sie die URL, und setzen Sie den Webhook dann über die API fort; seine Liste der Zustellungen zeigt jeden Fehler.
advice-webhook-paused-by-hand = Ereignisse warten, solange der Mandant sie aufbewahrt, und werden der Reihe nach gesendet, sobald der Webhook über die API fortgesetzt wird. Löschen Sie ihn, wenn ihn niemand mehr benötigt.
advice-mail-bounced = Diese Adressen gibt es nicht, oder sie nehmen keine E-Mails an; Einladungen und Hinweise kommen dort also nicht an. Korrigieren Sie die Adresse in Ihrem Identitätsanbieter oder die des Kontakts in den Einstellungen. Ist sie richtig, bitten Sie den Anbieter der Anwendung, wieder E-Mails an sie zu senden: Bis dahin wird nichts dorthin gesendet.
advice-mail-reported-as-spam = Wer E-Mails als Spam markiert, erhält keine mehr. Fragen Sie die Personen, ob sie die E-Mails möchten: Wenn nicht, schalten Sie die Einladungen in den Einstellungen aus, oder entfernen Sie sie aus den Kontakten. Wenn doch, bitten Sie den Anbieter der Anwendung, ihnen wieder E-Mails zu senden.
advice-subjects-changed = Ihr Identitätsanbieter sendet jetzt eine andere ID für dieselben Personen, zum Beispiel weil die Anwendung dort neu angelegt oder das Format der Name ID geändert wurde. Wenn Sie nichts geändert haben, meldet sich möglicherweise jemand anderes an: Sehen Sie zuerst dort nach. Ist es richtig, lassen Sie einen Owner auf der Seite der Verbindung ein Zeitfenster zum Neubinden öffnen; solange es offen ist, bindet die nächste Anmeldung jeder Person die neue ID. Personen mit einer von Hand vergebenen Rolle werden einzeln bestätigt.
advice-subjects-changed-without-connection = Ihr Identitätsanbieter sendet jetzt eine andere ID für dieselben Personen, zum Beispiel weil die Anwendung dort neu angelegt oder das Format der Name ID geändert wurde. Wenn Sie nichts geändert haben, meldet sich möglicherweise jemand anderes an: Sehen Sie zuerst dort nach. Ist es richtig, lassen Sie einen Owner auf der Seite der Verbindung ein Zeitfenster zum Neubinden öffnen; solange es offen ist, bindet die nächste Anmeldung jeder Person die neue ID. Personen mit einer von Hand vergebenen Rolle werden einzeln bestätigt. Die Anmeldungen nennen keine Verbindung, und ein Zeitfenster wird auf einer Verbindung geöffnet: Lassen Sie die Anwendung sie zuerst übergeben.
advice-failures-repeating = Das Anfrageprotokoll zeigt, was gesendet und was darauf geantwortet wurde.
advice-token-expiring = Ab dann wird alles abgelehnt, was Ihr Identitätsanbieter sendet. Stellen Sie jetzt ein zweites Token aus, tragen Sie es in Ihrem Identitätsanbieter ein und testen Sie die Verbindung; beide gelten, bis das alte abläuft.
advice-token-expiring-with-another = Es gibt ein anderes Token, das länger gilt, „{ $other }“, aber Ihr Identitätsanbieter verwendet noch „{ $name }“. Tragen Sie das andere in Ihrem Identitätsanbieter ein, testen Sie die Verbindung und widerrufen Sie dann „{ $name }“.
advice-never-heard-from-google = Google Workspace beliefert nur Anwendungen aus seinem eigenen Katalog und hat kein Feld für eine eigene Basis-URL. Fragen Sie die Person, die die Verbindung betreut, was zwischen Google und diesem Dienst steht.
advice-users-without-groups-google = Google Workspace überträgt Personen und keine Gruppen. Vergeben Sie Rollen von Hand, wählen Sie in den Einstellungen eine Standardrolle, oder lassen Sie den Claim „groups“ der Anmeldung entscheiden.
advice-connection-silent-on-schedule = Er fragt etwa alle 40 Minuten an, ob sich etwas geändert hat oder nicht; seine Synchronisierung hat also ohne Fehlermeldung aufgehört. Öffnen Sie in Entra ID die Seite „Provisioning“ der Unternehmensanwendung: Der Auftrag ist vielleicht angehalten oder nach früheren Fehlern in Quarantäne. Wurde sein Token ersetzt oder falsch geschrieben? Anfragen mit einem hier unbekannten Token lassen sich Ihnen nicht zuordnen: Stellen Sie ein neues aus, tragen Sie es dort ein und testen Sie die Verbindung. Starten Sie dann den Auftrag erneut.
advice-default-role-without-claim-alone = Nach den Einstellungen entscheidet allein der Claim „groups“ über Rollen, und er kam bei ihrer Anmeldung nicht mit; übertragene Mitgliedschaften zählen nicht. Fügen Sie der SSO-Anwendung in Ihrem Identitätsanbieter ein Gruppenattribut namens „groups“ hinzu, oder lassen Sie in den Einstellungen die übertragenen Mitgliedschaften entscheiden.
advice-default-role-without-match-alone = Nach den Einstellungen entscheidet allein der Claim „groups“ über Rollen, und bei ihrer letzten Anmeldung nannte er keine Gruppe, der damals eine Rolle zugeordnet war; übertragene Mitgliedschaften zählen nicht. Der Claim muss Gruppen so nennen, wie sie hier heißen, oder mit der ID, die Ihr Identitätsanbieter überträgt. Ordnen Sie einer Gruppe, die er nennt, eine Rolle zu, was ab ihrer nächsten Anmeldung zählt, oder lassen Sie in den Einstellungen die übertragenen Mitgliedschaften entscheiden.
advice-sign-in-refused-ambiguous = Mehrere Personen haben die externe ID, die die Anmeldung mitbringt, oder die Anwendung nennt keine Verbindung, und das Subjekt ist in mehreren gebunden. Korrigieren Sie externalId in Ihrem Identitätsanbieter, löschen Sie den Datensatz, der nicht verwendet wird, oder lassen Sie die Anwendung die Verbindung übergeben.
advice-sign-in-refused-other-subject = Ist es dieselbe Person mit einem neuen Konto in Ihrem Identitätsanbieter, binden Sie sie auf ihrer Seite neu. Wurde der Name jemand anderem gegeben, tun Sie das nicht: Lassen Sie zuerst Ihren Identitätsanbieter die Person umbenennen oder entfernen, die ihn hatte.
advice-sign-in-refused-other-external-id = Hat Ihr Identitätsanbieter den Namen jemand anderem gegeben, lassen Sie ihn die Person umbenennen oder entfernen, die ihn hatte. Ist es dieselbe Person, korrigieren Sie externalId in Ihrem Identitätsanbieter, oder binden Sie sie auf ihrer Seite neu. Übergibt die Anwendung für alle IDs anderer Art, lassen Sie einen Owner die externen IDs der Verbindung auf „unabhängig“ stellen.
advice-sign-in-refused-other-connection = Löst die Verbindung der Anmeldung die andere ab, lassen Sie einen Owner auf ihrer Seite festlegen, dass sie jene ersetzt. Gehören Personen zu beiden, lassen Sie die Anwendung die Verbindung übergeben, die sie überträgt.
advice-sign-in-refused-unproven = SCIM hat den Namen oder die externe ID einer Person geändert, die mehr hat, als ihre Gruppen geben; die nächste Anmeldung damit könnte also die einer anderen Person sein. Fragen Sie die Person, ob sie es ist, und lassen Sie einen anderen Owner sie auf ihrer Seite bestätigen; oder sie bestätigt sich selbst in einer Sitzung, die älter ist als die Änderung.
advice-sign-in-refused-same-email = Sind beide dieselbe Person, korrigieren Sie den Benutzernamen in Ihrem Identitätsanbieter so, dass er dem der Anmeldung entspricht. Sind es zwei Personen, geben Sie einer von ihnen eine andere Adresse, oder lassen Sie auf der Seite der Person, die die Adresse hat, andere mit ihr zu.
advice-sign-in-refused-inactive = Sind sie ausgeschieden, ist nichts zu tun. Sollen sie Zugang haben, weisen Sie sie in Ihrem Identitätsanbieter der Anwendung erneut zu, oder beenden Sie die Sperre auf ihrer Seite. Eine gelöschte Person wird auf ihrer Seite wiederhergestellt, oder ihre Kennungen werden dort freigegeben.
advice-sign-in-refused-not-provisioned = Sollen sie Zugang haben, weisen Sie sie in Ihrem Identitätsanbieter der Anwendung zu. Um Personen hereinzulassen, die kein Anbieter übertragen hat, lassen Sie einen Owner in den Einstellungen die Registrierung auf „erlaubt“ stellen.
advice-sign-in-refused-unknown = Das Änderungsprotokoll enthält den Eintrag mit allen Details. Fragen Sie den Betreiber der Anwendung, oder aktualisieren Sie diese Konsole.
