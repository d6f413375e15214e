//! The deployment's row and the roles of the deployment, which no organization owns.

use crate::access::PermissionSet;
use crate::db::{Bytes, Text, record, sql};
use crate::id::{DeploymentId, RoleId, WorkspaceRoleId};
use crate::time::Timestamp;

record! {
    /// The installation, and the roles that newcomers get.
    pub struct Deployment {
        /// Its id, which organizations show.
        pub id: DeploymentId,
        pub(crate) key_check: Vec<u8>,
        /// Given to whoever creates an organization.
        pub creator_role_id: RoleId,
        /// Given to whoever joins one without a role.
        pub member_role_id: RoleId,
        /// Given to whoever creates a workspace.
        pub workspace_creator_role_id: WorkspaceRoleId,
        /// Given to whoever joins one without a role.
        pub workspace_member_role_id: WorkspaceRoleId,
        /// When it was made.
        pub created_at: Timestamp,
    }
}

sql! {
    FIND(): Deployment =
        "SELECT id, key_check, creator_role_id, member_role_id, workspace_creator_role_id, workspace_member_role_id,
                created_at
           FROM deployments";

    INSERT(DeploymentId, Bytes, RoleId, RoleId, WorkspaceRoleId, WorkspaceRoleId, Timestamp): Deployment =
        "INSERT INTO deployments (id, key_check, creator_role_id, member_role_id, workspace_creator_role_id,
                                  workspace_member_role_id, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $7)
      RETURNING id, key_check, creator_role_id, member_role_id, workspace_creator_role_id, workspace_member_role_id,
                created_at";

    INSERT_ROLE(RoleId, Text, PermissionSet, bool, Timestamp) =
        "INSERT INTO organization_roles (id, organization_id, scope, name, permissions, grants_admin, created_at, updated_at)
         VALUES ($1, NULL, 0, $2, $3, $4, $5, $5)";

    INSERT_WORKSPACE_ROLE(WorkspaceRoleId, Text, PermissionSet, bool, Timestamp) =
        "INSERT INTO workspace_roles (id, organization_id, workspace_id, scope, name, permissions, grants_admin, created_at, updated_at)
         VALUES ($1, NULL, NULL, 0, $2, $3, $4, $5, $5)";
}
