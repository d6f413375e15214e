## The account

profile = Profile
username = Username
picture = Profile picture
picture-requirements = PNG, JPEG or WebP, up to 5 MiB
picture-alt = Your profile picture
upload = Upload
email-addresses = Email addresses
primary = Primary
verified = Verified
not-verified = Not verified
verify = Verify
make-primary = Make primary
new-email-address = Add email address
delete-address-warning = You can no longer sign in with this address. You can add it again.
password-change-warning = Changing your password signs out all other browsers.
current-password = Current password
sessions-count =
    { $count ->
        [one] { $count } session
       *[other] { $count } sessions
    }
sessions-more-than = More than { $count } sessions
active-sign-ins = Sessions
unknown-address = unknown IP address
this-browser = this browser
sign-out-there = Sign out
delete-account = Delete account
delete-account-warning = Your account and all your memberships are deleted immediately.
type-to-confirm-delete = Type “delete” to confirm
delete-confirmation-word = delete

unknown-browser = Unknown browser
browser = Browser
ip-address = IP address
last-active = Last active
end-session-of = Sign out { $browser }
end-other-sessions = Sign out all other sessions
end-session-title = Sign out { $browser }?
end-session-place = IP address: { $address }
end-session-warning = Anyone using it has to sign in again. This cannot be undone.
end-other-sessions-title = Sign out all other sessions?
language-of-pages = Language
remove-own-address-title = Remove { $email }?
remove-own-address = Remove { $email }
change-password = Change password
add-password = Add password
email-notifications = Email notifications
notify-of-requests = Somebody asks to join an organization that I manage
notify-of-request-answers = My request to join is approved or denied
notify-of-invitation-answers = Somebody accepts or declines my invitation
notify-of-webhook-failures = A webhook endpoint of an organization that I manage is disabled because it fails
notifications-hint = Codes, invitations and security notices are always sent.
delete-account-title = Delete your account?
delete-account-consequences = The account { $account } is deleted immediately, with its profile, addresses and sessions. Invitations that you sent remain.
you-leave = You leave these organizations:
and-more =
    { $count ->
        [one] and { $count } more
       *[other] and { $count } more
    }
password-to-confirm = Enter your password to confirm.
sole-admin-explanation = You are the only admin of the following. Make somebody else an admin, transfer ownership, or delete them first.

support-sign-in = Support
