## Two-factor authentication that organizations and workspaces require

mfa = Two-factor authentication
mfa-required = Two-factor authentication required

# The page instead of those of an organization
mfa-required-here-title = Two-factor authentication is required
mfa-required-title = { $name } requires two-factor authentication
passkey-required-title = { $name } requires a passkey
workspace-mfa-required-title = This workspace requires two-factor authentication
workspace-passkey-required-title = This workspace requires a passkey
mfa-required-why = A stolen password or mailbox is then not enough to get in.
passkey-required-why = A passkey works only on the real site. A fake site cannot steal it.
mfa-confirm-next = You have set it up, but signed in without it. Confirm it once to continue.
passkey-confirm-next = You have a passkey, but signed in without it. Confirm with it once to continue.
mfa-set-up-next = Set up an authenticator app or a passkey in your account. It takes about two minutes, and then you come back here.
passkey-set-up-next = Add a passkey in your account: your phone or computer then confirms that it is you, by fingerprint, face or PIN. It takes about a minute, and then you come back here.
passkey-instead-of-app = Codes of an authenticator app are not enough here.
mfa-confirm-now = Confirm now
passkey-confirm-now = Confirm with passkey
mfa-set-up = Set up two-factor authentication
passkey-set-up = Add a passkey
confirm-second-factor = You signed in without your second factor. Confirm it to continue.
joined-one-more-step = You joined { $name }. One more step is left.

# The banner of the grace period
mfa-grace-banner = Set up two-factor authentication by { $date }. From then on, { $name } can only be opened with it.
passkey-grace-banner = Add a passkey by { $date }. From then on, { $name } can only be opened with one.

# The invitation page
invitation-requires-mfa = { $name } requires two-factor authentication. If you have not set it up yet, you do that after joining: with an authenticator app or a passkey, in about two minutes.
invitation-requires-passkey = { $name } requires a passkey. If you have none yet, you add one after joining: your phone or computer confirms that it is you, in about a minute.
invitation-requires-mfa-later = { $name } requires two-factor authentication from { $date }. You can set it up after joining.
invitation-requires-passkey-later = { $name } requires a passkey from { $date }. You can add one after joining.

# The settings
mfa-setting-explanation = When members sign in, they confirm with something that only they have, besides their password. A stolen password is then not enough.
mfa-requirement = What members need
mfa-not-required = No second factor
mfa-any-factor = Two-factor authentication
mfa-any-factor-hint = With an authenticator app or a passkey.
mfa-passkey-only = A passkey
mfa-passkey-only-hint = The safest. Codes of an authenticator app are not enough, since a fake site can ask for them.
mfa-grace-days = Days until it applies
mfa-grace-days-hint = Until then, members without it see a reminder. 0: it applies at once.
mfa-grace-days-unchanged-hint = Only used if you require more than before. Leave empty to keep the date. 0: it applies at once.
mfa-applies-from = Required from { $date }. Until then, members without it see a reminder.
mfa-applies-since = Required since { $date }.
mfa-members-have-it =
    { $total ->
        [one] { $count } of { $total } member has it set up.
       *[other] { $count } of { $total } members have it set up.
    }
mfa-members-have-passkey =
    { $total ->
        [one] { $count } of { $total } member has a passkey.
       *[other] { $count } of { $total } members have a passkey.
    }
mfa-show-missing = Show members without it
passkey-show-holders = Show members with a passkey
mfa-confirm-own-first = You signed in without your second factor. Confirm it first: otherwise you would lock yourself out.
mfa-set-up-own-first = Set up two-factor authentication for your own account first: otherwise you would lock yourself out.
passkey-set-up-own-first = Add a passkey to your own account first: otherwise you would lock yourself out.
mfa-turn-on = Require two-factor authentication
mfa-turn-on-title = Require two-factor authentication in { $name }?
passkey-turn-on = Require a passkey
passkey-turn-on-title = Require a passkey in { $name }?
mfa-turn-off = Stop requiring it
mfa-turn-off-title = Stop requiring two-factor authentication in { $name }?
mfa-turn-off-warning = Members can then open it with their password or a mailed code alone.
mfa-nobody-loses-access = Nobody loses access.
mfa-lose-access =
    { $count ->
        [one] { $count } would lose access until they set it up.
       *[other] { $count } would lose access until they set it up.
    }
mfa-lose-access-later =
    { $count ->
        [one] { $count } has until { $date } to set it up, and would lose access then.
       *[other] { $count } have until { $date } to set it up, and would lose access then.
    }
mfa-signed-in-without = Members who have it but signed in without it have to confirm it once.
confirm-require-mfa = You are about to change the two-factor authentication that is required of members. Confirm with your own second factor, so that you do not lock yourself out.
flash-mfa-required = Saved. Two-factor authentication is required.
flash-mfa-not-required = Saved. Two-factor authentication is no longer required.

# The list of members
mfa-column = Second factor
mfa-any-state = Second factor: all
mfa-is-set-up = Second factor: set up
mfa-is-missing = Second factor: missing
mfa-has-passkey = Second factor: passkey
mfa-missing = Not set up
mfa-authenticator = Authenticator app
mfa-passkey = Passkey
