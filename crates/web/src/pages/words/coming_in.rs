//! The words around invitations, signing in and up, and one's account.

use std::fmt::Display;

use vestibule_core::language::Language;

use super::{Words, phrases};

phrases! {
    // Around every page.
    skip(): "To the content", "Zum Inhalt";
    account(): "Account", "Konto";
    sign_out(): "Sign out", "Abmelden";
    away(): "The server cannot be reached. Try again in a moment.", "Der Server ist nicht erreichbar. Versuchen Sie es gleich noch einmal.";
    runs_on(): "Runs on Vestibule.", "Läuft mit Vestibule.";
    just_now(): "just now", "gerade eben";
    ago(span): "{span} ago", "vor {span}";
    in_span(span): "in {span}", "in {span}";
    not_here(): "Not here", "Hier nicht";
    not_here_advice(): "There is nothing here that you may see. Perhaps you are signed in with another account than you need, or somebody has to invite you first.", "Hier gibt es nichts, was Sie sehen dürfen. Vielleicht sind Sie mit einem anderen Konto angemeldet als nötig, oder jemand muss Sie erst einladen.";
    out_of_order(): "Something does not work right now", "Etwas funktioniert gerade nicht";
    to_organizations(): "To my organizations", "Zu meinen Organisationen";
    back(): "Back", "Zurück";
    go_on(): "Go on", "Weiter";

    // An invitation.
    invitation(): "Invitation", "Einladung";
    paste_link(): "Open the link from the mail once more, or paste it here.", "Öffnen Sie den Link aus der Mail noch einmal, oder fügen Sie ihn hier ein.";
    link_or_code(): "The link, or what stands in it behind token=", "Der Link, oder was darin hinter token= steht";
    look(): "Look at it", "Ansehen";
    you_are_invited(place): "You are invited to join {place}", "Sie sind zu {place} eingeladen";
    invites_you(inviter, place): "{inviter} invites you to join {place}", "{inviter} lädt Sie zu {place} ein";
    offers_you(giver, organization): "{giver} offers you {organization}", "{giver} bietet Ihnen {organization} an";
    invited_by(): "Invited by", "Eingeladen von";
    invited_address(): "Invited address", "Eingeladene Adresse";
    ends(): "Ends", "Endet";
    signed_in_as(email): "You are signed in with {email}.", "Sie sind mit {email} angemeldet.";
    join(): "Join", "Beitreten";
    decline(): "No, thank you", "Nein, danke";
    sign_in_to_join(): "Sign in to join", "Zum Beitreten anmelden";
    sign_in_and_join(): "Sign in and join", "Anmelden und beitreten";
    no_password_at_hand(): "No password at hand? Have a code mailed to you.", "Kein Passwort zur Hand? Lassen Sie sich einen Code mailen.";
    never_made_account(): "I never made an account here", "Ich habe hier nie ein Konto angelegt";
    make_account_to_join(): "Make an account to join", "Zum Beitreten ein Konto anlegen";
    make_account_and_join(): "Make the account and join", "Konto anlegen und beitreten";
    make_account_for(email): "Make an account for {email}", "Ein Konto für {email} anlegen";
    at_least(count): "At least {count} characters", "Mindestens {count} Zeichen";
    another_account(): "You are signed in with another account", "Sie sind mit einem anderen Konto angemeldet";
    invited_is_not_you(invited, own): "The invitation is for {invited}, and you are signed in as {own}. Nothing is lost: choose how to go on.", "Die Einladung gilt {invited}, und Sie sind als {own} angemeldet. Nichts ist verloren: Wählen Sie, wie es weitergeht.";
    switch_account(): "Switch account", "Konto wechseln";
    add_address_words(invited, own): "Do both addresses belong to you? Then {invited} can be added to the account of {own}.", "Gehören beide Adressen Ihnen? Dann kann {invited} zum Konto von {own} hinzukommen.";
    add_address_and_join(): "Add the address and join", "Adresse hinzufügen und beitreten";
    ask_for_mine_words(organization, own): "Would you rather be invited as {own}? Then ask {organization} for it. This invitation stays as it is until they say yes.", "Möchten Sie lieber als {own} eingeladen werden? Dann bitten Sie {organization} darum. Diese Einladung bleibt, wie sie ist, bis man dort zustimmt.";
    ask_for_mine(): "Ask for an invitation to my address", "Um eine Einladung an meine Adresse bitten";
    unverified_words(email): "Prove first that {email} is yours: open the link from the invitation's mail, or verify the address in your account.", "Zeigen Sie erst, dass {email} Ihnen gehört: Öffnen Sie den Link aus der Mail der Einladung, oder bestätigen Sie die Adresse in Ihrem Konto.";
    to_account(): "To my account", "Zu meinem Konto";
    ran_out(): "This invitation has run out", "Diese Einladung ist abgelaufen";
    ran_out_words(organization): "{organization} can send you a new one. Ask for it here.", "{organization} kann Ihnen eine neue schicken. Bitten Sie hier darum.";
    ask_for_new(): "Ask for a new one", "Um eine neue bitten";
    your_address(): "Your e-mail address", "Ihre E-Mail-Adresse";
    as_invited(): "The one that was invited", "Die eingeladene";
    not_interested(): "Not interested?", "Kein Interesse?";
    decline_words(): "Whoever invited you sees that you have declined.", "Wer Sie eingeladen hat, sieht, dass Sie abgelehnt haben.";
    no_more_mail(organization): "No more mail from {organization}", "Keine Mails mehr von {organization}";
    over_accepted(organization): "This invitation to {organization} was accepted before. If that was you, sign in to go there.", "Diese Einladung zu {organization} wurde schon angenommen. Wenn Sie das waren, melden Sie sich an.";
    over_declined(organization): "This invitation to {organization} was declined. If that was a mistake, ask for a new one there.", "Diese Einladung zu {organization} wurde abgelehnt. War das ein Versehen, bitten Sie dort um eine neue.";
    over_discarded(organization): "{organization} has taken this invitation back. If you did not expect that, ask there.", "{organization} hat diese Einladung zurückgezogen. Falls Sie das nicht erwartet haben, fragen Sie dort nach.";
    declined_title(): "You have declined", "Sie haben abgelehnt";
    declined_words(): "Nothing else will happen.", "Weiter geschieht nichts.";
    asked_title(): "They have been asked", "Man ist gefragt";
    asked_words(): "Somebody there decides, and then you get a mail.", "Jemand dort entscheidet, und dann bekommen Sie eine Mail.";
    renewed_words(): "Once somebody there says yes, a new invitation comes by mail.", "Sobald jemand dort zustimmt, kommt eine neue Einladung per Mail.";
    stop_title(organization): "No more mail from {organization}?", "Keine Mails mehr von {organization}?";
    stop_words(organization): "{organization} can still invite you, and sees that no mail goes out to you.", "{organization} kann Sie weiterhin einladen und sieht, dass keine Mail an Sie hinausgeht.";
    stop(): "No more mail", "Keine Mails mehr";
    stopped_title(): "Done", "Erledigt";
    stopped_words(organization): "You get no more mail from {organization}.", "Sie bekommen keine Mails mehr von {organization}.";

    // Signing in and up.
    sign_in(): "Sign in", "Anmelden";
    signed_in_here(): "Signed in in this browser", "In diesem Browser angemeldet";
    go_on_as(name): "Go on as {name}", "Weiter als {name}";
    choose_organization(): "Choose an organization", "Eine Organisation wählen";
    go_on_in(name): "Go on in {name}", "Weiter in {name}";
    address_or_name(): "E-mail address or user name", "E-Mail-Adresse oder Benutzername";
    password(): "Password", "Passwort";
    forgotten(): "Forgotten the password?", "Passwort vergessen?";
    without_password(): "Without a password", "Ohne Passwort";
    mail_me_a_code(): "Mail me a code", "Code per Mail";
    mail_me_a_link(): "Mail me a link", "Link per Mail";
    no_account_yet(): "No account yet?", "Noch kein Konto?";
    make_one(): "Make one", "Legen Sie eines an";
    account_already(): "Do you have an account already?", "Haben Sie schon ein Konto?";
    make_account(): "Make an account", "Konto anlegen";
    first_name(): "First name", "Vorname";
    last_name(): "Last name", "Nachname";
    look_into_mail(): "Look into your mail", "Sehen Sie in Ihre Mails";
    code_words(): "If there is an account with this address, a mail is on its way to it. Type the code from it here, or open the link in it in this browser.", "Wenn es ein Konto mit dieser Adresse gibt, ist eine Mail dorthin unterwegs. Geben Sie den Code daraus hier ein, oder öffnen Sie den Link darin in diesem Browser.";
    sign_up_code_words(): "A mail is on its way to you. Type the code from it here, to show that the address is yours.", "Eine Mail ist zu Ihnen unterwegs. Geben Sie den Code daraus hier ein, um zu zeigen, dass die Adresse Ihnen gehört.";
    reset_code_words(email): "If there is an account with {email}, a mail is on its way to it. Type the code from it here.", "Wenn es ein Konto mit {email} gibt, ist eine Mail dorthin unterwegs. Geben Sie den Code daraus hier ein.";
    address_code_words(): "A mail is on its way to this address. Type the code from it here.", "Eine Mail ist zu dieser Adresse unterwegs. Geben Sie den Code daraus hier ein.";
    code(): "Code", "Code";
    six_digits(): "Six digits", "Sechs Ziffern";
    no_mail_yet(): "No mail yet? Look among the unwanted ones, too.", "Noch keine Mail? Sehen Sie auch bei den unerwünschten nach.";
    send_again(): "Send it again", "Noch einmal senden";
    link_words(): "Press the button to sign in.", "Drücken Sie auf den Knopf, um sich anzumelden.";
    link_needs_script(): "Your browser runs no scripts here. Type the code from the mail where you began instead.", "Ihr Browser führt hier keine Skripte aus. Geben Sie stattdessen den Code aus der Mail dort ein, wo Sie begonnen haben.";
    reset_title(): "Set a new password", "Neues Passwort setzen";
    reset_words(): "We mail you a code that you can set a new password with.", "Wir mailen Ihnen einen Code, mit dem Sie ein neues Passwort setzen können.";
    new_password_words(): "Every other browser is signed out with it.", "Alle anderen Browser werden damit abgemeldet.";
    new_password(): "New password", "Neues Passwort";
    set_password(): "Set the password and sign in", "Passwort setzen und anmelden";

    // One's account.
    profile(): "Profile", "Profil";
    user_name(): "User name", "Benutzername";
    picture(): "Picture", "Bild";
    picture_words(): "PNG, JPEG or WebP, up to 5 MiB", "PNG, JPEG oder WebP, bis 5 MiB";
    your_picture(): "Your picture", "Ihr Bild";
    upload(): "Upload", "Hochladen";
    addresses(): "E-mail addresses", "E-Mail-Adressen";
    primary(): "primary", "Hauptadresse";
    verified(): "verified", "bestätigt";
    not_verified(): "not verified", "nicht bestätigt";
    verify(): "Verify", "Bestätigen";
    make_primary(): "Make primary", "Zur Hauptadresse machen";
    one_more_address(): "One more address", "Noch eine Adresse";
    delete_address_words(): "Mail to this address is yours no more here, and invitations to it do not reach you. You can add it again.", "Diese Adresse gehört dann nicht mehr zu Ihrem Konto, und Einladungen an sie erreichen Sie nicht. Sie können sie wieder hinzufügen.";
    password_ends_others(): "With a new password, every other browser is signed out.", "Mit einem neuen Passwort werden alle anderen Browser abgemeldet.";
    present_password(): "Present password", "Jetziges Passwort";
    where_signed_in(): "Where you are signed in", "Wo Sie angemeldet sind";
    this_one(): "this browser", "dieser Browser";
    end_it(): "Sign out there", "Dort abmelden";
    delete_account(): "Delete my account", "Mein Konto löschen";
    delete_account_words(): "Your account and all your memberships end at once. This cannot be taken back. Invitations you have sent stay.", "Ihr Konto und alle Mitgliedschaften enden sofort. Das lässt sich nicht zurücknehmen. Einladungen, die Sie verschickt haben, bleiben.";
    type_delete(): "Type delete to say that you mean it", "Tippen Sie löschen, um zu sagen, dass Sie es meinen";
    delete_word(): "delete", "löschen";
}
