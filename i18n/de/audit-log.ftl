# Das Audit-Log einer Organisation.

audit-log = Audit-Log
audit-log-explanation = Wer was in dieser Organisation geändert hat. Einträge lassen sich nicht ändern.
audit-log-event = Ereignis
audit-log-actor = Wer
audit-log-target = Betrifft
audit-log-details = Details
audit-log-time = Zeit
audit-log-any-event = Alle Ereignisse
audit-log-from = Von
audit-log-to = Bis
audit-log-filter = Filtern
audit-log-only-by = Nur was { $name } getan hat
audit-log-only-about = Nur was { $name } betrifft
audit-log-nothing = Keine Einträge gefunden
audit-log-system = Der Dienst
audit-log-operator = Der Betreiber
audit-log-anonymous = Jemand ohne Konto
audit-log-api-key = API-Schlüssel { $id }
audit-log-impersonated = { $impersonator } als { $user }
audit-log-erased = Gelöscht
audit-log-export-csv = Als CSV exportieren
audit-log-export-json = Als JSON Lines exportieren
audit-log-newest = Neueste Einträge
audit-log-older = Ältere Einträge
