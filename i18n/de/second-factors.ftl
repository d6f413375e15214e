## Two-factor authentication and passkeys of a person

sign-in-security = Sicherheit der Anmeldung
sign-in-security-explanation = Zwei-Faktor-Authentifizierung, Passkeys und Backup-Codes
back-to-account = Zurück zu Ihrem Konto
two-factor-authentication = Zwei-Faktor-Authentifizierung
two-factor-on = Ein
two-factor-off = Aus
two-factor-explanation = Nach Ihrem Passwort oder einem Code per E-Mail bestätigen Sie mit einem zweiten Faktor. Ihr Passwort allein reicht zum Anmelden dann nicht aus.
two-factor-needs-factor = Richten Sie zum Einschalten eine Authenticator-App ein, oder fügen Sie einen Passkey hinzu.
two-factor-turn-on = Einschalten
two-factor-turn-off = Ausschalten
two-factor-turn-off-title = Zwei-Faktor-Authentifizierung ausschalten?
two-factor-turn-off-button = Zwei-Faktor-Authentifizierung ausschalten
two-factor-turn-off-warning = Zum Anmelden reicht dann Ihr Passwort oder ein Code per E-Mail. Authenticator-App, Passkeys und Backup-Codes bleiben bestehen.
two-factor-continue = Wenn Sie fertig sind, machen Sie dort weiter, wo Sie aufgehört haben.
reset-waiting = Die Zwei-Faktor-Authentifizierung wird zurückgesetzt.
reset-waiting-explanation = Am { $time } werden Authenticator-App, Passkeys und Backup-Codes entfernt und alle Browser abgemeldet. Wenn Sie nicht darum gebeten haben, brechen Sie es mit Ihrem zweiten Faktor ab.
reset-cancel = Zurücksetzen abbrechen
has-password = Sie haben ein Passwort.
has-no-password = Sie haben kein Passwort.
sign-out-everywhere-else = Überall sonst abmelden

authenticator-app = Authenticator-App
authenticator-explanation = Eine App wie Google Authenticator, Microsoft Authenticator, 1Password oder Aegis zeigt alle 30 Sekunden einen neuen Code an.
authenticator-set-up = Authenticator-App einrichten
authenticator-replace = Ersetzen
authenticator-replace-title = Authenticator-App ersetzen
authenticator-replace-explanation = Die bisherige App gilt weiter, bis Sie zwei Codes der neuen eingegeben haben.
authenticator-added-on = Hinzugefügt
authenticator-remove-title = Authenticator-App entfernen?
authenticator-remove = Authenticator-App entfernen
authenticator-remove-warning = Ihre Codes gelten nicht mehr, und Ihre Backup-Codes werden mit gelöscht.
authenticator-remove-last-warning = Sie ist Ihr einziger zweiter Faktor: Die Zwei-Faktor-Authentifizierung wird ausgeschaltet.
authenticator-scan-title = 1. QR-Code scannen
authenticator-scan = Öffnen Sie Ihre Authenticator-App, fügen Sie ein Konto hinzu, und scannen Sie diesen Code.
authenticator-qr-label = QR-Code für Ihre Authenticator-App
authenticator-open-app = In einer App auf diesem Gerät öffnen
authenticator-key = Wenn Sie ihn nicht scannen können, geben Sie diesen Schlüssel ein. Falls die App danach fragt: Die Codes sind zeitbasiert und haben 6 Ziffern.
authenticator-copy-key = Schlüssel kopieren
authenticator-codes-title = 2. Zwei Codes eingeben
authenticator-codes-explanation = Geben Sie den Code ein, den die App jetzt anzeigt, warten Sie auf den nächsten, und geben Sie auch diesen ein.
authenticator-first-code = Erster Code
authenticator-second-code = Nächster Code
authenticator-second-code-hint = Nach höchstens 30 Sekunden

passkeys = Passkeys
passkeys-explanation = Melden Sie sich per Fingerabdruck, Gesicht, PIN oder Sicherheitsschlüssel statt mit einem Passwort an. Ein Passkey braucht keinen zweiten Schritt.
passkeys-not-available = Unter dieser Adresse sind Passkeys nicht verfügbar.
passkey-add = Passkey hinzufügen
passkey-add-title = Passkey hinzufügen
passkey-add-explanation = Ihr Browser fragt, wo der Passkey gespeichert werden soll: auf diesem Gerät, in einem Passwort-Manager, auf einem Smartphone oder auf einem Sicherheitsschlüssel.
passkey-name = Name
passkey-name-hint = Optional. Damit Sie ihn später wiedererkennen, zum Beispiel „MacBook“ oder „Sicherheitsschlüssel“
passkey-create = Weiter
passkey-synced = Synchronisiert
passkey-not-synced-yet = Noch nicht gesichert
passkey-one-device = Auf einem Gerät
passkey-added-on = Hinzugefügt
passkey-last-used = Zuletzt verwendet
passkey-never-used = Noch nie verwendet
passkey-rename = Umbenennen
passkey-rename-of = { $name } umbenennen
passkey-remove = { $name } entfernen
passkey-remove-title = Den Passkey { $name } entfernen?
passkey-remove-warning = Sie können sich hier nicht mehr mit ihm anmelden. Ihr Gerät bietet ihn vielleicht weiter an: Löschen Sie ihn auch dort.
passkey-remove-last-warning = Er ist Ihr einziger zweiter Faktor: Die Zwei-Faktor-Authentifizierung wird ausgeschaltet.
passkey-exists-here = Auf diesem Gerät oder in diesem Passwort-Manager gibt es schon einen Passkey für Ihr Konto.
passkey-cancelled = Es ist nichts passiert: Der Vorgang wurde abgebrochen oder hat zu lange gedauert. Versuchen Sie es erneut, oder wählen Sie einen anderen Weg.
passkey-failed = Ihr Passkey ließ sich nicht verwenden. Versuchen Sie es erneut, oder wählen Sie einen anderen Weg.
passkey-unsupported = Dieser Browser unterstützt keine Passkeys.
passkey-needs-script = Passkeys brauchen JavaScript. Schalten Sie es ein, oder wählen Sie einen anderen Weg.

backup-codes = Backup-Codes
backup-codes-explanation = Jeder Code gilt einmal und ersetzt Ihre Authenticator-App oder Ihren Passkey. Bewahren Sie sie dort auf, wo Sie sie auch ohne Ihr Smartphone finden.
backup-codes-left =
    { $count ->
        [one] Noch { $count } Code
       *[other] Noch { $count } Codes
    }
backup-codes-none = Keine Codes
backup-codes-need-factor = Um Backup-Codes zu erhalten, richten Sie zuerst eine Authenticator-App ein, oder fügen Sie einen Passkey hinzu.
backup-codes-generate = Backup-Codes erzeugen
backup-codes-replace = Backup-Codes ersetzen
backup-codes-replace-title = Ihre Backup-Codes ersetzen?
backup-codes-replace-warning = Ihre alten Codes gelten sofort nicht mehr.
backup-codes-title = Speichern Sie Ihre Backup-Codes
backup-codes-once = Diese Codes werden nur jetzt angezeigt. Speichern Sie sie in Ihrem Passwort-Manager, oder drucken Sie sie aus.
backup-codes-list = Ihre Backup-Codes
backup-codes-copy = Kopieren
backup-codes-download = Herunterladen
backup-codes-print = Drucken
backup-codes-saved = Ich habe sie gespeichert
backup-codes-file = Backup-Codes für { $app }, { $account }. Jeder gilt einmal.
backup-codes-file-name = backup-codes.txt

# The second step of signing in
second-step-title = Zwei-Faktor-Authentifizierung
second-step-authenticator = Geben Sie den Code ein, den Ihre Authenticator-App anzeigt.
second-step-backup-code = Geben Sie einen Ihrer Backup-Codes ein. Er gilt einmal.
second-step-passkey = Bestätigen Sie mit Ihrem Passkey.
second-step-lost = Smartphone und Backup-Codes verloren? Wenden Sie sich an die Betreiber dieses Dienstes.
authenticator-code = Code
backup-code = Backup-Code
backup-code-hint = 8 Zeichen, zum Beispiel AB2C-3D4E
use-authenticator = Authenticator-App verwenden
use-backup-code = Backup-Code verwenden
use-passkey = Passkey verwenden
use-password = Passwort verwenden
use-mailed-code = Code per E-Mail erhalten
start-again = Von vorn beginnen
sign-in-with-passkey = Mit Passkey anmelden
confirm-with-passkey = Mit Passkey bestätigen
wrong-authenticator-code = Der Code ist falsch. Geben Sie den Code ein, den die App jetzt anzeigt. Jeder Code gilt einmal.
wrong-backup-code = Der Backup-Code ist falsch. Jeder Code gilt einmal.

# Confirming one's identity
confirm-authenticator = Sie möchten eine Authenticator-App einrichten.
confirm-remove-authenticator = Sie möchten Ihre Authenticator-App entfernen.
confirm-backup-codes = Sie möchten neue Backup-Codes erhalten.
confirm-add-passkey = Sie möchten einen Passkey hinzufügen.
confirm-remove-passkey = Sie möchten einen Passkey entfernen.
confirm-two-factor-policy = Sie möchten die Zwei-Faktor-Authentifizierung ändern.
confirm-cancel-reset = Sie möchten das Zurücksetzen der Zwei-Faktor-Authentifizierung abbrechen.

flash-authenticator-added = Authenticator-App eingerichtet.
flash-authenticator-replaced = Authenticator-App ersetzt. Die alte gilt nicht mehr.
flash-authenticator-removed = Authenticator-App entfernt.
flash-two-factor-on = Die Zwei-Faktor-Authentifizierung ist eingeschaltet.
flash-two-factor-off = Die Zwei-Faktor-Authentifizierung ist ausgeschaltet.
flash-reset-cancelled = Das Zurücksetzen wurde abgebrochen.
flash-passkey-added = Passkey hinzugefügt.
flash-passkey-renamed = Passkey umbenannt.
flash-passkey-removed = Passkey entfernt.
