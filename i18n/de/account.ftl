## The account

profile = Profil
username = Benutzername
picture = Profilbild
picture-requirements = PNG, JPEG oder WebP, bis 5 MiB
picture-alt = Ihr Profilbild
upload = Hochladen
email-addresses = E-Mail-Adressen
primary = Hauptadresse
verified = Bestätigt
not-verified = Nicht bestätigt
verify = Bestätigen
make-primary = Zur Hauptadresse machen
new-email-address = E-Mail-Adresse hinzufügen
delete-address-warning = Diese Adresse wird aus Ihrem Konto entfernt, und Sie können sich nicht mehr mit ihr anmelden. Sie können sie wieder hinzufügen.
password-change-warning = Ein neues Passwort meldet alle anderen Browser ab.
current-password = Aktuelles Passwort
active-sign-ins = Sitzungen
unknown-address = unbekannte IP-Adresse
this-browser = dieser Browser
sign-out-there = Abmelden
delete-account = Konto löschen
delete-account-warning = Ihr Konto und alle Mitgliedschaften werden sofort gelöscht. Das lässt sich nicht rückgängig machen. Einladungen, die Sie gesendet haben, bleiben bestehen.
type-to-confirm-delete = Geben Sie zur Bestätigung „löschen“ ein
delete-confirmation-word = löschen
