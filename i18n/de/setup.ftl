## Die Seiten eines Einrichtungslinks, für die IT-Abteilung einer Organisation

setup-open-title = Single Sign-on einrichten
setup-open-explanation = Fügen Sie den Einrichtungslink ein, den Sie bekommen haben.
setup-paste-link = Einrichtungslink
setup-open = Weiter
setup-steps = Schritte
setup-title = { $name } einrichten
setup-overview = Überblick
setup-finish = Abschluss
setup-explanation = Ein Admin von { $name } bittet Sie darum, dies zu übernehmen. Sie brauchen kein Konto.
setup-for = Für
setup-is-logged = Die Admins der Organisation sehen, was Sie hier ändern.
setup-begin = Beginnen
setup-continue = Weiter
setup-domains-explanation = Fügen Sie die Domains Ihrer dienstlichen E-Mail-Adressen hinzu, und weisen Sie mit einem DNS-Eintrag nach, dass sie Ihnen gehören.
setup-check = Prüfen
setup-check-domain = { $domain } prüfen

# Die Verbindung
setup-connections-explanation = Verbinden Sie Ihren Identitätsanbieter. Für Mitglieder ändert sich nichts, bis die Verbindung aktiviert wird.
setup-connection-continue = Mit dieser Verbindung fortfahren
setup-connection-other = Einen anderen Identitätsanbieter verbinden
setup-connection-save = Speichern und weiter
setup-admins-choose-domains = Ein Admin der Organisation wählt die Domains dieser Verbindung aus.
setup-verify-domains-first = Bestätigen Sie zuerst eine Domain. Wählen Sie dann hier aus, welche Domains sich über diese Verbindung anmelden.
setup-test-results = Ergebnisse der letzten Tests
setup-no-tests = Noch kein Test.

# Der Abschluss
setup-done-title = Geschafft
setup-done-explanation = Sagen Sie dem Admin von { $name }, von dem Sie den Link haben, dass Sie fertig sind. Bis der Link abläuft, können Sie mit ihm zurückkehren.
setup-left-to-admins = Das bleibt den Admins:
setup-left-try = Sich einmal über die Verbindung anmelden.
setup-left-roles = Auswählen, welche Gruppen Ihres Identitätsanbieters welche Rollen haben.
setup-left-require = Single Sign-on vorschreiben, wenn alle es benutzen sollen.
setup-close-explanation = Schließen Sie den Link in diesem Browser, wenn auch andere ihn benutzen.
setup-close = Link schließen
flash-setup-closed = Link in diesem Browser geschlossen.
