## Ereignisse einer Organisation, im Audit-Log und für Webhooks. Der Teil nach „event-“ ist der Name des Ereignisses.

event-organization-member-added = Mitglied hinzugefügt
event-organization-member-updated = Mitgliedsdaten geändert
event-organization-member-removed = Mitglied entfernt
event-organization-member-role-updated = Rollen eines Mitglieds geändert
event-organization-invitation-created = Einladung gesendet
event-organization-invitation-resent = Einladung erneut gesendet
event-organization-invitation-accepted = Einladung angenommen
event-organization-invitation-declined = Einladung abgelehnt
event-organization-invitation-revoked = Einladung widerrufen
event-organization-invitation-suspended = Einladungen eines Mitglieds ausgesetzt
event-organization-join-request-created = Beitrittsanfrage eingegangen
event-organization-join-request-approved = Beitrittsanfrage angenommen
event-organization-join-request-denied = Beitrittsanfrage abgelehnt
event-organization-role-created = Rolle erstellt
event-organization-role-updated = Rolle geändert
event-organization-role-deleted = Rolle gelöscht
event-organization-domain-created = Domain hinzugefügt
event-organization-domain-updated = Domain geändert
event-organization-domain-verified = Domain bestätigt
event-organization-domain-deleted = Domain gelöscht
event-organization-connection-created = Verbindung zu einem Identitätsanbieter erstellt
event-organization-connection-updated = Verbindung zu einem Identitätsanbieter geändert
event-organization-connection-deleted = Verbindung zu einem Identitätsanbieter gelöscht
event-organization-connection-required = Single Sign-on vorgeschrieben
event-organization-connection-not-required = Single Sign-on nicht mehr vorgeschrieben
event-organization-sso-bypassed = Admin ohne Single Sign-on angemeldet
event-organization-setup-link-created = Einrichtungslink erstellt
event-organization-setup-link-used = Einrichtungslink geöffnet
event-organization-setup-link-revoked = Einrichtungslink widerrufen
event-organization-created = Organisation erstellt
event-organization-updated = Einstellungen der Organisation geändert
event-organization-deleted = Organisation gelöscht
event-organization-restored = Organisation wiederhergestellt
event-organization-ownership-transfer-created = Übergabe der Organisation angeboten
event-organization-ownership-transfer-withdrawn = Angebot der Übergabe zurückgezogen
event-organization-ownership-transfer-declined = Übergabe abgelehnt
event-organization-ownership-transfer-accepted = Organisation übergeben
event-organization-audit-log-exported = Audit-Log exportiert
event-organization-members-exported = Mitgliederliste exportiert
event-organization-invitations-exported = Einladungsliste exportiert
event-workspace-created = Arbeitsbereich erstellt
event-workspace-updated = Einstellungen des Arbeitsbereichs geändert
event-workspace-deleted = Arbeitsbereich gelöscht
event-workspace-member-added = Mitglied zu Arbeitsbereich hinzugefügt
event-workspace-member-updated = Mitgliedsdaten im Arbeitsbereich geändert
event-workspace-member-removed = Mitglied aus Arbeitsbereich entfernt
event-workspace-member-role-updated = Rollen im Arbeitsbereich geändert
event-workspace-role-created = Rolle im Arbeitsbereich erstellt
event-workspace-role-updated = Rolle im Arbeitsbereich geändert
event-workspace-role-deleted = Rolle im Arbeitsbereich gelöscht
event-api-key-created = API-Schlüssel erstellt
event-api-key-rotated = API-Schlüssel ersetzt
event-api-key-deleted = API-Schlüssel gelöscht
event-api-key-invitations-suspended = Einladungen eines API-Schlüssels ausgesetzt
event-webhook-endpoint-created = Webhook-Endpunkt hinzugefügt
event-webhook-endpoint-updated = Webhook-Endpunkt geändert
event-webhook-endpoint-rotated = Signaturschlüssel eines Webhook-Endpunkts ersetzt
event-webhook-endpoint-disabled = Webhook-Endpunkt nach Fehlern deaktiviert
event-webhook-endpoint-deleted = Webhook-Endpunkt gelöscht
event-webhook-endpoint-deliveries-replayed = Webhooks erneut gesendet
event-webhook-endpoint-delivery-cancelled = Webhook abgebrochen
event-mail-retried = E-Mail vom Betreiber erneut gesendet
event-mail-dropped = Nicht gesendete E-Mail vom Betreiber gelöscht
event-webhook-test = Testereignis
event-audit-log-checkpoint-created = Prüfpunkt des Audit-Logs signiert

## Felder der Nutzdaten eines Eintrags

audit-field-allowed-addresses = Erlaubte Netzwerke
audit-field-auto-assigned-workspace-id = Arbeitsbereich neuer Mitglieder
audit-field-client = Client-ID
audit-field-client-address = IP-Adresse
audit-field-count = Anzahl
audit-field-description = Beschreibung
audit-field-disabled-reason = Grund
audit-field-domain = Domain
audit-field-domains = Domains
audit-field-email = E-Mail-Adresse
audit-field-enforce-mfa = Zwei-Faktor-Authentifizierung verlangt
audit-field-event = Ereignis
audit-field-events = Ereignisse
audit-field-expires-at = Läuft ab
audit-field-format = Format
audit-field-host = Host
audit-field-image-changed = Logo geändert
audit-field-is-enabled = Aktiv
audit-field-is-mailed = Per E-Mail gesendet
audit-field-is-superseded = Durch neue Einladung ersetzt
audit-field-issuer = Aussteller
audit-field-jit-enabled = Konten bei der Anmeldung anlegen
audit-field-join-mode = Personen mit dieser Domain
audit-field-joined-by = Beigetreten durch
audit-field-mail-kind = Art der E-Mail
audit-field-mapping-changed = Zuordnung geändert
audit-field-metadata-changed = Metadaten geändert
audit-field-mfa-enforced-from = Verlangt ab
audit-field-minimum-assurance = Verlangte Anmeldung
audit-field-name = Name
audit-field-old-secret-expires-at = Alter Schlüssel gültig bis
audit-field-permissions = Berechtigungen
audit-field-purposes = Für
audit-field-recipient = Empfänger
audit-field-removed-by = Entfernt durch
audit-field-replacement-role-id = Ersetzt durch
audit-field-restricts-addresses = Zugriff auf diese Netzwerke beschränkt
audit-field-role-id = Rolle
audit-field-role-ids = Rollen
audit-field-scopes = Scopes
audit-field-secret-changed = Client-Secret geändert
audit-field-secret-expires-at = Client-Secret gültig bis
audit-field-trusts-mfa = Zweiter Faktor des Anbieters zählt
audit-field-user-id = Person
audit-field-workspace-id = Arbeitsbereich
audit-field-workspace-role-id = Rolle im Arbeitsbereich

## Arten von Zielen, vor der ID eines Ziels ohne Namen

audit-kind-api-key = API-Schlüssel
audit-kind-enterprise-connection = Verbindung
audit-kind-join-request = Anfrage
audit-kind-mail = E-Mail
audit-kind-organization = Organisation
audit-kind-organization-domain = Domain
audit-kind-organization-invitation = Einladung
audit-kind-organization-role = Rolle
audit-kind-setup-link = Einrichtungslink
audit-kind-user = Konto
audit-kind-webhook-endpoint = Endpunkt
audit-kind-workspace = Arbeitsbereich
audit-kind-workspace-role = Rolle im Arbeitsbereich

## Werte von Feldern

audit-value-joined-by-creation = Erstellen der Organisation
audit-value-joined-by-invitation = Einladung
audit-value-joined-by-domain = Bestätigte Domain
audit-value-joined-by-join-request = Angenommene Anfrage
audit-value-joined-by-single-sign-on = Single Sign-on
audit-value-joined-by-api-key = API-Schlüssel
audit-value-removed-by-member = das Mitglied selbst
audit-value-removed-by-manager = die Mitgliederverwaltung
audit-value-removed-by-account = Löschen des Kontos
audit-value-disabled-reason-gone = Der Empfänger hat mit „410 Gone“ geantwortet
audit-value-disabled-reason-failing = Fünf Tage ohne Erfolg
audit-value-join-mode-none = müssen eingeladen werden
audit-value-join-mode-request = können den Beitritt anfragen
audit-value-join-mode-join = können beitreten
audit-value-join-mode-auto = treten automatisch bei
audit-value-minimum-assurance-two-factors = mit zweitem Faktor
audit-value-minimum-assurance-phishing-resistant = mit Passkey
audit-value-purposes-sso = Single Sign-on
audit-value-purposes-domains = Domains
audit-value-format-csv = CSV
audit-value-format-jsonl = JSON Lines

## Filter nach Ereignis und Zeitraum

any-event = Alle Ereignisse
period-from = Von
period-to = Bis
apply-filter = Filtern

## Gruppen von Ereignissen, in Filtern

events-of-api-keys = API-Schlüssel
events-of-mail = E-Mails
