## Webhooks: die Endpunkte einer Organisation und die Zustellungen an sie

webhooks = Webhooks
webhooks-explanation = Wenn in dieser Organisation etwas passiert, senden wir eine POST-Anfrage an die folgenden URLs.
no-webhooks-title = Noch keine Endpunkte
no-webhooks = Fügen Sie die URL Ihres Servers hinzu. Wir benachrichtigen ihn zum Beispiel, wenn ein Mitglied beitritt oder eine Einladung angenommen wird.
webhook-limit-reached = Eine Organisation kann { $count } Endpunkte haben. Löschen Sie einen, um einen weiteren hinzuzufügen.
webhook-add = Endpunkt hinzufügen
webhook-edit = Endpunkt bearbeiten
webhook-url = URL
webhook-url-hint = Eine https-URL, die aus dem Internet erreichbar ist.
webhook-description = Beschreibung (optional)
webhook-description-hint = Wofür er da ist, etwa der Name des Systems dahinter.
webhook-events = Ereignisse
webhook-all-events = Alle Ereignisse
webhook-all-events-hint = Auch solche, die später hinzukommen.
webhook-some-events = Nur diese Ereignisse:
webhook-events-count =
    { $count ->
        [one] { $count } Ereignis
       *[other] { $count } Ereignisse
    }
webhook-ordered = In der richtigen Reihenfolge zustellen
webhook-ordered-hint = Ein Ereignis nach dem anderen, in der Reihenfolge, in der sie passiert sind. Schlägt eine Zustellung fehl, warten die folgenden, bis sie gelingt oder aufgegeben wird.
webhook-last-delivery = Letzte Zustellung
webhook-nothing-sent = Noch nichts gesendet

## Warum ein Feld des Formulars abgelehnt wurde

webhook-url-missing = Geben Sie eine URL ein.
webhook-url-not-https = Geben Sie eine vollständige URL ein, die mit https:// beginnt.
webhook-url-has-credentials = Entfernen Sie Benutzername und Passwort. Prüfen Sie stattdessen die Signatur unserer Anfragen.
webhook-url-has-fragment = Entfernen Sie das # und alles danach.
webhook-url-not-public = Das ist keine öffentliche Adresse. Geben Sie einen Host ein, der aus dem Internet erreichbar ist.
webhook-url-blocked-port = Dieser Port gehört zu einem anderen Protokoll. Verwenden Sie 443 oder einen anderen Port.
webhook-url-too-long = Geben Sie eine URL mit bis zu 2.000 Zeichen ein.
webhook-url-invalid = Das ist keine gültige URL. Geben Sie zum Beispiel https://example.com/webhooks ein.
webhook-description-error = Verwenden Sie bis zu 200 Zeichen in einer Zeile.
webhook-events-missing = Wählen Sie mindestens ein Ereignis oder alle Ereignisse.

## Der Signaturschlüssel, der einmal angezeigt wird

webhook-added = Endpunkt hinzugefügt
webhook-rotated = Signaturschlüssel ersetzt
webhook-secret = Signaturschlüssel
webhook-secret-once = Kopieren Sie den Signaturschlüssel jetzt, und bewahren Sie ihn sicher auf. Er wird nicht noch einmal angezeigt.
webhook-copy-secret = Schlüssel kopieren
webhook-to-endpoint = Weiter zum Endpunkt
webhook-verify-title = Unsere Anfragen prüfen
webhook-verify = Wir signieren jede Anfrage mit diesem Schlüssel, wie es Standard Webhooks vorsieht. Prüfen Sie die Signatur mit einer Standard-Webhooks-Bibliothek für Ihre Programmiersprache, und zwar über den Body genau so, wie Sie ihn empfangen haben. Ignorieren Sie Anfragen ohne gültige Signatur.
webhook-guide = Anleitung zu Webhooks lesen
webhook-previous-secret-until = Der bisherige Schlüssel gilt noch bis { $date }. Bis dahin signieren wir mit beiden.

## Zustände

webhook-enabled = Aktiv
webhook-disabled = Deaktiviert
webhook-failing = Fehlerhaft
webhook-failing-since = Seit { $date } ist jeder Versuch fehlgeschlagen. Nach fünf Tagen ohne Erfolg deaktivieren wir den Endpunkt.
webhook-disabled-manual = Deaktiviert am { $date }. Wartende Zustellungen werden gesendet, sobald Sie ihn aktivieren; was inzwischen passiert, wird nicht gesendet.
webhook-disabled-gone = Deaktiviert am { $date }, weil der Empfänger mit „410 Gone“ geantwortet hat. Wartende Zustellungen werden gesendet, sobald Sie ihn aktivieren; was inzwischen passiert, wird nicht gesendet.
webhook-disabled-failing = Deaktiviert am { $date } nach fünf Tagen ohne erfolgreiche Zustellung. Wartende Zustellungen werden gesendet, sobald Sie ihn aktivieren; was inzwischen passiert, wird nicht gesendet.
webhook-reason-since = seit { $date }
webhook-reason-manual = durch ein Mitglied oder den Betreiber
webhook-reason-gone = Der Empfänger hat mit „410 Gone“ geantwortet
webhook-reason-failing = Fünf Tage ohne Erfolg
webhook-waiting = Wartet
webhook-retrying = Wird wiederholt
webhook-delivered = Zugestellt
webhook-failed = Fehlgeschlagen
webhook-cancelled = Abgebrochen
webhook-due = Jetzt
webhook-once-enabled = Sobald der Endpunkt aktiv ist
webhook-error-blocked-address = Der Host hat eine Adresse, die nicht öffentlich ist
webhook-error-name-not-found = Den Hostnamen gibt es nicht
webhook-error-lookup-failed = Der Hostname ließ sich nicht auflösen
webhook-error-unreachable = Der Server war nicht erreichbar
webhook-error-connection-lost = Die Verbindung wurde unterbrochen
webhook-error-tls-failed = Das TLS-Zertifikat ist ungültig, oder der Handshake ist fehlgeschlagen
webhook-error-timeout = Keine Antwort innerhalb von 15 Sekunden
webhook-error-invalid-response = Die Antwort war kein gültiges HTTP
webhook-error-url-not-allowed = Die URL ist nicht mehr erlaubt
webhook-error-internal = Fehler auf unserer Seite

## Die Seite eines Endpunkts

webhook-order = Reihenfolge
webhook-order-strict = In der Reihenfolge der Ereignisse
webhook-order-none = So bald wie möglich, ohne feste Reihenfolge
webhook-send-test = Testereignis senden
webhook-enable = Endpunkt aktivieren
webhook-disable = Endpunkt deaktivieren
webhook-disable-hint = Wartende Zustellungen werden gesendet, sobald Sie ihn wieder aktivieren. Was inzwischen passiert, wird nicht gesendet.
webhook-rotate = Schlüssel ersetzen
webhook-rotate-hint = Wenn der Schlüssel in falsche Hände geraten sein könnte, oder so oft, wie Ihre Richtlinien es verlangen.
webhook-rotate-title = Signaturschlüssel ersetzen?
webhook-rotation-at-once = Der aktuelle Schlüssel wird sofort ungültig. Anfragen schlagen fehl, bis der Empfänger den neuen kennt.
webhook-rotation-until = Bis { $date } signieren wir mit beiden Schlüsseln. Ändern Sie bis dahin den Schlüssel beim Empfänger.
webhook-grace = Aktueller Schlüssel
webhook-grace-none = wird sofort ungültig
webhook-grace-hours =
    { $count ->
        [one] gilt noch { $count } Stunde
       *[other] gilt noch { $count } Stunden
    }
webhook-grace-days =
    { $count ->
        [one] gilt noch { $count } Tag
       *[other] gilt noch { $count } Tage
    }
webhook-delete = Endpunkt löschen
webhook-delete-title = { $url } löschen?
webhook-delete-warning = Es wird nichts mehr dorthin gesendet, und die Zustellungen werden gelöscht.

## Zustellungen

webhook-deliveries = Zustellungen
webhook-event = Ereignis
webhook-any-state = Jeder Status
webhook-attempts = Versuche
webhook-time = Zeit
webhook-newest = Neueste
webhook-older = Ältere
webhook-retention =
    { $days ->
        [one] Zustellungen werden { $days } Tag aufbewahrt.
       *[other] Zustellungen werden { $days } Tage aufbewahrt.
    }
no-deliveries-title = Noch nichts gesendet
no-deliveries = Senden Sie ein Testereignis, um zu prüfen, ob Ihr Server es empfängt.
no-deliveries-found = Keine Zustellungen gefunden
webhook-replay-heading = Zustellungen eines Zeitraums erneut senden
webhook-replay-explanation = Zum Beispiel nach einem Ausfall Ihres Servers. Ihr Server bekommt dieselben Anfragen mit denselben IDs.
webhook-replay-from = Ereignisse ab (UTC)
webhook-replay-to = Bis (UTC; leer für jetzt)
webhook-replay-only-failed = Nur fehlgeschlagene
webhook-replay = Erneut senden
webhook-replay-error = Geben Sie einen Beginn ein und ein Ende, das später oder leer ist.
webhook-replay-title = Diese Zustellungen erneut senden?
webhook-replay-failed-between = Fehlgeschlagene Zustellungen von Ereignissen ab { $from } bis { $to }.
webhook-replay-all-between = Alle Zustellungen von Ereignissen ab { $from } bis { $to }, auch die erfolgreichen.
webhook-replay-until-now = jetzt
webhook-replay-warning = Es werden höchstens 10.000 auf einmal gesendet, die ältesten zuerst.

## Die Seite einer Zustellung

webhook-send-again = Erneut senden
webhook-cancel-delivery = Zustellung abbrechen
webhook-message-id = Nachrichten-ID
webhook-sequence = Laufende Nummer
webhook-attempt = Versuch
webhook-outcome = Ergebnis
webhook-duration = Dauer
webhook-milliseconds = { $count } ms
webhook-no-attempts = Noch kein Versuch.
webhook-last-attempts = Die letzten { $shown } von { $count } Versuchen.
webhook-body = Body

## Meldungen

flash-webhook-enabled = Endpunkt aktiviert. Wartende Zustellungen werden jetzt gesendet.
flash-webhook-disabled = Endpunkt deaktiviert.
flash-webhook-deleted = Endpunkt gelöscht.
flash-webhook-test-sent = Testereignis gesendet. Laden Sie diese Seite neu, um das Ergebnis zu sehen.
flash-webhook-sent-again = Die Zustellung wird erneut gesendet.
flash-webhook-being-sent = Die Zustellung wird bereits gesendet. Versuchen Sie es erneut, falls sie fehlschlägt.
flash-webhook-delivery-cancelled = Zustellung abgebrochen.
flash-webhooks-replayed =
    { $count ->
        [0] Keine Zustellungen in diesem Zeitraum, die erneut gesendet werden könnten.
        [one] { $count } Zustellung wird erneut gesendet.
       *[other] { $count } Zustellungen werden erneut gesendet.
    }
flash-webhooks-replayed-most = { $count } Zustellungen werden erneut gesendet, mehr sind auf einmal nicht möglich. Wählen Sie für die übrigen einen späteren Beginn.
