## Navigation, error pages and messages

continue-to = Continue to { $name }
skip-to-content = Skip to content
account = Account
sign-out = Sign out
server-unreachable = The server cannot be reached. Try again in a moment.
powered-by = Powered by Vestibule
error-title = Page not available
forbidden-advice = You don't have access to this page. You may need to switch accounts, or ask somebody to invite you.
cross-site-advice = This request came from another site. Open { $url } and try again.
server-error-title = Something went wrong
go-to-organizations = Go to your organizations
continue-button = Continue

flash-joined = Welcome! You joined the organization.
flash-created = Organization created.
flash-saved = Saved.
flash-resent = Invitation resent. Older links no longer work.
flash-discarded = Invitation revoked. Its links no longer work.
flash-removed = Member removed.
flash-offered = Ownership offered. The recipient gets an email and decides.
flash-withdrawn = Ownership offer withdrawn.
flash-taken-over = You are now the owner of this organization.
flash-taken-over-suspended =
    { $count ->
        [one] You are now the owner of this organization. { $count } invitation of the former owner is suspended. Resend it to send it in your name.
       *[other] You are now the owner of this organization. { $count } invitations of the former owner are suspended. Resend them to send them in your name.
    }
flash-declined = Invitation declined.
flash-approved = Request approved.
flash-denied = Request denied.
flash-asked = Request sent. You get an email when it is answered.
flash-left = You left the organization.
flash-deleted = Organization deleted. You can restore it below.
flash-restored = Organization restored.
flash-verified = Verified.
flash-password-set = Password changed. All other browsers are signed out.
flash-signed-out = You are signed out.
flash-account-deleted = Your account is deleted.

all-organizations = All organizations
organization-menu = Switch organization: { $name }
account-menu = Account menu: { $name }
switch-to = Switch to { $name }
add-another-account = Add another account
sign-out-of-all = Sign out of all accounts
undo = Undo
support = Support
terms = Terms
privacy = Privacy

account-switched-title = You switched accounts
account-switched = This page was opened as { $former }, but you are now using { $current }. Nothing was changed.
account-switched-from-other = This page was opened with another account, but you are now using { $current }. Nothing was changed.
flash-code-sent = Code sent. Only the newest one works.
flash-profile-saved = Profile saved.
flash-picture-saved = Profile picture saved.
flash-address-added = Address added.
flash-address-removed = Address removed.
flash-primary-changed = Primary address changed.
flash-notifications-saved = Notification settings saved.
flash-session-ended = Session ended.
flash-sessions-ended = All other sessions ended.

impersonation-banner = { $actor }, you are signed in as { $user } for support.
impersonation-end = Sign out
