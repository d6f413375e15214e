//! Phrases of the layout: navigation, error pages and flash messages.

use std::fmt::Display;

use vestibule_core::language::Language;

use super::{Words, phrases};

phrases! {
    continue_to(name): "Continue to {name}", "Weiter zu {name}";
    skip_to_content(): "To the content", "Zum Inhalt";
    account(): "Account", "Konto";
    sign_out(): "Sign out", "Abmelden";
    server_unreachable(): "The server cannot be reached. Try again in a moment.", "Der Server ist nicht erreichbar. Versuchen Sie es gleich noch einmal.";
    powered_by(): "Powered by Vestibule", "Bereitgestellt mit Vestibule";
    all_organizations(): "All organizations", "Alle Organisationen";
    create_organization(): "Create organization", "Organisation erstellen";
    organization_menu(name): "Switch organization: {name}", "Organisation wechseln: {name}";
    account_menu(name): "Account menu: {name}", "Kontomenü: {name}";
    switch_to(name): "Switch to {name}", "Zu {name} wechseln";
    add_another_account(): "Add another account", "Weiteres Konto hinzufügen";
    sign_out_of_all(): "Sign out of all accounts", "Von allen Konten abmelden";
    undo(): "Undo", "Rückgängig machen";
    support(): "Support", "Hilfe";
    terms(): "Terms", "Nutzungsbedingungen";
    privacy(): "Privacy", "Datenschutz";
    just_now(): "just now", "gerade eben";
    duration_ago(span): "{span} ago", "vor {span}";
    in_duration(span): "in {span}", "in {span}";
    error_title(): "Not here", "Hier nicht";
    forbidden_advice(): "There is nothing here that you may see. Perhaps you are signed in with another account than you need, or somebody has to invite you first.", "Hier gibt es nichts, was Sie sehen dürfen. Vielleicht sind Sie mit einem anderen Konto angemeldet als nötig, oder jemand muss Sie erst einladen.";
    cross_site_advice(url): "This request came from another site. Open {url} and try again.", "Diese Anfrage kam von einer anderen Website. Öffnen Sie {url} und versuchen Sie es erneut.";
    server_error_title(): "Something does not work right now", "Etwas funktioniert gerade nicht";
    go_to_organizations(): "To my organizations", "Zu meinen Organisationen";
    back(): "Back", "Zurück";
    continue_button(): "Go on", "Weiter";

    flash_joined(): "Welcome. You are in.", "Willkommen. Sie sind dabei.";
    flash_created(): "It is there.", "Es ist angelegt.";
    flash_saved(): "Saved.", "Gespeichert.";
    flash_invited(): "Invited. Whether the mail has arrived stands below.", "Eingeladen. Ob die Mail angekommen ist, steht unten.";
    flash_resent(): "Sent again. Older links are dead.", "Erneut verschickt. Ältere Links sind wertlos.";
    flash_discarded(): "Taken back. Its links are dead.", "Zurückgezogen. Die Links sind wertlos.";
    flash_removed(): "Removed.", "Entfernt.";
    flash_offered(): "Offered. They get a mail, and decide.", "Angeboten. Die Person bekommt eine Mail und entscheidet.";
    flash_withdrawn(): "The offer is withdrawn.", "Das Angebot ist zurückgezogen.";
    flash_taken_over(): "The organization is yours now.", "Die Organisation gehört jetzt Ihnen.";
    flash_declined(): "Declined.", "Abgelehnt.";
    flash_approved(): "Said yes.", "Zugestimmt.";
    flash_denied(): "Said no.", "Abgelehnt.";
    flash_asked(): "They have been asked.", "Man ist gefragt.";
    flash_left(): "You have left.", "Sie haben verlassen.";
    flash_deleted(): "Deleted. It can be brought back below.", "Gelöscht. Unten können Sie sie zurückholen.";
    flash_restored(): "It is back.", "Sie ist zurück.";
    flash_verified(): "Verified.", "Bestätigt.";
    flash_password_set(): "The password is set. Every other browser is signed out.", "Das Passwort ist gesetzt. Alle anderen Browser sind abgemeldet.";
    flash_signed_out(): "You are signed out.", "Sie sind abgemeldet.";
    flash_sent_again(): "Sent again. Only the newest code works.", "Noch einmal verschickt. Nur der neueste Code gilt.";
    flash_account_deleted(): "Your account is deleted.", "Ihr Konto ist gelöscht.";
}
