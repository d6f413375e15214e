//! Notices about second factors and identities, which share one template.

use super::*;
use crate::mail::samples::second_factor_notices;

const ENGLISH: [(&str, &str); 17] = [
    ("An authenticator app was added to", "its codes confirm that it is you"),
    ("The authenticator app of your account on Vestibule was removed", "your backup codes do not work any more"),
    ("A passkey was added to", "the passkey “Pixel 9” was added"),
    ("A passkey was removed from", "the passkey “Pixel 9” was removed"),
    ("An account was connected to", "an account at “Google” was connected"),
    ("An account was disconnected from", "an account at an identity provider was disconnected"),
    ("New backup codes for", "Earlier ones do not work any more"),
    ("A backup code of your account on Vestibule was used", "was used. 7 codes are left."),
    ("A backup code of your account on Vestibule was used", "was used. One code is left."),
    ("A backup code of your account on Vestibule was used", "the last backup code of your account"),
    ("You have few backup codes left", "only 3 backup codes of your account on Vestibule are left"),
    ("Wrong codes for your account on Vestibule", "entered the password of your account on Vestibule, or a code"),
    ("Wrong codes for your account on Vestibule", "in a browser that is signed in to your account on Vestibule"),
    ("Two-factor authentication of your account on Vestibule was reset", "sign in and set up two-factor"),
    ("Two-factor authentication of your account on Vestibule will be reset", "On 24 January 2026, 10:30 UTC, your"),
    ("Two-factor authentication of your account on Vestibule was changed", "was turned on"),
    ("Two-factor authentication of your account on Vestibule was changed", "was turned off"),
];

const GERMAN: [(&str, &str); 17] = [
    ("Eine Authenticator-App wurde zu", "bestätigen ihre Codes, dass Sie es sind"),
    ("Die Authenticator-App Ihres Kontos bei Vestibule wurde entfernt", "Ihre Backup-Codes gelten nicht mehr"),
    ("Ein Passkey wurde zu", "der Passkey „Pixel 9“ wurde"),
    ("Ein Passkey wurde aus", "der Passkey „Pixel 9“ wurde"),
    ("Ein Konto wurde mit Ihrem Konto bei Vestibule verbunden", "ein Konto bei „Google“ wurde"),
    ("Ein Konto wurde von Ihrem Konto bei Vestibule getrennt", "ein Konto bei einem Identitätsanbieter wurde"),
    ("Neue Backup-Codes für", "Frühere gelten nicht mehr"),
    ("Ein Backup-Code Ihres Kontos bei Vestibule wurde verwendet", "7 Codes sind noch übrig."),
    ("Ein Backup-Code Ihres Kontos bei Vestibule wurde verwendet", "Ein Code ist noch übrig."),
    ("Ein Backup-Code Ihres Kontos bei Vestibule wurde verwendet", "der letzte Backup-Code Ihres Kontos"),
    ("Sie haben nur noch wenige Backup-Codes", "sind nur noch 3 Backup-Codes übrig"),
    ("Falsche Codes für Ihr Konto bei Vestibule", "hat das Passwort Ihres Kontos bei Vestibule oder einen Code"),
    ("Falsche Codes für Ihr Konto bei Vestibule", "der in Ihrem Konto bei Vestibule angemeldet ist"),
    ("Die Zwei-Faktor-Authentifizierung Ihres Kontos bei Vestibule wurde zurückgesetzt", "richten Sie die Zwei-Faktor"),
    (
        "Die Zwei-Faktor-Authentifizierung Ihres Kontos bei Vestibule wird zurückgesetzt",
        "Am 24. Januar 2026, 10:30 UTC",
    ),
    ("Die Zwei-Faktor-Authentifizierung Ihres Kontos bei Vestibule wurde geändert", "eingeschaltet"),
    ("Die Zwei-Faktor-Authentifizierung Ihres Kontos bei Vestibule wurde geändert", "ausgeschaltet"),
];

#[test]
fn notices_of_second_factors_say_what_happened_and_what_to_do() {
    for (language, expected) in [(Language::English, ENGLISH), (Language::German, GERMAN)] {
        let notices = second_factor_notices();
        assert_eq!(notices.len(), expected.len());
        for (notice, (subject, text)) in notices.iter().zip(expected) {
            let mail = Templates::built_in().unwrap().render(notice, language, "Vestibule").unwrap();
            assert!(mail.subject.starts_with(subject) && mail.subject.len() < 100, "{}", mail.subject);
            assert!(mail.text.contains(text), "{}", mail.text);
            assert!(mail.text.contains("/security-notice#token=sample"), "{}", mail.text);
            assert!(!mail.text.contains("\n\n\n") && !mail.text.contains("  "), "{}", mail.text);
        }
    }
}
