## Organizations: lists, members, invitations, roles, workspaces, domains

organizations = Organisationen
organization = Organisation
name = Name
create = Erstellen
save = Speichern
add = Hinzufügen
remove = Entfernen
delete = Löschen
search = Suchen
none = Keine
next-page = Weiter
actions = Aktionen
copy = Kopieren
copied = Kopiert
value = Wert
description = Beschreibung

revoke-them-too = Stattdessen widerrufen

roles = Rollen
role = Rolle
shared-role = Vordefiniert
replacement-role = Mitglieder mit dieser Rolle erhalten
new-role = Rolle erstellen
permissions = Berechtigungen
permissions-hint = Eine pro Zeile, etwa organization:manage_members

workspaces = Arbeitsbereiche
workspace = Arbeitsbereich
no-workspaces = Sie sind noch in keinem Arbeitsbereich Mitglied.
new-workspace = Arbeitsbereich erstellen
add-workspace-member = Mitglied der Organisation hinzufügen
remove-workspace-member-warning = Die Person verliert sofort den Zugang zu diesem Arbeitsbereich und bleibt in der Organisation. Sie können sie wieder hinzufügen.
leave = Verlassen
leave-workspace-warning = Sie verlieren sofort den Zugang zu diesem Arbeitsbereich. Jemand dort kann Sie wieder hinzufügen.
delete-workspace = Arbeitsbereich löschen
delete-workspace-warning = Der Arbeitsbereich wird gelöscht, und alle verlieren sofort den Zugang. Ausstehende Einladungen dorthin werden widerrufen. Das lässt sich nicht rückgängig machen.

## Confirmation of an action

cancel = Abbrechen
cannot-be-undone = Das lässt sich nicht rückgängig machen.
type-name-to-confirm = Geben Sie zur Bestätigung { $name } ein
typed-name-is-different = Das ist nicht der Name. Geben Sie { $name } ein
