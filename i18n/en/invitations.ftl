## The invitations of an organization: inviting, the list, and its actions

invitations = Invitations

## The form

invite-people = Invite people
emails-hint = Type or paste as many as you like: with names, in a line or one per line, or as columns of a spreadsheet.
no-workspace = None
workspace-role = Role in the workspace
default-role = Default role
invite-options = Language, expiry and personal message
mail-language = Language of the email
mail-language-of-invitee = Theirs, if we know it
expiry-days = Expires after (days)
expires-on = Valid until { $date }.
personal-message = Personal message (optional)
personal-message-hint = Up to 500 characters. It is quoted in the email, and links in it cannot be clicked.
upload-file = Upload a list instead
csv-file = CSV file
upload-file-hint = A CSV file from Excel, Google Sheets or your HR system, up to 1,000 people.
send-invitations = Send invitations
review = Review
invite-count =
    { $count ->
        [one] Invite { $count } person
       *[other] Invite { $count } people
    }
expiry-days-error = Choose 1 to 90 days.
message-error = The message can have up to 500 characters, and none that cannot be seen.
file-error = We can't read this file. Save it as "CSV UTF-8" and upload it again.

## The review

review-ready =
    { $count ->
        [0] Nobody can be invited
        [one] { $count } person can be invited
       *[other] { $count } people can be invited
    }
review-members =
    { $count ->
        [one] { $count } is already a member
       *[other] { $count } are already members
    }
review-invited =
    { $count ->
        [one] { $count } was already invited
       *[other] { $count } were already invited
    }
review-duplicates =
    { $count ->
        [one] { $count } duplicate
       *[other] { $count } duplicates
    }
review-wrong =
    { $count ->
        [one] { $count } needs a correction
       *[other] { $count } need a correction
    }
review-nothing-sent = Nothing has been sent yet.
row-duplicate = duplicate, invited once
row-member = already a member
row-invited = already invited
row-not-an-address = not an email address
row-unknown-role = this role does not exist
row-role-exceeds = this role has permissions that you don't have
row-no-seat = no seat is free
remove-address = Remove { $email }
more-addresses =
    { $count ->
        [one] and { $count } more
       *[other] and { $count } more
    }
ignored-columns = Columns that were not used: { $columns }
confirm-one-admin = Make { $email } an admin ("{ $role }"). Admins can do everything: manage members, roles and settings, and delete the organization.
confirm-admins =
    { $count ->
        [one] Make { $count } person an admin ("{ $role }"). Admins can do everything: manage members, roles and settings, and delete the organization.
       *[other] Make { $count } people admins ("{ $role }"). Admins can do everything: manage members, roles and settings, and delete the organization.
    }

## Columns of an uploaded table

choose-columns = Choose the columns
choose-columns-explanation = The file has no headings that we know. Which columns should we use?
first-rows = The first rows of your file
column-number = Column { $number }
column-example = Column { $number }: { $example }
names-column = Names
roles-column = Roles
first-row-has-headings = The first row has headings

## The result

result = Result
failed = Failed
result-invited =
    { $count ->
        [one] { $count } person invited
       *[other] { $count } people invited
    }
result-not-invited = { $count } not invited
result-hint = Those that were not invited are in the field below: correct them and send again.
result-row-invited = Invited
result-resent =
    { $count ->
        [one] { $count } invitation resent
       *[other] { $count } invitations resent
    }
result-revoked =
    { $count ->
        [one] { $count } invitation revoked
       *[other] { $count } invitations revoked
    }
result-failed = { $count } failed
result-row-resent = Resent
result-row-revoked = Revoked
flash-people-invited =
    { $count ->
        [one] Invitation sent. You can follow its delivery below.
       *[other] { $count } invitations sent. You can follow their delivery below.
    }
flash-invitations-resent =
    { $count ->
        [one] { $count } invitation resent. Older links no longer work.
       *[other] { $count } invitations resent. Older links no longer work.
    }
flash-invitations-revoked =
    { $count ->
        [one] { $count } invitation revoked. Its links no longer work.
       *[other] { $count } invitations revoked. Their links no longer work.
    }

## The page of a form whose session has ended

session-ended-title = Your session has ended
session-ended-explanation = Nothing was sent. Sign in again, then paste your list into the form. Here it is:
sign-in-in-new-tab = Sign in

## The list

no-invitations-title = Nobody has been invited yet
no-invitations-yet = Paste the email addresses of your colleagues above. Everybody gets a link to join, and you see here who has accepted.
no-invitations-here = No invitations here
status = Status
status-pending = Pending
status-expired = Expired
status-suspended = Suspended
status-accepted = Accepted
status-declined = Declined
status-discarded = Revoked
status-all = All
delivery = Delivery
delivery-queued = Queued
delivery-sent = Sent
delivery-deferred = Delayed
delivery-failed = Failed
delivery-bounced = Bounced
delivery-not-sent = Not sent
next-attempt = Next attempt
search-addresses = Search by email address
any-delivery = Any delivery
inviter = Invited by
any-inviter = Invited by anyone
invited-by-me = Invited by me
other-inviter = Another member…
invited-by-member = a member
sent-at = Sent
sent-any-time = Sent any time
sent-last-days = Sent in the last { $days } days
sent-earlier = Sent over 30 days ago
by-inviter = by { $name }
via-api = via API
former-member = a former member
invitations-count =
    { $count ->
        [one] { $count } invitation
       *[other] { $count } invitations
    }
invitations-more-than = More than { $count } invitations
export-csv = Export CSV

## Actions

resend = Resend
copy-link = Copy link
discard = Revoke
selected-invitations = Selected invitations
remind-all = Remind all pending
no-invitation-selected = Select at least one invitation first.
revoke-title = Revoke the invitation of { $email }?
revoke-invitation = Revoke invitation
revoke-warning = The links stop working immediately. This cannot be undone, but you can send a new invitation.
revoke-many-title =
    { $count ->
        [one] Revoke { $count } invitation?
       *[other] Revoke { $count } invitations?
    }
revoke-many =
    { $count ->
        [one] Revoke { $count } invitation
       *[other] Revoke { $count } invitations
    }
resend-many-title =
    { $count ->
        [one] Resend { $count } invitation?
       *[other] Resend { $count } invitations?
    }
resend-many =
    { $count ->
        [one] Resend { $count } invitation
       *[other] Resend { $count } invitations
    }
resend-warning = Everybody gets an email with a new link that is valid for the usual time. Older links stop working.
invitation-for = Invitation for { $email }
invitation-link-explanation = Anyone with this link sees the invitation, but only { $email } can accept it. Send it to them if the email does not arrive.
link = Link
back-to-invitations = Back to invitations
