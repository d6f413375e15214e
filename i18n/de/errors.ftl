## Error messages. The part after "error-" is the name of the error's code.

error-invalid-credentials = E-Mail-Adresse oder Passwort ist falsch.
error-invalid-email = Geben Sie eine gültige E-Mail-Adresse ein.
error-invalid-password = Dieses Passwort ist zu kurz, zu lang oder leicht zu erraten. Wählen Sie ein anderes.
error-invalid-username = Ein Benutzername hat 3 bis 32 Buchstaben a–z, Ziffern, Punkte, Binde- und Unterstriche und beginnt mit einem Buchstaben oder einer Ziffer.
error-required-field = Füllen Sie alle Pflichtfelder aus.
error-invalid-field = Eines der Felder hat einen unzulässigen Wert. Prüfen Sie Ihre Eingabe.
error-invalid-cursor = Diese Seite der Liste ist nicht mehr verfügbar. Beginnen Sie mit der ersten Seite.
error-too-many-requests = Zu viele Versuche. Warten Sie ein paar Minuten, und versuchen Sie es erneut.
error-busy = Der Server ist ausgelastet. Versuchen Sie es gleich noch einmal.
error-timed-out = Das hat zu lange gedauert. Versuchen Sie es gleich noch einmal.
error-outcome-unknown = Beim Speichern ging die Verbindung verloren. Prüfen Sie, ob Ihre Änderung gespeichert wurde, bevor Sie es erneut versuchen.
error-user-disabled = Dieses Konto ist gesperrt. Wenden Sie sich an die Betreiber dieses Dienstes.
error-email-exists = Es gibt schon ein Konto mit dieser Adresse. Melden Sie sich an, oder verwenden Sie eine andere.
error-username-exists = Dieser Benutzername ist vergeben. Wählen Sie einen anderen.
error-reauthentication-required = Bestätigen Sie zuerst Ihre Identität.
error-invalid-notice-token = Dieser Link funktioniert einmal und drei Tage lang. Wenn Sie glauben, dass jemand anderes Ihr Konto benutzt, legen Sie ein neues Passwort fest.
error-password-wrong = Das aktuelle Passwort ist falsch.
error-bad-sign-in-attempt = Dieser Versuch ist beendet oder wurde in einem anderen Browser begonnen. Beginnen Sie von vorn.
error-invalid-verification-code = Der Code ist falsch. Geben Sie die sechs Ziffern aus der neuesten E-Mail ein.
error-verification-code-expired = Dieser Code ist abgelaufen. Fordern Sie einen neuen an.
error-invalid-magic-link = Dieser Link funktioniert einmal, fünf Minuten lang und nur in dem Browser, der ihn angefordert hat. Fordern Sie einen neuen an, oder geben Sie dort den Code aus der E-Mail ein.
error-invalid-reset-token = Damit lässt sich kein Passwort mehr festlegen. Fordern Sie einen neuen Code an.
error-signup-restricted = Sie brauchen eine Einladung, um hier ein Konto zu erstellen.
error-signup-waitlist-only = Sie brauchen eine Einladung, um hier ein Konto zu erstellen.
error-mail-not-available = Dieser Dienst kann zurzeit keine E-Mails senden. Wenden Sie sich an die Betreiber.
error-invalid-invitation-token = Dieser Einladungslink ist nicht mehr gültig. Bitten Sie um einen neuen.
error-invitation-expired = Diese Einladung ist abgelaufen. Bitten Sie um eine neue.
error-invitation-suspended = Diese Einladung ist ausgesetzt. Bitten Sie jemanden in der Organisation, sie erneut zu senden.
error-invitation-email-mismatch = Diese Einladung ist für eine andere Adresse.
error-invitation-email-unverified = Bestätigen Sie zuerst die eingeladene Adresse.
error-invitation-exists = Diese Adresse ist bereits eingeladen.
error-invitation-not-found = Diese Einladung gibt es nicht mehr.
error-invitation-not-pending = Diese Einladung wurde bereits angenommen, abgelehnt oder widerrufen.
error-invitation-not-expired = Diese Einladung ist noch gültig. Nehmen Sie sie an.
error-invitee-unsubscribed = Diese Person hat die E-Mails Ihrer Organisation abbestellt. Es wurde nichts gesendet, und ihr Link funktioniert weiter: Kopieren Sie ihn, und geben Sie ihn weiter.
error-address-bounced = Die letzte E-Mail an diese Adresse war nicht zustellbar. Es wurde nichts gesendet, und der Link funktioniert weiter: Kopieren Sie ihn, und geben Sie ihn weiter, oder laden Sie eine andere Adresse ein.
error-invalid-unsubscribe-token = Mit diesem Link lassen sich keine E-Mails abbestellen. Melden Sie sich an, und schalten Sie die E-Mails in Ihrem Konto aus.
error-already-member = Bereits Mitglied.
error-duplicate-row = Diese Adresse ist doppelt aufgeführt.
error-organization-full = In dieser Organisation ist kein Platz mehr frei.
error-workspace-full = In diesem Arbeitsbereich ist kein Platz mehr frei.
error-organization-limit = Sie können keine weiteren Organisationen erstellen.
error-workspace-limit = Diese Organisation kann keine weiteren Arbeitsbereiche haben. Löschen Sie zuerst einen.
error-role-exceeds-yours = Diese Rolle hat Berechtigungen, die Sie selbst nicht haben.
error-role-not-found = Diese Rolle gibt es nicht mehr.
error-workspace-not-found = Diesen Arbeitsbereich gibt es nicht mehr.
error-member-not-found = Diese Person ist kein Mitglied mehr.
error-role-limit = Mehr Rollen sind hier nicht möglich. Löschen Sie zuerst eine.
error-roles-per-member = Mehr Rollen kann ein Mitglied nicht haben. Entziehen Sie zuerst eine.
error-role-in-use = Mitglieder oder ausstehende Einladungen haben diese Rolle. Wählen Sie zuerst einen Ersatz.
error-role-is-shared = Vordefinierte Rollen lassen sich nicht ändern oder löschen.
error-permission-unknown = Diese Berechtigung gibt es nicht.
error-permission-archived = Diese Rolle hat eine Berechtigung, die nicht mehr vergeben wird.
error-workspace-is-assigned = Neue Mitglieder werden diesem Arbeitsbereich hinzugefügt. Wählen Sie einen anderen für sie, bevor Sie ihn löschen.
error-invitation-limit = Mehr ausstehende Einladungen sind in dieser Organisation nicht möglich. Widerrufen Sie zuerst einige.
error-join-request-limit = Diese Organisation kann keine weiteren Anfragen haben. Fragen Sie einen ihrer Admins.
error-last-admin = Niemand sonst ist hier Admin. Machen Sie zuerst jemand anderen zum Admin.
error-handover-exists = Die Organisation ist bereits jemandem angeboten. Ziehen Sie das Angebot zuerst zurück.
error-handover-not-found = Dieses Angebot gibt es nicht mehr.
error-nothing-to-restore = Diese Organisation lässt sich nicht mehr wiederherstellen.
error-request-not-found = Diese Anfrage wurde bereits beantwortet.
error-not-joinable = Sie brauchen eine Einladung, um dieser Organisation beizutreten.
error-forbidden = Dazu fehlt Ihnen die Berechtigung.
error-address-not-allowed = Diese Organisation ist nur aus bestimmten Netzwerken zugänglich, und Ihres gehört nicht dazu. Fragen Sie einen ihrer Admins.
error-address-list-excludes-you = Diese Liste würde Sie aussperren. Fügen Sie Ihre eigene IP-Adresse hinzu.
error-mfa-required = Hier ist die Zwei-Faktor-Authentifizierung erforderlich. Bestätigen Sie mit Ihrem zweiten Faktor, oder richten Sie in Ihrem Konto einen ein.
error-second-factor-missing = Richten Sie zuerst eine Authenticator-App oder einen Passkey ein.
error-authenticator-not-found = Diese Einrichtung ist beendet oder wurde anderswo neu begonnen. Beginnen Sie von vorn.
error-invalid-authenticator-codes = Das sind keine zwei aufeinanderfolgenden Codes dieser App. Prüfen Sie, ob die Uhr des Geräts stimmt, geben Sie einen Code ein, warten Sie auf den nächsten, und geben Sie auch diesen ein.
error-backup-codes-exist = Sie haben schon Backup-Codes. Ersetzen Sie sie, wenn Sie sie verloren haben.
error-passkey-not-found = Dieser Passkey ist hier nicht bekannt. Vielleicht wurde er entfernt.
error-invalid-passkey = Dieser Passkey konnte nicht geprüft werden. Versuchen Sie es erneut, oder wählen Sie einen anderen Weg.
error-passkey-challenge-expired = Das hat zu lange gedauert. Versuchen Sie es erneut.
error-passkey-exists = Dieser Passkey gehört schon zu einem Konto.
error-too-many-passkeys = Ein Konto kann höchstens zwanzig Passkeys haben. Entfernen Sie zuerst einen.
error-passkeys-not-available = Unter dieser Adresse sind Passkeys nicht verfügbar. Wenden Sie sich an die Betreiber dieses Dienstes.
error-too-many-rows = Sie können höchstens 1.000 Personen auf einmal einladen.
error-email-not-verified = Diese Adresse ist noch nicht bestätigt.
error-email-already-verified = Diese Adresse ist bereits bestätigt.
error-email-address-not-found = Ihr Konto hat diese Adresse nicht mehr.
error-email-is-primary = Das ist Ihre Hauptadresse. Machen Sie zuerst eine andere zur Hauptadresse.
error-no-alternative-auth-method = Sie könnten sich nicht mehr anmelden. Fügen Sie zuerst eine andere Möglichkeit zum Anmelden hinzu.
error-too-many-addresses = Ein Konto kann höchstens zehn Adressen haben.
error-sign-in-not-found = Diese Sitzung ist bereits beendet.
error-not-a-member = Sie sind kein Mitglied dieser Organisation.
error-domain-exists = Diese Domain ist bereits hinzugefügt.
error-domain-not-found = Diese Domain gibt es hier nicht mehr.
error-domain-not-proved = Der TXT-Eintrag wurde nicht gefunden. Bis ein neuer Eintrag sichtbar ist, kann es eine Stunde dauern.
error-domain-lookup-failed = Das DNS hat für diese Domain nicht geantwortet. Prüfen Sie ihre Nameserver, und versuchen Sie es erneut.
error-domain-taken = Eine andere Organisation hat diese Domain bestätigt.
error-domain-is-public = Bei dieser Domain kann jeder eine Adresse bekommen, deshalb lässt sie sich nicht hinzufügen.
error-too-many-domains = Eine Organisation kann höchstens 50 Domains haben. Löschen Sie zuerst eine.
error-invalid-domain = Geben Sie eine Domain wie example.com ein.
error-image-unreadable = Diese Datei ist kein lesbares Bild. Verwenden Sie PNG, JPEG oder WebP.
error-image-too-large = Dieses Bild ist zu groß. Es darf höchstens 16 Millionen Pixel und 8.192 je Seite haben.
error-images-not-available = Bilder lassen sich zurzeit nicht speichern. Versuchen Sie es später noch einmal.
error-body-too-large = Das ist zu groß.
error-not-found = Diese Seite gibt es nicht.
error-challenge-required = Senden Sie das Formular noch einmal: Ihr Browser muss vorher eine kleine Aufgabe lösen.
error-challenge-failed = Die Überprüfung ist abgelaufen. Versuchen Sie es erneut.
error-webhook-endpoint-not-found = Diesen Endpunkt gibt es nicht mehr.
error-webhook-endpoint-limit = Diese Organisation kann keine weiteren Endpunkte haben. Löschen Sie zuerst einen.
error-webhook-endpoint-disabled = Dieser Endpunkt ist deaktiviert. Aktivieren Sie ihn zuerst.
error-webhook-delivery-not-found = Diese Zustellung gibt es nicht mehr.
error-webhook-delivery-not-waiting = Diese Zustellung wartet nicht mehr und lässt sich daher nicht abbrechen.

## Messages by HTTP status, for codes without one of their own

error-status-400 = Diese Anfrage ließ sich nicht ausführen. Gehen Sie zurück, und versuchen Sie es erneut.
error-status-401 = Melden Sie sich zuerst an.
error-status-403 = Dazu fehlt Ihnen die Berechtigung.
error-status-404 = Diese Seite gibt es nicht.
error-status-408 = Die Anfrage kam nicht rechtzeitig an. Senden Sie sie noch einmal.
error-status-413 = Das ist zu groß.
error-status-415 = Dieses Format wird nicht unterstützt.
error-status-429 = Zu viele Versuche. Warten Sie ein paar Minuten, und versuchen Sie es erneut.
error-status-431 = Das ist zu groß.
error-status-500 = Etwas ist schiefgelaufen. Versuchen Sie es später noch einmal.
error-status-503 = Das ist zurzeit nicht möglich. Versuchen Sie es gleich noch einmal.

## Why a new password is refused

password-too-short =
    { $count ->
        [one] Dieses Passwort ist zu kurz. Verwenden Sie mindestens { $count } Zeichen.
       *[other] Dieses Passwort ist zu kurz. Verwenden Sie mindestens { $count } Zeichen.
    }
password-too-long = Dieses Passwort ist zu lang. Verwenden Sie höchstens { $bytes } Bytes.
password-control-character = Dieses Passwort enthält einen Tabulator, einen Zeilenumbruch oder ein anderes Steuerzeichen. Entfernen Sie es.
password-common = Dieses Passwort gehört zu den häufigsten oder weicht kaum davon ab. Wählen Sie ein anderes, etwa vier zufällige Wörter.
password-pattern = Dieses Passwort ist eine Folge oder wiederholt dieselben Zeichen und ist deshalb leicht zu erraten. Wählen Sie ein anderes, etwa vier zufällige Wörter.
password-context-words = Dieses Passwort besteht nur aus Namen und Wörtern, die andere mit Ihnen, Ihrer Organisation oder diesem Dienst verbinden. Fügen Sie andere Wörter hinzu, oder wählen Sie ein anderes.
password-breached = Dieses Passwort ist bei einem Datenleck bekannt geworden, und Angreifer probieren es aus. Wählen Sie ein anderes, und ändern Sie es überall, wo Sie es noch verwenden.

error-impersonation-not-allowed = Sie sind für den Support als eine andere Person angemeldet. Nur diese Person kann das tun.
error-invalid-ticket = Dieser Link wurde schon verwendet oder ist abgelaufen. Fordern Sie einen neuen an.

## Identitätsanbieter und Single Sign-on

error-provider-required = Wählen Sie einen Anbieter.
error-provider-not-configured = Mit diesem Anbieter können Sie sich hier nicht anmelden. Wählen Sie einen anderen Weg.
error-code-required = Der Anbieter hat die Anmeldung nicht abgeschlossen. Beginnen Sie neu.
error-invalid-state = Das hat zu lange gedauert, wurde schon erledigt oder in einem anderen Browser begonnen. Beginnen Sie neu.
error-invalid-code = Der Anbieter nimmt diese Anmeldung nicht mehr an. Beginnen Sie neu.
error-provider-denied = Der Anbieter hat Sie nicht angemeldet: Die Anmeldung wurde abgebrochen oder abgelehnt. Versuchen Sie es noch einmal, oder wählen Sie einen anderen Weg.
error-provider-unavailable = Der Anbieter ist im Moment nicht erreichbar. Versuchen Sie es später noch einmal, oder wählen Sie einen anderen Weg.
error-invalid-identity = Was der Anbieter übermittelt hat, ließ sich nicht prüfen.
error-social-account-already-connected = Dieses Konto ist hier schon mit einem anderen Konto verbunden. Trennen Sie es zuerst dort.
error-too-many-identities = Sie können höchstens 20 Konten verbinden. Trennen Sie zuerst eines.
error-connection-not-found = Diese Verbindung gibt es nicht mehr.
error-connection-not-available = Diese Verbindung ist im Moment nicht verfügbar. Beginnen Sie neu, oder fragen Sie einen Admin Ihrer Organisation.
error-invalid-issuer = Geben Sie den Aussteller ein: eine https-URL, die aus dem Internet erreichbar ist, ohne Fragezeichen und #.
error-invalid-attribute-mapping = Prüfen Sie die Namen der Claims: Buchstaben, Ziffern und Unterstriche mit höchstens vier Punkten.
error-domain-not-verified = Diese Domain ist noch nicht bestätigt. Bestätigen Sie sie zuerst.
error-domain-has-connection = Diese Domain gehört zu einer anderen Verbindung. Entfernen Sie sie zuerst dort.
error-connection-limit = Eine Organisation kann höchstens zehn Verbindungen haben. Löschen Sie zuerst eine.
error-connection-not-tested = Bevor Single Sign-on vorgeschrieben werden kann, muss sich ein Admin über diese Verbindung anmelden.
error-connection-has-no-domain = Wählen Sie zuerst eine bestätigte Domain.
error-sso-required = Diese Organisation verlangt Single Sign-on. Melden Sie sich auf ihrer Anmeldeseite an.
error-jit-disabled = Ihre Organisation kennt Sie, aber Sie sind hier noch kein Mitglied. Bitten Sie einen Admin Ihrer Organisation um eine Einladung.
error-sso-address-not-allowed = Die Anmeldeseite Ihrer Organisation hat keine Adresse einer ihrer Domains übermittelt. Fragen Sie einen Admin Ihrer Organisation.
error-sso-identity-mismatch = Ihr Konto ist hier mit einer anderen Person Ihrer Organisation verbunden. Fragen Sie einen Admin Ihrer Organisation.
error-sso-membership-ended = Sie sind kein Mitglied dieser Organisation mehr. Bitten Sie einen ihrer Admins um eine Einladung.
error-social-connection-not-found = Dieses Konto ist nicht mehr verbunden.
