//! Statements on the deployment and its shared roles, which belong to no organization.

use vestibule_db::{Bytes, Text, sql};

use crate::cache::Scope;
use crate::deployment::Deployment;
use crate::id::{DeploymentId, RoleId, WorkspaceRoleId};
use crate::permission::PermissionSet;
use crate::time::Timestamp;

sql! {
    FIND() -> Deployment =
        "SELECT id, key_check, creator_role_id, member_role_id, workspace_creator_role_id, workspace_member_role_id,
                created_at
           FROM deployments";

    INSERT(InsertDeployment {
        id: DeploymentId,
        key_check: Bytes,
        creator_role: RoleId,
        member_role: RoleId,
        workspace_creator_role: WorkspaceRoleId,
        workspace_member_role: WorkspaceRoleId,
        now: Timestamp,
    }) -> Deployment =
        "INSERT INTO deployments (id, key_check, creator_role_id, member_role_id, workspace_creator_role_id,
                                  workspace_member_role_id, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $7)
      RETURNING id, key_check, creator_role_id, member_role_id, workspace_creator_role_id, workspace_member_role_id,
                created_at";

    INSERT_ROLE(RoleId, Text, PermissionSet, bool, Timestamp) invalidates Everyone(all) =
        "INSERT INTO organization_roles (id, organization_id, scope, name, permissions, grants_admin, created_at, updated_at)
         VALUES ($1, NULL, 0, $2, $3, $4, $5, $5)";

    INSERT_WORKSPACE_ROLE(WorkspaceRoleId, Text, PermissionSet, bool, Timestamp) invalidates Everyone(all) =
        "INSERT INTO workspace_roles (id, organization_id, workspace_id, scope, name, permissions, grants_admin, created_at, updated_at)
         VALUES ($1, NULL, NULL, 0, $2, $3, $4, $5, $5)";
}
