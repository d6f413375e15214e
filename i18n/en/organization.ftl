## Organizations: lists, members, invitations, roles, workspaces, domains

organizations = Organizations
organization = Organization
your-invitations = Invitations to you
ownership-offers = Ownership offered to you
accept-ownership = Accept ownership
your-organizations = Your organizations
no-organizations = You are not a member of any organization yet. Create one, or ask somebody to invite you.
network-not-allowed = not available from your network
joinable-organizations = Organizations you can join
joinable-by-domain = Open to people with an address at { $domain }
join-by-domain = Join
deleted-organizations = Deleted organizations
permanently-deleted = Permanently deleted
restore = Restore
new-organization = Create organization
name = Name
create = Create
save = Save
add = Add
remove = Remove
delete = Delete
search = Search
none = None
next-page = Next
actions = Actions
copy = Copy
copied = Copied
value = Value
description = Description

revoke-them-too = Revoke them instead

domains = Domains
domain = Domain
no-domains = No domains yet. After you verify a domain, people with an address of it can join without an invitation, if you allow it.
new-domain = Add domain
txt-record-explanation = Add this TXT record to the domain's DNS, then verify it. It can take up to an hour until the record is visible.
join-policy = People with an address at this domain
join-policy-none = must be invited
join-policy-request = can request to join
join-policy-join = can join
join-policy-auto = join automatically when they sign in

join-requests = Requests
no-join-requests = No pending requests.
requested-by-domain = wants to join with an address at one of your domains
requested-renewal = asks for a new invitation because theirs expired
requested-for-other-address = asks to be invited at this address instead
approve = Approve
deny = Deny

settings = Settings
withdraw-ownership-offer = Withdraw ownership offer
delete-organization = Delete organization

## Confirmation of an action

cancel = Cancel
cannot-be-undone = This cannot be undone.
type-name-to-confirm = To confirm, type { $name }
typed-name-is-different = This is not the name. Type { $name }
