## The roles of an organization and of its workspaces

roles = Roles
role = Role
roles-explanation = A role is a set of permissions. Every member has one or more.
role-allows = Allows
search-roles = Search roles
no-roles-found = No roles match.
roles-count =
    { $count ->
        [one] { $count } role
       *[other] { $count } roles
    }
built-in-member = Member
built-in-admin = Admin
shared-role = Built-in
new-role = Create role
edit-role = Edit { $name }
delete = Delete
members-with-role =
    { $count ->
        [one] { $count } member with the role { $role }
       *[other] { $count } members with the role { $role }
    }
role-usage = { $members } and { $invitations } have this role.
pending-invitations =
    { $count ->
        [one] { $count } pending invitation
       *[other] { $count } pending invitations
    }
role-change-is-immediate = A change takes effect immediately.
delete-role = Delete { $name }
delete-role-title = Delete { $name }?
delete-role-explanation = They get another role instead.
replacement-role = Role that they get instead
role-in-use-explanation = A role that somebody has cannot be deleted. Give its members another role and revoke the invitations first.
other-permissions = Permissions of { $name }
other-permissions-hint = The names that the application checks, one per line, such as purchases:write
permission-not-yours = You don't have this permission.
flash-role-created = Role created.
flash-role-updated = Role saved.
flash-role-deleted = Role deleted.

## Permissions in words

permissions-administration = Administration
permissions-people = People
permissions-settings = Settings
permissions-basics = Basics
permissions-application = { $name }
permission-everything = Everything
permission-nothing = See the organization and its members
permission-admin = Administer everything
permission-admin-sentence = All permissions in the organization and its workspaces. Delete the organization and transfer its ownership.
permission-manage = Manage the organization
permission-manage-sentence = Members, roles and settings together.
permission-members = Manage members
permission-members-sentence = Invite and remove members, change their roles, and answer requests to join.
permission-roles = Manage roles
permission-roles-sentence = Create, change and delete roles.
permission-audit-log = View the audit log
permission-audit-log-sentence = See who did what in the organization, and export it.
permission-settings = Manage settings
permission-settings-sentence = Change name, description, logo, domains and allowed networks.
permission-see = See the organization
permission-see-sentence = See its members and roles. Every member may.
permission-workspace-admin = Administer the workspace
permission-workspace-admin-sentence = All permissions in the workspace. Rename and delete it.
permission-workspace-members = Manage members
permission-workspace-members-sentence = Add and remove members of the workspace, and manage its roles.
permission-workspace-write = Make changes
permission-workspace-write-sentence = Change content of the workspace in the application.
permission-workspace-see = See the workspace
permission-workspace-see-sentence = See its members and roles. Every member may.
