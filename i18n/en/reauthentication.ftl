## Confirming one's identity, and the page of security notices

confirm-identity = Confirm access
confirm = Confirm
confirm-by-code = We send a code to your primary address.
confirm-code-sent = We sent a code to your primary address.
confirm-by-signing-in = Sign out, sign in again, and repeat what you were doing within a few minutes.
confirm-add-address = You are about to add { $email } to your account.
confirm-verify-address = You are about to verify an address. Its mail can then be used to sign in to your account.
confirm-make-primary = You are about to make { $email } your primary address.
confirm-delete-address = You are about to remove { $email } from your account.
confirm-change-username = You are about to change your username.
confirm-set-password = You are about to set a password. Type it once more.
confirm-end-sign-in = You are about to sign out another browser: { $browser }.
confirm-delete-account = You are about to delete your account.
confirm-link-address = You are about to add { $email } to your account. Anyone who can read the mail of this address can then sign in as you. Continue only if it is your own address.
confirm-delete-workspace = You are about to delete a workspace. It cannot be restored.
confirm-delete-organization = You are about to delete an organization.
confirm-offer-ownership = You are about to offer an organization to another member.
notice-title = This wasn't you?
notice-explanation = Sign out every browser of the account. After that, you can set a new password.
notice-link = The link from the email
sign-out-everywhere = Sign out everywhere
notice-done-title = Every browser is signed out
notice-reset-cancelled = The reset of two-factor authentication is cancelled: your authenticator app, passkeys and backup codes still work.
notice-reset-explanation = Now set a new password, so that nobody can sign in with the old one. We mail a code to { $email }. Then check the addresses of your account.
notice-no-reset-explanation = This address does not open the account. Set a new password with another address of yours, or ask the people who run this service.
confirm-end-other-sign-ins = You are about to sign out all other browsers.
