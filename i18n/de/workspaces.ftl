## Die Arbeitsbereiche einer Organisation

workspaces = Arbeitsbereiche
workspace = Arbeitsbereich
search-workspaces = Arbeitsbereiche suchen
no-workspaces = Sie sind noch in keinem Arbeitsbereich Mitglied.
no-workspaces-found = Keine passenden Arbeitsbereiche.
your-roles = Ihre Rollen
workspaces-count =
    { $count ->
        [one] { $count } Arbeitsbereich
       *[other] { $count } Arbeitsbereiche
    }
workspaces-more-than = Mehr als { $count } Arbeitsbereiche
created = Erstellt
new-workspace = Arbeitsbereich erstellen
rename-workspace = Arbeitsbereich umbenennen
added-when = Hinzugefügt
add-members = Mitglieder hinzufügen
add-workspace-member = Mitglieder der Organisation nach Name oder Adresse suchen
add-person = { $name } hinzufügen
already-in-workspace = Bereits Mitglied
make-workspace-admin-explanation = Admins eines Arbeitsbereichs dürfen darin alles: Mitglieder und Rollen verwalten, ihn umbenennen und löschen.
remove-workspace-member-warning = Die Person verliert sofort den Zugriff auf diesen Arbeitsbereich und bleibt in der Organisation. Sie können sie wieder hinzufügen.
leave = Verlassen
leave-workspace = { $name } verlassen
leave-workspace-title = { $name } verlassen?
leave-workspace-warning = Sie verlieren sofort den Zugriff auf diesen Arbeitsbereich. Jemand dort kann Sie wieder hinzufügen.
delete-workspace = Arbeitsbereich löschen
delete-workspace-named = { $name } löschen
delete-workspace-title = { $name } löschen?
delete-workspace-members =
    { $count ->
        [one] { $count } Mitglied verliert sofort den Zugriff.
       *[other] { $count } Mitglieder verlieren sofort den Zugriff.
    }
delete-workspace-warning = Seine Rollen werden mit gelöscht, und ausstehende Einladungen dorthin werden widerrufen. Das lässt sich nicht rückgängig machen.
flash-workspace-created = Arbeitsbereich erstellt.
flash-workspace-left = Sie haben den Arbeitsbereich verlassen.
flash-workspace-deleted = Arbeitsbereich gelöscht.
flash-workspace-member-added = Mitglied hinzugefügt.
flash-workspace-member-removed = Mitglied aus dem Arbeitsbereich entfernt.
