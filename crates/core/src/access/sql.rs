//! Statements that load permissions.

use vestibule_db::{record, sql};

use super::PermissionSet;
use crate::assurance::{Assurance, SecondFactors};
use crate::id::{ConnectionId, EmailAddressId, MembershipId, OrganizationId, UserId, WorkspaceId};
use crate::permission::{required_connection, requires_sso};
use crate::time::Timestamp;

record! {
    /// A membership with the permissions of one of its roles. A membership without roles has one row without
    /// permissions.
    pub(crate) struct MembershipRow {
        pub(crate) membership_id: MembershipId,
        pub(crate) restricts_addresses: bool,
        pub(crate) allowed_addresses: String,
        pub(crate) requires_sso: bool,
        pub(crate) enforce_mfa: bool,
        pub(crate) minimum_assurance: Assurance,
        pub(crate) mfa_enforced_from: Timestamp,
        pub(crate) permissions: Option<PermissionSet>,
    }
}

record! {
    /// A workspace's organization, and what the workspace requires of its members.
    pub(crate) struct WorkspaceRow {
        pub(crate) organization_id: OrganizationId,
        pub(crate) restricts_addresses: bool,
        pub(crate) allowed_addresses: String,
        pub(crate) enforce_mfa: bool,
        pub(crate) minimum_assurance: Assurance,
        pub(crate) mfa_enforced_from: Timestamp,
    }
}

record! {
    /// A workspace membership with the permissions of one of its roles, if it has any.
    pub(crate) struct WorkspacePermissionsRow {
        pub(crate) workspace_id: WorkspaceId,
        pub(crate) permissions: Option<PermissionSet>,
    }
}

sql! {
    /// Starts from the workspace alone, since that is all a URL path names. Later statements use the organization found
    /// here.
    WORKSPACE(WorkspaceId) -> WorkspaceRow =
        "SELECT organization_id, enable_ip_restriction AS restricts_addresses, whitelisted_ips AS allowed_addresses,
                enforce_mfa, minimum_assurance, mfa_enforced_from
           FROM workspaces WHERE id = $1";

    ORGANIZATION(OrganizationId) -> (OrganizationId,) =
        "SELECT id FROM organizations WHERE id = $1 AND deleted_at IS NULL";

    SECOND_FACTORS(UserId) -> (SecondFactors,) = "SELECT second_factors FROM users WHERE id = $1";

    MEMBERSHIP(OrganizationId, UserId) -> MembershipRow =
        concat!(
            "SELECT m.id AS membership_id, o.enable_ip_restriction AS restricts_addresses,
                o.whitelisted_ips AS allowed_addresses, ", requires_sso!("o", "m.user_id"), ",
                o.enforce_mfa AS enforce_mfa, o.minimum_assurance AS minimum_assurance,
                o.mfa_enforced_from AS mfa_enforced_from, r.permissions AS permissions
           FROM organization_memberships m
           JOIN organizations o ON o.id = m.organization_id AND o.deleted_at IS NULL
           LEFT JOIN organization_membership_roles mr ON mr.organization_id = m.organization_id AND mr.membership_id = m.id
           LEFT JOIN organization_roles r ON r.scope = mr.role_scope AND r.id = mr.role_id
          WHERE m.organization_id = $1 AND m.user_id = $2"
        );

    /// The organizations of a user in which they have to sign in through its identity provider.
    REQUIRING_SSO(UserId) -> (OrganizationId,) =
        "SELECT o.id
           FROM organization_memberships m
           JOIN organizations o ON o.id = m.organization_id AND o.requires_sso = 1
          WHERE m.user_id = $1
            AND EXISTS (SELECT 1 FROM members_requiring_sso q WHERE q.organization_id = o.id AND q.user_id = m.user_id)";

    /// The connection through which a user has to sign in. First one of their addresses', or one where they have an
    /// identity; then any, if another connection knows them.
    REQUIRED_CONNECTION(OrganizationId, UserId) -> (ConnectionId,) =
        required_connection!("", "");

    /// The connection that an organization requires of a member only because of this verified address: no other address of
    /// theirs has its domain, and they have no identity of the connection.
    REQUIRED_FOR_ADDRESS(UserId, EmailAddressId) -> (ConnectionId,) =
        "SELECT c.id
           FROM email_addresses e
           JOIN domains d ON d.domain = e.domain AND d.verified_at IS NOT NULL
           JOIN connection_domains cd ON cd.organization_id = d.organization_id AND cd.domain_id = d.id
           JOIN enterprise_connections c ON c.organization_id = cd.organization_id AND c.id = cd.connection_id
                AND c.is_required = 1 AND c.is_enabled = 1
           JOIN organizations o ON o.id = c.organization_id AND o.deleted_at IS NULL
           JOIN organization_memberships m ON m.organization_id = o.id AND m.user_id = e.user_id
          WHERE e.user_id = $1 AND e.id = $2 AND e.verified_at IS NOT NULL
            AND NOT EXISTS (SELECT 1 FROM email_addresses a
                             WHERE a.user_id = $1 AND a.id <> $2 AND a.domain = e.domain AND a.verified_at IS NOT NULL)
            AND NOT EXISTS (SELECT 1 FROM identities i WHERE i.connection_id = c.id AND i.user_id = $1)
          LIMIT 1";

    MEMBERSHIP_PERMISSIONS(OrganizationId, MembershipId) -> (PermissionSet,) =
        "SELECT r.permissions
           FROM organization_membership_roles mr
           JOIN organization_roles r ON r.scope = mr.role_scope AND r.id = mr.role_id
          WHERE mr.organization_id = $1 AND mr.membership_id = $2";

    PERMISSIONS_BY_WORKSPACE(OrganizationId, MembershipId) -> WorkspacePermissionsRow =
        "SELECT m.workspace_id AS workspace_id, r.permissions AS permissions
           FROM workspace_memberships m
           LEFT JOIN workspace_membership_roles mr
             ON mr.organization_id = m.organization_id AND mr.workspace_id = m.workspace_id AND mr.workspace_membership_id = m.id
           LEFT JOIN workspace_roles r ON r.scope = mr.role_scope AND r.id = mr.role_id
          WHERE m.organization_id = $1 AND m.organization_membership_id = $2";

    WORKSPACE_PERMISSIONS(OrganizationId, WorkspaceId, MembershipId) -> (Option<PermissionSet>,) =
        "SELECT r.permissions
           FROM workspace_memberships m
           LEFT JOIN workspace_membership_roles mr
             ON mr.organization_id = m.organization_id AND mr.workspace_id = m.workspace_id AND mr.workspace_membership_id = m.id
           LEFT JOIN workspace_roles r ON r.scope = mr.role_scope AND r.id = mr.role_id
          WHERE m.organization_id = $1 AND m.workspace_id = $2 AND m.organization_membership_id = $3";
}
