## The settings of an organization

leave-organization = { $name } verlassen
leave-organization-title = { $name } verlassen?
leave-organization-warning = Sie verlieren sofort den Zugriff auf die Organisation und ihre Arbeitsbereiche.
leave-organization-irreversible = Das lässt sich nicht rückgängig machen. Um zurückzukommen, brauchen Sie eine Einladung von jemandem aus der Organisation.
delete-organization-named = { $name } löschen
delete-organization-title = { $name } löschen?
delete-organization-warning =
    { $count ->
        [one] { $count } Mitglied verliert sofort den Zugriff, und ausstehende Einladungen werden ungültig.
       *[other] Alle { $count } Mitglieder verlieren sofort den Zugriff, und ausstehende Einladungen werden ungültig.
    }
delete-organization-grace =
    { $days ->
        [one] Nach { $days } Tag wird sie endgültig gelöscht. Bis dahin können ihre Admins sie in ihrer Liste der Organisationen wiederherstellen.
       *[other] Nach { $days } Tagen wird sie endgültig gelöscht. Bis dahin können ihre Admins sie in ihrer Liste der Organisationen wiederherstellen.
    }
