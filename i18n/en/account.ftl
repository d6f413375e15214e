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
delete-address-warning = This address will be removed from your account, and you can no longer sign in with it. You can add it again.
password-change-warning = Changing your password signs out all other browsers.
current-password = Current password
active-sign-ins = Sessions
unknown-address = unknown IP address
this-browser = this browser
sign-out-there = Sign out
delete-account = Delete account
delete-account-warning = Your account and all your memberships are deleted immediately. This cannot be undone. Invitations that you sent remain.
type-to-confirm-delete = Type “delete” to confirm
delete-confirmation-word = delete
