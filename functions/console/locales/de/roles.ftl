# Rollen: was die Anwendung festlegt.

roles-title = Rollen
roles-lead = Die Anwendung legt die Rollen fest. Hat jemand mehrere, gilt zuerst die mit dem höchsten Rang; Berechtigungen addieren sich.
roles-lead-tenant = Die Anwendung legt die Rollen dieses Mandanten fest. Hat jemand mehrere, gilt zuerst die mit dem höchsten Rang; Berechtigungen addieren sich.
roles-rank = Rang
roles-given = Vergabe
roles-permissions = Berechtigungen
roles-retired = ausgelaufen
roles-none = Keine
roles-way-retired = Wird niemandem mehr gegeben. Wer sie hat, behält sie.
roles-way-groups = durch Gruppen
roles-way-hand = von Hand
roles-way-default = als Standard
roles-no-way = Nicht vergeben
