//! Statements on the workspaces of one user, in all organizations.

use vestibule_db::sql;

use super::{Workspace, WorkspaceMembership, WorkspaceMembershipRole};
use crate::id::UserId;

sql! {
    ALL_OF_USER(UserId) -> WorkspaceMembership =
        "SELECT id, organization_id, workspace_id, organization_membership_id, user_id, public_metadata, created_at, updated_at
           FROM workspace_memberships WHERE user_id = $1 ORDER BY id DESC";

    OF_USER(UserId) -> Workspace =
        "SELECT w.id AS id, w.organization_id AS organization_id, w.name AS name, w.description AS description,
                w.image_url AS image_url, w.member_count AS member_count, w.whitelisted_ips AS whitelisted_ips,
                w.enable_ip_restriction AS enable_ip_restriction, w.enforce_mfa AS enforce_mfa,
                w.minimum_assurance AS minimum_assurance, w.mfa_enforced_from AS mfa_enforced_from,
                w.public_metadata AS public_metadata, w.private_metadata AS private_metadata, w.created_at AS created_at,
                w.updated_at AS updated_at
           FROM workspace_memberships m
           JOIN workspaces w ON w.organization_id = m.organization_id AND w.id = m.workspace_id
          WHERE m.user_id = $1
          ORDER BY m.id DESC";

    ROLES_OF_USER(UserId) -> WorkspaceMembershipRole =
        "SELECT mr.workspace_membership_id AS membership_id, r.id AS id, r.workspace_id AS workspace_id, r.name AS name,
                r.permissions AS permissions, r.created_at AS created_at, r.updated_at AS updated_at
           FROM workspace_memberships m
           JOIN workspace_membership_roles mr ON mr.organization_id = m.organization_id
                AND mr.workspace_id = m.workspace_id AND mr.workspace_membership_id = m.id
           JOIN workspace_roles r ON r.scope = mr.role_scope AND r.id = mr.role_id
          WHERE m.user_id = $1
          ORDER BY r.id";
}
