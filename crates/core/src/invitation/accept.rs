//! Accepting an invitation.

use vestibule_db::TransactionMode;

use super::accept_context::{AcceptContext, Invitee, InviteeAddress};
use super::{Invitation, InvitationState, find_by_token, sql};
use crate::error::{Code, Problem, Result};
use crate::event::{EmailVerified, InvitationAccepted};
use crate::execution::{Command, Context};
use crate::id::{ConnectionId, MembershipId, OrganizationId, SignInId, WorkspaceId, WorkspaceMembershipId};
use crate::membership::JoinSource;
use crate::outbox::MailKind;
use crate::permission::Requirement;
use crate::reauthentication::require_proof_of_sign_in;
use crate::secret::InvitationToken;
use crate::security_log::{Audit, Change, Subject};
use crate::security_notice::{NoticeKind, notify};
use crate::settings::Settings;
use crate::{domain, membership, notification, organization, session, user, workspace};

/// Accepts an invitation for the user of the caller's session who owns the invited address.
///
/// A copied link is not enough, and neither is an account that only claims the address: the mailed token proves the
/// mailbox, and the bare token requires an address that was verified before. The invited roles are checked against what
/// the inviter may grant now. The organization becomes the active one of the invitee's sign-in if that has none.
///
/// Refusals that depend on the caller, on the inviter or on free seats are not errors, but part of the
/// [`AcceptOutcome`].
///
/// # Errors
/// `INVALID_INVITATION_TOKEN` if the token is wrong or was replaced, or if the invitation is closed;
/// `REAUTHENTICATION_REQUIRED` if accepting would verify an address of an account that has a verified one, without a
/// recent proof.
#[derive(Debug)]
pub struct Accept {
    pub token: InvitationToken,
}

#[derive(Debug)]
pub struct AcceptOutcome {
    pub invited_email: String,
    /// Why the invitation was not accepted; the fields below are then empty.
    pub refusal: Option<Code>,
    /// The connection to sign in through, if that is why.
    pub required_connection: Option<ConnectionId>,
    pub organization: Option<NamedId<OrganizationId>>,
    pub workspace: Option<NamedId<WorkspaceId>>,
    /// The invitee's sign-in. It does not become the active one.
    pub sign_in: Option<SignInId>,
    /// Whether the invitee was a member of the organization and of the workspace before.
    pub already_member: bool,
}

#[derive(Clone, Debug)]
pub struct NamedId<I> {
    pub id: I,
    pub name: String,
}

impl Command for Accept {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[Code::InvalidInvitationToken, Code::ReauthenticationRequired];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = AcceptOutcome;

    fn audit(&self) -> Audit {
        Audit::Change(Change::MemberJoined)
    }

    // One of several concurrent accepts updates the invitation, and a unique key guards the membership. Seat limits are
    // read before that and hold only under serializable isolation.
    fn transaction_mode(&self, settings: &Settings) -> TransactionMode {
        if settings.seats.has_limit() { TransactionMode::Serializable } else { TransactionMode::ReadCommitted }
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<AcceptOutcome> {
        let outcome = self.accept_token(cx).await?;
        cx.subject.partial_refusal = outcome.refusal;
        cx.subject.is_unchanged = outcome.refusal.is_some() || outcome.already_member;
        Ok(outcome)
    }
}

impl Accept {
    async fn accept_token(&self, cx: &mut Context<'_>) -> Result<AcceptOutcome> {
        let invitation = find_by_token(cx, &self.token).await?.ok_or(Code::InvalidInvitationToken)?;
        cx.subject.organization = Some(invitation.organization_id);
        match invitation.state(cx.now) {
            InvitationState::Closed => Err(Code::InvalidInvitationToken.into()),
            InvitationState::Expired => Ok(AcceptOutcome::refused(&invitation, Code::InvitationExpired)),
            InvitationState::Open => {
                let context =
                    AcceptContext::load(cx, &invitation, &self.token).await?.ok_or(Code::InvalidInvitationToken)?;
                match &context.invitee {
                    Err(refusal) => Ok(AcceptOutcome::refused(&invitation, *refusal)),
                    Ok(invitee) => self.accept(cx, &invitation, &context, invitee).await,
                }
            }
        }
    }

    async fn accept(
        &self,
        cx: &mut Context<'_>,
        invitation: &Invitation,
        context: &AcceptContext,
        invitee: &Invitee,
    ) -> Result<AcceptOutcome> {
        let is_unverified = invitee.address != InviteeAddress::Verified;
        if is_unverified && !self.token.is_mailed() {
            return Ok(AcceptOutcome::refused(invitation, Code::InvitationEmailUnverified));
        }
        if let Some(connection) = context.required_connection(cx, invitation, invitee).await? {
            let refused = AcceptOutcome::refused(invitation, Code::SsoRequired);
            return Ok(AcceptOutcome { required_connection: Some(connection), ..refused });
        }
        let organization = invitation.organization_id;
        cx.subject.workspace = invitation.workspace_id;
        cx.subject.target_user = Some(invitee.user).filter(|user| cx.subject.user != Some(*user));
        let is_new_member = context.membership.is_none();
        let workspace = match invitation.workspace_id {
            Some(workspace) => Some(TargetWorkspace::load(cx, organization, workspace, context.membership).await?),
            None => None,
        };
        let joins_workspace = workspace.as_ref().is_some_and(|workspace| workspace.is_new);
        if (is_new_member || joins_workspace) && context.is_suspended(cx, invitation).await? {
            return Ok(AcceptOutcome::refused(invitation, Code::InvitationSuspended));
        }
        // Seats are checked before any other change, so that a refusal has nothing to roll back.
        let seats = cx.executor.settings.seats;
        if workspace.as_ref().is_some_and(|target| target.is_new && target.members >= seats.workspace_limit()) {
            return Ok(AcceptOutcome::refused(invitation, Code::WorkspaceFull));
        }
        if is_new_member && seats.has_limit() && organization::take_seat(cx, organization).await?.is_none() {
            return Ok(AcceptOutcome::refused(invitation, Code::OrganizationFull));
        }
        // Only one of several concurrent accepts finds the invitation still pending.
        let (role, workspace_role) = (invitation.role_id, invitation.workspace_role_id);
        let arguments = (organization, invitation.id, invitation.generation, role, workspace_role, cx.now);
        if cx.tx.execute(sql::ACCEPT, arguments).await? == 0 {
            return Err(conflict_code(cx, invitation).await?.into());
        }
        let kind = MailKind::InvitationsAccepted;
        notification::notify_inviter(cx, organization, invitation.inviter_membership_id, kind).await?;
        if is_unverified {
            announce_verification(cx, invitee, &invitation.email_key).await?;
        }
        verify_address(cx, invitee).await?;
        let new_workspace = workspace.as_ref().filter(|workspace| workspace.is_new);
        let (membership, workspace_membership) = join(cx, invitation, context, invitee, new_workspace).await?;
        cx.emit(InvitationAccepted {
            organization_id: organization,
            invitation_id: invitation.id,
            user_id: invitee.user,
            membership_id: membership,
        });
        session::activate_if_none(cx, (invitee.user, invitee.sign_in), membership, workspace_membership)?;
        if is_unverified {
            cx.log_change(Change::EmailAddressVerified, Subject::of_user(Some(invitee.user)));
            // The address is verified now, so its domain may let the user join other organizations.
            domain::auto_join(cx, invitee.user).await?;
        }
        if is_new_member && !seats.has_limit() {
            organization::increment_member_count(cx, organization)?;
        }
        Ok(AcceptOutcome {
            invited_email: invitation.email_key.clone(),
            refusal: None,
            required_connection: None,
            organization: Some(NamedId { id: organization, name: context.organization_name.clone() }),
            workspace: workspace.map(|workspace| workspace.named),
            sign_in: Some(invitee.sign_in),
            already_member: !is_new_member && !joins_workspace,
        })
    }
}

/// Verifies the invited address, whose mailbox the mailed token proves.
///
/// # Errors
/// `BUSY` if the claim was deleted, or the address verified by another account, since it was read: the client retries.
async fn verify_address(cx: &mut Context<'_>, invitee: &Invitee) -> Result<()> {
    match invitee.address {
        InviteeAddress::Verified => Ok(()),
        InviteeAddress::Unverified(address) => {
            cx.tx.defer(user::sql::VERIFY_ADDRESS, (invitee.user, address, cx.now))?;
            cx.emit(EmailVerified { user_id: invitee.user, email_id: address, email: None });
            Ok(())
        }
        InviteeAddress::Claimed(claim) => {
            let linked = user::link_claim(cx, invitee.user, claim).await;
            linked.map_err(|problem| if problem.code().status() < 500 { Code::Busy.into() } else { problem })
        }
    }
}

/// Requires a recent proof for verifying the invited address, and sends a security notice to the verified addresses of
/// the account. An account without any needs neither: access to this mailbox already grants access to it.
async fn announce_verification(cx: &mut Context<'_>, invitee: &Invitee, address: &str) -> Result<()> {
    let user = invitee.user;
    let addresses = cx.tx.all(user::sql::VERIFIED_ADDRESSES, (user,)).await?;
    if !addresses.is_empty() {
        // The user has claimed the address themselves, so the proof need not name it.
        require_proof_of_sign_in(cx, user, invitee.sign_in).await?;
        notify(cx, user, NoticeKind::AddressVerified, address).await?;
    }
    Ok(())
}

/// Makes the invitee a member of the organization and of `workspace`, as far as they are not one already. Returns their
/// memberships, that of the workspace if it is new.
async fn join(
    cx: &mut Context<'_>,
    invitation: &Invitation,
    context: &AcceptContext,
    invitee: &Invitee,
    workspace: Option<&TargetWorkspace>,
) -> Result<(MembershipId, Option<WorkspaceMembershipId>)> {
    let (organization, user) = (invitation.organization_id, invitee.user);
    let membership = if let Some(membership) = context.membership {
        membership
    } else {
        if !cx.executor.settings.seats.has_limit() {
            // The transaction is not serializable: a concurrent change of the user's name could be lost.
            cx.tx.defer(user::sql::LOCK, (user,))?;
        }
        let source = JoinSource::Invitation(invitation.id);
        membership::join(cx, organization, user, invitation.role_id, source)?.id
    };
    let mut workspace_membership = None;
    if let Some(workspace) = workspace {
        let role = invitation.workspace_role_id;
        let role = role.ok_or_else(|| Problem::internal("an invitation into a workspace has a role there"))?;
        let joined = workspace::join(cx, (organization, workspace.named.id), (membership, user), role).await?;
        workspace_membership = joined.map(|joined| joined.id);
    }
    if context.membership.is_none() {
        let workspace = context.auto_assigned_workspace;
        workspace::join_auto_assigned(cx, (organization, workspace), (membership, user)).await?;
    }
    Ok((membership, workspace_membership))
}

/// Returns why the `ACCEPT` statement changed no row although the invitation was open when it was read.
async fn conflict_code(cx: &mut Context<'_>, read: &Invitation) -> Result<Code> {
    let current = cx.tx.optional(sql::FIND, (read.organization_id, read.id)).await?;
    let is_open =
        |current: &Invitation| current.generation == read.generation && current.state(cx.now) == InvitationState::Open;
    // It is still open if a role was replaced meanwhile. The new role has to be checked first, so the client retries.
    Ok(if current.as_ref().is_some_and(is_open) { Code::Busy } else { Code::InvalidInvitationToken })
}

/// The workspace of the invitation.
struct TargetWorkspace {
    named: NamedId<WorkspaceId>,
    members: i64,
    /// Whether the invitee is not a member of it yet.
    is_new: bool,
}

impl TargetWorkspace {
    async fn load(
        cx: &mut Context<'_>,
        organization: OrganizationId,
        id: WorkspaceId,
        membership: Option<MembershipId>,
    ) -> Result<Self> {
        let workspace = cx.tx.one(workspace::sql::SUMMARY, (organization, id)).await?;
        let is_new = match membership {
            Some(membership) => {
                cx.tx.optional(workspace::sql::MEMBERSHIP, (organization, id, membership)).await?.is_none()
            }
            None => true,
        };
        Ok(Self { named: NamedId { id, name: workspace.name }, members: workspace.member_count, is_new })
    }
}

impl AcceptOutcome {
    fn refused(invitation: &Invitation, refusal: Code) -> Self {
        Self {
            invited_email: invitation.email_key.clone(),
            refusal: Some(refusal),
            required_connection: None,
            organization: None,
            workspace: None,
            sign_in: None,
            already_member: false,
        }
    }

    /// Returns whether the caller has to sign in, sign up, or sign in as another user first.
    pub fn requires_signin(&self) -> bool {
        matches!(
            self.refusal,
            Some(Code::InvitationRequiresSignin | Code::InvitationRequiresSignup | Code::InvitationEmailMismatch)
        )
    }
}
