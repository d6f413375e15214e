## Anmelden mit einem Identitätsanbieter: Schaltflächen und die Seiten zwischen hier und dort

single-sign-on = Single Sign-on
continue-with = Weiter mit { $provider }
sign-in-with-sso = Mit Single Sign-on anmelden
sign-in-another-way = Anders anmelden
leaving-title = Weiter zu { $provider }
leaving-explanation = Sie werden zur Anmeldung zu { $provider } weitergeleitet. Falls nichts passiert, klicken Sie auf die Schaltfläche.
your-organizations-provider = der Anmeldeseite Ihrer Organisation
sso-email-title = Mit Single Sign-on anmelden
sso-email-explanation = Geben Sie Ihre geschäftliche E-Mail-Adresse ein. Wir leiten Sie zur Anmeldeseite Ihrer Organisation weiter.
your-work-address = Geschäftliche E-Mail-Adresse
sso-no-connection = Für diese Adresse gibt es kein Single Sign-on. Prüfen Sie die Schreibweise, oder melden Sie sich anders an.
sign-in-failed-title = Die Anmeldung hat nicht geklappt
sign-in-failed-advice = Es wurde niemand angemeldet. Sie können neu beginnen oder sich anders anmelden.
link-failed-title = Das Konto wurde nicht verbunden
link-failed-advice = Es wurde nichts geändert. Auf der Seite Ihres Kontos können Sie neu beginnen.
test-failed-title = Der Test hat nicht geklappt
test-failed-advice = Es wurde niemand angemeldet. Die Anmeldungen der Verbindung zeigen, was passiert ist.
back-to-connections = Zurück zu Single Sign-on

# Jemand, den ein Anbieter kennt und der hier noch kein Konto hat
profile-step-title = Noch ein Schritt
profile-step-explanation = { $provider } hat bestätigt, wer Sie sind. Prüfen Sie die folgenden Angaben: Danach senden wir Ihnen einen Code, um Ihre Adresse zu bestätigen.
profile-step-without-address = { $provider } hat bestätigt, wer Sie sind, aber keine E-Mail-Adresse übermittelt. Geben Sie Ihre ein: Danach senden wir Ihnen einen Code, um sie zu bestätigen.
profile-address-hint = Wir senden einen Code dorthin.
profile-have-account = Melden Sie sich wie bisher an. Danach können Sie { $provider } mit Ihrem Konto verbinden.

# Eine Identität nach der Anmeldung verbinden
connect-pending-title = { $provider } verbinden?
connect-pending-explanation = Sie sind als { $account } angemeldet. Wenn Sie { $provider } ({ $email }) verbinden, können Sie sich künftig auch damit bei diesem Konto anmelden.
connect-pending-without-address = Sie sind als { $account } angemeldet. Wenn Sie { $provider } verbinden, können Sie sich künftig auch damit bei diesem Konto anmelden.
not-now = Nicht jetzt

# Die Seite des Kontos
connected-accounts = Verbundene Konten
connected-accounts-explanation = Damit können Sie sich bei Ihrem Konto anmelden.
managed-by-organization = Von Ihrer Organisation verwaltet
identity-last-used = zuletzt verwendet
connect-provider = { $provider } verbinden
disconnect = Trennen
disconnect-named = { $provider } trennen
disconnect-title = { $provider } trennen?
disconnect-warning = Sie können sich dann nicht mehr damit anmelden. Ihr Konto bei { $provider } ändert sich nicht.
confirm-connect-account = Sie sind dabei, ein Konto eines anderen Dienstes zu verbinden. Sie können sich danach damit anmelden.
confirm-disconnect-account = Sie sind dabei, ein Konto eines anderen Dienstes zu trennen. Sie können sich danach nicht mehr damit anmelden.
flash-identity-linked = Konto verbunden. Sie können sich ab jetzt damit anmelden.
flash-identity-removed = Konto getrennt.

# Die Seite anstelle der Seiten einer Organisation
sso-required = Single Sign-on erforderlich
sso-required-title = { $name } verlangt Single Sign-on
sso-required-here-title = Single Sign-on ist erforderlich
sso-required-explanation = Melden Sie sich auf der Anmeldeseite Ihrer Organisation an, um fortzufahren. Danach kommen Sie hierher zurück.
sso-break-glass-hint = Ist Ihr Identitätsanbieter ausgefallen? Als Admin kommen Sie auch mit Ihrem zweiten Faktor hinein. Alle Admins werden benachrichtigt.
