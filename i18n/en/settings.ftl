## The settings of an organization

settings = Settings
withdraw-ownership-offer = Withdraw ownership offer
delete-organization = Delete organization
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
organization-profile = Profile
logo = Logo
no-logo = No logo yet
logo-of = Logo of { $name }
choose-logo = Upload a logo
logo-hint = PNG, JPEG or WebP, up to 5 MB. People see it on invitation pages and in mails.
remove-logo = Remove logo
network-access = Network access
network-access-explanation = Members can be limited to the networks of your offices or your VPN.
allowed-networks = Allowed IP addresses and networks
allowed-networks-hint = One per line, such as 192.0.2.7 or 192.0.2.0/24. An empty list allows every address.
restrict-to-networks = Only allow access from this list
own-network-address = You are connected from
own-address-is-listed = The saved list contains it.
own-address-is-not-listed = The saved list does not contain it: add it before you restrict access, or you would lock yourself out.
invalid-network = { $text } is not an IP address or network. Write one such as 192.0.2.7 or 192.0.2.0/24.
too-many-networks = The list can have at most 100 addresses and networks.
new-members = New members
auto-assigned-workspace = Add new members to a workspace
auto-assigned-workspace-hint = Everybody who joins the organization also joins this workspace.
no-auto-assigned-workspace = No workspace
other-workspace = A workspace that you are not a member of
transfer-ownership = Transfer ownership
transfer-explanation = The new owner becomes an admin, and you become a member. Nothing changes until they accept within seven days, and you can withdraw the offer before that.
transfer-suspends =
    { $count ->
        [one] When they accept, { $count } pending invitation that you sent is suspended: it cannot be accepted until somebody resends it.
       *[other] When they accept, { $count } pending invitations that you sent are suspended: they cannot be accepted until somebody resends them.
    }
ownership-is-offered = You offered this organization to { $name }.
offer-expires = Expires
new-owner = New owner
name-or-address = Name or email address
find-member = Find member
no-new-owner-found = No other member matches.
transfer-to = Transfer to { $name }
delete-organization-hint = Everybody loses access immediately.
flash-logo-saved = Logo saved.
flash-logo-removed = Logo removed.
