//! Phrases of the page that asks for a proof of identity, and of `/security-notice`.

use std::fmt::Display;

use vestibule_core::language::Language;

use super::{Words, phrases};

phrases! {
    confirm_identity(): "Confirm that it is you", "Bestätigen Sie, dass Sie es sind";
    confirm(): "Confirm", "Bestätigen";
    confirm_by_code(): "We mail a code to your primary address.", "Wir senden einen Code an Ihre Hauptadresse.";
    confirm_code_sent(): "A mail with a code is on its way to your primary address.", "Eine Mail mit einem Code ist zu Ihrer Hauptadresse unterwegs.";
    confirm_by_signing_in(): "Sign out, sign in again, and repeat what you were doing within a few minutes.", "Melden Sie sich ab und wieder an, und wiederholen Sie den Schritt innerhalb weniger Minuten.";
    confirm_add_address(email): "You are about to add {email} to your account.", "Sie möchten {email} zu Ihrem Konto hinzufügen.";
    confirm_verify_address(): "You are about to verify an address. Its mail can then be used to sign in to your account.", "Sie möchten eine Adresse bestätigen. Mit deren Mails kann man sich dann in Ihrem Konto anmelden.";
    confirm_make_primary(): "You are about to change your primary address.", "Sie möchten Ihre Hauptadresse ändern.";
    confirm_delete_address(): "You are about to delete an address of your account.", "Sie möchten eine Adresse Ihres Kontos löschen.";
    confirm_change_username(): "You are about to change your user name.", "Sie möchten Ihren Benutzernamen ändern.";
    confirm_set_password(): "You are about to set a password. Type it once more.", "Sie möchten ein Passwort setzen. Geben Sie es noch einmal ein.";
    confirm_end_sign_in(): "You are about to sign out another browser.", "Sie möchten einen anderen Browser abmelden.";
    confirm_delete_account(): "You are about to delete your account.", "Sie möchten Ihr Konto löschen.";
    confirm_link_address(email): "You are about to add {email} to your account. Anyone who can read the mail of this address can then sign in as you. Continue only if it is your own address.", "Sie möchten {email} zu Ihrem Konto hinzufügen. Wer die Mails dieser Adresse liest, kann sich dann als Sie anmelden. Fahren Sie nur fort, wenn es Ihre eigene Adresse ist.";
    confirm_delete_workspace(): "You are about to delete a workspace. It cannot be restored.", "Sie möchten einen Arbeitsbereich löschen. Er lässt sich nicht wiederherstellen.";
    confirm_delete_organization(): "You are about to delete an organization.", "Sie möchten eine Organisation löschen.";
    confirm_offer_ownership(): "You are about to offer an organization to another member.", "Sie möchten eine Organisation einem anderen Mitglied anbieten.";
    notice_title(): "This wasn't you?", "Das waren Sie nicht?";
    notice_explanation(): "Sign out every browser of the account. After that, you can set a new password.", "Melden Sie alle Browser des Kontos ab. Danach können Sie ein neues Passwort setzen.";
    notice_link(): "The link from the mail", "Der Link aus der Mail";
    sign_out_everywhere(): "Sign out everywhere", "Überall abmelden";
    notice_done_title(): "Every browser is signed out", "Alle Browser sind abgemeldet";
    notice_reset_explanation(email): "Now set a new password, so that nobody can sign in with the old one. We mail a code to {email}. Then check the addresses of your account.", "Setzen Sie jetzt ein neues Passwort, damit sich niemand mit dem alten anmelden kann. Wir senden einen Code an {email}. Prüfen Sie danach die Adressen Ihres Kontos.";
    notice_no_reset_explanation(): "This address does not open the account. Set a new password with another address of yours, or ask the people who run this service.", "Diese Adresse öffnet das Konto nicht. Setzen Sie mit einer anderen Adresse ein neues Passwort, oder fragen Sie die Betreiber dieses Dienstes.";
}
