## Two-factor authentication and passkeys of a person

sign-in-security = Sign-in security
sign-in-security-explanation = Two-factor authentication, passkeys and backup codes
back-to-account = Back to your account
two-factor-authentication = Two-factor authentication
two-factor-on = On
two-factor-off = Off
two-factor-explanation = After your password or a mailed code, you confirm with a second factor. Your password alone is then not enough to sign in.
two-factor-needs-factor = To turn it on, set up an authenticator app or add a passkey.
two-factor-turn-on = Turn on
two-factor-turn-off = Turn off
two-factor-turn-off-title = Turn off two-factor authentication?
two-factor-turn-off-button = Turn off two-factor authentication
two-factor-turn-off-warning = Your password or a code by email is then enough to sign in. Your authenticator app, passkeys and backup codes stay.
two-factor-continue = When you are done, continue where you left off.
reset-waiting = A reset of two-factor authentication is waiting.
reset-waiting-explanation = On { $time }, your authenticator app, passkeys and backup codes will be removed, and every browser will be signed out. If you have not asked for it, cancel it with your second factor.
reset-cancel = Cancel the reset
has-password = You have a password.
has-no-password = You have no password.
sign-out-everywhere-else = Sign out everywhere else

authenticator-app = Authenticator app
authenticator-explanation = An app such as Google Authenticator, Microsoft Authenticator, 1Password or Aegis shows a new code every 30 seconds.
authenticator-set-up = Set up authenticator app
authenticator-replace = Replace
authenticator-replace-title = Replace authenticator app
authenticator-replace-explanation = Your current app keeps working until you have entered two codes of the new one.
authenticator-added-on = Added
authenticator-remove-title = Remove the authenticator app?
authenticator-remove = Remove authenticator app
authenticator-remove-warning = Its codes stop working. Your backup codes are deleted with it.
authenticator-remove-last-warning = It is your only second factor: two-factor authentication is turned off.
authenticator-scan-title = 1. Scan the QR code
authenticator-scan = Open your authenticator app, add an account, and scan this code.
authenticator-qr-label = QR code for your authenticator app
authenticator-open-app = Open in an app on this device
authenticator-key = If you cannot scan it, enter this key. If the app asks, its codes are time-based and have 6 digits.
authenticator-copy-key = Copy key
authenticator-codes-title = 2. Enter two codes
authenticator-codes-explanation = Enter the code that the app shows now, wait until it shows another one, and enter that one too.
authenticator-first-code = First code
authenticator-second-code = Next code
authenticator-second-code-hint = After up to 30 seconds

passkeys = Passkeys
passkeys-explanation = Sign in with your fingerprint, face, PIN or a security key instead of a password. A passkey needs no second step.
passkeys-not-available = Passkeys are not available at this address.
passkey-add = Add passkey
passkey-add-title = Add a passkey
passkey-add-explanation = Your browser asks where to save the passkey: on this device, in a password manager, on a phone or on a security key.
passkey-name = Name
passkey-name-hint = Optional. So that you recognize it later, such as “MacBook” or “Security key”
passkey-create = Continue
passkey-synced = Synced
passkey-not-synced-yet = Not backed up yet
passkey-one-device = On one device
passkey-added-on = Added
passkey-last-used = Last used
passkey-never-used = Never used
passkey-rename = Rename
passkey-rename-of = Rename { $name }
passkey-remove = Remove { $name }
passkey-remove-title = Remove the passkey { $name }?
passkey-remove-warning = You can no longer sign in with it here. Your device may still offer it: delete it there too.
passkey-remove-last-warning = It is your only second factor: two-factor authentication is turned off.
passkey-exists-here = This device or password manager already has a passkey of your account.
passkey-cancelled = Nothing happened: the request was cancelled or took too long. Try again, or choose another way.
passkey-failed = Your passkey could not be used. Try again, or choose another way.
passkey-unsupported = This browser does not support passkeys.
passkey-needs-script = Passkeys need JavaScript. Turn it on, or choose another way.

backup-codes = Backup codes
backup-codes-explanation = Each code works once, in place of your authenticator app or passkey. Keep them somewhere you can reach without your phone.
backup-codes-left =
    { $count ->
        [one] { $count } code left
       *[other] { $count } codes left
    }
backup-codes-none = No codes
backup-codes-need-factor = To get backup codes, set up an authenticator app or add a passkey first.
backup-codes-generate = Generate backup codes
backup-codes-replace = Replace backup codes
backup-codes-replace-title = Replace your backup codes?
backup-codes-replace-warning = Your old codes stop working at once.
backup-codes-title = Save your backup codes
backup-codes-once = These codes are shown only now. Save them in your password manager, or print them.
backup-codes-list = Your backup codes
backup-codes-copy = Copy
backup-codes-download = Download
backup-codes-print = Print
backup-codes-saved = I have saved them
backup-codes-file = Backup codes for { $app }, { $account }. Each works once.
backup-codes-file-name = backup-codes.txt

# The second step of signing in
second-step-title = Two-factor authentication
second-step-authenticator = Enter the code that your authenticator app shows.
second-step-backup-code = Enter one of your backup codes. It works once.
second-step-passkey = Confirm with your passkey.
second-step-lost = Lost your phone and your backup codes? Contact the people who run this service.
authenticator-code = Code
backup-code = Backup code
backup-code-hint = 8 characters, such as AB2C-3D4E
use-authenticator = Use the authenticator app
use-backup-code = Use a backup code
use-passkey = Use a passkey
use-password = Use your password
use-mailed-code = Get a code by email
start-again = Start again
sign-in-with-passkey = Sign in with a passkey
confirm-with-passkey = Confirm with your passkey
wrong-authenticator-code = Incorrect code. Enter the code that the app shows now. Each code works once.
wrong-backup-code = Incorrect backup code. Each code works once.

# Confirming one's identity
confirm-authenticator = You are about to set up an authenticator app.
confirm-remove-authenticator = You are about to remove your authenticator app.
confirm-backup-codes = You are about to get new backup codes.
confirm-add-passkey = You are about to add a passkey.
confirm-remove-passkey = You are about to remove a passkey.
confirm-two-factor-policy = You are about to change two-factor authentication.
confirm-cancel-reset = You are about to cancel the reset of two-factor authentication.

flash-authenticator-added = Authenticator app set up.
flash-authenticator-replaced = Authenticator app replaced. The old one no longer works.
flash-authenticator-removed = Authenticator app removed.
flash-two-factor-on = Two-factor authentication is on.
flash-two-factor-off = Two-factor authentication is off.
flash-reset-cancelled = The reset was cancelled.
flash-passkey-added = Passkey added.
flash-passkey-renamed = Passkey renamed.
flash-passkey-removed = Passkey removed.
