//! The offers to hand an organization over.

use crate::cache::Scope;
use crate::id::{MembershipId, OrganizationId, RoleId, UserId};
use crate::time::Timestamp;
use vestibule_db::{record, sql};

record! {
    /// An organization that somebody wants to hand over to the caller.
    pub struct Offered {
        /// Which one.
        pub organization_id: OrganizationId,
        /// Its name.
        pub organization_name: String,
        /// Who hands it over.
        pub giver_id: UserId,
        /// Perhaps empty.
        pub giver_first_name: String,
        /// Perhaps empty.
        pub giver_last_name: String,
        /// From this instant on it is too late.
        pub expires_at: Timestamp,
        /// When it was offered.
        pub created_at: Timestamp,
    }
}

sql! {
    /// One that has run out makes room; nothing comes back when another is open.
    INSERT(OrganizationId, MembershipId, MembershipId, Timestamp, Timestamp) -> (OrganizationId,) =
        "INSERT INTO handovers (organization_id, from_membership_id, to_membership_id, expires_at, created_at)
         VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (organization_id) DO UPDATE
            SET from_membership_id = excluded.from_membership_id, to_membership_id = excluded.to_membership_id,
                expires_at = excluded.expires_at, created_at = excluded.created_at
          WHERE handovers.expires_at <= $5
      RETURNING organization_id";

    WITHDRAW(OrganizationId) -> (OrganizationId,) =
        "DELETE FROM handovers WHERE organization_id = $1 RETURNING organization_id";

    /// The receiver answers; what they get is who gives.
    ANSWER(OrganizationId, MembershipId, Timestamp) -> (MembershipId,) =
        "DELETE FROM handovers WHERE organization_id = $1 AND to_membership_id = $2 AND expires_at > $3
      RETURNING from_membership_id";

    /// Gives the receiver what makes the giver an admin.
    GIVE(OrganizationId, MembershipId, MembershipId) invalidates Organization(1) =
        "INSERT INTO organization_membership_roles (organization_id, membership_id, role_scope, role_id)
         SELECT $1, $3, mr.role_scope, mr.role_id
           FROM organization_membership_roles mr
           JOIN organization_roles r ON r.scope = mr.role_scope AND r.id = mr.role_id AND r.grants_admin = 1
          WHERE mr.organization_id = $1 AND mr.membership_id = $2
             ON CONFLICT (role_scope, role_id, organization_id, membership_id) DO NOTHING";

    /// What makes somebody an admin.
    ADMIN_ROLES(OrganizationId, MembershipId) -> (RoleId,) =
        "SELECT mr.role_id FROM organization_membership_roles mr
           JOIN organization_roles r ON r.scope = mr.role_scope AND r.id = mr.role_id AND r.grants_admin = 1
          WHERE mr.organization_id = $1 AND mr.membership_id = $2";

    TAKE(OrganizationId, MembershipId, RoleId) invalidates Organization(1) =
        "DELETE FROM organization_membership_roles WHERE organization_id = $1 AND membership_id = $2 AND role_id = $3";

    /// What is offered to a user.
    OFFERED(UserId, Timestamp) -> Offered =
        "SELECT o.id AS organization_id, o.name AS organization_name, u.id AS giver_id, u.first_name AS giver_first_name,
                u.last_name AS giver_last_name, h.expires_at AS expires_at, h.created_at AS created_at
           FROM organization_memberships m
           JOIN handovers h ON h.organization_id = m.organization_id AND h.to_membership_id = m.id AND h.expires_at > $2
           JOIN organizations o ON o.id = h.organization_id AND o.deleted_at IS NULL
           JOIN organization_memberships g ON g.organization_id = h.organization_id AND g.id = h.from_membership_id
           JOIN users u ON u.id = g.user_id
          WHERE m.user_id = $1
          ORDER BY h.created_at DESC, o.id";
}
