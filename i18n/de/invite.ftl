## The invitation page and unsubscribing

invitation = Einladung
other-invitation = Diese Einladung ist in diesem Browser nicht mehr geöffnet. Es wurde nichts geändert. Öffnen Sie ihren Link erneut, oder fahren Sie mit der folgenden fort.
paste-link = Öffnen Sie den Link aus der E-Mail noch einmal, oder fügen Sie ihn hier ein.
link-or-token = Einladungslink
view-invitation = Einladung ansehen
you-are-invited = Sie sind zu { $target } eingeladen
invites-you = { $inviter } lädt Sie zu { $target } ein
ownership-offer = { $owner } bietet Ihnen { $organization } an
invited-by = Eingeladen von
invited-address = Eingeladene Adresse
expires = Gültig bis
signed-in-as = Sie sind mit { $email } angemeldet.
join = Beitreten
decline = Ablehnen
sign-in-to-join = Zum Beitreten anmelden
sign-in-and-join = Anmelden und beitreten
email-code-instead = Kein Passwort? Code per E-Mail senden
not-my-account = Ich habe hier nie ein Konto erstellt
create-account-to-join = Zum Beitreten ein Konto erstellen
create-account-and-join = Konto erstellen und beitreten
create-account-for = Konto für { $email } erstellen
min-characters =
    { $count ->
        [one] Mindestens { $count } Zeichen
       *[other] Mindestens { $count } Zeichen
    }
wrong-account-title = Sie sind mit einem anderen Konto angemeldet
wrong-account-explanation = Die Einladung ist für { $invited }, Sie sind aber als { $own } angemeldet.
switch-account = Konto wechseln
add-address-explanation = Gehören beide Adressen Ihnen? Dann können Sie { $invited } zum Konto von { $own } hinzufügen.
add-address-and-join = Adresse hinzufügen und beitreten
request-invitation-explanation = Möchten Sie lieber als { $own } eingeladen werden? Fragen Sie { $organization }. Diese Einladung bleibt gültig, bis Ihre Anfrage angenommen wird.
request-invitation = Einladung an meine Adresse anfragen
unverified-explanation = Bestätigen Sie zuerst { $email }: Öffnen Sie den Link aus der Einladungs-E-Mail, oder bestätigen Sie die Adresse in Ihrem Konto.
go-to-account = Zu Ihrem Konto
invitation-expired-title = Diese Einladung ist abgelaufen
invitation-expired-explanation = Bitten Sie { $organization } um eine neue.
request-new-invitation = Neue Einladung anfragen
your-email-address = Ihre E-Mail-Adresse
invited-address-hint = Die eingeladene Adresse
not-interested = Kein Interesse?
decline-explanation = Die Person, die Sie eingeladen hat, sieht, dass Sie abgelehnt haben.
unsubscribe-from = Keine E-Mails mehr von { $organization }
already-accepted = Diese Einladung zu { $organization } wurde bereits angenommen.
already-declined = Diese Einladung zu { $organization } wurde abgelehnt.
already-discarded = { $organization } hat diese Einladung widerrufen.
declined-title = Einladung abgelehnt
declined-explanation = Sie können diese Seite schließen.
request-sent-title = Anfrage gesendet
request-sent-explanation = Sie bekommen eine E-Mail, sobald jemand dort entschieden hat.
renewal-requested-explanation = Sie bekommen eine neue Einladung per E-Mail, sobald jemand dort zustimmt.
unsubscribe-title = E-Mails von { $organization } abbestellen?
unsubscribe-explanation = { $organization } kann Sie weiterhin einladen, sieht aber, dass Ihnen keine E-Mails gesendet werden.
unsubscribe = Abbestellen
unsubscribed-title = E-Mails abbestellt
unsubscribed-explanation = Sie bekommen keine E-Mails mehr von { $organization }.
