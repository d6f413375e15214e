## The invitation page and unsubscribing

invitation = Invitation
other-invitation = This invitation is no longer open in this browser. Nothing was changed. Open its link again, or continue with the one below.
paste-link = Open the link from the email again, or paste it here.
link-or-token = Invitation link
view-invitation = View invitation
you-are-invited = You are invited to join { $target }
invites-you = { $inviter } invites you to join { $target }
ownership-offer = { $owner } offers you { $organization }
invited-by = Invited by
invited-address = Invited address
expires = Expires
signed-in-as = You are signed in with { $email }.
join = Join
decline = Decline
sign-in-to-join = Sign in to join
sign-in-and-join = Sign in and join
not-my-account = I never created an account here
create-account-to-join = Create an account to join
create-account-and-join = Create account and join
create-account-for = Create an account for { $email }
min-characters =
    { $count ->
        [one] At least { $count } character
       *[other] At least { $count } characters
    }
wrong-account-title = You are signed in with another account
wrong-account-explanation = The invitation is for { $invited }. You are signed in as { $own }.
add-address-explanation = Do both addresses belong to you? Then you can add { $invited } to the account of { $own }.
add-address-and-join = Add address and join
request-invitation-explanation = Want to be invited as { $own } instead? Ask { $organization }. This invitation stays valid until they approve.
request-invitation = Request an invitation for my address
unverified-explanation = Confirm that { $email } is yours. We email you a code, and you enter it here.
invitation-expired-title = This invitation has expired
invitation-expired-explanation = Ask { $organization } for a new one.
renewal-by-mail = It arrives by email when an admin approves.
renewal-without-mail = When an admin approves, they get a link that they can pass on to you.
renewal-unsubscribed = You unsubscribed from emails from { $organization }. When an admin approves, they get a link that they can pass on to you.
subscribe-to = Email me the invitation. I want emails from { $organization } again.
newer-invitation-explanation = { $organization } has invited you again since. Look for the newer email in your mailbox, also in the spam folder.
email-invitation-again = Email it again
invitation-resent-title = Check your email
invitation-resent-explanation = The newer invitation is on its way to you again.
renewal-wait = You can ask again on { $date }.
request-new-invitation = Request a new invitation
your-email-address = Your email address
invited-address-hint = The address that was invited
not-interested = Not interested?
decline-explanation = The person who invited you will see that you declined.
unsubscribe-from = No more emails from { $organization }
declined-title = Invitation declined
declined-explanation = You can close this page. To join later, ask for a new invitation.
request-sent-title = Request sent
request-sent-explanation = You get an email when an admin has decided.
renewal-requested-explanation = You get a new invitation by email when an admin approves.
renewal-requested-without-mail = When an admin approves, they get a link that they can pass on to you.
unsubscribe-title = Unsubscribe from { $organization }?
unsubscribe-explanation = { $organization } can still invite you, but sees that no emails are sent to you.
unsubscribe = Unsubscribe
unsubscribed-title = You are unsubscribed
unsubscribed-explanation = You will get no more emails from { $organization }.

## Signing in and codes on the invitation page

join-organization = Join { $organization }
no-password = No password, or forgotten it?
code-follows = We then email a code to { $email }, because a copied link does not prove that the address is yours.
code-sent = We sent a code to { $email }. Enter it here.
code-sent-if-account = If there is an account with { $email }, we sent a code to it. Enter it here.
verify-and-join = Verify and join
back-to-invitation = Back to the invitation
use-another-account = Use another account
sign-out-of = Sign out of { $account }
unverified-without-mail = You have to confirm that { $email } is yours, but this service cannot send email.

## Invitations that cannot be accepted, and what to do then

already-member-title = You're already in { $organization }
address-is-member-title = { $email } is already in { $organization }
member-is-another = You are signed in as { $account }. Continue with the account of { $email }.
account-is-member = This account is already in { $organization }.
open-organization = Open { $organization }
already-accepted-title = This invitation was already accepted
accepted-by-another = It was accepted with { $email }. You are signed in as { $account }. Continue with the account that joined.
accepted-sign-in = Sign in to open { $organization }.
sign-in-and-open = Sign in and open { $organization }
already-declined-title = This invitation was declined
already-declined-explanation = Changed your mind? { $organization } can invite you again.
already-discarded-title = This invitation was revoked
already-discarded-explanation = { $organization } has revoked this invitation. You can ask for a new one.
suspended-title = This invitation is on hold
suspended-explanation = The person who invited you can no longer invite people to { $organization }. You can ask for a new invitation.
suspended-by-organization = { $organization } has put this invitation on hold. You can ask for a new one.
organization-full-title = { $organization } is full
organization-full-explanation = All seats of { $organization } are taken. Your invitation stays valid. Try again when an admin has freed a seat.
ask-person = Ask { $name } or an admin of { $organization }.
ask-admin = Ask an admin of { $organization }.
email-person = Email { $name }
try-again = Try again
joined-title = You joined { $organization }
joined-from-other-network = { $organization } can only be opened from certain networks, and yours is not one of them. Connect to one of them, such as your company's VPN, and try again.
own-invitations-hint = Your open invitations are also listed with your organizations.
own-invitations-sign-in = Sign in to see the invitations to your addresses.
