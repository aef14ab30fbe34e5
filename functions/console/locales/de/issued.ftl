# Ein Token oder ein Client Secret, einmal angezeigt.

issued-secret = Kopieren Sie das Client Secret jetzt
issued-secret-once = Das Client Secret wird nur dieses eine Mal angezeigt und kann nicht wieder gelesen werden. Wer es hat, kann Ihre Personen und Gruppen ändern.
issued-token = Kopieren Sie das Token jetzt
issued-token-once = Es wird nur dieses eine Mal angezeigt und kann nicht wieder gelesen werden. Wer es hat, kann Ihre Personen und Gruppen ändern.
issued-until = { $b }Diese Seite zeigt es bis { $until }.{ $b-end } Danach lässt es sich nicht mehr lesen. Wer es hat, kann Ihre Personen und Gruppen ändern.
issued-over = Diese Seite zeigt das Token nicht mehr. Wenn es niemand kopiert hat, widerrufen Sie es unter Tokens und erstellen Sie ein neues.
issued-endpoint = Token-Endpunkt
issued-client-id = Client-ID
issued-client-secret = Client Secret
issued-token-label = Token
