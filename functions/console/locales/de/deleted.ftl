# Gelöschte Personen.

deleted-title = Gelöschte Personen
deleted-lead = Gelöschte Personen, die nicht zurückgekommen sind, zuletzt gelöschte zuerst. Sie stehen hier, solange das Änderungsprotokoll aufbewahrt wird.
deleted-search-hint = Ein vollständiger Benutzername oder eine vollständige ID
deleted-no-match-so-far = Bisher kein Treffer. Sehen Sie frühere Einträge an.
deleted-none = Keine gelöschten Personen.
deleted-no-match = Kein Treffer für „{ $name }“. Das ganze Änderungsprotokoll wurde nach genau diesem Benutzernamen oder dieser ID durchsucht.
deleted-at = Gelöscht
deleted-person = Gelöschte Person
deleted-a-person = Eine gelöschte Person
deleted-merged = Dieses Konto wurde { $when } geschlossen. Sein Name gehört jetzt { $person }einer anderen Person{ $person-end }.
deleted-when = Gelöscht { $when }. Anmeldungen mit den Kennungen dieser Person werden abgelehnt.
deleted-back = Wiederherstellen oder Kennungen freigeben
deleted-back-means = Wiederherstellen, wenn dieselbe Person zurückkommt. Kennungen freigeben, wenn Name oder Adresse jetzt jemand anderem gehören.
deleted-history = Verlauf
deleted-no-history = Das Protokoll enthält keine Änderung dieser Person mehr.
deleted-in-activity = Alle unter „Aktivität“ ansehen
