## Confirming one's identity, and the page of security notices

confirm-identity = Zugriff bestätigen
confirm = Bestätigen
confirm-by-code = Wir senden einen Code an Ihre Hauptadresse.
confirm-code-sent = Wir haben einen Code an Ihre Hauptadresse gesendet.
confirm-by-signing-in = Melden Sie sich ab und wieder an, und wiederholen Sie den Schritt innerhalb weniger Minuten.
confirm-add-address = Sie möchten { $email } zu Ihrem Konto hinzufügen.
confirm-verify-address = Sie möchten eine Adresse bestätigen. Wer ihre E-Mails lesen kann, kann sich dann in Ihrem Konto anmelden.
confirm-make-primary = Sie möchten { $email } zu Ihrer Hauptadresse machen.
confirm-delete-address = Sie möchten { $email } aus Ihrem Konto entfernen.
confirm-change-username = Sie möchten Ihren Benutzernamen ändern.
confirm-set-password = Sie möchten ein Passwort festlegen. Geben Sie es noch einmal ein.
confirm-end-sign-in = Sie möchten einen anderen Browser abmelden: { $browser }.
confirm-delete-account = Sie möchten Ihr Konto löschen.
confirm-link-address = Sie möchten { $email } zu Ihrem Konto hinzufügen. Wer die E-Mails dieser Adresse lesen kann, kann sich dann in Ihrem Konto anmelden. Fahren Sie nur fort, wenn es Ihre eigene Adresse ist.
confirm-delete-workspace = Sie möchten einen Arbeitsbereich löschen. Er lässt sich nicht wiederherstellen.
confirm-delete-organization = Sie möchten eine Organisation löschen.
confirm-offer-ownership = Sie möchten eine Organisation einem anderen Mitglied anbieten.
notice-title = Das waren Sie nicht?
notice-explanation = Melden Sie alle Browser des Kontos ab. Danach können Sie ein neues Passwort festlegen.
notice-link = Der Link aus der E-Mail
sign-out-everywhere = Überall abmelden
notice-done-title = Alle Browser sind abgemeldet
notice-reset-cancelled = Das Zurücksetzen der Zwei-Faktor-Authentifizierung ist abgebrochen: Ihre Authenticator-App, Passkeys und Backup-Codes gelten weiter.
notice-reset-explanation = Legen Sie jetzt ein neues Passwort fest, damit sich niemand mit dem alten anmelden kann. Wir senden einen Code an { $email }. Prüfen Sie danach die Adressen Ihres Kontos.
notice-no-reset-explanation = Mit dieser Adresse lässt sich kein neues Passwort festlegen. Verwenden Sie eine andere Adresse des Kontos, oder wenden Sie sich an die Betreiber dieses Dienstes.
confirm-end-other-sign-ins = Sie möchten alle anderen Browser abmelden.
