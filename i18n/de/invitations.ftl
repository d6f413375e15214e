## Die Einladungen einer Organisation: Einladen, die Liste und ihre Aktionen

invitations = Einladungen

## Das Formular

invite-people = Personen einladen
emails-hint = Beliebig viele eingeben oder einfügen: mit Namen, in einer Zeile, untereinander oder als Spalten einer Tabelle.
no-workspace = Keiner
workspace-role = Rolle im Arbeitsbereich
default-role = Standardrolle
invite-options = Sprache, Gültigkeit und persönliche Nachricht
mail-language = Sprache der E-Mail
mail-language-of-invitee = Sprache der Person, falls bekannt
expiry-days = Gültig (Tage)
expires-on = Gültig bis { $date }.
personal-message = Persönliche Nachricht (optional)
personal-message-hint = Bis zu 500 Zeichen. Sie wird in der E-Mail zitiert; Links darin lassen sich nicht anklicken.
upload-file = Stattdessen eine Liste hochladen
csv-file = CSV-Datei
upload-file-hint = Eine CSV-Datei aus Excel, Google Tabellen oder Ihrem Personalsystem, bis zu 1.000 Personen.
send-invitations = Einladungen senden
review = Prüfen
invite-count =
    { $count ->
        [one] { $count } Person einladen
       *[other] { $count } Personen einladen
    }
expiry-days-error = Wählen Sie 1 bis 90 Tage.
message-error = Die Nachricht darf bis zu 500 Zeichen haben und keine unsichtbaren.
file-error = Diese Datei können wir nicht lesen. Speichern Sie sie als „CSV UTF-8“ und laden Sie sie erneut hoch.

## Die Prüfung

review-ready =
    { $count ->
        [0] Niemand kann eingeladen werden
        [one] { $count } Person kann eingeladen werden
       *[other] { $count } Personen können eingeladen werden
    }
review-members =
    { $count ->
        [one] { $count } ist bereits Mitglied
       *[other] { $count } sind bereits Mitglied
    }
review-invited =
    { $count ->
        [one] { $count } wurde bereits eingeladen
       *[other] { $count } wurden bereits eingeladen
    }
review-duplicates =
    { $count ->
        [one] { $count } doppelt
       *[other] { $count } doppelt
    }
review-wrong =
    { $count ->
        [one] { $count } muss korrigiert werden
       *[other] { $count } müssen korrigiert werden
    }
review-nothing-sent = Noch wurde nichts gesendet.
row-duplicate = doppelt, wird einmal eingeladen
row-member = bereits Mitglied
row-invited = bereits eingeladen
row-not-an-address = keine E-Mail-Adresse
row-unknown-role = diese Rolle gibt es nicht
row-role-exceeds = diese Rolle hat Berechtigungen, die Sie nicht haben
row-no-seat = kein Platz ist frei
remove-address = { $email } entfernen
more-addresses =
    { $count ->
        [one] und { $count } weitere
       *[other] und { $count } weitere
    }
ignored-columns = Nicht verwendete Spalten: { $columns }
confirm-one-admin = { $email } zum Admin machen („{ $role }“). Admins dürfen alles: Mitglieder, Rollen und Einstellungen verwalten und die Organisation löschen.
confirm-admins =
    { $count ->
        [one] { $count } Person zum Admin machen („{ $role }“). Admins dürfen alles: Mitglieder, Rollen und Einstellungen verwalten und die Organisation löschen.
       *[other] { $count } Personen zu Admins machen („{ $role }“). Admins dürfen alles: Mitglieder, Rollen und Einstellungen verwalten und die Organisation löschen.
    }

## Spalten einer hochgeladenen Tabelle

choose-columns = Spalten wählen
choose-columns-explanation = Die Datei hat keine Überschriften, die wir kennen. Welche Spalten sollen wir verwenden?
first-rows = Die ersten Zeilen Ihrer Datei
column-number = Spalte { $number }
column-example = Spalte { $number }: { $example }
names-column = Namen
roles-column = Rollen
first-row-has-headings = Die erste Zeile enthält Überschriften

## Das Ergebnis

result = Ergebnis
failed = Fehlgeschlagen
result-invited =
    { $count ->
        [one] { $count } Person eingeladen
       *[other] { $count } Personen eingeladen
    }
result-not-invited = { $count } nicht eingeladen
result-hint = Die nicht eingeladenen stehen unten im Feld: Korrigieren Sie sie und senden Sie erneut.
result-row-invited = Eingeladen
result-resent =
    { $count ->
        [one] { $count } Einladung erneut gesendet
       *[other] { $count } Einladungen erneut gesendet
    }
result-revoked =
    { $count ->
        [one] { $count } Einladung widerrufen
       *[other] { $count } Einladungen widerrufen
    }
result-failed = { $count } fehlgeschlagen
result-row-resent = Erneut gesendet
result-row-revoked = Widerrufen
flash-people-invited =
    { $count ->
        [one] Einladung gesendet. Unten sehen Sie, ob sie zugestellt wurde.
       *[other] { $count } Einladungen gesendet. Unten sehen Sie, ob sie zugestellt wurden.
    }
flash-invitations-resent =
    { $count ->
        [one] { $count } Einladung erneut gesendet. Ältere Links funktionieren nicht mehr.
       *[other] { $count } Einladungen erneut gesendet. Ältere Links funktionieren nicht mehr.
    }
flash-invitations-revoked =
    { $count ->
        [one] { $count } Einladung widerrufen. Ihre Links funktionieren nicht mehr.
       *[other] { $count } Einladungen widerrufen. Ihre Links funktionieren nicht mehr.
    }

## Die Seite eines Formulars, dessen Sitzung beendet ist

session-ended-title = Ihre Sitzung ist beendet
session-ended-explanation = Es wurde nichts gesendet. Melden Sie sich wieder an und fügen Sie Ihre Liste in das Formular ein. Hier ist sie:
sign-in-in-new-tab = Anmelden

## Die Liste

no-invitations-title = Noch wurde niemand eingeladen
no-invitations-yet = Fügen Sie oben die E-Mail-Adressen Ihrer Kolleginnen und Kollegen ein. Alle erhalten einen Link zum Beitreten, und Sie sehen hier, wer angenommen hat.
no-invitations-here = Keine Einladungen
status = Status
status-pending = Ausstehend
status-expired = Abgelaufen
status-suspended = Ausgesetzt
status-accepted = Angenommen
status-declined = Abgelehnt
status-discarded = Widerrufen
status-all = Alle
delivery = Zustellung
delivery-queued = In der Warteschlange
delivery-sent = Gesendet
delivery-deferred = Verzögert
delivery-failed = Fehlgeschlagen
delivery-bounced = Unzustellbar
delivery-not-sent = Nicht gesendet
next-attempt = Nächster Versuch
search-addresses = Nach E-Mail-Adresse suchen
any-delivery = Jede Zustellung
inviter = Eingeladen von
any-inviter = Von allen eingeladen
invited-by-me = Von mir eingeladen
other-inviter = Anderes Mitglied …
invited-by-member = einem Mitglied
sent-at = Gesendet
sent-any-time = Jederzeit gesendet
sent-last-days = In den letzten { $days } Tagen gesendet
sent-earlier = Vor über 30 Tagen gesendet
by-inviter = von { $name }
via-api = über die API
former-member = einem ehemaligen Mitglied
invitations-count =
    { $count ->
        [one] { $count } Einladung
       *[other] { $count } Einladungen
    }
invitations-more-than = Über { $count } Einladungen
export-csv = CSV exportieren

## Aktionen

resend = Erneut senden
copy-link = Link kopieren
discard = Widerrufen
selected-invitations = Ausgewählte Einladungen
remind-all = An alle ausstehenden erinnern
no-invitation-selected = Wählen Sie zuerst mindestens eine Einladung aus.
revoke-title = Einladung von { $email } widerrufen?
revoke-invitation = Einladung widerrufen
revoke-warning = Die Links funktionieren sofort nicht mehr. Das lässt sich nicht rückgängig machen, aber Sie können neu einladen.
revoke-many-title =
    { $count ->
        [one] { $count } Einladung widerrufen?
       *[other] { $count } Einladungen widerrufen?
    }
revoke-many =
    { $count ->
        [one] { $count } Einladung widerrufen
       *[other] { $count } Einladungen widerrufen
    }
resend-many-title =
    { $count ->
        [one] { $count } Einladung erneut senden?
       *[other] { $count } Einladungen erneut senden?
    }
resend-many =
    { $count ->
        [one] { $count } Einladung erneut senden
       *[other] { $count } Einladungen erneut senden
    }
resend-warning = Alle erhalten eine E-Mail mit einem neuen Link, der so lange gilt wie üblich. Ältere Links funktionieren nicht mehr.
invitation-for = Einladung für { $email }
invitation-link-explanation = Wer diesen Link hat, sieht die Einladung, aber nur { $email } kann sie annehmen. Senden Sie ihn der Person, wenn die E-Mail nicht ankommt.
link = Link
back-to-invitations = Zurück zu den Einladungen
