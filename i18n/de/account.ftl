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
delete-address-warning = Sie können sich mit dieser Adresse nicht mehr anmelden. Sie können sie wieder hinzufügen.
password-change-warning = Ein neues Passwort meldet alle anderen Browser ab.
current-password = Aktuelles Passwort
sessions-count =
    { $count ->
        [one] { $count } Sitzung
       *[other] { $count } Sitzungen
    }
sessions-more-than = Mehr als { $count } Sitzungen
active-sign-ins = Sitzungen
unknown-address = unbekannte IP-Adresse
this-browser = dieser Browser
sign-out-there = Abmelden
delete-account = Konto löschen
delete-account-warning = Ihr Konto und alle Mitgliedschaften werden sofort gelöscht.
type-to-confirm-delete = Geben Sie zur Bestätigung „löschen“ ein
delete-confirmation-word = löschen

unknown-browser = Unbekannter Browser
browser = Browser
ip-address = IP-Adresse
last-active = Zuletzt aktiv
end-session-of = { $browser } abmelden
end-other-sessions = Alle anderen Sitzungen abmelden
end-session-title = { $browser } abmelden?
end-session-place = IP-Adresse: { $address }
end-session-warning = Wer dort arbeitet, muss sich erneut anmelden. Das lässt sich nicht rückgängig machen.
end-other-sessions-title = Alle anderen Sitzungen abmelden?
language-of-pages = Sprache
remove-own-address-title = { $email } entfernen?
remove-own-address = { $email } entfernen
change-password = Passwort ändern
add-password = Passwort hinzufügen
email-notifications = E-Mail-Benachrichtigungen
notify-of-requests = Jemand möchte einer Organisation beitreten, die ich verwalte
notify-of-request-answers = Meine Beitrittsanfrage wird angenommen oder abgelehnt
notify-of-invitation-answers = Jemand nimmt meine Einladung an oder lehnt sie ab
notify-of-webhook-failures = Ein Webhook-Endpunkt einer Organisation, die ich verwalte, wird wegen Fehlern deaktiviert
notifications-hint = Codes, Einladungen und Sicherheitshinweise werden immer gesendet.
delete-account-title = Ihr Konto löschen?
delete-account-consequences = Das Konto { $account } wird sofort gelöscht, mit Profil, Adressen und Sitzungen. Einladungen, die Sie gesendet haben, bleiben bestehen.
you-leave = Sie verlassen diese Organisationen:
and-more =
    { $count ->
        [one] und { $count } weitere
       *[other] und { $count } weitere
    }
password-to-confirm = Geben Sie zur Bestätigung Ihr Passwort ein.
sole-admin-explanation = Sie sind der einzige Admin der folgenden Organisationen und Arbeitsbereiche. Machen Sie jemand anderen zum Admin, übergeben Sie sie, oder löschen Sie sie zuerst.

support-sign-in = Support
