//! Coming in: the outcomes of contract C.4, row by row.

use super::accept_context::{AcceptContext, Invitee};
use super::{Invitation, InvitationState, by_token, sql};
use crate::error::{Code, Problem, Result};
use crate::execution::{Command, Context};
use crate::id::{MembershipId, OrganizationId, SignInId, WorkspaceId};
use crate::permission::Requirement;
use crate::secret::InvitationToken;
use crate::settings::Settings;
use crate::{domain, membership, organization, user, workspace};
use vestibule_db::TransactionMode;

/// Accepts an invitation for whichever of the session's users owns the invited address.
///
/// Nobody but the owner can: not who copied the link, and not an account that merely claims the address. The mail's
/// secret proves it; the bare token needs an address proved before (decision 13). What the invitation would give is
/// checked against what its inviter may grant at this moment (decision 14).
///
/// Error: `INVALID_INVITATION_TOKEN`. Everything else is an [`Outcome`], a place that is full among it.
#[derive(Debug)]
pub struct Accept {
    /// What the invitee holds in hand.
    pub token: InvitationToken,
}

/// What came of it.
#[derive(Debug)]
pub struct Outcome {
    /// The address that was invited.
    pub invited_email: String,
    /// Why the invitee is not in.
    pub refusal: Option<Code>,
    /// The organization they are in.
    pub organization: Option<Named<OrganizationId>>,
    /// The workspace they are in.
    pub workspace: Option<Named<WorkspaceId>>,
    /// The sign-in of the user who is in; the active one stays as it was.
    pub sign_in: Option<SignInId>,
    /// Whether they were in before.
    pub already_member: bool,
}

/// An id with its name.
#[derive(Clone, Debug)]
pub struct Named<I> {
    /// Which one.
    pub id: I,
    /// Its name.
    pub name: String,
}

impl Command for Accept {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[Code::InvalidInvitationToken, Code::InvitationExpired];
    type Out = Outcome;

    // Of all who accept at once one changes the invitation's row, and a membership is taken by its key. Bounds on seats are
    // asked before that, and hold when nobody else comes in meanwhile.
    fn transaction_mode(&self, settings: &Settings) -> TransactionMode {
        if settings.seats.has_bound() { TransactionMode::Serializable } else { TransactionMode::ReadCommitted }
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<Outcome> {
        let invitation = by_token(cx, &self.token).await?.ok_or(Code::InvalidInvitationToken)?;
        match invitation.state(cx.now) {
            InvitationState::Over => Err(Code::InvalidInvitationToken.into()),
            InvitationState::Expired => Ok(Outcome::refused(&invitation, Code::InvitationExpired)),
            InvitationState::Open => {
                let entrance = AcceptContext::find(cx, &invitation).await?.ok_or(Code::InvalidInvitationToken)?;
                match &entrance.invitee {
                    Err(refusal) => Ok(Outcome::refused(&invitation, *refusal)),
                    Ok(invitee) => self.accept(cx, &invitation, &entrance, invitee).await,
                }
            }
        }
    }
}

impl Accept {
    async fn accept(
        &self,
        cx: &mut Context<'_>,
        invitation: &Invitation,
        entrance: &AcceptContext,
        invitee: &Invitee,
    ) -> Result<Outcome> {
        if invitee.owner.verified_at.is_none() && !self.token.is_mailed() {
            return Ok(Outcome::refused(invitation, Code::InvitationEmailUnverified));
        }
        let (organization, user, before) = (invitation.organization_id, invitee.owner.user_id, entrance.before);
        let place = match invitation.workspace_id {
            Some(workspace) => Some(Place::find(cx, organization, workspace, before).await?),
            None => None,
        };
        let gives_something = before.is_none() || place.as_ref().is_some_and(|place| place.is_new);
        if gives_something && entrance.is_suspended(cx, invitation).await? {
            return Ok(Outcome::refused(invitation, Code::InvitationSuspended));
        }
        // Seats come before every other change: where there is none, nothing has to be undone.
        let seats = cx.executor.settings.seats;
        if place.as_ref().is_some_and(|place| place.is_new && place.members >= seats.most_in_workspace()) {
            return Ok(Outcome::refused(invitation, Code::WorkspaceFull));
        }
        if before.is_none() && seats.has_bound() && organization::take_seat(cx, organization).await?.is_none() {
            return Ok(Outcome::refused(invitation, Code::OrganizationFull));
        }
        // Of all who got this far at once, one finds the invitation still open.
        let roles = (invitation.role_id, invitation.workspace_role_id);
        let taken = (organization, invitation.id, invitation.generation, roles.0, roles.1, cx.now);
        if cx.tx.execute(sql::ACCEPT, taken).await? == 0 {
            return Err(not_taken(cx, invitation).await?.into());
        }
        let proves = self.token.is_mailed() && invitee.owner.verified_at.is_none();
        if proves {
            cx.tx.defer(user::sql::VERIFY_ADDRESS, (invitee.owner.user_id, invitee.owner.email_id, cx.now))?;
        }
        let membership = match before {
            Some(membership) => membership,
            None => membership::join(cx, organization, user, invitation.role_id)?.id,
        };
        if let Some(place) = place.as_ref().filter(|place| place.is_new) {
            let role = invitation.workspace_role_id;
            let role = role.ok_or_else(|| Problem::internal("an invitation into a workspace has a role there"))?;
            workspace::join(cx, (organization, place.workspace.id), (membership, user), role).await?;
        }
        if before.is_none() {
            workspace::join_auto_assigned(cx, (organization, entrance.auto_assigned), (membership, user)).await?;
        }
        if proves {
            // The address may open other doors too, now that it is theirs.
            domain::auto_join(cx, user).await?;
        }
        if before.is_none() && !seats.has_bound() {
            organization::increment_member_count(cx, organization)?;
        }
        Ok(Outcome {
            invited_email: invitation.email_key.clone(),
            refusal: None,
            organization: Some(Named { id: organization, name: entrance.organization.clone() }),
            workspace: place.map(|place| place.workspace),
            sign_in: Some(invitee.sign_in),
            already_member: !gives_something,
        })
    }
}

/// Why this one did not get the invitation's row, which was open when it was read.
async fn not_taken(cx: &mut Context<'_>, before: &Invitation) -> Result<Code> {
    let found = cx.tx.optional(sql::FIND, (before.organization_id, before.id)).await?;
    let is_open = |now: &Invitation| now.generation == before.generation && now.state(cx.now) == InvitationState::Open;
    // A role was removed since, and another put in its place: that one has to be looked at first.
    Ok(if found.as_ref().is_some_and(is_open) { Code::Busy } else { Code::InvalidInvitationToken })
}

/// The workspace that an invitation leads into.
struct Place {
    workspace: Named<WorkspaceId>,
    members: i64,
    /// Whether the invitee is not in it yet.
    is_new: bool,
}

impl Place {
    async fn find(
        cx: &mut Context<'_>,
        organization: OrganizationId,
        id: WorkspaceId,
        before: Option<MembershipId>,
    ) -> Result<Self> {
        let found = cx.tx.one(workspace::sql::SUMMARY, (organization, id)).await?;
        let is_new = match before {
            Some(membership) => {
                cx.tx.optional(workspace::sql::MEMBERSHIP, (organization, id, membership)).await?.is_none()
            }
            None => true,
        };
        Ok(Self { workspace: Named { id, name: found.name }, members: found.member_count, is_new })
    }
}

impl Outcome {
    fn refused(invitation: &Invitation, refusal: Code) -> Self {
        Self {
            invited_email: invitation.email_key.clone(),
            refusal: Some(refusal),
            organization: None,
            workspace: None,
            sign_in: None,
            already_member: false,
        }
    }

    /// Whether somebody has to sign in, or up, or as somebody else.
    pub fn requires_signin(&self) -> bool {
        matches!(
            self.refusal,
            Some(Code::InvitationRequiresSignin | Code::InvitationRequiresSignup | Code::InvitationEmailMismatch)
        )
    }
}
