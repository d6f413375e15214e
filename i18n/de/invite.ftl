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
wrong-account-explanation = Die Einladung ist für { $invited }. Sie sind als { $own } angemeldet.
add-address-explanation = Gehören beide Adressen Ihnen? Dann können Sie { $invited } zum Konto von { $own } hinzufügen.
add-address-and-join = Adresse hinzufügen und beitreten
request-invitation-explanation = Möchten Sie lieber als { $own } eingeladen werden? Fragen Sie { $organization }. Diese Einladung bleibt gültig, bis Ihre Anfrage angenommen wird.
request-invitation = Einladung an meine Adresse anfragen
unverified-explanation = Bestätigen Sie, dass { $email } Ihnen gehört. Wir senden Ihnen einen Code, den Sie hier eingeben.
invitation-expired-title = Diese Einladung ist abgelaufen
invitation-expired-explanation = Bitten Sie { $organization } um eine neue.
renewal-by-mail = Sie kommt per E-Mail, sobald ein Admin zustimmt.
renewal-without-mail = Sobald ein Admin zustimmt, bekommt er einen Link, den er an Sie weitergeben kann.
renewal-unsubscribed = Sie haben die E-Mails von { $organization } abbestellt. Sobald ein Admin zustimmt, bekommt er einen Link, den er an Sie weitergeben kann.
subscribe-to = Die Einladung per E-Mail senden. Ich möchte wieder E-Mails von { $organization } bekommen.
newer-invitation-explanation = { $organization } hat Sie seitdem noch einmal eingeladen. Suchen Sie die neuere E-Mail in Ihrem Postfach, auch im Spam-Ordner.
email-invitation-again = Noch einmal senden
invitation-resent-title = Prüfen Sie Ihr Postfach
invitation-resent-explanation = Die neuere Einladung ist noch einmal an Sie unterwegs.
renewal-wait = Sie können ab dem { $date } wieder anfragen.
request-new-invitation = Neue Einladung anfragen
your-email-address = Ihre E-Mail-Adresse
invited-address-hint = Die eingeladene Adresse
not-interested = Kein Interesse?
decline-explanation = Die Person, die Sie eingeladen hat, sieht, dass Sie abgelehnt haben.
unsubscribe-from = Keine E-Mails mehr von { $organization }
declined-title = Einladung abgelehnt
declined-explanation = Sie können diese Seite schließen. Wenn Sie später beitreten möchten, bitten Sie um eine neue Einladung.
request-sent-title = Anfrage gesendet
request-sent-explanation = Sie bekommen eine E-Mail, sobald ein Admin entschieden hat.
renewal-requested-explanation = Sie bekommen eine neue Einladung per E-Mail, sobald ein Admin zustimmt.
renewal-requested-without-mail = Sobald ein Admin zustimmt, bekommt er einen Link, den er an Sie weitergeben kann.
unsubscribe-title = E-Mails von { $organization } abbestellen?
unsubscribe-explanation = { $organization } kann Sie weiterhin einladen, sieht aber, dass Ihnen keine E-Mails gesendet werden.
unsubscribe = Abbestellen
unsubscribed-title = E-Mails abbestellt
unsubscribed-explanation = Sie bekommen keine E-Mails mehr von { $organization }.

## Signing in and codes on the invitation page

join-organization = { $organization } beitreten
no-password = Kein Passwort, oder vergessen?
code-follows = Danach senden wir einen Code an { $email }, denn ein kopierter Link beweist nicht, dass die Adresse Ihnen gehört.
code-sent = Wir haben einen Code an { $email } gesendet. Geben Sie ihn hier ein.
code-sent-if-account = Falls es ein Konto mit { $email } gibt, haben wir einen Code dorthin gesendet. Geben Sie ihn hier ein.
verify-and-join = Bestätigen und beitreten
back-to-invitation = Zurück zur Einladung
use-another-account = Anderes Konto verwenden
sign-out-of = { $account } abmelden
unverified-without-mail = Sie müssen bestätigen, dass { $email } Ihnen gehört, aber dieser Dienst kann keine E-Mails senden.

## Invitations that cannot be accepted, and what to do then

already-member-title = Sie sind schon in { $organization }
address-is-member-title = { $email } ist schon in { $organization }
member-is-another = Sie sind als { $account } angemeldet. Fahren Sie mit dem Konto von { $email } fort.
account-is-member = Dieses Konto ist schon in { $organization }.
open-organization = { $organization } öffnen
already-accepted-title = Diese Einladung wurde bereits angenommen
accepted-by-another = Sie wurde mit { $email } angenommen. Sie sind als { $account } angemeldet. Fahren Sie mit dem Konto fort, das beigetreten ist.
accepted-sign-in = Melden Sie sich an, um { $organization } zu öffnen.
sign-in-and-open = Anmelden und { $organization } öffnen
already-declined-title = Diese Einladung wurde abgelehnt
already-declined-explanation = Haben Sie es sich anders überlegt? { $organization } kann Sie noch einmal einladen.
already-discarded-title = Diese Einladung wurde widerrufen
already-discarded-explanation = { $organization } hat diese Einladung widerrufen. Sie können um eine neue bitten.
suspended-title = Diese Einladung ist ausgesetzt
suspended-explanation = Die Person, die Sie eingeladen hat, darf niemanden mehr zu { $organization } einladen. Sie können um eine neue Einladung bitten.
suspended-by-organization = { $organization } hat diese Einladung ausgesetzt. Sie können um eine neue bitten.
organization-full-title = { $organization } ist voll
organization-full-explanation = Bei { $organization } ist kein Platz frei. Ihre Einladung bleibt gültig. Versuchen Sie es noch einmal, wenn ein Admin einen Platz freigegeben hat.
ask-person = Fragen Sie { $name } oder einen Admin von { $organization }.
ask-admin = Fragen Sie einen Admin von { $organization }.
email-person = E-Mail an { $name }
try-again = Erneut versuchen
joined-title = Sie sind { $organization } beigetreten
joined-from-other-network = { $organization } lässt sich nur aus bestimmten Netzen öffnen, und Ihres gehört nicht dazu. Verbinden Sie sich mit einem davon, zum Beispiel über das VPN Ihrer Firma, und versuchen Sie es noch einmal.
own-invitations-hint = Ihre offenen Einladungen finden Sie auch bei Ihren Organisationen.
own-invitations-sign-in = Melden Sie sich an, um die Einladungen an Ihre Adressen zu sehen.
