## Events of an organization, in the audit log and for webhooks. The part after "event-" is the name of the event.

event-organization-member-added = Member added
event-organization-member-updated = Member data changed
event-organization-member-removed = Member removed
event-organization-member-role-updated = Roles of a member changed
event-organization-invitation-created = Invitation sent
event-organization-invitation-resent = Invitation resent
event-organization-invitation-accepted = Invitation accepted
event-organization-invitation-declined = Invitation declined
event-organization-invitation-revoked = Invitation revoked
event-organization-invitation-suspended = Invitations of a member suspended
event-organization-join-request-created = Request to join received
event-organization-join-request-approved = Request to join approved
event-organization-join-request-denied = Request to join denied
event-organization-role-created = Role created
event-organization-role-updated = Role changed
event-organization-role-deleted = Role deleted
event-organization-domain-created = Domain added
event-organization-domain-updated = Domain changed
event-organization-domain-verified = Domain verified
event-organization-domain-deleted = Domain deleted
event-organization-connection-created = Connection to an identity provider created
event-organization-connection-updated = Connection to an identity provider changed
event-organization-connection-deleted = Connection to an identity provider deleted
event-organization-connection-required = Single sign-on required
event-organization-connection-not-required = Single sign-on no longer required
event-organization-sso-bypassed = Admin signed in without single sign-on
event-organization-setup-link-created = Setup link created
event-organization-setup-link-used = Setup link opened
event-organization-setup-link-revoked = Setup link revoked
event-organization-created = Organization created
event-organization-updated = Organization settings changed
event-organization-deleted = Organization deleted
event-organization-restored = Organization restored
event-organization-ownership-transfer-created = Ownership offered
event-organization-ownership-transfer-withdrawn = Ownership offer withdrawn
event-organization-ownership-transfer-declined = Ownership offer declined
event-organization-ownership-transfer-accepted = Ownership transferred
event-organization-audit-log-exported = Audit log exported
event-organization-members-exported = List of members exported
event-organization-invitations-exported = List of invitations exported
event-workspace-created = Workspace created
event-workspace-updated = Workspace settings changed
event-workspace-deleted = Workspace deleted
event-workspace-member-added = Member added to a workspace
event-workspace-member-updated = Workspace member data changed
event-workspace-member-removed = Member removed from a workspace
event-workspace-member-role-updated = Roles in a workspace changed
event-workspace-role-created = Workspace role created
event-workspace-role-updated = Workspace role changed
event-workspace-role-deleted = Workspace role deleted
event-api-key-created = API key created
event-api-key-rotated = API key replaced
event-api-key-deleted = API key deleted
event-api-key-invitations-suspended = Invitations of an API key suspended
event-webhook-endpoint-created = Webhook endpoint added
event-webhook-endpoint-updated = Webhook endpoint changed
event-webhook-endpoint-rotated = Signing secret of a webhook endpoint replaced
event-webhook-endpoint-disabled = Webhook endpoint disabled after failures
event-webhook-endpoint-deleted = Webhook endpoint deleted
event-webhook-endpoint-deliveries-replayed = Webhooks sent again
event-webhook-endpoint-delivery-cancelled = Webhook cancelled
event-mail-retried = Email sent again by the operator
event-mail-dropped = Unsent email deleted by the operator
event-webhook-test = Test event
event-audit-log-checkpoint-created = Checkpoint of the audit log signed

## Fields of the payload of an entry

audit-field-allowed-addresses = Allowed networks
audit-field-auto-assigned-workspace-id = Workspace of new members
audit-field-client = Client id
audit-field-client-address = IP address
audit-field-count = Number
audit-field-description = Description
audit-field-disabled-reason = Reason
audit-field-domain = Domain
audit-field-domains = Domains
audit-field-email = Email address
audit-field-enforce-mfa = Two-factor authentication required
audit-field-event = Event
audit-field-events = Events
audit-field-expires-at = Expires
audit-field-format = Format
audit-field-host = Host
audit-field-image-changed = Logo changed
audit-field-is-enabled = Enabled
audit-field-is-mailed = Sent by email
audit-field-is-superseded = Replaced by a new invitation
audit-field-issuer = Issuer
audit-field-jit-enabled = Accounts created at sign-in
audit-field-join-mode = People with this domain
audit-field-joined-by = Joined by
audit-field-mail-kind = Kind of email
audit-field-mapping-changed = Mapping changed
audit-field-metadata-changed = Metadata changed
audit-field-mfa-enforced-from = Required from
audit-field-minimum-assurance = Required sign-in
audit-field-name = Name
audit-field-old-secret-expires-at = Old secret valid until
audit-field-permissions = Permissions
audit-field-purposes = For
audit-field-recipient = Recipient
audit-field-removed-by = Removed by
audit-field-replacement-role-id = Replaced by
audit-field-restricts-addresses = Access limited to these networks
audit-field-role-id = Role
audit-field-role-ids = Roles
audit-field-scopes = Scopes
audit-field-secret-changed = Client secret changed
audit-field-secret-expires-at = Client secret valid until
audit-field-trusts-mfa = Provider’s second factor counts
audit-field-user-id = Person
audit-field-workspace-id = Workspace
audit-field-workspace-role-id = Role in the workspace

## Kinds of targets, before the id of one without a name

audit-kind-api-key = API key
audit-kind-enterprise-connection = Connection
audit-kind-join-request = Request
audit-kind-mail = Email
audit-kind-organization = Organization
audit-kind-organization-domain = Domain
audit-kind-organization-invitation = Invitation
audit-kind-organization-role = Role
audit-kind-setup-link = Setup link
audit-kind-user = Account
audit-kind-webhook-endpoint = Endpoint
audit-kind-workspace = Workspace
audit-kind-workspace-role = Workspace role

## Values of fields

audit-value-joined-by-creation = Creating the organization
audit-value-joined-by-invitation = Invitation
audit-value-joined-by-domain = Verified domain
audit-value-joined-by-join-request = Approved request
audit-value-joined-by-single-sign-on = Single sign-on
audit-value-joined-by-api-key = API key
audit-value-removed-by-member = the member
audit-value-removed-by-manager = a manager of members
audit-value-removed-by-account = deletion of the account
audit-value-disabled-reason-gone = The receiver answered 410 Gone
audit-value-disabled-reason-failing = No success for five days
audit-value-join-mode-none = must be invited
audit-value-join-mode-request = can request to join
audit-value-join-mode-join = can join
audit-value-join-mode-auto = join automatically
audit-value-minimum-assurance-two-factors = with a second factor
audit-value-minimum-assurance-phishing-resistant = with a passkey
audit-value-purposes-sso = Single sign-on
audit-value-purposes-domains = Domains
audit-value-format-csv = CSV
audit-value-format-jsonl = JSON Lines

## Filters by event and period

any-event = Any event
period-from = From
period-to = Until
apply-filter = Filter

## Groups of events, in filters

events-of-api-keys = API keys
events-of-mail = Emails
