//! Phrases of `/invite` and of the unsubscribe page.

use std::fmt::Display;

use vestibule_core::language::Language;

use super::{Words, phrases};

phrases! {
    invitation(): "Invitation", "Einladung";
    other_invitation(): "This invitation is no longer open in this browser. Nothing was changed. Open its link again, or continue with the one below.", "Diese Einladung ist in diesem Browser nicht mehr geöffnet. Es wurde nichts geändert. Öffnen Sie ihren Link erneut, oder fahren Sie mit der folgenden fort.";
    paste_link(): "Open the link from the mail once more, or paste it here.", "Öffnen Sie den Link aus der Mail noch einmal, oder fügen Sie ihn hier ein.";
    link_or_token(): "The link, or what stands in it behind token=", "Der Link, oder was darin hinter token= steht";
    view_invitation(): "Look at it", "Ansehen";
    you_are_invited(target): "You are invited to join {target}", "Sie sind zu {target} eingeladen";
    invites_you(inviter, target): "{inviter} invites you to join {target}", "{inviter} lädt Sie zu {target} ein";
    ownership_offer(owner, organization): "{owner} offers you {organization}", "{owner} bietet Ihnen {organization} an";
    invited_by(): "Invited by", "Eingeladen von";
    invited_address(): "Invited address", "Eingeladene Adresse";
    expires(): "Ends", "Endet";
    signed_in_as(email): "You are signed in with {email}.", "Sie sind mit {email} angemeldet.";
    join(): "Join", "Beitreten";
    decline(): "No, thank you", "Nein, danke";
    sign_in_to_join(): "Sign in to join", "Zum Beitreten anmelden";
    sign_in_and_join(): "Sign in and join", "Anmelden und beitreten";
    email_code_instead(): "No password at hand? Have a code mailed to you.", "Kein Passwort zur Hand? Lassen Sie sich einen Code mailen.";
    not_my_account(): "I never made an account here", "Ich habe hier nie ein Konto angelegt";
    create_account_to_join(): "Make an account to join", "Zum Beitreten ein Konto anlegen";
    create_account_and_join(): "Make the account and join", "Konto anlegen und beitreten";
    create_account_for(email): "Make an account for {email}", "Ein Konto für {email} anlegen";
    min_characters(count): "At least {count} characters", "Mindestens {count} Zeichen";
    wrong_account_title(): "You are signed in with another account", "Sie sind mit einem anderen Konto angemeldet";
    wrong_account_explanation(invited, own): "The invitation is for {invited}, and you are signed in as {own}. Nothing is lost: choose how to go on.", "Die Einladung gilt {invited}, und Sie sind als {own} angemeldet. Nichts ist verloren: Wählen Sie, wie es weitergeht.";
    switch_account(): "Switch account", "Konto wechseln";
    add_address_explanation(invited, own): "Do both addresses belong to you? Then {invited} can be added to the account of {own}.", "Gehören beide Adressen Ihnen? Dann kann {invited} zum Konto von {own} hinzukommen.";
    add_address_and_join(): "Add the address and join", "Adresse hinzufügen und beitreten";
    request_invitation_explanation(organization, own): "Would you rather be invited as {own}? Then ask {organization} for it. This invitation stays as it is until they say yes.", "Möchten Sie lieber als {own} eingeladen werden? Dann bitten Sie {organization} darum. Diese Einladung bleibt, wie sie ist, bis man dort zustimmt.";
    request_invitation(): "Ask for an invitation to my address", "Um eine Einladung an meine Adresse bitten";
    unverified_explanation(email): "Prove first that {email} is yours: open the link from the invitation's mail, or verify the address in your account.", "Zeigen Sie erst, dass {email} Ihnen gehört: Öffnen Sie den Link aus der Mail der Einladung, oder bestätigen Sie die Adresse in Ihrem Konto.";
    go_to_account(): "To my account", "Zu meinem Konto";
    invitation_expired_title(): "This invitation has run out", "Diese Einladung ist abgelaufen";
    invitation_expired_explanation(organization): "{organization} can send you a new one. Ask for it here.", "{organization} kann Ihnen eine neue schicken. Bitten Sie hier darum.";
    request_new_invitation(): "Ask for a new one", "Um eine neue bitten";
    your_email_address(): "Your e-mail address", "Ihre E-Mail-Adresse";
    invited_address_hint(): "The one that was invited", "Die eingeladene";
    not_interested(): "Not interested?", "Kein Interesse?";
    decline_explanation(): "The person who invited you sees that you declined.", "Die Person, die Sie eingeladen hat, sieht, dass Sie abgelehnt haben.";
    unsubscribe_from(organization): "No more mail from {organization}", "Keine Mails mehr von {organization}";
    already_accepted(organization): "This invitation to {organization} was accepted before. If that was you, sign in to go there.", "Diese Einladung zu {organization} wurde schon angenommen. Wenn Sie das waren, melden Sie sich an.";
    already_declined(organization): "This invitation to {organization} was declined. If that was a mistake, ask for a new one there.", "Diese Einladung zu {organization} wurde abgelehnt. War das ein Versehen, bitten Sie dort um eine neue.";
    already_discarded(organization): "{organization} has taken this invitation back. If you did not expect that, ask there.", "{organization} hat diese Einladung zurückgezogen. Falls Sie das nicht erwartet haben, fragen Sie dort nach.";
    declined_title(): "You have declined", "Sie haben abgelehnt";
    declined_explanation(): "Nothing else will happen.", "Weiter geschieht nichts.";
    request_sent_title(): "They have been asked", "Man ist gefragt";
    request_sent_explanation(): "Somebody there decides, and then you get a mail.", "Jemand dort entscheidet, und dann bekommen Sie eine Mail.";
    renewal_requested_explanation(): "Once somebody there says yes, a new invitation comes by mail.", "Sobald jemand dort zustimmt, kommt eine neue Einladung per Mail.";
    unsubscribe_title(organization): "No more mail from {organization}?", "Keine Mails mehr von {organization}?";
    unsubscribe_explanation(organization): "{organization} can still invite you, and sees that no mail goes out to you.", "{organization} kann Sie weiterhin einladen und sieht, dass keine Mail an Sie hinausgeht.";
    unsubscribe(): "No more mail", "Keine Mails mehr";
    unsubscribed_title(): "Done", "Erledigt";
    unsubscribed_explanation(organization): "You get no more mail from {organization}.", "Sie bekommen keine Mails mehr von {organization}.";
}
