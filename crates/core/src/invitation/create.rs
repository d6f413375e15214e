//! Asking somebody in.

use std::time::Duration;

use super::authority::{self, Granted};
use super::details::{self, InvitationDetails};
use super::discard::Discard;
use super::references::{ReferencedIds, References};
use super::{Delivery, InvitationRow, Status, seats, sql};
use crate::access::{self, Grant};
use crate::email_address::EmailAddress;
use crate::error::{Code, Result};
use crate::execution::{Command, Context};
use crate::id::{InvitationId, OrganizationId, RoleId, WorkspaceId, WorkspaceRoleId};
use crate::language::Language;
use crate::permission::{RequiredPermission, Requirement};
use crate::settings::Settings;
use crate::time::Timestamp;
use crate::{membership, outbox, workspace};
use vestibule_db::TransactionMode;

/// The most days an invitation may live (decision 11).
pub const MAX_EXPIRY_DAYS: u16 = 90;
/// One day of an invitation's life.
pub(super) const DAY: Duration = Duration::from_hours(24);

/// Invites an address into an organization, and perhaps one of its workspaces. The mail is put into the outbox by the
/// same transaction. An expired invitation for the same address and place is superseded; a pending one stands in the way.
///
/// Errors: `UNAUTHORIZED`; `FORBIDDEN` unless the caller may manage members; `ROLE_NOT_FOUND`, `WORKSPACE_NOT_FOUND` for
/// what is not this organization's; `ROLE_EXCEEDS_YOURS`; `ALREADY_MEMBER`; `ORGANIZATION_FULL`; `INVITATION_EXISTS`.
#[derive(Debug)]
pub struct Create {
    /// Into which organization.
    pub organization: OrganizationId,
    /// Whom.
    pub invitee: EmailAddress,
    /// As what; `None` for the deployment's member role.
    pub role: Option<RoleId>,
    /// Into which workspace, and as what there; without a role, as the deployment's workspace member.
    pub workspace: Option<(WorkspaceId, Option<WorkspaceRoleId>)>,
    /// Days until it expires, 1 to 90; `None` for the setting's.
    pub days: Option<u16>,
    /// The language of its mail; `None` for the invitee's own, where that is known.
    pub language: Option<Language>,
}

impl Command for Create {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::ManageMembers);
    const ERRORS: &'static [Code] = &[
        Code::RoleNotFound,
        Code::WorkspaceNotFound,
        Code::RoleExceedsYours,
        Code::AlreadyMember,
        Code::OrganizationFull,
        Code::InvitationExists,
    ];
    type Out = InvitationDetails;

    // A place in the organization is taken by a key, and what the invitation gives is looked at again when somebody accepts.
    // A bound on seats is not guarded by any row: who invites reads all who are invited.
    fn transaction_mode(&self, settings: &Settings) -> TransactionMode {
        if settings.seats.organization == 0 { TransactionMode::SingleStatement } else { TransactionMode::Serializable }
    }

    fn organization(&self) -> Option<OrganizationId> {
        Some(self.organization)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<InvitationDetails> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::ManageMembers).await?;
        let deployment = cx.executor.deployment()?;
        let role = self.role.unwrap_or(deployment.member_role_id);
        let member = deployment.workspace_member_role_id;
        let workspace = self.workspace.map(|(workspace, role)| (workspace, role.unwrap_or(member)));
        let names = ReferencedIds { role, workspace, inviter: Some(grant.membership()) };
        let surroundings = References::of_one(cx, &grant, names).await?;
        let granted = authority::granted_by(cx, &grant, surroundings.role(role).as_deref(), workspace).await?;
        authority::check(cx, &grant, &granted).await?;
        seats::refuse_when_full(cx, &grant, self.invitee.key()).await?;
        let invitation = self.insert(cx, &grant, &granted).await?;
        details::one(cx, invitation, &surroundings)
    }
}

impl Create {
    /// Why nothing was written, as far as somebody who is in already is the reason.
    async fn refuse_members(&self, cx: &mut Context<'_>, grant: &Grant, granted: &Granted) -> Result<()> {
        let (organization, key) = (grant.organization(), self.invitee.key());
        let is_member = match &granted.workspace {
            None => cx.tx.optional(membership::sql::BY_EMAIL, (organization, key)).await?.is_some(),
            Some(there) => {
                let given = (organization, there.workspace, key);
                cx.tx.optional(workspace::sql::BY_EMAIL, given).await?.is_some()
            }
        };
        if is_member { Err(Code::AlreadyMember.into()) } else { Ok(()) }
    }

    async fn insert(&self, cx: &mut Context<'_>, grant: &Grant, granted: &Granted) -> Result<InvitationRow> {
        let new = New { invitee: &self.invitee, granted, language: self.language };
        let entry = new.entry(cx, grant, expires_at(cx, self.days));
        let scope = entry.workspace_id.map_or(0, WorkspaceId::get);
        let in_the_way = (entry.organization_id, self.invitee.key(), scope, cx.now);
        let mails = outbox::dependent_invitation_jobs(cx, &[entry.mail()]);
        if !cx.execute_composite(sql::INSERT, new.row(&entry), mails).await? {
            self.refuse_members(cx, grant, granted).await?;
            // Only who is in the way is looked at: it may have run out.
            let makes_room = cx.tx.execute(sql::SUPERSEDE, in_the_way).await? > 0;
            if !makes_room || cx.tx.execute(sql::INSERT, new.row(&entry)).await? == 0 {
                return Err(Code::InvitationExists.into());
            }
            outbox::enqueue_invitations(cx, &[entry.mail()]).await?;
        }
        Ok(entry)
    }
}

/// Invites somebody by another address than they were invited by: a new invitation with the same roles, and the old one is
/// taken back. Errors: those of [`Create`] and of a discard.
pub(crate) async fn readdress(
    cx: &mut Context<'_>,
    organization: OrganizationId,
    id: InvitationId,
    to: &EmailAddress,
) -> Result<()> {
    let found = cx.tx.optional(sql::FIND, (organization, id)).await?.ok_or(Code::InvitationNotFound)?;
    Discard { organization, invitation: id }.run(cx).await?;
    let workspace = found.workspace_id.map(|workspace| (workspace, found.workspace_role_id));
    let create =
        Create { organization, invitee: to.clone(), role: Some(found.role_id), workspace, days: None, language: None };
    create.run(cx).await.map(|_| ())
}

/// A new invitation: what its row holds besides what a list shows.
#[derive(Clone, Copy, Debug)]
pub(super) struct New<'a> {
    pub(super) invitee: &'a EmailAddress,
    pub(super) granted: &'a Granted,
    pub(super) language: Option<Language>,
}

impl<'a> New<'a> {
    /// The invitation as lists show it once it is written.
    pub(super) fn entry(&self, cx: &Context<'_>, grant: &Grant, expires_at: Timestamp) -> InvitationRow {
        let there = self.granted.workspace.as_ref();
        InvitationRow {
            id: cx.id(),
            organization_id: grant.organization(),
            email_key: self.invitee.key().to_owned(),
            status: Status::Pending,
            generation: generation(cx),
            expires_at,
            created_at: cx.now,
            updated_at: cx.now,
            role_id: self.granted.role,
            workspace_id: there.map(|there| there.workspace),
            workspace_role_id: there.map(|there| there.role),
            inviter_membership_id: Some(grant.membership()),
            left_suspended: false,
            delivery: first_delivery(cx),
            delivery_reason: String::new(),
            delivery_attempts: 0,
            delivery_at: cx.now,
            next_delivery_at: None,
        }
    }

    /// The row that becomes this entry.
    pub(super) fn row(&self, entry: &'a InvitationRow) -> sql::NewInvitation<'a> {
        let workspace = self.granted.workspace.as_ref();
        sql::NewInvitation {
            organization: entry.organization_id,
            id: entry.id,
            email: self.invitee.as_str(),
            email_key: &entry.email_key,
            generation: entry.generation,
            role_scope: self.granted.role_scope,
            role: entry.role_id,
            workspace: entry.workspace_id,
            workspace_role_scope: workspace.map(|workspace| workspace.role_scope),
            workspace_role: entry.workspace_role_id,
            inviter: entry.inviter_membership_id,
            delivery: entry.delivery,
            expires_at: entry.expires_at,
            now: entry.created_at,
            language: self.language,
        }
    }
}

/// A number for a generation that no earlier one of the invitation had.
pub(super) fn generation(cx: &Context<'_>) -> i64 {
    i64::from_be_bytes(cx.random().bytes())
}

/// When an invitation made now runs out: on a whole second, so that it ends at the instant that is shown.
pub(super) fn expires_at(cx: &Context<'_>, days: Option<u16>) -> Timestamp {
    cx.now.plus(DAY * u32::from(days.unwrap_or(cx.executor.settings.invitations.days))).whole_second()
}

/// What is true of the mail before any worker has seen it.
pub(super) fn first_delivery(cx: &Context<'_>) -> Delivery {
    if cx.executor.mail_transport.is_some() { Delivery::Queued } else { Delivery::NotSent }
}
