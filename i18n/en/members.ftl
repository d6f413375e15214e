## The members of an organization: list, bulk actions, and the page of a member

members = Members
search-members = Search by name or address
no-members-found = No members match.
clear-filters = Clear filters
person = Person
since = Joined
joined-when = joined
you = You
seats = { $used } seats used, { $reserved } reserved by invitations, { $free } free
any-role = Any role
any-workspace = Any workspace
any-time = Joined any time
joined-last-days = Joined in the last { $days } days
joined-over-a-year-ago = Joined over a year ago
members-more-than = More than { $count } members
previous-page = Previous
pages = Pages
select-all = Select all on this page
role-of = Role of { $name }
no-role = No role
only-admin = Only admin
danger-zone = Danger zone

## Roles of a member

roles-of-member-hint = A member has one role or more, and every permission of each.
role-exceeds-yours = It has permissions that you don't have.
only-admin-keeps-role = The organization needs an admin. Make somebody else an admin first.
role-changed =
    { $count ->
        [0] { $name } has no role any more.
        [one] { $name }'s role is now { $roles }.
       *[other] { $name }'s roles are now { $roles }.
    }
make-admin = Make { $name } an admin
make-admin-title = Make { $name } an admin?
make-admin-explanation = Admins can do everything: manage members, roles, settings and workspaces, and delete the organization.
make-admin-undo = You can undo this by changing the role again.

## Ownership and removal

offer-ownership = Transfer ownership
offer-ownership-to = Transfer ownership to { $name }
offer-ownership-title = Transfer ownership to { $name }?
offer-ownership-explanation = If { $name } accepts, they become an admin and you become a member. Nothing changes before that, and you can withdraw the offer.
ownership-offered-until = Offered to { $name }, who has not answered yet. The offer expires
remove-member = Remove { $name }
remove-member-title = Remove { $name }?
remove-member-warning = They lose access to the organization and its workspaces immediately and are told by email. You can invite them again.
only-admin-explanation = { $name } is the only admin and cannot be removed. Make somebody else an admin first.
only-workspace-admin-explanation = { $name } is the only admin of these workspaces and cannot be removed: { $workspaces }. Make somebody else an admin there first.
leave-in-settings = You can leave the organization in its settings.

## Bulk actions

selected-members = Selected members
selected = selected
choose-role = Role…
change-role = Change role
choose-workspace = Workspace…
add-to-workspace = Add to workspace
nothing-selected = Select at least one member, and what to do with them.
bulk-role-title =
    { $count ->
        [one] Change the role of { $count } member to { $role }
       *[other] Change the role of { $count } members to { $role }
    }
bulk-role-question =
    { $count ->
        [one] Change the role of { $count } member to { $role }?
       *[other] Change the role of { $count } members to { $role }?
    }
bulk-role-warning = It replaces all roles that they have.
bulk-workspace-title =
    { $count ->
        [one] Add { $count } member to { $workspace }
       *[other] Add { $count } members to { $workspace }
    }
bulk-remove-title =
    { $count ->
        [one] Remove { $count } member
       *[other] Remove { $count } members
    }
bulk-remove-question =
    { $count ->
        [one] Remove { $count } member?
       *[other] Remove { $count } members?
    }
bulk-remove-warning = They lose access to the organization and its workspaces immediately and are told by email. Pending invitations that they sent are suspended. You can invite them again.
names-and-others =
    { $count ->
        [one] { $names } and { $count } other
       *[other] { $names } and { $count } others
    }
bulk-summary = { $done } of { $count } done.
bulk-result = Result
bulk-not-done = Not done
role-is-changed = Role changed
bulk-added = Added
bulk-removed = Removed
has-no-verified-address = They have not verified an email address.
back-to-members = Back to members
