## Error messages. The part after "error-" is the name of the error's code.

error-invalid-credentials = Incorrect email address or password.
error-invalid-email = Enter a valid email address.
error-invalid-password = This password is too short, too long or easy to guess. Choose another one.
error-invalid-username = A username has 3 to 32 letters a–z, digits, dots, hyphens and underscores, and begins with a letter or digit.
error-required-field = Fill in every required field.
error-invalid-field = One of the fields has a value that is not allowed. Check your input.
error-invalid-cursor = This page of the list is no longer available. Start again from the first page.
error-too-many-requests = Too many attempts. Wait a few minutes and try again.
error-busy = The server is busy. Try again in a moment.
error-timed-out = This took too long. Try again in a moment.
error-outcome-unknown = The connection was lost while saving. Check whether your change was saved before you try again.
error-user-disabled = This account is disabled. Contact the people who run this service.
error-email-exists = There is already an account with this address. Sign in, or use another address.
error-username-exists = This username is taken. Choose another one.
error-reauthentication-required = Confirm that it is you first.
error-invalid-notice-token = This link works once, for three days. If you think that somebody else uses your account, set a new password.
error-password-wrong = The current password is incorrect.
error-bad-sign-in-attempt = This attempt has ended, or was started in another browser. Start again.
error-invalid-verification-code = Incorrect code. Enter the six digits from the newest email.
error-verification-code-expired = This code has expired. Request a new one.
error-invalid-magic-link = This link works once, for five minutes, in the browser that requested it. Request a new one, or enter the code from the email there.
error-invalid-reset-token = This can no longer be used to set a password. Request a new code.
error-signup-restricted = You need an invitation to create an account here.
error-signup-waitlist-only = You need an invitation to create an account here.
error-mail-not-available = This service cannot send email at the moment. Contact the people who run it.
error-invalid-invitation-token = This invitation link is no longer valid. Ask for a new one.
error-invitation-expired = This invitation has expired. Ask for a new one.
error-invitation-suspended = This invitation is on hold. Ask somebody in the organization to resend it.
error-invitation-email-mismatch = This invitation is for another address.
error-invitation-email-unverified = Verify the invited address first.
error-invitation-exists = This address has already been invited.
error-invitation-not-found = This invitation no longer exists.
error-invitation-not-pending = This invitation was already accepted, declined or revoked.
error-invitation-not-expired = This invitation has not expired. Accept it.
error-invitee-unsubscribed = This person unsubscribed from your organization's emails. Nothing was sent, and their link still works: copy it and share it with them.
error-address-bounced = The last email to this address bounced. Nothing was sent, and the link still works: copy it and share it, or invite another address.
error-invalid-unsubscribe-token = This link cannot be used to unsubscribe. Sign in, and turn the emails off in your account.
error-already-member = Already a member.
error-duplicate-row = This address is listed twice.
error-organization-full = All seats of this organization are taken.
error-workspace-full = All seats of this workspace are taken.
error-organization-limit = You cannot create any more organizations.
error-workspace-limit = This organization cannot have any more workspaces. Delete one first.
error-role-exceeds-yours = This role has permissions that you do not have.
error-role-not-found = This role no longer exists.
error-workspace-not-found = This workspace no longer exists.
error-member-not-found = This person is no longer a member.
error-role-limit = There cannot be any more roles here. Delete one first.
error-roles-per-member = A member cannot have any more roles. Remove one first.
error-role-in-use = Members or pending invitations have this role. Choose a replacement first.
error-role-is-shared = Built-in roles cannot be changed or deleted.
error-permission-unknown = There is no such permission.
error-permission-archived = This role has a permission that is no longer assigned.
error-workspace-is-assigned = New members are added to this workspace. Choose another one for them before you delete it.
error-invitation-limit = This organization cannot have any more pending invitations. Revoke some first.
error-join-request-limit = This organization cannot have any more requests. Ask one of its admins.
error-last-admin = Nobody else is an admin here. Make somebody else an admin first.
error-handover-exists = Ownership is already offered to somebody. Withdraw that offer first.
error-handover-not-found = This ownership offer no longer exists.
error-nothing-to-restore = This organization can no longer be restored.
error-request-not-found = This request was already answered.
error-not-joinable = You need an invitation to join this organization.
error-forbidden = You do not have permission to do this.
error-address-not-allowed = This organization can only be accessed from certain networks, and yours is not one of them. Ask one of its admins.
error-address-list-excludes-you = This list would lock you out. Add your own IP address.
error-mfa-required = Two-factor authentication is required here. Confirm with your second factor, or set one up in your account.
error-second-factor-missing = Set up an authenticator app or a passkey first.
error-authenticator-not-found = This set-up has ended, or was started again elsewhere. Start again.
error-invalid-authenticator-codes = These are not two codes in a row of this app. Check that its clock is right, enter a code, wait for the next one, and enter that too.
error-backup-codes-exist = You have backup codes already. Replace them if you lost them.
error-passkey-not-found = This passkey is not known here. It may have been removed.
error-invalid-passkey = This passkey could not be verified. Try again, or choose another way.
error-passkey-challenge-expired = This took too long. Try again.
error-passkey-exists = This passkey already belongs to an account.
error-too-many-passkeys = An account can have at most twenty passkeys. Remove one first.
error-passkeys-not-available = Passkeys are not available at this address. Contact the people who run this service.
error-too-many-rows = You can invite at most 1,000 people at once.
error-email-not-verified = This address is not verified yet.
error-email-already-verified = This address is already verified.
error-email-address-not-found = Your account does not have this address any more.
error-email-is-primary = This is your primary address. Make another one primary first.
error-no-alternative-auth-method = You could not sign in any more. Add another way to sign in first.
error-too-many-addresses = An account can have at most ten addresses.
error-sign-in-not-found = This session has already ended.
error-not-a-member = You are not a member of this organization.
error-domain-exists = This domain has already been added.
error-domain-not-found = This domain no longer exists here.
error-domain-not-proved = The TXT record was not found. A new record can take up to an hour to become visible.
error-domain-lookup-failed = DNS did not answer for this domain. Check its name servers, and try again.
error-domain-taken = Another organization has verified this domain.
error-domain-is-public = Anybody can get an address at this domain, so it cannot be added.
error-too-many-domains = An organization can have at most 50 domains. Delete one first.
error-invalid-domain = Enter a domain such as example.com.
error-image-unreadable = This file is not an image that can be read. Use PNG, JPEG or WebP.
error-image-too-large = This image is too large. Use at most 16 million pixels and 8,192 on a side.
error-images-not-available = Images cannot be saved at the moment. Try again later.
error-body-too-large = This is too large.
error-not-found = This page does not exist.
error-challenge-required = Send the form again: your browser has to solve a small task first.
error-challenge-failed = Verification expired. Try again.
error-webhook-endpoint-not-found = This endpoint no longer exists.
error-webhook-endpoint-limit = This organization cannot have any more endpoints. Delete one first.
error-webhook-endpoint-disabled = This endpoint is disabled. Enable it first.
error-webhook-delivery-not-found = This delivery no longer exists.
error-webhook-delivery-not-waiting = This delivery is no longer waiting, so it cannot be cancelled.

## Messages by HTTP status, for codes without one of their own

error-status-400 = This request could not be carried out. Go back, and try again.
error-status-401 = Sign in first.
error-status-403 = You do not have permission to do this.
error-status-404 = This page does not exist.
error-status-408 = The request did not arrive in time. Send it again.
error-status-413 = This is too large.
error-status-415 = This format is not supported.
error-status-429 = Too many attempts. Wait a few minutes and try again.
error-status-431 = This is too large.
error-status-500 = Something went wrong. Try again later.
error-status-503 = This is not possible at the moment. Try again soon.

## Why a new password is refused

password-too-short =
    { $count ->
        [one] This password is too short. Use at least { $count } character.
       *[other] This password is too short. Use at least { $count } characters.
    }
password-too-long = This password is too long. Use at most { $bytes } bytes.
password-control-character = This password contains a tab, line break or other control character. Remove it.
password-common = This password is among the most common ones, or only a small change of one. Choose another one, such as four random words.
password-pattern = This password is a sequence or repeats the same characters, so it is easy to guess. Choose another one, such as four random words.
password-context-words = This password consists only of names and words that others know about you, your organization or this service. Add other words, or choose another one.
password-breached = This password was published in a data breach, so attackers try it. Choose another one, and change it wherever else you use it.

error-impersonation-not-allowed = You are signed in as another person, for support. Only that person can do this.
error-invalid-ticket = This link was used before or has expired. Ask for a new one.

## Identity providers and single sign-on

error-provider-required = Choose a provider.
error-provider-not-configured = You cannot sign in here with this provider. Choose another way.
error-code-required = The provider did not complete the sign-in. Start again.
error-invalid-state = This took too long, was done before, or was started in another browser. Start again.
error-invalid-code = The provider no longer accepts this sign-in. Start again.
error-provider-denied = The provider did not sign you in: it was cancelled or refused. Try again, or choose another way.
error-provider-unavailable = The provider cannot be reached at the moment. Try again later, or choose another way.
error-invalid-identity = What the provider sent could not be verified.
error-social-account-already-connected = This account is already connected to another account here. Disconnect it there first.
error-too-many-identities = You can connect at most 20 accounts. Disconnect one first.
error-connection-not-found = This connection no longer exists.
error-connection-not-available = This connection is not available at the moment. Start again, or ask an admin of your organization.
error-invalid-issuer = Enter the issuer: an https URL that is reachable from the internet, without a question mark or #.
error-invalid-attribute-mapping = Check the names of the claims: letters, digits and underscores, with at most four dots.
error-domain-not-verified = This domain is not verified yet. Verify it first.
error-domain-has-connection = Another connection has this domain. Remove it there first.
error-connection-limit = An organization can have at most ten connections. Delete one first.
error-connection-not-tested = Before single sign-on can be required, an admin has to sign in through this connection.
error-connection-has-no-domain = Choose a verified domain first.
error-sso-required = This organization requires single sign-on. Sign in on its sign-in page.
error-jit-disabled = Your organization knows you, but you are not a member here yet. Ask an admin of your organization to invite you.
error-sso-address-not-allowed = Your organization's sign-in page did not send an address of one of its domains. Ask an admin of your organization.
error-sso-identity-mismatch = Your account here is connected to another person at your organization. Ask an admin of your organization.
error-sso-membership-ended = You are no longer a member of this organization. Ask one of its admins to invite you.
error-social-connection-not-found = This account is no longer connected.
