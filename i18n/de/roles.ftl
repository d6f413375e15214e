## Die Rollen einer Organisation und ihrer Arbeitsbereiche

roles = Rollen
role = Rolle
roles-explanation = Eine Rolle fasst Berechtigungen zusammen. Jedes Mitglied hat eine oder mehrere.
role-allows = Erlaubt
search-roles = Rollen suchen
no-roles-found = Keine passenden Rollen.
roles-count =
    { $count ->
        [one] { $count } Rolle
       *[other] { $count } Rollen
    }
built-in-member = Mitglied
built-in-admin = Admin
shared-role = Vordefiniert
new-role = Rolle erstellen
edit-role = { $name } bearbeiten
delete = Löschen
members-with-role =
    { $count ->
        [one] { $count } Mitglied mit der Rolle { $role }
       *[other] { $count } Mitglieder mit der Rolle { $role }
    }
role-usage = { $members } und { $invitations } haben diese Rolle.
pending-invitations =
    { $count ->
        [one] { $count } ausstehende Einladung
       *[other] { $count } ausstehende Einladungen
    }
role-change-is-immediate = Eine Änderung wirkt sofort.
delete-role = { $name } löschen
delete-role-title = { $name } löschen?
delete-role-explanation = Sie erhalten stattdessen eine andere Rolle.
replacement-role = Rolle, die sie stattdessen erhalten
role-in-use-explanation = Eine Rolle, die jemand hat, kann nicht gelöscht werden. Geben Sie ihren Mitgliedern zuerst eine andere Rolle, und widerrufen Sie die Einladungen.
other-permissions = Berechtigungen von { $name }
other-permissions-hint = Die Namen, die die Anwendung prüft, einer pro Zeile, etwa purchases:write
permission-not-yours = Sie haben diese Berechtigung nicht.
flash-role-created = Rolle erstellt.
flash-role-updated = Rolle gespeichert.
flash-role-deleted = Rolle gelöscht.

## Berechtigungen in Worten

permissions-administration = Verwaltung
permissions-people = Personen
permissions-settings = Einstellungen
permissions-basics = Grundlegendes
permissions-application = { $name }
permission-everything = Alles
permission-nothing = Organisation und Mitglieder sehen
permission-admin = Alles verwalten
permission-admin-sentence = Alle Berechtigungen in der Organisation und ihren Arbeitsbereichen. Die Organisation löschen und übergeben.
permission-manage = Organisation verwalten
permission-manage-sentence = Mitglieder, Rollen und Einstellungen zusammen.
permission-members = Mitglieder verwalten
permission-members-sentence = Mitglieder einladen und entfernen, ihre Rollen ändern und Beitrittsanfragen beantworten.
permission-roles = Rollen verwalten
permission-roles-sentence = Rollen erstellen, ändern und löschen.
permission-audit-log = Audit-Log ansehen
permission-audit-log-sentence = Sehen, wer in der Organisation was getan hat, und es exportieren.
permission-settings = Einstellungen verwalten
permission-settings-sentence = Name, Beschreibung, Logo, Domains und erlaubte Netzwerke ändern.
permission-see = Organisation sehen
permission-see-sentence = Mitglieder und Rollen sehen. Das darf jedes Mitglied.
permission-workspace-admin = Arbeitsbereich verwalten
permission-workspace-admin-sentence = Alle Berechtigungen im Arbeitsbereich. Ihn umbenennen und löschen.
permission-workspace-members = Mitglieder verwalten
permission-workspace-members-sentence = Mitglieder des Arbeitsbereichs hinzufügen und entfernen und seine Rollen verwalten.
permission-workspace-write = Inhalte ändern
permission-workspace-write-sentence = Inhalte des Arbeitsbereichs in der Anwendung ändern.
permission-workspace-see = Arbeitsbereich sehen
permission-workspace-see-sentence = Mitglieder und Rollen sehen. Das darf jedes Mitglied.
