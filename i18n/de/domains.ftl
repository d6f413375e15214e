## The email domains of an organization

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
delete-domain = { $domain } löschen
delete-domain-title = { $domain } löschen?
delete-domain-warning = Mit einer Adresse dieser Domain kann niemand mehr beitreten. Mitglieder, die so beigetreten sind, bleiben. Sie können die Domain erneut hinzufügen und bestätigen.
domains-explanation = Personen mit einer Adresse einer bestätigten Domain können ohne Einladung beitreten, wenn Sie es erlauben.
no-domains-title = Noch keine Domains
record-type = Typ
copy-record-name = Name des Eintrags für { $domain } kopieren
copy-record-value = Wert des Eintrags für { $domain } kopieren
verify-domain = { $domain } bestätigen
join-policy-hint = Gilt ab der Bestätigung der Domain, für Personen mit bestätigter Adresse.
flash-domain-added = Domain hinzugefügt. Bestätigen Sie sie als Nächstes.
flash-domain-verified = Domain bestätigt.
flash-domain-deleted = Domain gelöscht.
