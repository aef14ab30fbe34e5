# Gelöschte Personen.

deleted-title = Gelöschte Personen
deleted-lead = Personen, die gelöscht wurden und nicht zurückgekommen sind, die letzten zuerst, solange das Änderungsprotokoll aufbewahrt wird.
deleted-search-hint = Ein ganzer Benutzername oder eine ganze ID
deleted-no-match-so-far = Bisher kein Treffer. Sehen Sie ältere Einträge an.
deleted-none = Keine gelöschten Personen.
deleted-no-match = Kein Treffer für „{ $name }“. Das ganze Änderungsprotokoll wurde nach genau diesem Benutzernamen oder dieser ID durchsucht.
deleted-older = Ältere Einträge
deleted-person = Gelöschte Person
deleted-a-person = Eine gelöschte Person
deleted-merged = Dieses Konto wurde { $when } geschlossen. Sein Name gehört jetzt { $person }einer anderen Person{ $person-end }.
deleted-when = Gelöscht { $when }. Anmeldungen mit den Kennungen dieser Person werden abgelehnt.
deleted-back = Wiederherstellen oder neu zulassen
deleted-back-means = Stellen Sie wieder her, wenn dieselbe Person zurückkommt. Lassen Sie neu zu, wenn Name oder Adresse jetzt jemand anderem gehören.
deleted-history = Verlauf
deleted-no-history = Das Protokoll enthält keine Änderung dieser Person mehr.
deleted-in-activity = Alles unter „Aktivität“
