# Die Seite, die die Konsole öffnet, bevor jemand angemeldet ist.

open-title = Konsole öffnen
open-heading = Konsole von { $tenant } öffnen
open-signed-in-as = Sie werden als { $user } angemeldet.
open-once = Dieser Link funktioniert nur einmal.
open-role = Rolle: { $role }.
open-other = Sie sind bei { $tenant } als { $user } angemeldet. Fahren Sie nur fort, wenn Sie diese Sitzung verlassen möchten: Was Sie danach einrichten, gehört zu { $target }.
open-stay = Hier bleiben
error-link-unusable = dieser Link wurde bereits geöffnet oder ist abgelaufen. Öffnen Sie die Konsole erneut aus Ihrer Anwendung
