//! Creating an invitation.

use std::time::Duration;

use vestibule_db::TransactionMode;

use super::authority::{self, ResolvedRoles};
use super::details::InvitationDetails;
use super::discard::{Discard, discard_arguments};
use super::references::{ReferencedIds, References};
use super::{Delivery, Invitation, InvitationRow, InvitationState, Status, pending, seats, sql};
use crate::access::{self, Grant};
use crate::email_address::EmailAddress;
use crate::error::{Code, Result};
use crate::event::{InvitationCreated, InvitationRevoked, Personal};
use crate::execution::{Command, Context};
use crate::id::{ApiKeyId, InvitationId, OrganizationId, RoleId, WorkspaceId, WorkspaceRoleId};
use crate::language::Language;
use crate::names::InvitationMessage;
use crate::permission::{RequiredPermission, Requirement};
use crate::scope::{Scope, ScopeRequirement};
use crate::settings::Settings;
use crate::time::Timestamp;
use crate::{membership, outbox, rate_limit, workspace};

/// The maximum number of days until an invitation expires.
pub const MAX_EXPIRY_DAYS: u16 = 90;

const DAY: Duration = Duration::from_hours(24);

/// Invites an address to an organization, and optionally to one of its workspaces. The mail is enqueued in the same
/// transaction. An expired invitation for the same address and workspace is superseded.
///
/// # Errors
/// `FORBIDDEN` without `organization:manage_members`; `ROLE_NOT_FOUND` and `WORKSPACE_NOT_FOUND` for those of another
/// organization; `ROLE_EXCEEDS_YOURS`, also if the caller may not discard the expired invitation;
/// `PERMISSION_ARCHIVED`; `ORGANIZATION_FULL`; `TOO_MANY_REQUESTS`; `INVITATION_LIMIT`; `ALREADY_MEMBER`;
/// `INVITATION_EXISTS` if the address has a pending invitation to the same workspace, or to none.
#[derive(Debug)]
pub struct Create {
    pub organization: OrganizationId,
    pub invitee: EmailAddress,
    /// `None` for the deployment's member role.
    pub role: Option<RoleId>,
    /// Without a role, the deployment's role for workspace members.
    pub workspace: Option<(WorkspaceId, Option<WorkspaceRoleId>)>,
    /// Days until it expires, 1 to [`MAX_EXPIRY_DAYS`]; `None` for the setting.
    pub expiry_days: Option<u16>,
    /// The language of the mail; `None` for the language of the invitee's account, if there is one.
    pub language: Option<Language>,
    pub message: Option<InvitationMessage>,
    /// Whether to send it by mail. If not, the caller passes the link on.
    pub is_mailed: bool,
}

impl Command for Create {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::ManageMembers);
    const ERRORS: &'static [Code] = &[
        Code::RoleNotFound,
        Code::WorkspaceNotFound,
        Code::RoleExceedsYours,
        Code::PermissionArchived,
        Code::OrganizationFull,
        Code::TooManyRequests,
        Code::InvitationLimit,
        Code::AlreadyMember,
        Code::InvitationExists,
    ];
    const SCOPE: ScopeRequirement = ScopeRequirement::One(Scope::InvitationsWrite);
    type Out = InvitationDetails;

    // A unique index guards against duplicates, the roles are checked again on acceptance, and the rows of the rate
    // limits are locked. A seat limit, however, is not guarded by any row: it is compared with a count of members and
    // invitations.
    fn transaction_mode(&self, settings: &Settings) -> TransactionMode {
        if settings.seats.max_per_organization > 0 {
            TransactionMode::Serializable
        } else if settings.rate_limits.limits_invitations() || settings.invitations.max_pending > 0 {
            TransactionMode::ReadCommitted
        } else {
            TransactionMode::SingleStatement
        }
    }

    fn organization(&self) -> Option<OrganizationId> {
        Some(self.organization)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<InvitationDetails> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::ManageMembers).await?;
        let deployment = cx.executor.deployment()?;
        let role = self.role.unwrap_or(deployment.member_role_id);
        let default_role = deployment.workspace_member_role_id;
        let workspace = self.workspace.map(|(workspace, role)| (workspace, role.unwrap_or(default_role)));
        let ids = ReferencedIds { role, workspace, inviter: grant.membership() };
        let references = References::for_invitation(cx, &grant, ids).await?;
        let roles = authority::resolve_roles_with(cx, &grant, references.role(role).as_deref(), workspace).await?;
        authority::check_caller_may_grant(cx, &grant, &roles).await?;
        seats::check_free_seat(cx, &grant, self.invitee.key()).await?;
        // An API key that sends no mail has its requests limited only.
        if self.is_mailed || grant.user().is_some() {
            rate_limit::take_invitations(cx, &grant, &[self.invitee.key()]).await?;
        }
        pending::check_limit(cx, grant.organization(), 1).await?;
        let row = self.insert(cx, &grant, &roles).await?;
        InvitationDetails::from_row(cx, row, &references)
    }
}

impl Create {
    async fn insert(&self, cx: &mut Context<'_>, grant: &Grant, roles: &ResolvedRoles) -> Result<InvitationRow> {
        let message = self.message.as_ref();
        let api_key = cx.api_key.as_ref().map(|key| key.id);
        let (language, is_mailed) = (self.language, self.is_mailed);
        let draft = InvitationDraft { invitee: &self.invitee, roles, language, message, api_key, is_mailed };
        let row = draft.to_row(cx, grant, expires_at(cx, self.expiry_days));
        let jobs = if is_mailed { outbox::dependent_invitation_jobs(cx, &[row.mail()]) } else { Vec::new() };
        if !cx.execute_composite(sql::INSERT, draft.to_arguments(&row), jobs, InvitationDraft::created(&row)).await? {
            self.check_not_member(cx, grant, roles).await?;
            // A pending invitation is the reason. If it has expired, the new one supersedes it.
            if !self.supersede_expired(cx, grant, &row).await?
                || cx.tx.execute(sql::INSERT, draft.to_arguments(&row)).await? == 0
            {
                return Err(Code::InvitationExists.into());
            }
            cx.emit(InvitationDraft::created(&row));
            if is_mailed {
                outbox::enqueue_invitations(cx, &[row.mail()]).await?;
            }
        }
        Ok(row)
    }

    /// Discards the expired invitation of the address, if there is one. Returns whether it did.
    ///
    /// # Errors
    /// `ROLE_EXCEEDS_YOURS`.
    async fn supersede_expired(&self, cx: &mut Context<'_>, grant: &Grant, row: &InvitationRow) -> Result<bool> {
        let scope = row.workspace_id.map_or(0, WorkspaceId::get);
        let found = cx.tx.optional(sql::FIND_PENDING, (row.organization_id, self.invitee.key(), scope)).await?;
        let Some(expired) = found.filter(|found| found.state(cx.now) == InvitationState::Expired) else {
            return Ok(false);
        };
        authority::check_caller_may_discard(cx, grant, &expired).await?;
        if cx.tx.execute(sql::SUPERSEDE, discard_arguments(&expired, cx.now)).await? == 0 {
            return Ok(false);
        }
        cx.emit(superseded(&expired));
        Ok(true)
    }

    /// Returns `ALREADY_MEMBER` if the address belongs to a member of the workspace, or without a workspace, of the
    /// organization.
    async fn check_not_member(&self, cx: &mut Context<'_>, grant: &Grant, roles: &ResolvedRoles) -> Result<()> {
        let (organization, key) = (grant.organization(), self.invitee.key());
        let is_member = match &roles.workspace {
            None => cx.tx.optional(membership::sql::BY_EMAIL, (organization, key)).await?.is_some(),
            Some(role) => {
                let arguments = (organization, role.workspace, key);
                cx.tx.optional(workspace::sql::BY_EMAIL, arguments).await?.is_some()
            }
        };
        if is_member { Err(Code::AlreadyMember.into()) } else { Ok(()) }
    }
}

/// Replaces an invitation by one with the same roles for another address. The message was for the first one.
///
/// # Errors
/// Those of [`Discard`] and [`Create`].
pub(crate) async fn reissue_to_address(
    cx: &mut Context<'_>,
    organization: OrganizationId,
    id: InvitationId,
    invitee: &EmailAddress,
) -> Result<InvitationDetails> {
    let invitation = cx.tx.optional(sql::FIND, (organization, id)).await?.ok_or(Code::InvitationNotFound)?;
    Discard { organization, invitation: id }.run(cx).await?;
    let create = Create {
        organization,
        invitee: invitee.clone(),
        role: Some(invitation.role_id),
        workspace: invitation.workspace_id.map(|workspace| (workspace, invitation.workspace_role_id)),
        expiry_days: None,
        language: None,
        message: None,
        is_mailed: true,
    };
    create.run(cx).await
}

/// The event of an expired invitation that a new one supersedes.
pub(super) fn superseded(expired: &Invitation) -> InvitationRevoked {
    let (organization_id, invitation_id) = (expired.organization_id, expired.id);
    InvitationRevoked { organization_id, invitation_id, is_superseded: Some(true) }
}

/// A new invitation whose roles are checked.
#[derive(Clone, Copy, Debug)]
pub(super) struct InvitationDraft<'a> {
    pub(super) invitee: &'a EmailAddress,
    pub(super) roles: &'a ResolvedRoles,
    pub(super) language: Option<Language>,
    pub(super) message: Option<&'a InvitationMessage>,
    /// The API key that makes the invitation.
    pub(super) api_key: Option<ApiKeyId>,
    /// Whether to send it by mail, if mail is sent at all.
    pub(super) is_mailed: bool,
}

impl<'a> InvitationDraft<'a> {
    /// The row as it will be read after the insert, with a new id and generation.
    pub(super) fn to_row(self, cx: &Context<'_>, grant: &Grant, expires_at: Timestamp) -> InvitationRow {
        let workspace = self.roles.workspace.as_ref();
        InvitationRow {
            id: cx.id(),
            organization_id: grant.organization(),
            email_key: self.invitee.key().to_owned(),
            status: Status::Pending,
            generation: new_generation(cx),
            expires_at,
            created_at: cx.now,
            updated_at: cx.now,
            role_id: self.roles.role,
            workspace_id: workspace.map(|role| role.workspace),
            workspace_role_id: workspace.map(|role| role.role),
            inviter_membership_id: grant.membership(),
            is_by_api_key: self.api_key.is_some(),
            left_suspended: false,
            delivery: if self.is_mailed { initial_delivery(cx) } else { Delivery::NotSent },
            delivery_reason: String::new(),
            delivery_attempts: 0,
            delivery_at: cx.now,
            next_delivery_at: None,
        }
    }

    /// The event of the statement that inserts `row`.
    pub(super) fn created(row: &InvitationRow) -> InvitationCreated {
        InvitationCreated {
            organization_id: row.organization_id,
            invitation_id: row.id,
            role_id: row.role_id,
            workspace_id: row.workspace_id,
            workspace_role_id: row.workspace_role_id,
            expires_at: row.expires_at,
            is_mailed: row.delivery != Delivery::NotSent,
            email: Personal(row.email_key.clone()),
        }
    }

    /// The arguments of the statement that inserts `row`.
    pub(super) fn to_arguments(self, row: &'a InvitationRow) -> sql::NewInvitation<'a> {
        sql::NewInvitation {
            organization: row.organization_id,
            id: row.id,
            email: self.invitee.as_str(),
            email_key: &row.email_key,
            generation: row.generation,
            role_scope: self.roles.role_scope,
            role: row.role_id,
            workspace: row.workspace_id,
            workspace_role_scope: self.roles.workspace.as_ref().map(|role| role.role_scope),
            workspace_role: row.workspace_role_id,
            inviter: row.inviter_membership_id,
            delivery: row.delivery,
            expires_at: row.expires_at,
            now: row.created_at,
            language: self.language,
            message: self.message.map_or("", InvitationMessage::as_str),
            api_key: self.api_key,
        }
    }
}

/// A random number, so that no earlier generation of the invitation has it.
pub(super) fn new_generation(cx: &Context<'_>) -> i64 {
    i64::from_be_bytes(cx.random().bytes())
}

/// The expiry of an invitation that is sent now. It is a whole second, because the API shows times in seconds.
pub(super) fn expires_at(cx: &Context<'_>, expiry_days: Option<u16>) -> Timestamp {
    let days = expiry_days.unwrap_or(cx.executor.settings.invitations.expiry_days);
    cx.now.plus(DAY * u32::from(days)).whole_second()
}

/// The delivery status before a worker has processed the mail.
pub(super) fn initial_delivery(cx: &Context<'_>) -> Delivery {
    if cx.executor.mail_transport.is_some() { Delivery::Queued } else { Delivery::NotSent }
}
