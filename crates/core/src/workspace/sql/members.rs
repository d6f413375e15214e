//! Statements of sorted lists of the members of a workspace.

use vestibule_db::{Text, sql};

use super::{WorkspaceMembership, WorkspaceMembershipRole};
use crate::id::{OrganizationId, UserId, WorkspaceId, WorkspaceMembershipId};
use crate::listing::packed_ids;
use crate::user::PublicUser;

macro_rules! memberships {
    ($rest:expr) => {
        concat!(
            "SELECT m.id AS id, m.organization_id AS organization_id, m.workspace_id AS workspace_id,
                    m.organization_membership_id AS organization_membership_id, m.user_id AS user_id,
                    m.public_metadata AS public_metadata, m.created_at AS created_at, m.updated_at AS updated_at
               FROM ",
            $rest
        )
    };
}

sql! {
    /// Before an id.
    NEWEST(OrganizationId, WorkspaceId, WorkspaceMembershipId, i64, i64) -> WorkspaceMembership =
        memberships!("workspace_memberships m
              WHERE m.organization_id = $1 AND m.workspace_id = $2 AND m.id < $3 ORDER BY m.id DESC LIMIT $4 OFFSET $5");

    /// After an id.
    OLDEST(OrganizationId, WorkspaceId, WorkspaceMembershipId, i64, i64) -> WorkspaceMembership =
        memberships!("workspace_memberships m
              WHERE m.organization_id = $1 AND m.workspace_id = $2 AND m.id > $3 ORDER BY m.id LIMIT $4 OFFSET $5");

    /// By the ids of memberships of the organization.
    OF_MEMBERS(OrganizationId, WorkspaceId, Text) -> WorkspaceMembership =
        memberships!(concat!(
            packed_ids!("$3"),
            "CROSS JOIN workspace_memberships m
              WHERE m.organization_id = $1 AND m.workspace_id = $2 AND m.organization_membership_id = p.id"
        ));

    USER(OrganizationId, WorkspaceId, WorkspaceMembershipId) -> (UserId,) =
        "SELECT user_id FROM workspace_memberships WHERE organization_id = $1 AND workspace_id = $2 AND id = $3";

    USERS(OrganizationId, WorkspaceId, Text) -> PublicUser =
        concat!(
            "SELECT u.id AS id, u.first_name AS first_name, u.last_name AS last_name, u.username AS username,
                    u.image_url AS image_url, u.created_at AS created_at, u.updated_at AS updated_at,
                    e.id AS email_id, e.address_key AS email, e.verified_at AS email_verified_at,
                    e.created_at AS email_created_at, e.updated_at AS email_updated_at
               FROM ",
            packed_ids!("$3"),
            "CROSS JOIN workspace_memberships m
               JOIN users u ON u.id = m.user_id
               LEFT JOIN email_addresses e ON e.user_id = u.id AND e.is_primary = 1
              WHERE m.organization_id = $1 AND m.workspace_id = $2 AND m.id = p.id"
        );

    ROLES(OrganizationId, WorkspaceId, Text) -> WorkspaceMembershipRole =
        concat!(
            "SELECT mr.workspace_membership_id AS membership_id, r.id AS id, r.workspace_id AS workspace_id,
                    r.name AS name, r.permissions AS permissions, r.created_at AS created_at, r.updated_at AS updated_at
               FROM ",
            packed_ids!("$3"),
            "CROSS JOIN workspace_membership_roles mr
               JOIN workspace_roles r ON r.scope = mr.role_scope + 0 AND r.id = mr.role_id + 0
              WHERE mr.organization_id = $1 AND mr.workspace_id = $2 AND mr.workspace_membership_id = p.id
              ORDER BY r.id"
        );
}
