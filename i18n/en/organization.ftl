## Organizations: lists, members, invitations, roles, workspaces, domains

organizations = Organizations
organization = Organization
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

roles = Roles
role = Role
shared-role = Built-in
replacement-role = Members with this role get
new-role = Create role
permissions = Permissions
permissions-hint = One per line, such as organization:manage_members

workspaces = Workspaces
workspace = Workspace
no-workspaces = You are not a member of any workspace yet.
new-workspace = Create workspace
add-workspace-member = Add a member of the organization
remove-workspace-member-warning = They lose access to this workspace immediately and stay in the organization. You can add them again.
leave = Leave
leave-workspace-warning = You lose access to this workspace immediately. Somebody there can add you again.
delete-workspace = Delete workspace
delete-workspace-warning = The workspace is deleted and everybody loses access immediately. Pending invitations to it are revoked. This cannot be undone.

## Confirmation of an action

cancel = Cancel
cannot-be-undone = This cannot be undone.
type-name-to-confirm = To confirm, type { $name }
typed-name-is-different = This is not the name. Type { $name }
