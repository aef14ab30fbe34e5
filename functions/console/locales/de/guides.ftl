# Die Anbieter und ihre Anleitungen. Was auf den Seiten eines Herstellers steht, bleibt, wie er es schreibt.

provider-other-name = Anderer Anbieter
provider-other-vendor = Der Standard
provider-read-day = 30. November 2026
provider-minutes-10 = Etwa 10 Minuten
provider-minutes-15 = Etwa 15 Minuten
provider-minutes-20 = Etwa 20 Minuten
provider-entra-effort = Etwa 20 Minuten, synchronisiert alle 40 Minuten
provider-google-effort = Nur für Anwendungen im Katalog von Google
provider-other-effort = Alles, was SCIM 2.0 spricht
provider-okta-source = Nach einer Kopie der Dokumentation von Okta geschrieben.
provider-entra-source = Nach einer Kopie der Dokumentation von Microsoft geschrieben.
provider-onelogin-source = Nach einer Kopie der Entwicklerdokumentation von OneLogin geschrieben.
provider-jumpcloud-source = Nach einer Kopie der Dokumentation von JumpCloud und nach Anleitungen von Anwendungen geschrieben, die JumpCloud erreicht.
provider-google-source = Nach einer Kopie der Dokumentation von Google geschrieben.
provider-ping-source = Nach einer Kopie der Dokumentation von Ping Identity geschrieben.
provider-cyberark-source = Nach einer Kopie der SCIM-Übersicht von CyberArk geschrieben; die Seiten des Portals können anders aussehen.
provider-rippling-source = Rippling zeigt seine Dokumentation nur Kunden: nach Anleitungen von Anwendungen geschrieben, die Rippling erreicht.
provider-other-source = Nach dem Standard RFC 7644 geschrieben.
provider-google-catalogue = Google sendet nichts an eine eigene Adresse: Die automatische Bereitstellung gibt es nur für Anwendungen im Katalog von Google.
provider-google-groups = Google sendet keine Gruppen. Google-Gruppen geben deshalb keine Rollen, es sei denn, eine Anmeldung nennt sie.
provider-google-late = Google entfernt Personen erst Stunden bis Tage, nachdem sie gesperrt oder gelöscht wurden, und archivierte Personen nie.
provider-google-editions = Einige Editionen sind auf drei Anwendungen begrenzt.

guide-done = , erledigt
guide-copy = Kopieren
guide-enter = Adresse und Token eintragen
guide-assign = Personen zuweisen und Gruppen übertragen
guide-leave = Testen, ob das Ausscheiden funktioniert
guide-copy-values = Kopieren Sie diese Werte in die gleichnamigen Felder.
guide-leave-access = Entziehen Sie einer Testperson den Zugang, und sehen Sie nach, ob sie hier deaktiviert wird. Geben Sie ihn ihr dann zurück.
guide-leave-group = Nehmen Sie eine Testperson aus der Gruppe, und sehen Sie nach, ob sie hier deaktiviert wird. Fügen Sie sie dann wieder hinzu.

guide-token-endpoint = Token-Endpunkt
guide-client-id = Client-ID
guide-client-secret = Client Secret
guide-secret-once = { $b }Sie sehen dieses Geheimnis nur einmal.{ $b-end } Wer es hat, kann Ihre Personen und Gruppen ändern. Wenn Sie es verlieren, erstellen Sie ein anderes.
guide-token-once = { $b }Sie sehen dieses Token nur einmal.{ $b-end } Wer es hat, kann Ihre Personen und Gruppen ändern. Wenn Sie es verlieren, erstellen Sie ein anderes.
guide-create-token = Token erstellen
guide-create-client = OAuth-Client erstellen
guide-token-name = Name des Tokens
guide-tokens-in-use = { $count ->
        [one] { $count } Token
       *[other] { $count } Token
    } in Gebrauch: { $tokens }Token{ $tokens-end }. Ein Token wird nur angezeigt, wenn es erstellt wird.
guide-ask-for-token = Bitten Sie jemanden, der Token verwalten darf, eines zu erstellen.

guide-cyberark-prepare = Provisioning in CyberArk Identity einschalten
guide-cyberark-open = Öffnen Sie im Portal „Identity Administration“ { $b }Apps & Widgets → Web Apps{ $b-end }, dort Ihre SAML-Anwendung, dann { $b }Provisioning{ $b-end }, und aktivieren Sie { $b }Enable provisioning for this application{ $b-end }.
guide-cyberark-verify = Klicken Sie auf { $b }Verify{ $b-end }, dann auf { $b }Save{ $b-end }.
guide-cyberark-assign = Rollen zuordnen und synchronisieren
guide-cyberark-role = Fügen Sie für jede Rolle, deren Mitglieder ankommen sollen, eine Rollenzuordnung hinzu, mit der Gruppe, die hier daraus wird.
guide-cyberark-sync = Starten Sie die Synchronisierung unter { $b }Settings → Users → Outbound Provisioning{ $b-end }.
guide-cyberark-leave = Nehmen Sie eine Testperson aus der Rolle, synchronisieren Sie, und sehen Sie nach, ob sie hier deaktiviert wird. Fügen Sie sie dann wieder hinzu.

guide-entra-prepare = Provisioning in Ihrer Entra-Anwendung öffnen
guide-entra-open = Öffnen Sie im Microsoft Entra Admin Center { $b }Enterprise applications{ $b-end } und dort Ihre Anwendung. Um eine zu erstellen, wählen Sie { $b }New application → Create your own application{ $b-end }, dann { $b }Integrate any other application you don't find in the gallery{ $b-end }.
guide-entra-configuration = Öffnen Sie { $b }Provisioning{ $b-end }, und wählen Sie { $b }New configuration{ $b-end }.
guide-entra-client = Mit einem OAuth-Client wählen Sie { $b }OAuth2 client credentials{ $b-end } als Authentifizierungsmethode, wenn Ihr Mandant sie anbietet. Lassen Sie das Feld für das Secret Token nie leer: Entra sendet dann ein eigenes Token, und das wird abgelehnt.
guide-entra-create = Klicken Sie auf { $b }Test connection{ $b-end }, dann auf { $b }Create{ $b-end }.
guide-entra-choose = Attributzuordnung und Eigenschaften prüfen
guide-entra-mapping = Öffnen Sie { $b }Attribute mapping{ $b-end } und dort die Zuordnung der Benutzer. Behalten Sie { $code }userName{ $code-end } als Attribut für den Abgleich bei.
guide-entra-external-id = Ändern Sie die Quelle von { $code }externalId{ $code-end } von { $code }mailNickname{ $code-end } in { $code }objectId{ $code-end }. Die Vorgabe von Entra, { $code }mailNickname{ $code-end }, ist nicht eindeutig: Zwei Personen können denselben Wert haben.
guide-entra-properties = Öffnen Sie { $b }Properties{ $b-end }, schalten Sie die Benachrichtigungen per E-Mail und den Schutz vor versehentlichem Löschen ein, und übernehmen Sie die Änderungen.
guide-entra-assign = Personen und Gruppen zuweisen, dann starten
guide-entra-users = Weisen Sie Personen und Gruppen unter { $b }Users and groups{ $b-end } zu.
guide-entra-demand = Probieren Sie es mit { $b }Provision on demand{ $b-end } an einer Person aus: Das dauert Sekunden.
guide-entra-start = Klicken Sie in der Übersicht auf { $b }Start provisioning{ $b-end }. Entra synchronisiert etwa alle 40 Minuten.
guide-entra-nested = Mitglieder von Gruppen innerhalb von Gruppen werden nicht übertragen: Weisen Sie diese Gruppen selbst zu. Ein falsches oder abgelaufenes Token versetzt den ganzen Auftrag in Quarantäne.
guide-entra-leave = Entfernen Sie die Zuweisung einer Testperson, und klicken Sie für sie auf { $b }Provision on demand{ $b-end }, oder warten Sie auf den nächsten Zyklus. Weisen Sie sie dann wieder zu.

guide-google-cannot = Google Workspace kann nicht alles.
guide-google-prepare = Einen anderen Anbieter verwenden, falls vorhanden
guide-google-other = Okta, Microsoft Entra ID, JumpCloud und OneLogin können Google Workspace auslesen. Verbinden Sie stattdessen diesen Anbieter: Wählen Sie ihn unter { $em }Diese Verbindung ändern{ $em-end }.
guide-google-choose = Sonst: Personen mit Google anmelden lassen
guide-google-sign-in = Lassen Sie Personen sich mit Google SAML anmelden. Diese Personen kommen mit ihrer ersten Anmeldung an und erhalten die Standardrolle aus den Einstellungen oder die Rollen der Gruppen, die die Anmeldung nennt.
guide-google-sign-in-linked = Lassen Sie Personen sich mit Google SAML anmelden. Diese Personen kommen mit ihrer ersten Anmeldung an und erhalten die Standardrolle aus den { $settings }Einstellungen{ $settings-end } oder die Rollen der Gruppen, die die Anmeldung nennt.
guide-google-deactivate = Deaktivieren Sie Personen, die ausscheiden, in Ihrer Anwendung: Google meldet dies nicht.
guide-google-enter = Nur wenn Ihre Anwendung im Katalog von Google steht
guide-google-open = Tragen Sie dies unter { $b }Apps → Web and mobile apps → (Ihre Anwendung) → Auto-provisioning{ $b-end } ein.

guide-jumpcloud-prepare = Eine eigene Anwendung in JumpCloud hinzufügen
guide-jumpcloud-add = Öffnen Sie { $b }SSO Applications → Add New Application → Custom Application{ $b-end }, aktivieren Sie { $b }Export users to this app (Identity Management){ $b-end }, geben Sie der Anwendung einen Namen, und speichern Sie sie. Klicken Sie dann auf { $b }Configure Application{ $b-end }.
guide-jumpcloud-open = Öffnen Sie { $b }Identity Management{ $b-end }, wählen Sie { $b }SCIM API{ $b-end }, und kopieren Sie diese Werte in die gleichnamigen Felder.
guide-jumpcloud-mail = Tragen Sie als { $b }Test User Email{ $b-end } eine E-Mail-Adresse Ihrer eigenen Domain ein.
guide-jumpcloud-groups = Aktivieren Sie { $b }Enable management of User Groups and Group Membership in this application{ $b-end }.
guide-jumpcloud-save = Klicken Sie auf { $b }Test Connection{ $b-end }, dann auf { $b }Activate{ $b-end }, dann auf { $b }Save{ $b-end }. Ohne { $b }Save{ $b-end } wird nichts gesendet.
guide-jumpcloud-test = Der Test erstellt eine Person und eine Gruppe und löscht beide wieder. Sie sehen sie unter „Aktivität“.
guide-jumpcloud-assign = Benutzergruppen Zugang geben
guide-jumpcloud-select = Öffnen Sie { $b }User Groups{ $b-end } der Anwendung, wählen Sie die Gruppen aus, und klicken Sie auf { $b }Save{ $b-end }. Ihre Personen kommen an, und mit ihnen die Gruppen.

guide-okta-prepare = SCIM in Ihrer Okta-Anwendung einschalten
guide-okta-open = Öffnen Sie in der Okta Admin Console die Anwendung, über die sich Personen bei Ihrer Anwendung anmelden. Es muss eine eigene { $b }SAML{ $b-end }- oder { $b }SWA{ $b-end }-Anwendung sein oder eine aus dem Katalog, die SCIM anbietet. Für eine eigene OIDC-Anwendung bietet Okta kein SCIM an: Erstellen Sie daneben eine SAML- oder SWA-Anwendung für das Provisioning.
guide-okta-settings = Öffnen Sie { $b }General → App Settings → Edit{ $b-end }, setzen Sie { $b }Provisioning{ $b-end } auf { $b }SCIM{ $b-end }, und speichern Sie. Wenn SCIM nicht zur Auswahl steht, bitten Sie den Support von Okta, das Provisioning für Ihre Org einzuschalten.
guide-okta-copy = Öffnen Sie { $b }Provisioning → Integration → Edit{ $b-end }, und kopieren Sie diese Werte in die gleichnamigen Felder.
guide-okta-actions = Aktivieren Sie unter { $b }Supported provisioning actions{ $b-end } die Optionen { $b }Push New Users{ $b-end }, { $b }Push Profile Updates{ $b-end } und { $b }Push Groups{ $b-end }. Klicken Sie auf { $b }Test Connector Configuration{ $b-end }, dann auf { $b }Save{ $b-end }.
guide-okta-choose = Festlegen, was Okta senden darf
guide-okta-to-app = Öffnen Sie { $b }Provisioning → To App → Edit{ $b-end }, schalten Sie { $b }Create Users{ $b-end }, { $b }Update User Attributes{ $b-end } und { $b }Deactivate Users{ $b-end } ein, und speichern Sie.
guide-okta-people = Weisen Sie unter { $b }Assignments{ $b-end } Personen oder eine Gruppe zu.
guide-okta-groups = Übertragen Sie unter { $b }Push Groups{ $b-end } die Gruppen, die Rollen geben sollen. Verwenden Sie andere Gruppen als die zugewiesenen: Okta unterstützt nicht dieselbe Gruppe für beides.
guide-okta-before = Personen, die zugewiesen wurden, bevor das Provisioning eingeschaltet war, werden nicht übertragen. Heben Sie ihre Zuweisung auf, und weisen Sie sie erneut zu.
guide-okta-leave = Heben Sie in Okta die Zuweisung einer Testperson auf. Sie wird hier innerhalb von Sekunden deaktiviert, und in der Liste auf dieser Seite erscheint ein Häkchen. Weisen Sie sie dann wieder zu.

guide-onelogin-prepare = Die SCIM-Anwendung in OneLogin hinzufügen
guide-onelogin-add = Öffnen Sie { $b }Applications → Add App{ $b-end }, suchen Sie nach SCIM, wählen Sie { $b }SCIM Provisioner with SAML (SCIM v2 Enterprise){ $b-end }, geben Sie der Anwendung einen Namen, und speichern Sie sie.
guide-onelogin-copy = Öffnen Sie { $b }Configuration{ $b-end }, und kopieren Sie diese Werte in die gleichnamigen Felder.
guide-onelogin-enable = Klicken Sie unter { $b }API Status{ $b-end } auf { $b }Enable{ $b-end }, dann auf { $b }Save{ $b-end }.
guide-onelogin-choose = Provisioning und Gruppen einschalten
guide-onelogin-provisioning = Aktivieren Sie unter { $b }Provisioning{ $b-end } die Option { $b }Enable provisioning{ $b-end }. Deaktivieren Sie die Kästchen für die Freigabe durch einen Admin, oder geben Sie jede Aktion unter { $b }Users → Provisioning{ $b-end } frei.
guide-onelogin-suspend = Wählen Sie { $b }Suspend{ $b-end } für Personen, die in OneLogin gelöscht werden oder den Zugang verlieren, und speichern Sie.
guide-onelogin-groups = Öffnen Sie unter { $b }Parameters{ $b-end } den Eintrag { $b }Groups{ $b-end }, und aktivieren Sie { $b }Include in User Provisioning{ $b-end }. Legen Sie unter { $b }Rules{ $b-end } fest, welche Gruppen Personen erhalten.
guide-onelogin-assign = Personen Zugang geben
guide-onelogin-access = Wählen Sie unter { $b }Access{ $b-end } die Rollen, die die Anwendung erhalten, oder fügen Sie sie einer Person unter { $b }Users → Applications{ $b-end } hinzu. Geben Sie frei, was wartet.
guide-onelogin-leave = Entziehen Sie einer Testperson die Anwendung, und sehen Sie nach, ob sie hier deaktiviert wird. Geben Sie sie ihr dann zurück.

guide-other-address = Tragen Sie die Adresse dort ein, wo Ihr Anbieter nach einer Basis-URL für SCIM 2.0 („base URL“), einer „tenant URL“ oder einer „connector URL“ fragt. Wählen Sie als Authentifizierung „bearer token“ (auch „HTTP header“ oder „OAuth bearer token“ genannt).
guide-other-base-url = SCIM-Basis-URL
guide-other-token = Bearer-Token
guide-other-client = Wenn Ihr Anbieter OAuth 2.0 Client Credentials anbietet, erstellen Sie stattdessen einen OAuth-Client, und tragen Sie Token-Endpunkt, Client-ID und Client Secret ein. Starten Sie dann den Verbindungstest Ihres Anbieters.
guide-other-choose = Festlegen, was übertragen wird
guide-other-match = Lassen Sie Personen über { $code }userName{ $code-end } abgleichen.
guide-other-external-id = Senden Sie als { $code }externalId{ $code-end } eine ID, die sich nie ändert.
guide-other-turn-on = Schalten Sie das Erstellen, Aktualisieren und Deaktivieren von Personen und das Übertragen von Gruppen ein.
guide-other-assign = Weisen Sie der Anwendung Personen zu, und übertragen Sie die Gruppen, die Rollen geben sollen.

guide-ping-prepare = Eine SCIM-Verbindung in PingOne hinzufügen
guide-ping-add = Öffnen Sie { $b }Integrations → Provisioning{ $b-end }, klicken Sie auf { $b }+{ $b-end } und { $b }New connection{ $b-end }, wählen Sie { $b }Identity Store{ $b-end }, dann { $b }SCIM Outbound{ $b-end }, und geben Sie der Verbindung einen Namen.
guide-ping-copy = Kopieren Sie unter { $b }Configure authentication{ $b-end } diese Werte in die gleichnamigen Felder.
guide-ping-methods = OAuth 2 Bearer Token oder OAuth 2 Client Credentials
guide-ping-test = Klicken Sie auf { $b }Test connection{ $b-end }, und fahren Sie fort.
guide-ping-choose = Festlegen, wie Personen und Mitglieder behandelt werden
guide-ping-overwrite = { $b }Overwrite{ $b-end } übernimmt für eine Gruppe hier die Mitglieder von PingOne: Eine Person, die dort aus einer Gruppe ausscheidet, verliert hier deren Rolle.
guide-ping-merge = { $b }Merge{ $b-end } fügt die Mitglieder von PingOne denen hinzu, die eine Gruppe mit demselben Namen hier schon hat.
guide-ping-unique = Der „Unique user identifier“ lässt sich später nicht ändern: PingOne braucht dafür eine neue Verbindung. Schalten Sie die Verbindung ein, wenn sie gespeichert ist.
guide-ping-assign = Eine Regel für Personen und Gruppen erstellen
guide-ping-rule = Erstellen Sie unter { $b }Integrations → Provisioning → Rules{ $b-end } eine Regel von PingOne zu dieser Verbindung mit einem Filter für Ihre Personen, und schalten Sie sie ein.
guide-ping-groups = Bearbeiten Sie in der Regel { $b }Groups{ $b-end }, fügen Sie die Gruppen hinzu, die Rollen geben sollen, und bestätigen Sie, dass Mitgliedschaften überschrieben oder zusammengeführt werden. Externe Gruppen können nicht übertragen werden.
guide-ping-leave = Deaktivieren Sie eine Testperson in PingOne, und sehen Sie nach, ob sie hier deaktiviert wird. Aktivieren Sie sie dann wieder.

guide-rippling-prepare = Eine eigene Integration in Rippling erstellen
guide-rippling-add = Öffnen Sie { $b }IT → Third-Party Access → Add Integration → Create New Custom Integration{ $b-end }. Geben Sie Name, Kategorie und Logo an, aktivieren Sie { $b }User Management via SCIM{ $b-end }, und fahren Sie fort.
guide-rippling-tick = Aktivieren Sie { $b }Supports Groups{ $b-end }, { $b }Supports Pagination{ $b-end }, { $b }Create & Delete Groups{ $b-end } und { $b }Use PATCH to edit Groups{ $b-end }. Lassen Sie { $b }Mutually Exclusive Groups{ $b-end } deaktiviert: Eine Person kann hier in mehreren Gruppen sein.
guide-rippling-attributes = Fügen Sie unter { $b }Supported SCIM Attributes{ $b-end } diese hinzu: { $code }externalId{ $code-end }, { $code }emails.primary{ $code-end }, { $code }name.givenName{ $code-end }, { $code }name.familyName{ $code-end } und, falls Sie es verwenden, { $code }employeeNumber{ $code-end }.
guide-rippling-install = Klicken Sie auf { $b }Install now{ $b-end }, und fügen Sie das Token ein.
guide-rippling-choose = Festlegen, wer Zugang erhält und wann
guide-rippling-rules = Legen Sie { $b }App Access Rules{ $b-end } und { $b }Provision Time{ $b-end } fest. Stellen Sie unter { $b }Attribute Mappings{ $b-end } jedes Attribut so ein, dass es beim Erstellen und bei Aktualisierungen gesendet wird.
guide-rippling-assign = Personen und Gruppen zuweisen
guide-rippling-people = Weisen Sie der Integration Personen und Gruppen zu. Gleichen Sie Personen ab, die schon hier sind, und erstellen Sie die anderen.
guide-rippling-leave = Entziehen Sie einer Testperson den Zugang, und sehen Sie nach, ob sie hier deaktiviert wird. Wenn ein Arbeitsverhältnis endet, tut Rippling zu diesem Zeitpunkt dasselbe.
