## Organizations: lists, members, invitations, roles, workspaces, domains

organizations = Organisationen
organization = Organisation
your-invitations = Einladungen an Sie
ownership-offers = Ihnen angebotene Organisationen
accept-ownership = Organisation übernehmen
your-organizations = Ihre Organisationen
no-organizations = Sie sind noch in keiner Organisation Mitglied. Erstellen Sie eine, oder lassen Sie sich einladen.
network-not-allowed = aus Ihrem Netzwerk nicht erreichbar
joinable-organizations = Organisationen, denen Sie beitreten können
joinable-by-domain = Offen für Personen mit einer Adresse bei { $domain }
join-by-domain = Beitreten
deleted-organizations = Gelöschte Organisationen
permanently-deleted = Endgültig gelöscht
restore = Wiederherstellen
new-organization = Organisation erstellen
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

domains = Domains
domain = Domain
no-domains = Noch keine Domains. Nach der Bestätigung einer Domain können Personen mit einer Adresse dieser Domain ohne Einladung beitreten, wenn Sie es erlauben.
new-domain = Domain hinzufügen
txt-record-explanation = Fügen Sie diesen TXT-Eintrag zum DNS der Domain hinzu, und bestätigen Sie sie dann. Bis der Eintrag sichtbar ist, kann es eine Stunde dauern.
join-policy = Personen mit einer Adresse bei dieser Domain
join-policy-none = müssen eingeladen werden
join-policy-request = können den Beitritt anfragen
join-policy-join = können beitreten
join-policy-auto = treten beim Anmelden automatisch bei

join-requests = Anfragen
no-join-requests = Keine ausstehenden Anfragen.
requested-by-domain = möchte mit einer Adresse Ihrer Domain beitreten
requested-renewal = bittet um eine neue Einladung, weil die alte abgelaufen ist
requested-for-other-address = bittet um eine Einladung an diese Adresse
approve = Annehmen
deny = Ablehnen

settings = Einstellungen
withdraw-ownership-offer = Angebot zurückziehen
delete-organization = Organisation löschen

## Confirmation of an action

cancel = Abbrechen
cannot-be-undone = Das lässt sich nicht rückgängig machen.
type-name-to-confirm = Geben Sie zur Bestätigung { $name } ein
typed-name-is-different = Das ist nicht der Name. Geben Sie { $name } ein
