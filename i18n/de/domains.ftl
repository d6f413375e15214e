## The email domains of an organization

delete-domain = { $domain } löschen
delete-domain-title = { $domain } löschen?
delete-domain-warning = Mit einer Adresse dieser Domain kann niemand mehr beitreten. Mitglieder, die so beigetreten sind, bleiben. Sie können die Domain erneut hinzufügen und bestätigen.
