//! Phrases of the proof-of-work challenge of a form.

use vestibule_core::language::Language;

use super::{Words, phrases};

phrases! {
    challenge_working(): "Solving a small task that keeps automated sign-ins out …", "Löst eine kleine Aufgabe, die automatische Anmeldungen fernhält …";
    challenge_failed(): "The task could not be solved. Check your connection, and send the form again.", "Die Aufgabe konnte nicht gelöst werden. Prüfen Sie Ihre Verbindung, und schicken Sie das Formular noch einmal ab.";
    challenge_progress(): "Progress of the task", "Fortschritt der Aufgabe";
    challenge_needs_script(): "This form needs JavaScript, because your browser has to solve a small task before it is sent. Allow JavaScript for this page, and load it again.", "Dieses Formular braucht JavaScript, weil Ihr Browser eine kleine Aufgabe lösen muss, bevor es abgeschickt wird. Erlauben Sie JavaScript für diese Seite, und laden Sie sie neu.";
    challenge_needs_script_now(): "There are many attempts to sign in just now, so this form needs JavaScript: your browser has to solve a small task before it is sent. Allow JavaScript for this page and load it again, or try again in a few minutes.", "Gerade gibt es viele Anmeldeversuche. Deshalb braucht dieses Formular JavaScript: Ihr Browser muss eine kleine Aufgabe lösen, bevor es abgeschickt wird. Erlauben Sie JavaScript für diese Seite und laden Sie sie neu, oder versuchen Sie es in ein paar Minuten noch einmal.";
    challenge_required_error(): "Send the form again: your browser has to solve a small task first.", "Schicken Sie das Formular noch einmal ab: Ihr Browser muss vorher eine kleine Aufgabe lösen.";
    challenge_failed_error(): "The task that your browser solved has expired, or was used before. Send the form again.", "Die Aufgabe, die Ihr Browser gelöst hat, ist abgelaufen oder wurde schon verwendet. Schicken Sie das Formular noch einmal ab.";
}
