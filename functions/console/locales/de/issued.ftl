# Ein Token oder ein Client Secret, einmal angezeigt.

issued-secret = Kopieren Sie das Client Secret jetzt
issued-secret-once = Das Secret wird nur dieses eine Mal angezeigt und kann nicht wieder gelesen werden. Wer es hat, kann Ihre Personen und Gruppen ändern.
issued-token = Kopieren Sie das Token jetzt
issued-token-once = Es wird nur dieses eine Mal angezeigt und kann nicht wieder gelesen werden. Wer es hat, kann Ihre Personen und Gruppen ändern.
issued-endpoint = Token-Endpunkt
issued-client-id = Client-ID
issued-client-secret = Client Secret
issued-token-label = Token
