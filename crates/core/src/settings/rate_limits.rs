//! The rate limits on what users create and send. The limits on attempts at secrets are part of `Passwords`.

/// How much may be created or sent in a day, or uploaded in an hour, before `TOO_MANY_REQUESTS`. 0 switches a limit
/// off. An address is that of a client: an IPv4 address, or an IPv6 /64.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimits {
    /// Invitations and resends of an organization.
    pub invitations_per_organization: u32,
    /// Invitations and resends of an organization in its first day; also those of one user in all organizations of that
    /// age, so that creating more organizations does not raise the limit.
    pub invitations_per_new_organization: u32,
    /// Invitations and resends by one user in all organizations.
    pub invitations_per_user: u32,
    /// Invitations and resends from one client address.
    pub invitations_per_address: u32,
    /// Invitations and resends to one recipient from one organization, and by one user.
    pub invitations_per_recipient: u32,
    /// Rows of bulk invitations by one user, including invalid ones and those of dry runs.
    pub bulk_rows_per_user: u32,
    pub organizations_per_user: u32,
    pub organizations_per_address: u32,
    pub workspaces_per_user: u32,
    pub workspaces_per_organization: u32,
    /// Roles that one user creates, in organizations and in workspaces.
    pub roles_per_user: u32,
    /// Roles of an organization and of its workspaces.
    pub roles_per_organization: u32,
    pub domains_per_user: u32,
    pub domains_per_organization: u32,
    /// Email addresses that one user claims for their account.
    pub email_addresses_per_user: u32,
    /// Email addresses that are claimed for accounts from one client address.
    pub email_addresses_per_address: u32,
    pub join_requests_per_user: u32,
    /// Images that one user uploads in an hour.
    pub uploads_per_user: u32,
    /// Images that are uploaded from one client address in an hour, and with one API key.
    pub uploads_per_address: u32,
    /// Tests, and deliveries that are sent again, of the endpoints of an organization in an hour; also of those of the
    /// installation. The operator may send any number.
    pub webhook_replays_per_organization: u32,
}

impl RateLimits {
    /// Every limit with the same value.
    pub const fn all(max: u32) -> Self {
        Self {
            invitations_per_organization: max,
            invitations_per_new_organization: max,
            invitations_per_user: max,
            invitations_per_address: max,
            invitations_per_recipient: max,
            bulk_rows_per_user: max,
            organizations_per_user: max,
            organizations_per_address: max,
            workspaces_per_user: max,
            workspaces_per_organization: max,
            roles_per_user: max,
            roles_per_organization: max,
            domains_per_user: max,
            domains_per_organization: max,
            email_addresses_per_user: max,
            email_addresses_per_address: max,
            join_requests_per_user: max,
            uploads_per_user: max,
            uploads_per_address: max,
            webhook_replays_per_organization: max,
        }
    }

    /// Returns whether creating an invitation counts anything.
    pub(crate) const fn limits_invitations(&self) -> bool {
        self.invitations_per_organization > 0
            || self.invitations_per_new_organization > 0
            || self.invitations_per_user > 0
            || self.invitations_per_address > 0
            || self.invitations_per_recipient > 0
    }
}

impl Default for RateLimits {
    fn default() -> Self {
        Self {
            invitations_per_organization: 5000,
            invitations_per_new_organization: 200,
            invitations_per_user: 5000,
            invitations_per_address: 10_000,
            invitations_per_recipient: 20,
            bulk_rows_per_user: 20_000,
            organizations_per_user: 10,
            organizations_per_address: 50,
            workspaces_per_user: 50,
            workspaces_per_organization: 200,
            roles_per_user: 200,
            roles_per_organization: 500,
            domains_per_user: 50,
            domains_per_organization: 100,
            email_addresses_per_user: 20,
            email_addresses_per_address: 200,
            join_requests_per_user: 20,
            uploads_per_user: 60,
            uploads_per_address: 600,
            webhook_replays_per_organization: 20_000,
        }
    }
}
