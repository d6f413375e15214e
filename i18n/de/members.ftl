## Die Mitglieder einer Organisation: Liste, Sammelaktionen und die Seite eines Mitglieds

members = Mitglieder
search-members = Nach Name oder Adresse suchen
no-members-found = Keine passenden Mitglieder.
clear-filters = Filter zurücksetzen
person = Person
since = Beigetreten
joined-when = beigetreten
you = Sie
seats = { $used } Plätze belegt, { $reserved } durch Einladungen reserviert, { $free } frei
any-role = Alle Rollen
any-workspace = Alle Arbeitsbereiche
any-time = Beitritt: alle
joined-last-days = Beitritt in den letzten { $days } Tagen
joined-over-a-year-ago = Beitritt vor über einem Jahr
members-more-than = Mehr als { $count } Mitglieder
previous-page = Zurück
pages = Seiten
select-all = Alle auf dieser Seite auswählen
role-of = Rolle von { $name }
no-role = Keine Rolle
only-admin = Einziger Admin
danger-zone = Gefahrenzone

## Rollen eines Mitglieds

roles-of-member-hint = Jedes Mitglied hat mindestens eine Rolle und die Berechtigungen aller seiner Rollen.
role-exceeds-yours = Diese Rolle hat Berechtigungen, die Sie nicht haben.
only-admin-keeps-role = Die Organisation braucht einen Admin. Machen Sie zuerst jemand anderen zum Admin.
role-changed =
    { $count ->
        [0] { $name } hat keine Rolle mehr.
        [one] { $name } hat jetzt die Rolle { $roles }.
       *[other] { $name } hat jetzt die Rollen { $roles }.
    }
make-admin = { $name } zum Admin machen
make-admin-title = { $name } zum Admin machen?
make-admin-explanation = Admins dürfen alles: Mitglieder, Rollen, Einstellungen und Arbeitsbereiche verwalten und die Organisation löschen.
make-admin-undo = Sie können das rückgängig machen, indem Sie die Rolle wieder ändern.

## Übergabe und Entfernen

offer-ownership = Organisation übergeben
offer-ownership-to = Organisation an { $name } übergeben
offer-ownership-title = Organisation an { $name } übergeben?
offer-ownership-explanation = Wenn { $name } annimmt, wird die Person Admin, und Sie werden Mitglied. Bis dahin ändert sich nichts, und Sie können das Angebot zurückziehen.
ownership-offered-until = { $name } angeboten, noch ohne Antwort. Das Angebot endet
remove-member = { $name } entfernen
remove-member-title = { $name } entfernen?
remove-member-warning = Die Person verliert sofort den Zugriff auf die Organisation und ihre Arbeitsbereiche und wird per E-Mail benachrichtigt. Sie können sie wieder einladen.
only-admin-explanation = { $name } ist der einzige Admin und kann nicht entfernt werden. Machen Sie zuerst jemand anderen zum Admin.
only-workspace-admin-explanation = { $name } ist der einzige Admin dieser Arbeitsbereiche und kann nicht entfernt werden: { $workspaces }. Machen Sie dort zuerst jemand anderen zum Admin.
leave-in-settings = In den Einstellungen können Sie die Organisation verlassen.

## Sammelaktionen

selected-members = Ausgewählte Mitglieder
selected = ausgewählt
choose-role = Rolle…
change-role = Rolle ändern
choose-workspace = Arbeitsbereich…
add-to-workspace = Zum Arbeitsbereich hinzufügen
nothing-selected = Wählen Sie mindestens ein Mitglied und eine Aktion aus.
bulk-role-title =
    { $count ->
        [one] Rolle von { $count } Mitglied zu { $role } ändern
       *[other] Rolle von { $count } Mitgliedern zu { $role } ändern
    }
bulk-role-question =
    { $count ->
        [one] Rolle von { $count } Mitglied zu { $role } ändern?
       *[other] Rolle von { $count } Mitgliedern zu { $role } ändern?
    }
bulk-role-warning = Das ersetzt alle Rollen, die sie haben.
bulk-workspace-title =
    { $count ->
        [one] { $count } Mitglied zu { $workspace } hinzufügen
       *[other] { $count } Mitglieder zu { $workspace } hinzufügen
    }
bulk-remove-title =
    { $count ->
        [one] { $count } Mitglied entfernen
       *[other] { $count } Mitglieder entfernen
    }
bulk-remove-question =
    { $count ->
        [one] { $count } Mitglied entfernen?
       *[other] { $count } Mitglieder entfernen?
    }
bulk-remove-warning = Sie verlieren sofort den Zugriff auf die Organisation und ihre Arbeitsbereiche und werden per E-Mail benachrichtigt. Ihre ausstehenden Einladungen werden ausgesetzt. Sie können sie wieder einladen.
names-and-others =
    { $count ->
        [one] { $names } und { $count } weitere Person
       *[other] { $names } und { $count } weitere Personen
    }
bulk-summary = { $done } von { $count } erledigt.
bulk-result = Ergebnis
bulk-not-done = Nicht erledigt
role-is-changed = Rolle geändert
bulk-added = Hinzugefügt
bulk-removed = Entfernt
has-no-verified-address = Die Person hat keine bestätigte E-Mail-Adresse.
back-to-members = Zurück zu den Mitgliedern
