//! The statements of ownership offers. An organization has at most one.

use vestibule_db::{record, sql};

use crate::cache::Scope;
use crate::id::{MembershipId, OrganizationId, RoleId, UserId};
use crate::time::Timestamp;

record! {
    /// An offer as the member who receives it sees it.
    pub struct OwnershipOffer {
        pub organization_id: OrganizationId,
        pub organization_name: String,
        /// The current owner, who made the offer.
        pub owner_id: UserId,
        pub owner_first_name: String,
        pub owner_last_name: String,
        /// Exclusive.
        pub expires_at: Timestamp,
        pub created_at: Timestamp,
    }
}

record! {
    /// An open offer as the admins of the organization see it.
    pub struct OpenOffer {
        /// The member who can accept it.
        pub membership_id: MembershipId,
        /// Exclusive.
        pub expires_at: Timestamp,
    }
}

sql! {
    /// Replaces an expired offer. Returns no row if another offer is open.
    INSERT(OrganizationId, MembershipId, MembershipId, Timestamp, Timestamp) -> (OrganizationId,) =
        "INSERT INTO handovers (organization_id, from_membership_id, to_membership_id, expires_at, created_at)
         VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (organization_id) DO UPDATE
            SET from_membership_id = excluded.from_membership_id, to_membership_id = excluded.to_membership_id,
                expires_at = excluded.expires_at, created_at = excluded.created_at
          WHERE handovers.expires_at <= $5
      RETURNING organization_id";

    OPEN(OrganizationId, Timestamp) -> OpenOffer =
        "SELECT to_membership_id AS membership_id, expires_at FROM handovers WHERE organization_id = $1 AND expires_at > $2";

    WITHDRAW(OrganizationId) -> (OrganizationId,) =
        "DELETE FROM handovers WHERE organization_id = $1 RETURNING organization_id";

    /// Deletes the open offer to a member. Returns the membership of the current owner.
    CONSUME(OrganizationId, MembershipId, Timestamp) -> (MembershipId,) =
        "DELETE FROM handovers WHERE organization_id = $1 AND to_membership_id = $2 AND expires_at > $3
      RETURNING from_membership_id";

    /// Assigns the admin roles of the second argument to the third.
    COPY_ADMIN_ROLES(OrganizationId, MembershipId, MembershipId) invalidates Organization(1) =
        "INSERT INTO organization_membership_roles (organization_id, membership_id, role_scope, role_id)
         SELECT $1, $3, mr.role_scope, mr.role_id
           FROM organization_membership_roles mr
           JOIN organization_roles r ON r.scope = mr.role_scope AND r.id = mr.role_id AND r.grants_admin = 1
          WHERE mr.organization_id = $1 AND mr.membership_id = $2
             ON CONFLICT (role_scope, role_id, organization_id, membership_id) DO NOTHING";

    ADMIN_ROLES(OrganizationId, MembershipId) -> (RoleId,) =
        "SELECT mr.role_id FROM organization_membership_roles mr
           JOIN organization_roles r ON r.scope = mr.role_scope AND r.id = mr.role_id AND r.grants_admin = 1
          WHERE mr.organization_id = $1 AND mr.membership_id = $2";

    REVOKE_ROLE(OrganizationId, MembershipId, RoleId) invalidates Organization(1) =
        "DELETE FROM organization_membership_roles WHERE organization_id = $1 AND membership_id = $2 AND role_id = $3";

    LIST_OWN(UserId, Timestamp) -> OwnershipOffer =
        "SELECT o.id AS organization_id, o.name AS organization_name, u.id AS owner_id, u.first_name AS owner_first_name,
                u.last_name AS owner_last_name, h.expires_at AS expires_at, h.created_at AS created_at
           FROM organization_memberships m
           JOIN handovers h ON h.organization_id = m.organization_id AND h.to_membership_id = m.id AND h.expires_at > $2
           JOIN organizations o ON o.id = h.organization_id AND o.deleted_at IS NULL
           JOIN organization_memberships g ON g.organization_id = h.organization_id AND g.id = h.from_membership_id
           JOIN users u ON u.id = g.user_id
          WHERE m.user_id = $1
          ORDER BY h.created_at DESC, o.id";
}
