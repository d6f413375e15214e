## The proof-of-work challenge of a form

challenge-working = Ihr Browser wird überprüft …
challenge-failed = Die Überprüfung ist fehlgeschlagen. Prüfen Sie Ihre Verbindung und versuchen Sie es erneut.
challenge-progress = Fortschritt der Überprüfung
challenge-needs-script = Dieses Formular braucht JavaScript, weil Ihr Browser eine kleine Aufgabe lösen muss, bevor es abgeschickt wird. Erlauben Sie JavaScript für diese Seite, und laden Sie sie neu.
challenge-needs-script-now = Gerade gibt es viele Anmeldeversuche. Deshalb braucht dieses Formular JavaScript: Ihr Browser muss eine kleine Aufgabe lösen, bevor es abgeschickt wird. Erlauben Sie JavaScript für diese Seite und laden Sie sie neu, oder versuchen Sie es in ein paar Minuten noch einmal.
