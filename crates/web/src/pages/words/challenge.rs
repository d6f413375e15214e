//! Phrases of the proof-of-work challenge of a form.

use vestibule_core::language::Language;

use super::{Words, phrases};

phrases! {
    challenge_working(): "Checking your browser…", "Ihr Browser wird überprüft …";
    challenge_failed(): "Verification failed. Check your connection and try again.", "Die Überprüfung ist fehlgeschlagen. Prüfen Sie Ihre Verbindung und versuchen Sie es erneut.";
    challenge_progress(): "Verification progress", "Fortschritt der Überprüfung";
    challenge_needs_script(): "This form needs JavaScript, because your browser has to solve a small task before it is sent. Allow JavaScript for this page, and load it again.", "Dieses Formular braucht JavaScript, weil Ihr Browser eine kleine Aufgabe lösen muss, bevor es abgeschickt wird. Erlauben Sie JavaScript für diese Seite, und laden Sie sie neu.";
    challenge_needs_script_now(): "There are many attempts to sign in just now, so this form needs JavaScript: your browser has to solve a small task before it is sent. Allow JavaScript for this page and load it again, or try again in a few minutes.", "Gerade gibt es viele Anmeldeversuche. Deshalb braucht dieses Formular JavaScript: Ihr Browser muss eine kleine Aufgabe lösen, bevor es abgeschickt wird. Erlauben Sie JavaScript für diese Seite und laden Sie sie neu, oder versuchen Sie es in ein paar Minuten noch einmal.";
    challenge_required_error(): "Send the form again: your browser has to solve a small task first.", "Schicken Sie das Formular noch einmal ab: Ihr Browser muss vorher eine kleine Aufgabe lösen.";
    challenge_failed_error(): "Verification expired. Try again.", "Die Überprüfung ist abgelaufen. Versuchen Sie es erneut.";
}
