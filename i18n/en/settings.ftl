## The settings of an organization

leave-organization = Leave { $name }
leave-organization-title = Leave { $name }?
leave-organization-warning = You lose access to the organization and its workspaces immediately.
leave-organization-irreversible = This cannot be undone. To come back, you need an invitation from somebody there.
delete-organization-named = Delete { $name }
delete-organization-title = Delete { $name }?
delete-organization-warning =
    { $count ->
        [one] { $count } member loses access immediately, and pending invitations stop working.
       *[other] All { $count } members lose access immediately, and pending invitations stop working.
    }
delete-organization-grace =
    { $days ->
        [one] It is permanently deleted after { $days } day. Until then, its admins can restore it from their list of organizations.
       *[other] It is permanently deleted after { $days } days. Until then, its admins can restore it from their list of organizations.
    }
