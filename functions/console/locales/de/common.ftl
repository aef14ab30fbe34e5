# Wörter jeder Seite: Anzahlen, Zeiten, Zustände, Handelnde.

count-people =
    { $count ->
        [one] { $count } Person
       *[other] { $count } Personen
    }
count-groups =
    { $count ->
        [one] { $count } Gruppe
       *[other] { $count } Gruppen
    }
count-members =
    { $count ->
        [one] { $count } Mitglied
       *[other] { $count } Mitglieder
    }

time-day = { $day }. { $month } { $year }
time-utc = { $day }. { $month } { $year }, { $clock } UTC
time-exact = { $day }. { $month } { $year }, { $clock }
time-column = { $day }. { $month } { $clock }
time-just-now = gerade eben
time-in-a-moment = gleich
time-minutes-ago =
    { $count ->
        [one] vor { $count } Minute
       *[other] vor { $count } Minuten
    }
time-in-minutes =
    { $count ->
        [one] in { $count } Minute
       *[other] in { $count } Minuten
    }
time-hours-ago =
    { $count ->
        [one] vor { $count } Stunde
       *[other] vor { $count } Stunden
    }
time-in-hours =
    { $count ->
        [one] in { $count } Stunde
       *[other] in { $count } Stunden
    }
time-days-ago =
    { $count ->
        [one] vor { $count } Tag
       *[other] vor { $count } Tagen
    }
time-in-days =
    { $count ->
        [one] in { $count } Tag
       *[other] in { $count } Tagen
    }
month-1 = Jan.
month-2 = Feb.
month-3 = März
month-4 = Apr.
month-5 = Mai
month-6 = Juni
month-7 = Juli
month-8 = Aug.
month-9 = Sept.
month-10 = Okt.
month-11 = Nov.
month-12 = Dez.

state-active = Aktiv
state-invited = Eingeladen
state-inactive = Inaktiv
state-blocked = Gesperrt
no-role = Keine Rolle
no-name = (ohne Namen)
never = Nie
value-cut = { $value }… (gekürzt; der Export enthält alles)

actor-setup-link-visitor = Einrichtungslink
actor-token = Identitätsanbieter
actor-person = eine Person
actor-portal-link = Einrichtungslink
actor-application = Ihre Anwendung
actor-system = System
actor-someone = jemand

search = Suchen
save = Speichern
cancel = Abbrechen
copy = Kopieren
next-page = Nächste Seite
filters = Filter
view-request = Anfrage ansehen
no-match-so-far = Bisher kein Treffer. Sehen Sie auf der nächsten Seite nach.
person = Person
state = Status
role = Rolle
last-sign-in = Letzte Anmeldung
connection = Verbindung
groups = Gruppen
select-one = { $name } auswählen
user-name = Benutzername
preview = Vorschau
group = Gruppe
members = Mitglieder
