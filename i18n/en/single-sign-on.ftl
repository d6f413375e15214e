## Signing in with an identity provider: buttons, and the pages between here and there

single-sign-on = Single sign-on
continue-with = Continue with { $provider }
sign-in-with-sso = Sign in with single sign-on
sign-in-another-way = Sign in another way
leaving-title = Continuing to { $provider }
leaving-explanation = You are being sent to { $provider } to sign in. If nothing happens, use the button.
your-organizations-provider = your organization's sign-in page
sso-email-title = Sign in with single sign-on
sso-email-explanation = Enter your work email address. We send you to the sign-in page of your organization.
your-work-address = Work email address
sso-no-connection = There is no single sign-on for this address. Check it for typing errors, or sign in another way.
sign-in-failed-title = Sign-in did not work
sign-in-failed-advice = Nobody was signed in. You can start again, or sign in another way.
link-failed-title = The account was not connected
link-failed-advice = Nothing was changed. You can start again on the page of your account.
test-failed-title = The test did not work
test-failed-advice = Nobody was signed in. The sign-ins of the connection show what happened.
back-to-connections = Back to single sign-on

# A person whom a provider has identified, without an account here
profile-step-title = One more step
profile-step-explanation = { $provider } knows who you are. Check what is below: we then email you a code to verify your address.
profile-step-without-address = { $provider } knows who you are, but has not sent an email address. Enter yours: we then email you a code to verify it.
profile-address-hint = We email a code to it.
profile-have-account = Sign in as you did before. You can then connect { $provider } to your account.

# Connecting an identity after signing in
connect-pending-title = Connect { $provider }?
connect-pending-explanation = You signed in as { $account }. If you connect { $provider } ({ $email }), you can sign in to this account with it from now on.
connect-pending-without-address = You signed in as { $account }. If you connect { $provider }, you can sign in to this account with it from now on.
not-now = Not now

# The account page
connected-accounts = Connected accounts
connected-accounts-explanation = You can sign in to your account with these.
managed-by-organization = Managed by your organization
identity-last-used = last used
connect-provider = Connect { $provider }
disconnect = Disconnect
disconnect-named = Disconnect { $provider }
disconnect-title = Disconnect { $provider }?
disconnect-warning = You can no longer sign in with it. Your account at { $provider } is not changed.
confirm-connect-account = You are about to connect an account of another service. You can then sign in with it.
confirm-disconnect-account = You are about to disconnect an account of another service. You can then no longer sign in with it.
flash-identity-linked = Account connected. You can sign in with it from now on.
flash-identity-removed = Account disconnected.

# The page instead of those of an organization
sso-required = Single sign-on required
sso-required-title = { $name } requires single sign-on
sso-required-here-title = Single sign-on is required
sso-required-explanation = Sign in on the sign-in page of your organization to continue. You then come back here.
sso-break-glass-hint = Is your identity provider down? As an admin you also get in with your second factor. All admins are notified.
