## The workspaces of an organization

workspaces = Workspaces
workspace = Workspace
search-workspaces = Search workspaces
no-workspaces = You are not a member of any workspace yet.
no-workspaces-found = No workspaces match.
your-roles = Your roles
workspaces-count =
    { $count ->
        [one] { $count } workspace
       *[other] { $count } workspaces
    }
workspaces-more-than = More than { $count } workspaces
created = Created
new-workspace = Create workspace
rename-workspace = Rename workspace
added-when = Added
add-members = Add members
add-workspace-member = Search the organization's members by name or address
add-person = Add { $name }
already-in-workspace = Already a member
make-workspace-admin-explanation = Admins of a workspace can do everything in it: manage its members and roles, rename it and delete it.
remove-workspace-member-warning = They lose access to this workspace immediately and stay in the organization. You can add them again.
leave = Leave
leave-workspace = Leave { $name }
leave-workspace-title = Leave { $name }?
leave-workspace-warning = You lose access to this workspace immediately. Somebody there can add you again.
delete-workspace = Delete workspace
delete-workspace-named = Delete { $name }
delete-workspace-title = Delete { $name }?
delete-workspace-members =
    { $count ->
        [one] { $count } member loses access immediately.
       *[other] { $count } members lose access immediately.
    }
delete-workspace-warning = Its roles are deleted with it, and pending invitations to it are revoked. This cannot be undone.
flash-workspace-created = Workspace created.
flash-workspace-left = You left the workspace.
flash-workspace-deleted = Workspace deleted.
flash-workspace-member-added = Member added.
flash-workspace-member-removed = Member removed from the workspace.
