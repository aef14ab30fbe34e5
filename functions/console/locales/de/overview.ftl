# Übersicht: die erste Seite.

overview-reading = Das Anfrageprotokoll ist lang und wird noch gelesen: Die Schritte und Zeiten unten sind noch nicht vollständig. { $health }Zustand{ $health-end } zeigt, wie weit es ist.
