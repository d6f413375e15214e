//! Phrases of sign-in, sign-up and password reset.

use std::fmt::Display;

use vestibule_core::language::Language;

use super::{Words, phrases};

phrases! {
    sign_in(): "Sign in", "Anmelden";
    signed_in_accounts(): "Signed in in this browser", "In diesem Browser angemeldet";
    continue_as(name): "Go on as {name}", "Weiter als {name}";
    choose_organization(): "Choose an organization", "Eine Organisation wählen";
    continue_in(name): "Go on in {name}", "Weiter in {name}";
    email_or_username(): "E-mail address or user name", "E-Mail-Adresse oder Benutzername";
    password(): "Password", "Passwort";
    forgot_password(): "Forgotten the password?", "Passwort vergessen?";
    without_password(): "Without a password", "Ohne Passwort";
    send_code(): "Mail me a code", "Code per Mail";
    send_link(): "Mail me a link", "Link per Mail";
    no_account(): "No account yet?", "Noch kein Konto?";
    create_one(): "Make one", "Legen Sie eines an";
    have_account(): "Do you have an account already?", "Haben Sie schon ein Konto?";
    create_account(): "Make an account", "Konto anlegen";
    first_name(): "First name", "Vorname";
    last_name(): "Last name", "Nachname";
    check_your_email(): "Look into your mail", "Sehen Sie in Ihre Mails";
    sign_in_code_explanation(): "If there is an account with this address, a mail is on its way to it. Type the code from it here, or open the link in it in this browser.", "Wenn es ein Konto mit dieser Adresse gibt, ist eine Mail dorthin unterwegs. Geben Sie den Code daraus hier ein, oder öffnen Sie den Link darin in diesem Browser.";
    sign_up_code_explanation(): "A mail is on its way to you. Type the code from it here, to show that the address is yours.", "Eine Mail ist zu Ihnen unterwegs. Geben Sie den Code daraus hier ein, um zu zeigen, dass die Adresse Ihnen gehört.";
    reset_code_explanation(email): "If there is an account with {email}, a mail is on its way to it. Type the code from it here.", "Wenn es ein Konto mit {email} gibt, ist eine Mail dorthin unterwegs. Geben Sie den Code daraus hier ein.";
    address_code_explanation(): "A mail is on its way to this address. Type the code from it here.", "Eine Mail ist zu dieser Adresse unterwegs. Geben Sie den Code daraus hier ein.";
    code(): "Code", "Code";
    six_digits(): "Six digits", "Sechs Ziffern";
    no_mail_received(): "No mail yet? Look among the unwanted ones, too.", "Noch keine Mail? Sehen Sie auch bei den unerwünschten nach.";
    resend_code(): "Send it again", "Noch einmal senden";
    link_explanation(): "Press the button to sign in.", "Drücken Sie auf den Knopf, um sich anzumelden.";
    link_needs_script(): "Your browser runs no scripts here. Type the code from the mail where you began instead.", "Ihr Browser führt hier keine Skripte aus. Geben Sie stattdessen den Code aus der Mail dort ein, wo Sie begonnen haben.";
    reset_title(): "Set a new password", "Neues Passwort setzen";
    reset_explanation(): "We mail you a code that you can set a new password with.", "Wir mailen Ihnen einen Code, mit dem Sie ein neues Passwort setzen können.";
    new_password_explanation(): "Every other browser is signed out with it.", "Alle anderen Browser werden damit abgemeldet.";
    new_password(): "New password", "Neues Passwort";
    set_password(): "Set the password and sign in", "Passwort setzen und anmelden";
}
