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
email-code-instead = No password? Email me a code
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
wrong-account-explanation = The invitation is for { $invited }, but you are signed in as { $own }.
switch-account = Switch account
add-address-explanation = Do both addresses belong to you? Then you can add { $invited } to the account of { $own }.
add-address-and-join = Add address and join
request-invitation-explanation = Want to be invited as { $own } instead? Ask { $organization }. This invitation stays valid until they approve.
request-invitation = Request an invitation for my address
unverified-explanation = First verify { $email }: open the link from the invitation email, or verify the address in your account.
go-to-account = Go to your account
invitation-expired-title = This invitation has expired
invitation-expired-explanation = Ask { $organization } for a new one.
request-new-invitation = Request a new invitation
your-email-address = Your email address
invited-address-hint = The address that was invited
not-interested = Not interested?
decline-explanation = The person who invited you will see that you declined.
unsubscribe-from = No more emails from { $organization }
already-accepted = This invitation to { $organization } was already accepted.
already-declined = This invitation to { $organization } was declined.
already-discarded = { $organization } has revoked this invitation.
declined-title = Invitation declined
declined-explanation = You can close this page.
request-sent-title = Request sent
request-sent-explanation = You get an email when somebody there has decided.
renewal-requested-explanation = You get a new invitation by email when somebody there approves.
unsubscribe-title = Unsubscribe from { $organization }?
unsubscribe-explanation = { $organization } can still invite you, but sees that no emails are sent to you.
unsubscribe = Unsubscribe
unsubscribed-title = You are unsubscribed
unsubscribed-explanation = You will get no more emails from { $organization }.
