//! The statements of invitations. Each carries the organization, but for the two that start from a token or an address. Those
//! of what surrounds invitations are in a file of their own.

pub(crate) mod references;

use super::{Delivery, Status};
use crate::cache::Scope;
use crate::id::{
    EmailAddressId, InvitationId, MembershipId, OrganizationId, RoleId, SessionId, SignInId, UserId, WorkspaceId,
    WorkspaceRoleId,
};
use crate::language::Language;
use crate::permission::PermissionSet;
use crate::time::Timestamp;
use vestibule_db::{Bytes, Text, record, sql};

record! {
    /// A row of `invitations`, as far as its life goes.
    pub struct Invitation {
        /// Which one.
        pub id: InvitationId,
        /// Into which organization.
        pub organization_id: OrganizationId,
        /// Who is invited, in the form addresses are compared in.
        pub email_key: String,
        /// How far it has come.
        pub status: Status,
        /// A resend replaces it, and every older link is dead.
        pub generation: i64,
        /// As what.
        pub role_id: RoleId,
        /// Into which workspace, if any.
        pub workspace_id: Option<WorkspaceId>,
        /// As what there.
        pub workspace_role_id: Option<WorkspaceRoleId>,
        /// Gone when the inviter has left.
        pub inviter_membership_id: Option<MembershipId>,
        /// Whether they could not have sent it any more when they left.
        pub left_suspended: bool,
        /// From this instant on it is too late.
        pub expires_at: Timestamp,
    }
}

record! {
    /// An invitation as far as it stands in its own row, for lists.
    pub struct InvitationRow {
        /// Which one.
        pub id: InvitationId,
        /// Into which organization.
        pub organization_id: OrganizationId,
        /// Who is invited.
        pub email_key: String,
        /// How far it has come.
        pub status: Status,
        pub(crate) generation: i64,
        /// From this instant on it is too late.
        pub expires_at: Timestamp,
        /// When it was made.
        pub created_at: Timestamp,
        /// When it last changed.
        pub updated_at: Timestamp,
        /// As what.
        pub role_id: RoleId,
        /// Into which workspace.
        pub workspace_id: Option<WorkspaceId>,
        /// As what there.
        pub workspace_role_id: Option<WorkspaceRoleId>,
        /// The inviter's membership; gone when they have left.
        pub inviter_membership_id: Option<MembershipId>,
        /// Whether they could not have sent it any more when they left.
        pub left_suspended: bool,
        /// How far the mail has come.
        pub delivery: Delivery,
        /// Why it has not come further.
        pub delivery_reason: String,
        /// How often it was tried.
        pub delivery_attempts: i64,
        /// When that was last so.
        pub delivery_at: Timestamp,
        /// When a mail that was put off is tried again.
        pub next_delivery_at: Option<Timestamp>,
    }
}

record! {
    /// What accepting an invitation depends on besides itself.
    pub(crate) struct Behind {
        /// The organization's name.
        pub(super) name: String,
        /// Where its new members come into as well; 0 for nowhere.
        pub(super) auto_assigned_workspace_id: WorkspaceId,
        /// The invited address, if somebody holds it.
        pub(super) email_id: Option<EmailAddressId>,
        /// Who holds it.
        pub(super) user_id: Option<UserId>,
        /// When they have proved it.
        pub(super) verified_at: Option<Timestamp>,
        /// Where they are signed in within the session.
        pub(super) sign_in_id: Option<SignInId>,
        /// As what they are in the organization already.
        pub(super) membership_id: Option<MembershipId>,
        /// What the invitation gives; `None` for a role that was removed.
        pub(super) given: Option<PermissionSet>,
        /// What one of the inviter's roles allows.
        pub(super) held: Option<PermissionSet>,
    }
}

record! {
    /// An invitation with what somebody is shown who holds it in hand.
    pub struct InHand {
        /// Which one.
        pub id: InvitationId,
        /// Into which organization.
        pub organization_id: OrganizationId,
        /// Who is invited.
        pub email_key: String,
        /// From this instant on it is too late.
        pub expires_at: Timestamp,
        /// The role's name.
        pub role_name: String,
        /// Into which workspace.
        pub workspace_id: Option<WorkspaceId>,
        /// Its name.
        pub workspace_name: Option<String>,
        /// The name of the role there.
        pub workspace_role_name: Option<String>,
        /// Perhaps empty.
        pub inviter_first_name: Option<String>,
        /// Perhaps empty.
        pub inviter_last_name: Option<String>,
        /// The inviter's primary address.
        pub inviter_email: Option<String>,
    }
}

record! {
    /// What a pending invitation would give.
    pub(crate) struct Sent {
        pub(crate) id: InvitationId,
        pub(crate) permissions: PermissionSet,
        pub(crate) workspace_id: Option<WorkspaceId>,
        pub(crate) workspace_permissions: Option<PermissionSet>,
    }
}

record! {
    /// What an invitee sees of an invitation.
    pub struct Received {
        /// Which one.
        pub id: InvitationId,
        /// The address it was sent to.
        pub email_key: String,
        pub(crate) generation: i64,
        /// From this instant on it is too late.
        pub expires_at: Timestamp,
        /// When it was made.
        pub created_at: Timestamp,
        /// When it last changed.
        pub updated_at: Timestamp,
        /// Into which organization.
        pub organization_id: OrganizationId,
        /// Its name.
        pub organization_name: String,
        /// Perhaps empty.
        pub organization_image_url: String,
        /// As what.
        pub role_id: RoleId,
        /// The role's name.
        pub role_name: String,
        /// Into which workspace.
        pub workspace_id: Option<WorkspaceId>,
        /// Its name.
        pub workspace_name: Option<String>,
        /// Perhaps empty.
        pub inviter_first_name: Option<String>,
        /// Perhaps empty.
        pub inviter_last_name: Option<String>,
        /// The inviter's primary address.
        pub inviter_email: Option<String>,
    }
}

record! {
    /// What a mail says of an invitation.
    pub(crate) struct Mailed {
        pub(crate) email: String,
        pub(crate) email_key: String,
        pub(crate) status: Status,
        pub(crate) generation: i64,
        pub(crate) expires_at: Timestamp,
        pub(crate) organization_name: String,
        pub(crate) role_name: String,
        pub(crate) workspace_name: Option<String>,
        pub(crate) inviter_first_name: Option<String>,
        pub(crate) inviter_last_name: Option<String>,
        pub(crate) inviter_username: Option<String>,
        pub(crate) language: Option<Language>,
        /// The language of whoever has proved the address.
        pub(crate) invitee_language: Option<Language>,
        /// Whether the address wants no more mail from the organization.
        pub(crate) is_refused: bool,
    }
}

record! {
    /// An address that is invited and has not answered.
    pub(crate) struct Pending {
        pub(crate) email_key: String,
        /// Into which workspace; 0 for none.
        pub(crate) workspace_scope: i64,
        pub(crate) expires_at: Timestamp,
    }
}

record! {
    /// What was answered to a call with a key.
    pub(crate) struct EarlierAnswer {
        pub(crate) asked_digest: Vec<u8>,
        pub(crate) answer: String,
    }
}

/// The columns of an [`InvitationRow`]. What its ids stand for is read beside it, once for a page and not for each of its rows.
macro_rules! entry {
    ($before:literal, $after:literal) => {
        concat!(
            $before,
            " id, organization_id, email_key, status, generation, expires_at, created_at, updated_at, role_id, workspace_id,
              workspace_role_id, inviter_membership_id, left_suspended, delivery, delivery_reason, delivery_attempts,
              delivery_at, next_delivery_at ",
            $after
        )
    };
}

/// The columns of an [`Invitation`].
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
    /// A page in one state. No id is nothing; the order says where nothing would stand all the same, since on PostgreSQL
    /// only the index that is meant has this order, and its planner would else go through everybody's invitations by their
    /// ids until it has found enough of this organization's.
    PAGE(OrganizationId, Status, InvitationId, i64) -> InvitationRow =
        entry!("SELECT", "FROM invitations i
          WHERE i.organization_id = $1 AND i.status = $2 AND i.id < $3 ORDER BY i.id DESC NULLS LAST LIMIT $4");

    /// The same narrowed. Whoever does not narrow it by one of these gives bounds that exclude nothing, so none of them may
    /// be what rows are found by: the address is made something that no index is of.
    PAGE_FILTERED(FilteredPage {
        organization: OrganizationId,
        status: Status,
        before: InvitationId,
        expires_after: Timestamp,
        expires_until: Timestamp,
        min_workspace: i64,
        max_workspace: i64,
        min_email: Text,
        max_email: Text,
        limit: i64,
    }) -> InvitationRow =
        entry!("SELECT", "FROM invitations i
          WHERE i.organization_id = $1 AND i.status = $2 AND i.id < $3 AND i.expires_at > $4 AND i.expires_at <= $5
                 AND i.workspace_scope >= $6 AND i.workspace_scope <= $7
                 AND (i.email_key || '') >= $8 AND (i.email_key || '') <= $9
            ORDER BY i.id DESC NULLS LAST LIMIT $10");

    /// The same in any state.
    PAGE_OF_ALL(PageOfAll {
        organization: OrganizationId,
        before: InvitationId,
        expires_after: Timestamp,
        expires_until: Timestamp,
        min_workspace: i64,
        max_workspace: i64,
        min_email: Text,
        max_email: Text,
        limit: i64,
    }) -> InvitationRow =
        entry!("SELECT", "FROM invitations i
          WHERE i.organization_id = $1 AND i.id < $2 AND i.expires_at > $3 AND i.expires_at <= $4
                 AND i.workspace_scope >= $5 AND i.workspace_scope <= $6
                 AND (i.email_key || '') >= $7 AND (i.email_key || '') <= $8
            ORDER BY i.id DESC LIMIT $9");

    /// For whoever holds it in hand.
    IN_HAND(OrganizationId, InvitationId) -> InHand =
        "SELECT i.id AS id, i.organization_id AS organization_id, i.email_key AS email_key, i.expires_at AS expires_at,
                r.name AS role_name, w.id AS workspace_id, w.name AS workspace_name, wr.name AS workspace_role_name,
                u.first_name AS inviter_first_name, u.last_name AS inviter_last_name, e.address_key AS inviter_email
           FROM invitations i
           JOIN organization_roles r ON r.scope = i.role_scope AND r.id = i.role_id
           LEFT JOIN workspaces w ON w.organization_id = i.organization_id AND w.id = i.workspace_id
           LEFT JOIN workspace_roles wr ON wr.scope = i.workspace_role_scope AND wr.id = i.workspace_role_id
           LEFT JOIN organization_memberships m ON m.organization_id = i.organization_id AND m.id = i.inviter_membership_id
           LEFT JOIN users u ON u.id = m.user_id
           LEFT JOIN email_addresses e ON e.user_id = u.id AND e.is_primary = 1
          WHERE i.organization_id = $1 AND i.id = $2";

    FIND(OrganizationId, InvitationId) -> Invitation =
        invitation!("SELECT", "FROM invitations WHERE organization_id = $1 AND id = $2");

    /// By the id that a token claims; whoever asks compares the token's secrets before anything else.
    BY_TOKEN(InvitationId) -> Invitation = invitation!(
            "SELECT",
            "FROM invitations WHERE id = $1
               AND EXISTS (SELECT 1 FROM organizations o WHERE o.id = organization_id AND o.deleted_at IS NULL)"
        );

    /// What stands behind the door that an invitation opens, and who is before it, with one of the inviter's roles: its
    /// organization, whoever holds the invited address and is signed in within the session, what the invitation gives and
    /// what its inviter holds. 0 is no session, and no inviter.
    ENTRANCE(OrganizationId, Text, SessionId, Timestamp, RoleId, MembershipId) -> Behind =
        "SELECT o.name AS name, o.auto_assigned_workspace_id AS auto_assigned_workspace_id, e.id AS email_id,
                e.user_id AS user_id, e.verified_at AS verified_at, i.id AS sign_in_id, m.id AS membership_id,
                r.permissions AS given, h.permissions AS held
           FROM organizations o
           LEFT JOIN email_addresses e ON e.address_key = $2
           LEFT JOIN users u ON u.id = e.user_id AND u.disabled = 0
           LEFT JOIN sign_ins i ON i.session_id = $3 AND i.user_id = u.id AND i.expires_at > $4
           LEFT JOIN organization_memberships m ON m.organization_id = $1 AND m.user_id = e.user_id
           LEFT JOIN organization_roles r ON r.scope IN (0, $1) AND r.id = $5 AND r.removed_at IS NULL
           LEFT JOIN organization_membership_roles mr ON mr.organization_id = $1 AND mr.membership_id = $6
           LEFT JOIN organization_roles h ON h.scope = mr.role_scope AND h.id = mr.role_id
          WHERE o.id = $1 AND o.deleted_at IS NULL";

    /// A new one, or none where the address has a pending one already, or is that of somebody who is in. It gives nothing
    /// back: whoever writes it knows all that stands in it, and SQLite keeps what is given back in a table of its own.
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
    }) invalidates Invitations(organization) =
        "INSERT INTO invitations (organization_id, id, email, email_key, status, generation, role_scope, role_id,
                                  workspace_scope, workspace_id, workspace_role_scope, workspace_role_id,
                                  inviter_membership_id, delivery, delivery_at, expires_at, created_at, updated_at,
                                  language)
         SELECT $1, $2, $3, $4, 'pending', $5, $6, $7, COALESCE($8, 0), $8, $9, $10, $11, $12, $14, $13, $14, $14, $15
          WHERE NOT EXISTS (SELECT 1
                              FROM email_addresses e
                              JOIN organization_memberships m ON m.organization_id = $1 AND m.user_id = e.user_id
                              LEFT JOIN workspace_memberships p ON p.organization_id = $1 AND p.workspace_id = $8
                                   AND p.organization_membership_id = m.id
                             WHERE e.address_key = $4 AND COALESCE(p.workspace_id, 0) = COALESCE($8, 0))
             ON CONFLICT (organization_id, email_key, workspace_scope) WHERE status = 'pending' DO NOTHING";

    /// An expired one makes room for a new one.
    SUPERSEDE(OrganizationId, Text, i64, Timestamp) invalidates Invitations(1) =
        "UPDATE invitations SET status = 'discarded', updated_at = $4
          WHERE organization_id = $1 AND email_key = $2 AND workspace_scope = $3 AND status = 'pending' AND expires_at <= $4";

    /// A new generation with a new end; also revives an expired one.
    RESEND(ResendInvitation {
        organization: OrganizationId,
        id: InvitationId,
        generation: i64,
        inviter: MembershipId,
        delivery: Delivery,
        expires_at: Timestamp,
        now: Timestamp,
    }) -> InvitationRow invalidates Invitations(organization) =
        entry!(
            "UPDATE invitations
                SET generation = $3, inviter_membership_id = $4, left_suspended = 0, delivery = $5, delivery_reason = '',
                    delivery_attempts = 0, delivery_at = $7, next_delivery_at = NULL, expires_at = $6, updated_at = $7
              WHERE organization_id = $1 AND id = $2 AND status = 'pending'
          RETURNING", "");

    /// What somebody has sent and nobody has answered yet.
    SENT_BY(OrganizationId, MembershipId) -> Sent =
        "SELECT i.id AS id, r.permissions AS permissions, i.workspace_id AS workspace_id,
                wr.permissions AS workspace_permissions
           FROM invitations i
           JOIN organization_roles r ON r.scope = i.role_scope AND r.id = i.role_id
           LEFT JOIN workspace_roles wr ON wr.scope = i.workspace_role_scope AND wr.id = i.workspace_role_id
          WHERE i.organization_id = $1 AND i.inviter_membership_id = $2 AND i.status = 'pending'";

    SUSPEND(OrganizationId, InvitationId) invalidates Invitations(1) =
        "UPDATE invitations SET left_suspended = 1 WHERE organization_id = $1 AND id = $2";

    /// The state is asked in the same statement that changes it.
    DISCARD(OrganizationId, InvitationId, Timestamp) invalidates Invitations(1) =
        "UPDATE invitations SET status = 'discarded', updated_at = $3
          WHERE organization_id = $1 AND id = $2 AND status = 'pending'";

    DECLINE(OrganizationId, InvitationId, i64, Timestamp) invalidates Invitations(1) =
        "UPDATE invitations SET status = 'declined', updated_at = $4
          WHERE organization_id = $1 AND id = $2 AND generation = $3 AND status = 'pending'";

    /// Of all who accept at once, one gets the row. It gives the roles that were looked at before, or nothing.
    ACCEPT(OrganizationId, InvitationId, i64, RoleId, Option<WorkspaceRoleId>, Timestamp) invalidates Invitations(1) =
        "UPDATE invitations SET status = 'accepted', updated_at = $6
          WHERE organization_id = $1 AND id = $2 AND generation = $3 AND status = 'pending' AND expires_at > $6
            AND role_id = $4 AND COALESCE(workspace_role_id, 0) = COALESCE($5, 0)";

    /// What a user is invited to, by the addresses they have proved.
    RECEIVED(UserId) -> Received =
        "SELECT i.id AS id, i.email_key AS email_key, i.generation AS generation, i.expires_at AS expires_at,
                i.created_at AS created_at, i.updated_at AS updated_at,
                o.id AS organization_id, o.name AS organization_name, o.image_url AS organization_image_url,
                r.id AS role_id, r.name AS role_name, w.id AS workspace_id, w.name AS workspace_name,
                u.first_name AS inviter_first_name, u.last_name AS inviter_last_name, e.address_key AS inviter_email
           FROM email_addresses a
           JOIN invitations i ON i.email_key = a.address_key AND i.status = 'pending'
           JOIN organizations o ON o.id = i.organization_id AND o.deleted_at IS NULL
           JOIN organization_roles r ON r.scope = i.role_scope AND r.id = i.role_id
           LEFT JOIN workspaces w ON w.organization_id = i.organization_id AND w.id = i.workspace_id
           LEFT JOIN organization_memberships m ON m.organization_id = i.organization_id AND m.id = i.inviter_membership_id
           LEFT JOIN users u ON u.id = m.user_id
           LEFT JOIN email_addresses e ON e.user_id = u.id AND e.is_primary = 1
          WHERE a.user_id = $1 AND a.verified_at IS NOT NULL
          ORDER BY i.id DESC LIMIT 500";

    FOR_MAIL(OrganizationId, InvitationId) -> Mailed =
        "SELECT i.email AS email, i.email_key AS email_key, i.status AS status, i.generation AS generation,
                i.expires_at AS expires_at, o.name AS organization_name, r.name AS role_name, w.name AS workspace_name,
                u.first_name AS inviter_first_name, u.last_name AS inviter_last_name, u.username AS inviter_username,
                i.language AS language, v.language AS invitee_language,
                CASE WHEN EXISTS (SELECT 1 FROM mail_refusals f
                                   WHERE f.organization_id = i.organization_id AND f.address_key = i.email_key)
                     THEN 1 ELSE 0 END AS is_refused
           FROM invitations i
           JOIN organizations o ON o.id = i.organization_id AND o.deleted_at IS NULL
           JOIN organization_roles r ON r.scope = i.role_scope AND r.id = i.role_id
           LEFT JOIN workspaces w ON w.organization_id = i.organization_id AND w.id = i.workspace_id
           LEFT JOIN organization_memberships m ON m.organization_id = i.organization_id AND m.id = i.inviter_membership_id
           LEFT JOIN users u ON u.id = m.user_id
           LEFT JOIN email_addresses a ON a.address_key = i.email_key AND a.verified_at IS NOT NULL
           LEFT JOIN users v ON v.id = a.user_id
          WHERE i.organization_id = $1 AND i.id = $2";

    /// Every address that is invited and has not answered, into which workspace (0 for none), and until when.
    ALL_PENDING(OrganizationId) -> Pending =
        "SELECT email_key, workspace_scope, expires_at FROM invitations WHERE organization_id = $1 AND status = 'pending'";

    EARLIER_ANSWER(OrganizationId, Bytes, Timestamp) -> EarlierAnswer =
        "SELECT asked_digest, answer FROM idempotent_answers
          WHERE organization_id = $1 AND key_digest = $2 AND created_at > $3";

    FORGET_ANSWERS(OrganizationId, Timestamp) =
        "DELETE FROM idempotent_answers WHERE organization_id = $1 AND created_at <= $2";

    KEEP_ANSWER(OrganizationId, Bytes, Bytes, Text, Timestamp) =
        "INSERT INTO idempotent_answers (organization_id, key_digest, asked_digest, answer, created_at)
         VALUES ($1, $2, $3, $4, $5)";
}
