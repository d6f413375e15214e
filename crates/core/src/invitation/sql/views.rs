//! Invitations joined with the names that one reader needs: the invitee with or without an account, or the mailer.

use vestibule_db::{record, sql};

use super::super::Status;
use crate::assurance::{Assurance, MfaRequirement};
use crate::id::{InvitationId, OrganizationId, RoleId, UserId, WorkspaceId};
use crate::language::Language;
use crate::organization::Organization;
use crate::time::Timestamp;

record! {
    /// An invitation as the holder of its token sees it.
    pub struct PreviewRow {
        pub id: InvitationId,
        pub organization_id: OrganizationId,
        pub email_key: String,
        /// Exclusive.
        pub expires_at: Timestamp,
        /// Empty without one.
        pub message: String,
        pub role_name: String,
        /// `None` for a role of the deployment.
        pub role_organization_id: Option<OrganizationId>,
        pub workspace_id: Option<WorkspaceId>,
        pub workspace_name: Option<String>,
        pub workspace_role_name: Option<String>,
        /// `None` for a role of the deployment.
        pub workspace_role_workspace_id: Option<WorkspaceId>,
        pub(crate) workspace_enforces_mfa: Option<bool>,
        pub(crate) workspace_minimum_assurance: Option<Assurance>,
        pub(crate) workspace_mfa_enforced_from: Option<Timestamp>,
        /// Whether an API key made it.
        pub is_by_api_key: bool,
        pub inviter_first_name: Option<String>,
        pub inviter_last_name: Option<String>,
        /// The inviter's primary address, if it is verified.
        pub inviter_email: Option<String>,
    }
}

impl PreviewRow {
    /// What the organization and the workspace of the invitation require of sign-ins now or first.
    pub(crate) fn mfa(&self, organization: &Organization, now: Timestamp) -> MfaRequirement {
        let of_workspace = workspace_mfa(
            self.workspace_enforces_mfa,
            self.workspace_minimum_assurance,
            self.workspace_mfa_enforced_from,
        );
        with_workspace(organization.mfa(), of_workspace, now)
    }
}

impl OwnInvitationRow {
    /// The same as [`PreviewRow::mfa`].
    pub(crate) fn mfa(&self, now: Timestamp) -> MfaRequirement {
        let of_organization = MfaRequirement::new(
            self.organization_enforces_mfa,
            self.organization_minimum_assurance,
            self.organization_mfa_enforced_from,
        );
        let of_workspace = workspace_mfa(
            self.workspace_enforces_mfa,
            self.workspace_minimum_assurance,
            self.workspace_mfa_enforced_from,
        );
        with_workspace(of_organization, of_workspace, now)
    }
}

/// What the workspace requires; `None` without one.
fn workspace_mfa(
    is_enforced: Option<bool>,
    minimum: Option<Assurance>,
    enforced_from: Option<Timestamp>,
) -> Option<MfaRequirement> {
    Some(MfaRequirement::new(is_enforced?, minimum?, enforced_from?))
}

fn with_workspace(
    of_organization: MfaRequirement,
    of_workspace: Option<MfaRequirement>,
    now: Timestamp,
) -> MfaRequirement {
    of_workspace.map_or(of_organization, |of_workspace| of_organization.and(of_workspace, now))
}

record! {
    /// An invitation as the owner of the invited address sees it.
    pub struct OwnInvitationRow {
        pub id: InvitationId,
        pub email_key: String,
        pub(crate) generation: i64,
        /// Exclusive.
        pub expires_at: Timestamp,
        pub created_at: Timestamp,
        pub updated_at: Timestamp,
        pub organization_id: OrganizationId,
        pub organization_name: String,
        pub organization_image_url: String,
        pub(crate) organization_enforces_mfa: bool,
        pub(crate) organization_minimum_assurance: Assurance,
        pub(crate) organization_mfa_enforced_from: Timestamp,
        pub role_id: RoleId,
        pub role_name: String,
        pub is_role_built_in: bool,
        pub workspace_id: Option<WorkspaceId>,
        pub workspace_name: Option<String>,
        pub(crate) workspace_enforces_mfa: Option<bool>,
        pub(crate) workspace_minimum_assurance: Option<Assurance>,
        pub(crate) workspace_mfa_enforced_from: Option<Timestamp>,
        pub workspace_role_name: Option<String>,
        pub is_workspace_role_built_in: bool,
        pub inviter_first_name: Option<String>,
        pub inviter_last_name: Option<String>,
        /// The inviter's primary address, if it is verified.
        pub inviter_email: Option<String>,
    }
}

record! {
    /// What the mail of an invitation is composed from.
    pub(crate) struct MailedInvitation {
        pub(crate) email: String,
        pub(crate) email_key: String,
        pub(crate) status: Status,
        pub(crate) generation: i64,
        pub(crate) left_suspended: bool,
        pub(crate) expires_at: Timestamp,
        pub(crate) message: String,
        pub(crate) organization_name: String,
        /// The logo's file name; empty without one.
        pub(crate) organization_image_url: String,
        pub(crate) role_name: String,
        pub(crate) is_role_built_in: bool,
        pub(crate) workspace_name: Option<String>,
        pub(crate) workspace_role_name: Option<String>,
        pub(crate) is_workspace_role_built_in: bool,
        pub(crate) inviter_first_name: Option<String>,
        pub(crate) inviter_last_name: Option<String>,
        pub(crate) inviter_username: Option<String>,
        /// The inviter's primary address, if it is verified and their account is enabled.
        pub(crate) inviter_email: Option<String>,
        pub(crate) inviter_email_key: Option<String>,
        pub(crate) language: Option<Language>,
        /// The language of the user who has verified the address.
        pub(crate) invitee_language: Option<Language>,
        /// Whether the address has unsubscribed from mails of this organization.
        pub(crate) is_unsubscribed: bool,
    }
}

record! {
    /// An invitation that was accepted or declined.
    pub(crate) struct Answered {
        pub(crate) email_key: String,
        /// The name of the user who has verified the address.
        pub(crate) first_name: Option<String>,
        pub(crate) last_name: Option<String>,
    }
}

sql! {
    /// The invitations of an inviter that got this status after `$4` and until `$5`, up to 1,000, newest first.
    ANSWERED(OrganizationId, UserId, Status, Timestamp, Timestamp) -> Answered =
        "SELECT i.email_key AS email_key, u.first_name AS first_name, u.last_name AS last_name
           FROM organization_memberships m
           JOIN invitations i ON i.inviter_membership_id = m.id AND i.organization_id = $1
           LEFT JOIN email_addresses a ON a.address_key = i.email_key AND a.verified_at IS NOT NULL
           LEFT JOIN users u ON u.id = a.user_id
          WHERE m.organization_id = $1 AND m.user_id = $2 AND i.status = $3 AND i.updated_at > $4 AND i.updated_at <= $5
          ORDER BY i.updated_at DESC, i.id DESC LIMIT 1000";

    PREVIEW(OrganizationId, InvitationId) -> PreviewRow =
        "SELECT i.id AS id, i.organization_id AS organization_id, i.email_key AS email_key, i.expires_at AS expires_at,
                i.message AS message, r.name AS role_name, r.organization_id AS role_organization_id,
                w.id AS workspace_id, w.name AS workspace_name, wr.name AS workspace_role_name,
                wr.workspace_id AS workspace_role_workspace_id, w.enforce_mfa AS workspace_enforces_mfa,
                w.minimum_assurance AS workspace_minimum_assurance, w.mfa_enforced_from AS workspace_mfa_enforced_from,
                i.is_by_api_key AS is_by_api_key, u.first_name AS inviter_first_name, u.last_name AS inviter_last_name,
                e.address_key AS inviter_email
           FROM invitations i
           JOIN organization_roles r ON r.scope = i.role_scope AND r.id = i.role_id
           LEFT JOIN workspaces w ON w.organization_id = i.organization_id AND w.id = i.workspace_id
           LEFT JOIN workspace_roles wr ON wr.scope = i.workspace_role_scope AND wr.id = i.workspace_role_id
           LEFT JOIN organization_memberships m ON m.organization_id = i.organization_id AND m.id = i.inviter_membership_id
           LEFT JOIN users u ON u.id = m.user_id
           LEFT JOIN email_addresses e ON e.user_id = u.id AND e.is_primary = 1 AND e.verified_at IS NOT NULL
          WHERE i.organization_id = $1 AND i.id = $2";

    LIST_OWN(UserId) -> OwnInvitationRow =
        "SELECT i.id AS id, i.email_key AS email_key, i.generation AS generation, i.expires_at AS expires_at,
                i.created_at AS created_at, i.updated_at AS updated_at,
                o.id AS organization_id, o.name AS organization_name, o.image_url AS organization_image_url,
                o.enforce_mfa AS organization_enforces_mfa, o.minimum_assurance AS organization_minimum_assurance,
                o.mfa_enforced_from AS organization_mfa_enforced_from, r.id AS role_id, r.name AS role_name,
                CASE WHEN r.organization_id IS NULL THEN 1 ELSE 0 END AS is_role_built_in,
                w.id AS workspace_id, w.name AS workspace_name, w.enforce_mfa AS workspace_enforces_mfa,
                w.minimum_assurance AS workspace_minimum_assurance,
                w.mfa_enforced_from AS workspace_mfa_enforced_from, wr.name AS workspace_role_name,
                CASE WHEN wr.workspace_id IS NULL THEN 1 ELSE 0 END AS is_workspace_role_built_in,
                u.first_name AS inviter_first_name, u.last_name AS inviter_last_name, e.address_key AS inviter_email
           FROM email_addresses a
           JOIN invitations i ON i.email_key = a.address_key AND i.status = 'pending'
           JOIN organizations o ON o.id = i.organization_id AND o.deleted_at IS NULL
           JOIN organization_roles r ON r.scope = i.role_scope AND r.id = i.role_id
           LEFT JOIN workspaces w ON w.organization_id = i.organization_id AND w.id = i.workspace_id
           LEFT JOIN workspace_roles wr ON wr.scope = i.workspace_role_scope AND wr.id = i.workspace_role_id
           LEFT JOIN organization_memberships m ON m.organization_id = i.organization_id AND m.id = i.inviter_membership_id
           LEFT JOIN users u ON u.id = m.user_id
           LEFT JOIN email_addresses e ON e.user_id = u.id AND e.is_primary = 1 AND e.verified_at IS NOT NULL
          WHERE a.user_id = $1 AND a.verified_at IS NOT NULL
          ORDER BY i.id DESC LIMIT 500";

    /// The names of the organizations of the newest 100 invitations that [`LIST_OWN`] lists.
    INVITING_ORGANIZATION_NAMES(UserId) -> (String,) =
        "SELECT o.name
           FROM email_addresses a
           JOIN invitations i ON i.email_key = a.address_key AND i.status = 'pending'
           JOIN organizations o ON o.id = i.organization_id AND o.deleted_at IS NULL
          WHERE a.user_id = $1 AND a.verified_at IS NOT NULL
          ORDER BY i.id DESC LIMIT 100";

    FOR_MAIL(OrganizationId, InvitationId) -> MailedInvitation =
        "SELECT i.email AS email, i.email_key AS email_key, i.status AS status, i.generation AS generation,
                i.left_suspended AS left_suspended, i.expires_at AS expires_at, i.message AS message,
                o.name AS organization_name, o.image_url AS organization_image_url, r.name AS role_name,
                CASE WHEN r.organization_id IS NULL THEN 1 ELSE 0 END AS is_role_built_in,
                w.name AS workspace_name, wr.name AS workspace_role_name,
                CASE WHEN wr.workspace_id IS NULL THEN 1 ELSE 0 END AS is_workspace_role_built_in,
                u.first_name AS inviter_first_name, u.last_name AS inviter_last_name, u.username AS inviter_username,
                e.address AS inviter_email, e.address_key AS inviter_email_key,
                i.language AS language, v.language AS invitee_language,
                CASE WHEN EXISTS (SELECT 1 FROM mail_refusals f
                                   WHERE f.organization_id = i.organization_id AND f.address_key = i.email_key)
                     THEN 1 ELSE 0 END AS is_unsubscribed
           FROM invitations i
           JOIN organizations o ON o.id = i.organization_id AND o.deleted_at IS NULL
           JOIN organization_roles r ON r.scope = i.role_scope AND r.id = i.role_id
           LEFT JOIN workspaces w ON w.organization_id = i.organization_id AND w.id = i.workspace_id
           LEFT JOIN workspace_roles wr ON wr.scope = i.workspace_role_scope AND wr.id = i.workspace_role_id
           LEFT JOIN organization_memberships m ON m.organization_id = i.organization_id AND m.id = i.inviter_membership_id
           LEFT JOIN users u ON u.id = m.user_id
           LEFT JOIN email_addresses e ON e.user_id = u.id AND e.is_primary = 1 AND e.verified_at IS NOT NULL
                                      AND u.disabled = 0
           LEFT JOIN email_addresses a ON a.address_key = i.email_key AND a.verified_at IS NOT NULL
           LEFT JOIN users v ON v.id = a.user_id
          WHERE i.organization_id = $1 AND i.id = $2";
}
