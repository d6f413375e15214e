## Organizations: lists, members, invitations, roles, workspaces, domains

organizations = Organisationen
organization = Organisation
name = Name
create = Erstellen
save = Speichern
add = Hinzufügen
remove = Entfernen
search = Suchen
newest-matches = Die neuesten { $count } Treffer. Verfeinern Sie die Suche, um weitere zu finden.
none = Keine
next-page = Weiter
actions = Aktionen
copy = Kopieren
copied = Kopiert
value = Wert
description = Beschreibung

revoke-them-too = Stattdessen widerrufen

## Confirmation of an action

cancel = Abbrechen
cannot-be-undone = Das lässt sich nicht rückgängig machen.
type-name-to-confirm = Geben Sie zur Bestätigung { $name } ein
typed-name-is-different = Das ist nicht der Name. Geben Sie { $name } ein
