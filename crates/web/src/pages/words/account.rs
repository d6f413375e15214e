//! Phrases of `/account`.

use vestibule_core::language::Language;

use super::{Words, phrases};

phrases! {
    profile(): "Profile", "Profil";
    username(): "User name", "Benutzername";
    picture(): "Picture", "Bild";
    picture_requirements(): "PNG, JPEG or WebP, up to 5 MiB", "PNG, JPEG oder WebP, bis 5 MiB";
    picture_alt(): "Your picture", "Ihr Bild";
    upload(): "Upload", "Hochladen";
    email_addresses(): "E-mail addresses", "E-Mail-Adressen";
    primary(): "primary", "Hauptadresse";
    verified(): "verified", "bestätigt";
    not_verified(): "not verified", "nicht bestätigt";
    verify(): "Verify", "Bestätigen";
    make_primary(): "Make primary", "Zur Hauptadresse machen";
    new_email_address(): "One more address", "Noch eine Adresse";
    delete_address_warning(): "Mail to this address is yours no more here, and invitations to it do not reach you. You can add it again.", "Diese Adresse gehört dann nicht mehr zu Ihrem Konto, und Einladungen an sie erreichen Sie nicht. Sie können sie wieder hinzufügen.";
    password_change_warning(): "With a new password, every other browser is signed out.", "Mit einem neuen Passwort werden alle anderen Browser abgemeldet.";
    current_password(): "Present password", "Jetziges Passwort";
    active_sign_ins(): "Where you are signed in", "Wo Sie angemeldet sind";
    unknown_address(): "unknown IP address", "unbekannte IP-Adresse";
    this_browser(): "this browser", "dieser Browser";
    sign_out_there(): "Sign out there", "Dort abmelden";
    delete_account(): "Delete my account", "Mein Konto löschen";
    delete_account_warning(): "Your account and all your memberships end at once. This cannot be taken back. Invitations you have sent stay.", "Ihr Konto und alle Mitgliedschaften enden sofort. Das lässt sich nicht zurücknehmen. Einladungen, die Sie verschickt haben, bleiben.";
    type_to_confirm_delete(): "Type delete to say that you mean it", "Tippen Sie löschen, um zu sagen, dass Sie es meinen";
    delete_confirmation_word(): "delete", "löschen";
}
