## The settings of an organization

settings = Einstellungen
withdraw-ownership-offer = Angebot zurückziehen
delete-organization = Organisation löschen
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
organization-profile = Profil
logo = Logo
no-logo = Noch kein Logo
logo-of = Logo von { $name }
choose-logo = Logo hochladen
logo-hint = PNG, JPEG oder WebP, bis 5 MB. Es erscheint auf Einladungsseiten und in E-Mails.
remove-logo = Logo entfernen
network-access = Netzwerkzugriff
network-access-explanation = Sie können den Zugriff auf die Netzwerke Ihrer Büros oder Ihr VPN beschränken.
allowed-networks = Erlaubte IP-Adressen und Netzwerke
allowed-networks-hint = Eine pro Zeile, etwa 192.0.2.7 oder 192.0.2.0/24. Eine leere Liste erlaubt jede Adresse.
restrict-to-networks = Zugriff nur von dieser Liste erlauben
own-network-address = Sie sind verbunden von
own-address-is-listed = Die gespeicherte Liste enthält diese Adresse.
own-address-is-not-listed = Die gespeicherte Liste enthält diese Adresse nicht: Fügen Sie sie hinzu, bevor Sie den Zugriff beschränken, sonst sperren Sie sich aus.
invalid-network = { $text } ist keine IP-Adresse und kein Netzwerk. Schreiben Sie zum Beispiel 192.0.2.7 oder 192.0.2.0/24.
too-many-networks = Die Liste kann höchstens 100 Adressen und Netzwerke enthalten.
new-members = Neue Mitglieder
auto-assigned-workspace = Neue Mitglieder zu einem Arbeitsbereich hinzufügen
auto-assigned-workspace-hint = Wer der Organisation beitritt, tritt auch diesem Arbeitsbereich bei.
no-auto-assigned-workspace = Kein Arbeitsbereich
other-workspace = Ein Arbeitsbereich, in dem Sie nicht Mitglied sind
transfer-ownership = Organisation übergeben
transfer-explanation = Die neue Person wird Admin, und Sie werden Mitglied. Bis zur Annahme innerhalb von sieben Tagen ändert sich nichts, und Sie können das Angebot vorher zurückziehen.
transfer-suspends =
    { $count ->
        [one] Bei der Annahme wird { $count } ausstehende Einladung von Ihnen ausgesetzt: Sie kann erst angenommen werden, wenn jemand sie erneut sendet.
       *[other] Bei der Annahme werden { $count } ausstehende Einladungen von Ihnen ausgesetzt: Sie können erst angenommen werden, wenn jemand sie erneut sendet.
    }
ownership-is-offered = Sie haben diese Organisation { $name } angeboten.
offer-expires = Läuft ab
new-owner = Neue verantwortliche Person
name-or-address = Name oder E-Mail-Adresse
find-member = Mitglied suchen
no-new-owner-found = Kein anderes Mitglied gefunden.
transfer-to = An { $name } übergeben
delete-organization-hint = Alle verlieren sofort den Zugriff.
flash-logo-saved = Logo gespeichert.
flash-logo-removed = Logo entfernt.
