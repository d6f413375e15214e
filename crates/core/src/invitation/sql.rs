//! The statements of invitations. Each has the organization in its condition, except for [`BY_TOKEN`], which starts
//! from a token.

pub(crate) mod idempotency;
pub(crate) mod lists;
pub(crate) mod references;
pub(crate) mod views;

use vestibule_db::{Text, record, sql};

use super::{Delivery, Status};
use crate::cache::Scope;
use crate::id::{
    ApiKeyId, ConnectionId, EmailAddressId, InvitationId, MembershipId, OrganizationId, RoleId, SessionId, SignInId,
    UserId, WorkspaceId, WorkspaceRoleId,
};
use crate::language::Language;
use crate::permission::{PermissionSet, required_connection};
use crate::time::Timestamp;

record! {
    /// An invitation with what its state machine depends on.
    pub struct Invitation {
        pub id: InvitationId,
        pub organization_id: OrganizationId,
        /// The invited address, in the form in which addresses are compared.
        pub email_key: String,
        pub status: Status,
        /// A resend replaces it; tokens with an older one are invalid.
        pub generation: i64,
        pub role_id: RoleId,
        pub workspace_id: Option<WorkspaceId>,
        pub workspace_role_id: Option<WorkspaceRoleId>,
        /// `None` if the inviter has left, or if an API key made it.
        pub inviter_membership_id: Option<MembershipId>,
        /// Whether it was suspended when its inviter left or was removed, or its API key was revoked.
        pub left_suspended: bool,
        /// Exclusive.
        pub expires_at: Timestamp,
    }
}

record! {
    /// The number of invitations to one organization.
    pub struct OrganizationCount {
        pub organization_id: OrganizationId,
        pub count: i64,
    }
}

record! {
    /// An invitation as the list of invitations shows it, without what it refers to by id.
    pub struct InvitationRow {
        pub id: InvitationId,
        pub organization_id: OrganizationId,
        pub email_key: String,
        pub status: Status,
        pub(crate) generation: i64,
        /// Exclusive.
        pub expires_at: Timestamp,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
        pub role_id: RoleId,
        pub workspace_id: Option<WorkspaceId>,
        pub workspace_role_id: Option<WorkspaceRoleId>,
        /// `None` if the inviter has left.
        pub inviter_membership_id: Option<MembershipId>,
        /// Whether an API key made it. It then has no inviter, although nobody has left.
        pub is_by_api_key: bool,
        /// Whether it was suspended when its inviter left or was removed, or its API key was revoked.
        pub left_suspended: bool,
        pub delivery: Delivery,
        /// Why the mail was not delivered; empty if there is no reason.
        pub delivery_reason: String,
        pub delivery_attempts: i64,
        /// When the delivery status last changed.
        pub delivery_at: Timestamp,
        /// When a deferred mail is sent again.
        pub next_delivery_at: Option<Timestamp>,
    }
}

record! {
    /// See `AcceptContext`. One row for each role of the inviter.
    pub(crate) struct AcceptContextRow {
        /// The organization's name.
        pub(super) name: String,
        /// Whether the organization requires single sign-on of some of its members.
        pub(super) requires_sso: bool,
        /// 0 for none.
        pub(super) auto_assigned_workspace_id: WorkspaceId,
        /// The next three belong to the account that has the invited address, verified or not.
        pub(super) email_id: Option<EmailAddressId>,
        pub(super) user_id: Option<UserId>,
        pub(super) verified_at: Option<Timestamp>,
        /// The owner's sign-in within the caller's session.
        pub(super) sign_in_id: Option<SignInId>,
        /// The owner's membership in the organization.
        pub(super) membership_id: Option<MembershipId>,
        /// The permissions of the invited role; `None` if it was removed.
        pub(super) granted_permissions: Option<PermissionSet>,
        pub(super) inviter_permissions: Option<PermissionSet>,
    }
}

record! {
    /// What a pending invitation would grant.
    pub(crate) struct SentInvitation {
        pub(crate) id: InvitationId,
        pub(crate) permissions: PermissionSet,
        pub(crate) workspace_id: Option<WorkspaceId>,
        pub(crate) workspace_permissions: Option<PermissionSet>,
        /// Exclusive.
        pub(crate) expires_at: Timestamp,
    }
}

record! {
    /// Whether mail reaches the invitee.
    pub(crate) struct Deliverability {
        pub(crate) delivery: Delivery,
        /// Whether the address has unsubscribed from mails of this organization.
        pub(crate) is_unsubscribed: bool,
    }
}

record! {
    pub(crate) struct PendingInvitation {
        pub(crate) email_key: String,
        /// The id of the workspace; 0 for none.
        pub(crate) workspace_scope: i64,
        pub(crate) expires_at: Timestamp,
    }
}

/// A statement with the columns of an [`InvitationRow`]. What its ids refer to is loaded once for a page and not for
/// each row.
macro_rules! invitation_row {
    ($before:literal, $after:literal) => {
        concat!(
            $before,
            " id, organization_id, email_key, status, generation, expires_at, created_at, updated_at, role_id, workspace_id,
              workspace_role_id, inviter_membership_id, is_by_api_key, left_suspended, delivery, delivery_reason, delivery_attempts,
              delivery_at, next_delivery_at ",
            $after
        )
    };
}

/// A statement with the columns of an [`Invitation`].
macro_rules! invitation {
    ($before:literal, $after:literal) => {
        concat!(
            $before,
            " id, organization_id, email_key, status, generation, role_id, workspace_id, workspace_role_id,
              inviter_membership_id, left_suspended, expires_at ",
            $after
        )
    };
}

sql! {
    /// One page of invitations in one status. Ids are never null: `NULLS LAST` is for PostgreSQL's planner. Only the
    /// intended index has this order, so the planner cannot choose to scan the invitations of all organizations in the
    /// order of ids.
    PAGE(OrganizationId, Status, InvitationId, i64) -> InvitationRow =
        invitation_row!("SELECT", "FROM invitations i
          WHERE i.organization_id = $1 AND i.status = $2 AND i.id < $3 ORDER BY i.id DESC NULLS LAST LIMIT $4");

    FIND(OrganizationId, InvitationId) -> Invitation =
        invitation!("SELECT", "FROM invitations WHERE organization_id = $1 AND id = $2");

    /// Finds by the id in a token. The caller compares the secrets of the token before it does anything else.
    BY_TOKEN(InvitationId) -> Invitation = invitation!(
            "SELECT",
            "FROM invitations WHERE id = $1
               AND EXISTS (SELECT 1 FROM organizations o WHERE o.id = organization_id AND o.deleted_at IS NULL)"
        );

    /// An unverified address counts only for the user of this session who has it, and as a hint to the owner of the
    /// mailbox. The session id or the membership id of the inviter is 0 if there is none. One row for each role of the
    /// inviter. An inviter whose account is disabled has no permissions.
    ACCEPT_CONTEXT(OrganizationId, Text, SessionId, Timestamp, RoleId, MembershipId) -> AcceptContextRow =
        "SELECT o.name AS name, o.requires_sso AS requires_sso,
                o.auto_assigned_workspace_id AS auto_assigned_workspace_id, e.id AS email_id, e.user_id AS user_id, e.verified_at AS verified_at, i.id AS sign_in_id, m.id AS membership_id,
                r.permissions AS granted_permissions, h.permissions AS inviter_permissions
           FROM organizations o
           LEFT JOIN email_addresses e ON e.address_key = $2
           LEFT JOIN users u ON u.id = e.user_id AND u.disabled = 0
           LEFT JOIN sign_ins i ON i.session_id = $3 AND i.user_id = u.id AND i.expires_at > $4
                AND i.impersonator_id IS NULL
           LEFT JOIN organization_memberships m ON m.organization_id = $1 AND m.user_id = e.user_id
           LEFT JOIN organization_roles r ON r.scope IN (0, $1) AND r.id = $5 AND r.removed_at IS NULL
           LEFT JOIN organization_memberships im ON im.organization_id = $1 AND im.id = $6
           LEFT JOIN users iu ON iu.id = im.user_id AND iu.disabled = 0
           LEFT JOIN organization_membership_roles mr ON mr.organization_id = $1 AND mr.membership_id = $6
                AND iu.id IS NOT NULL
           LEFT JOIN organization_roles h ON h.scope = mr.role_scope AND h.id = mr.role_id
          WHERE o.id = $1 AND o.deleted_at IS NULL";

    /// The connection through which an invitee has to sign in, for the domain ($3) of the invited address, for one of their
    /// other addresses or for an identity; then any, if another connection of the organization knows them. None if their
    /// sign-in ($4) was made through the organization's provider.
    REQUIRED_CONNECTION(OrganizationId, UserId, Text, SignInId) -> (ConnectionId,) =
        required_connection!(
            "d.domain = $3 OR",
            "AND NOT EXISTS (SELECT 1 FROM sign_ins s WHERE s.id = $4 AND s.sso_organization_id = $1)"
        );

    /// Inserts nothing if the address has a pending invitation in the same scope, or a member there has verified it. It
    /// returns no columns: the caller knows all values, and SQLite materializes a `RETURNING` clause in a temporary
    /// table.
    INSERT(NewInvitation {
        organization: OrganizationId,
        id: InvitationId,
        email: Text,
        email_key: Text,
        generation: i64,
        role_scope: i64,
        role: RoleId,
        workspace: Option<WorkspaceId>,
        workspace_role_scope: Option<i64>,
        workspace_role: Option<WorkspaceRoleId>,
        inviter: Option<MembershipId>,
        delivery: Delivery,
        expires_at: Timestamp,
        now: Timestamp,
        language: Option<Language>,
        message: Text,
        api_key: Option<ApiKeyId>,
    }) invalidates Invitations(organization) =
        "INSERT INTO invitations (organization_id, id, email, email_key, status, generation, role_scope, role_id,
                                  workspace_scope, workspace_id, workspace_role_scope, workspace_role_id,
                                  inviter_membership_id, delivery, delivery_at, expires_at, created_at, updated_at,
                                  language, message, api_key_id, is_by_api_key)
         SELECT $1, $2, $3, $4, 'pending', $5, $6, $7, COALESCE($8, 0), $8, $9, $10, $11, $12, $14, $13, $14, $14, $15,
                $16, $17, CASE WHEN $17 IS NULL THEN 0 ELSE 1 END
          WHERE NOT EXISTS (SELECT 1
                              FROM email_addresses e
                              JOIN organization_memberships m ON m.organization_id = $1 AND m.user_id = e.user_id
                              LEFT JOIN workspace_memberships p ON p.organization_id = $1 AND p.workspace_id = $8
                                   AND p.organization_membership_id = m.id
                             WHERE e.address_key = $4 AND e.verified_at IS NOT NULL AND COALESCE(p.workspace_id, 0) = COALESCE($8, 0))
             ON CONFLICT (organization_id, email_key, workspace_scope) WHERE status = 'pending' DO NOTHING";

    /// Discards an expired invitation, so that a new one can be inserted for the same address. The conditions on the
    /// roles and the inviter are those of [`DISCARD`].
    SUPERSEDE(OrganizationId, InvitationId, Timestamp, RoleId, Option<WorkspaceRoleId>, MembershipId) invalidates Invitations(1) =
        "UPDATE invitations SET status = 'discarded', updated_at = $3
          WHERE organization_id = $1 AND id = $2 AND status = 'pending' AND expires_at <= $3
            AND role_id = $4 AND COALESCE(workspace_role_id, 0) = COALESCE($5, 0)
            AND COALESCE(inviter_membership_id, 0) = $6";

    SHOW(OrganizationId, InvitationId) -> InvitationRow =
        invitation_row!("SELECT", "FROM invitations WHERE organization_id = $1 AND id = $2");

    /// The pending invitation of an address key to a workspace; 0 for none.
    FIND_PENDING(OrganizationId, Text, i64) -> Invitation =
        invitation!("SELECT", "FROM invitations
          WHERE organization_id = $1 AND email_key = $2 AND workspace_scope = $3 AND status = 'pending'");

    /// The newest pending invitation of an address key that was created after another one.
    NEWER_PENDING(OrganizationId, Text, InvitationId) -> Invitation =
        invitation!("SELECT", "FROM invitations
          WHERE organization_id = $1 AND email_key = $2 AND status = 'pending' AND id > $3 ORDER BY id DESC LIMIT 1");

    DELIVERABILITY(OrganizationId, InvitationId) -> Deliverability =
        "SELECT i.delivery AS delivery,
                CASE WHEN EXISTS (SELECT 1 FROM mail_refusals f
                                   WHERE f.organization_id = i.organization_id AND f.address_key = i.email_key)
                     THEN 1 ELSE 0 END AS is_unsubscribed
           FROM invitations i WHERE i.organization_id = $1 AND i.id = $2";

    /// Replaces the generation and the expiry, also of an expired invitation.
    RESEND(ResendInvitation {
        organization: OrganizationId,
        id: InvitationId,
        generation: i64,
        inviter: Option<MembershipId>,
        delivery: Delivery,
        expires_at: Timestamp,
        now: Timestamp,
        delivery_reason: Text,
        api_key: Option<ApiKeyId>,
    }) -> InvitationRow invalidates Invitations(organization) =
        invitation_row!(
            "UPDATE invitations
                SET generation = $3, inviter_membership_id = $4, left_suspended = 0, delivery = $5, delivery_reason = $8,
                    delivery_attempts = 0, delivery_at = $7, next_delivery_at = NULL, expires_at = $6, updated_at = $7,
                    api_key_id = $9, is_by_api_key = CASE WHEN $9 IS NULL THEN 0 ELSE 1 END
              WHERE organization_id = $1 AND id = $2 AND status = 'pending'
          RETURNING", "");

    /// Queues the mail with the same link again, unless it is on the way.
    QUEUE_AGAIN(OrganizationId, InvitationId, i64, Timestamp) invalidates Invitations(1) =
        "UPDATE invitations
            SET delivery = 'queued', delivery_reason = '', delivery_attempts = 0, delivery_at = $4, next_delivery_at = NULL
          WHERE organization_id = $1 AND id = $2 AND generation = $3 AND status = 'pending' AND expires_at > $4
            AND delivery NOT IN ('queued', 'deferred')";

    /// The inviter's permissions; none if their account is disabled.
    INVITER_PERMISSIONS(OrganizationId, MembershipId) -> (PermissionSet,) =
        "SELECT r.permissions
           FROM organization_memberships m
           JOIN users u ON u.id = m.user_id AND u.disabled = 0
           JOIN organization_membership_roles mr ON mr.organization_id = m.organization_id AND mr.membership_id = m.id
           JOIN organization_roles r ON r.scope = mr.role_scope AND r.id = mr.role_id
          WHERE m.organization_id = $1 AND m.id = $2";

    COUNT_OPEN_SENT_BY(OrganizationId, MembershipId, Timestamp) -> (i64,) =
        "SELECT COUNT(*) FROM invitations
          WHERE organization_id = $1 AND inviter_membership_id = $2 AND status = 'pending' AND expires_at > $3";

    /// Includes expired invitations: a resend makes them valid again.
    SUSPEND_SENT_BY(OrganizationId, MembershipId) invalidates Invitations(1) =
        "UPDATE invitations SET left_suspended = 1
          WHERE organization_id = $1 AND inviter_membership_id = $2 AND status = 'pending'";

    DISCARD_SENT(OrganizationId, InvitationId, Timestamp) invalidates Invitations(1) =
        "UPDATE invitations SET status = 'discarded', updated_at = $3
          WHERE organization_id = $1 AND id = $2 AND status = 'pending'";

    /// The pending invitations of an inviter.
    SENT_BY(OrganizationId, MembershipId) -> SentInvitation =
        "SELECT i.id AS id, r.permissions AS permissions, i.workspace_id AS workspace_id,
                wr.permissions AS workspace_permissions, i.expires_at AS expires_at
           FROM invitations i
           JOIN organization_roles r ON r.scope = i.role_scope AND r.id = i.role_id
           LEFT JOIN workspace_roles wr ON wr.scope = i.workspace_role_scope AND wr.id = i.workspace_role_id
          WHERE i.organization_id = $1 AND i.inviter_membership_id = $2 AND i.status = 'pending'";

    /// A scan of the invitations that one API key made, of whichever organization.
    COUNT_BY_API_KEY(ApiKeyId) -> (i64,) =
        "SELECT COUNT(*) FROM invitations WHERE api_key_id = $1 AND status = 'pending'";

    /// The organizations of the invitations that [`SUSPEND_BY_API_KEY`] suspends, with the number of these.
    SUSPENDABLE_BY_API_KEY(ApiKeyId, i64) -> OrganizationCount =
        "SELECT organization_id, COUNT(*) AS count FROM invitations
          WHERE api_key_id = $1 AND status = 'pending' AND left_suspended = 0
          GROUP BY organization_id ORDER BY organization_id LIMIT $2";

    SUSPEND_BY_API_KEY(ApiKeyId, Timestamp) invalidates Invitations(all) =
        "UPDATE invitations SET left_suspended = 1, updated_at = $2
          WHERE api_key_id = $1 AND status = 'pending' AND left_suspended = 0";

    SUSPEND(OrganizationId, InvitationId) invalidates Invitations(1) =
        "UPDATE invitations SET left_suspended = 1 WHERE organization_id = $1 AND id = $2";

    /// The condition on the status makes concurrent transitions exclusive. The conditions on the roles and the inviter,
    /// 0 for none, ensure that they are still those for which the caller's authority was checked.
    DISCARD(OrganizationId, InvitationId, Timestamp, RoleId, Option<WorkspaceRoleId>, MembershipId) invalidates Invitations(1) =
        "UPDATE invitations SET status = 'discarded', updated_at = $3
          WHERE organization_id = $1 AND id = $2 AND status = 'pending'
            AND role_id = $4 AND COALESCE(workspace_role_id, 0) = COALESCE($5, 0)
            AND COALESCE(inviter_membership_id, 0) = $6";

    DECLINE(OrganizationId, InvitationId, i64, Timestamp) invalidates Invitations(1) =
        "UPDATE invitations SET status = 'declined', updated_at = $4
          WHERE organization_id = $1 AND id = $2 AND generation = $3 AND status = 'pending'";

    /// One of several concurrent accepts changes the row. The conditions on the roles ensure that the roles which were
    /// checked are still those of the invitation.
    ACCEPT(OrganizationId, InvitationId, i64, RoleId, Option<WorkspaceRoleId>, Timestamp) invalidates Invitations(1) =
        "UPDATE invitations SET status = 'accepted', updated_at = $6
          WHERE organization_id = $1 AND id = $2 AND generation = $3 AND status = 'pending' AND expires_at > $6
            AND role_id = $4 AND COALESCE(workspace_role_id, 0) = COALESCE($5, 0)";

    /// Includes expired invitations.
    ALL_PENDING(OrganizationId) -> PendingInvitation =
        "SELECT email_key, workspace_scope, expires_at FROM invitations WHERE organization_id = $1 AND status = 'pending'";

    ALL_EXPIRED(OrganizationId, Timestamp) -> Invitation = invitation!(
            "SELECT", "FROM invitations WHERE organization_id = $1 AND status = 'pending' AND expires_at <= $2"
        );

    /// Any pending invitation, if there are more than `$2`.
    PENDING_BEYOND(OrganizationId, i64) -> (InvitationId,) =
        "SELECT id FROM invitations WHERE organization_id = $1 AND status = 'pending' LIMIT 1 OFFSET $2";
}
