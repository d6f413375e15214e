## Organizations: lists, members, invitations, roles, workspaces, domains

organizations = Organizations
organization = Organization
name = Name
create = Create
save = Save
add = Add
remove = Remove
search = Search
newest-matches = Newest { $count } matches. Refine your search to find others.
none = None
next-page = Next
actions = Actions
copy = Copy
copied = Copied
value = Value
description = Description

revoke-them-too = Revoke them instead

## Confirmation of an action

cancel = Cancel
cannot-be-undone = This cannot be undone.
type-name-to-confirm = To confirm, type { $name }
typed-name-is-different = This is not the name. Type { $name }
