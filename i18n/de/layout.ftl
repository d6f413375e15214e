## Navigation, error pages and messages

continue-to = Weiter zu { $name }
skip-to-content = Zum Inhalt springen
account = Konto
sign-out = Abmelden
server-unreachable = Der Server ist nicht erreichbar. Versuchen Sie es gleich noch einmal.
powered-by = Bereitgestellt mit Vestibule
error-title = Seite nicht verfügbar
forbidden-advice = Sie haben keinen Zugriff auf diese Seite. Wechseln Sie das Konto, oder lassen Sie sich einladen.
cross-site-advice = Diese Anfrage kam von einer anderen Website. Öffnen Sie { $url } und versuchen Sie es erneut.
server-error-title = Etwas ist schiefgelaufen
go-to-organizations = Zu Ihren Organisationen
continue-button = Weiter

flash-joined = Willkommen! Sie sind der Organisation beigetreten.
flash-created = Organisation erstellt.
flash-saved = Gespeichert.
flash-resent = Einladung erneut gesendet. Ältere Links funktionieren nicht mehr.
flash-discarded = Einladung widerrufen. Ihre Links funktionieren nicht mehr.
flash-removed = Mitglied entfernt.
flash-offered = Übergabe angeboten. Die Person bekommt eine E-Mail und entscheidet.
flash-withdrawn = Angebot zurückgezogen.
flash-taken-over = Die Organisation gehört jetzt Ihnen.
flash-taken-over-suspended =
    { $count ->
        [one] Die Organisation gehört jetzt Ihnen. { $count } Einladung der bisher verantwortlichen Person ist ausgesetzt. Senden Sie sie erneut, um sie in Ihrem Namen zu senden.
       *[other] Die Organisation gehört jetzt Ihnen. { $count } Einladungen der bisher verantwortlichen Person sind ausgesetzt. Senden Sie sie erneut, um sie in Ihrem Namen zu senden.
    }
flash-declined = Einladung abgelehnt.
flash-approved = Anfrage angenommen.
flash-denied = Anfrage abgelehnt.
flash-asked = Anfrage gesendet. Sie bekommen eine E-Mail, sobald sie beantwortet ist.
flash-left = Sie haben die Organisation verlassen.
flash-deleted = Organisation gelöscht. Unten können Sie sie wiederherstellen.
flash-restored = Organisation wiederhergestellt.
flash-verified = Bestätigt.
flash-password-set = Passwort geändert. Alle anderen Browser sind abgemeldet.
flash-signed-out = Sie sind abgemeldet.
flash-account-deleted = Ihr Konto ist gelöscht.

all-organizations = Alle Organisationen
organization-menu = Organisation wechseln: { $name }
account-menu = Kontomenü: { $name }
switch-to = Zu { $name } wechseln
add-another-account = Weiteres Konto hinzufügen
sign-out-of-all = Von allen Konten abmelden
undo = Rückgängig machen
support = Hilfe
terms = Nutzungsbedingungen
privacy = Datenschutz

account-switched-title = Sie haben das Konto gewechselt
account-switched = Diese Seite wurde als { $former } geöffnet, jetzt verwenden Sie { $current }. Es wurde nichts geändert.
account-switched-from-other = Diese Seite wurde mit einem anderen Konto geöffnet, jetzt verwenden Sie { $current }. Es wurde nichts geändert.
flash-code-sent = Code gesendet. Nur der neueste gilt.
flash-profile-saved = Profil gespeichert.
flash-picture-saved = Profilbild gespeichert.
flash-address-added = Adresse hinzugefügt.
flash-address-removed = Adresse entfernt.
flash-primary-changed = Hauptadresse geändert.
flash-notifications-saved = Benachrichtigungen gespeichert.
flash-session-ended = Sitzung beendet.
flash-sessions-ended = Alle anderen Sitzungen beendet.

impersonation-banner = { $actor }, Sie sind für den Support als { $user } angemeldet.
impersonation-end = Abmelden
