//! Coming in: the outcomes of contract C.4, row by row.

use super::{Invitation, Standing, authority, by_token, sql};
use crate::context::{Command, Context};
use crate::db::Purpose;
use crate::error::{Code, Problem, Result};
use crate::id::{MembershipId, OrganizationId, SignInId, UserId, WorkspaceId};
use crate::secret::InvitationToken;
use crate::settings::Settings;
use crate::user::sql::OwnerInSession;
use crate::{domain, membership, organization, user, workspace};

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
    type Out = Outcome;

    // Of all who accept at once one changes the invitation's row, and a membership is taken by its key. Bounds on seats are
    // asked before that, and hold when nobody else comes in meanwhile.
    fn purpose(&self, settings: &Settings) -> Purpose {
        if settings.seats.has_bound() { Purpose::Command } else { Purpose::Guarded }
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<Outcome> {
        let invitation = by_token(cx, &self.token).await?.ok_or(Code::InvalidInvitationToken)?;
        match invitation.standing(cx.now) {
            Standing::Over => Err(Code::InvalidInvitationToken.into()),
            Standing::Expired => Ok(Outcome::refused(&invitation, Code::InvitationExpired)),
            Standing::Open => match invitee(cx, &invitation).await? {
                Err(refusal) => Ok(Outcome::refused(&invitation, refusal)),
                Ok(invitee) => self.accept(cx, &invitation, &invitee).await,
            },
        }
    }
}

/// The user who owns the invited address, signed in here.
#[derive(Debug)]
pub(super) struct Invitee {
    pub(super) owner: OwnerInSession,
    pub(super) sign_in: SignInId,
}

/// Finds the invitee among the session's users: rows 3 to 6.
pub(super) async fn invitee(cx: &mut Context<'_>, invitation: &Invitation) -> Result<Result<Invitee, Code>> {
    let session = cx.session.as_ref().filter(|session| session.user_id.is_some()).map(|session| session.id);
    let asked = (invitation.email_key.as_str(), session.unwrap_or_else(|| 0.into()), cx.now);
    let Some(owner) = cx.tx.optional(user::sql::OWNER_IN_SESSION, asked).await? else {
        return Ok(Err(Code::InvitationRequiresSignup));
    };
    Ok(match (session, owner.sign_in_id) {
        (None, _) => Err(Code::InvitationRequiresSignin),
        (Some(_), None) => Err(Code::InvitationEmailMismatch),
        (Some(_), Some(sign_in)) => Ok(Invitee { owner, sign_in }),
    })
}

impl Accept {
    async fn accept(&self, cx: &mut Context<'_>, invitation: &Invitation, invitee: &Invitee) -> Result<Outcome> {
        if invitee.owner.verified_at.is_none() && !self.token.is_mailed() {
            return Ok(Outcome::refused(invitation, Code::InvitationEmailUnverified));
        }
        let (organization, user) = (invitation.organization_id, invitee.owner.user_id);
        let before = cx.tx.optional(membership::sql::OF_USER, (organization, user)).await?.map(|(id,)| id);
        let place = match invitation.workspace_id {
            Some(workspace) => Some(Place::find(cx, organization, workspace, before).await?),
            None => None,
        };
        let gives_something = before.is_none() || place.as_ref().is_some_and(|place| place.is_new);
        if gives_something && authority::suspended(cx, invitation).await?.is_some() {
            return Ok(Outcome::refused(invitation, Code::InvitationSuspended));
        }
        // Seats come before every other change: where there is none, nothing has to be undone.
        let seats = cx.service.settings.seats;
        if place.as_ref().is_some_and(|place| place.is_new && place.members >= seats.most_in_workspace()) {
            return Ok(Outcome::refused(invitation, Code::WorkspaceFull));
        }
        let mut joined = None;
        if before.is_none() && seats.has_bound() {
            joined = organization::take_seat(cx, organization).await?;
            if joined.is_none() {
                return Ok(Outcome::refused(invitation, Code::OrganizationFull));
            }
        }
        // Of all who got this far at once, one finds the invitation still open.
        let taken = (organization, invitation.id, invitation.generation, cx.now);
        let taken = cx.tx.optional(sql::ACCEPT, taken).await?.ok_or(Code::InvalidInvitationToken)?;
        if (taken.role_id, taken.workspace_role_id) != (invitation.role_id, invitation.workspace_role_id) {
            // A role was removed since it was read, and another put in its place: that one has to be looked at first.
            return Err(Code::Busy.into());
        }
        let proves = self.token.is_mailed() && invitee.owner.verified_at.is_none();
        if proves {
            cx.tx.execute(user::sql::VERIFY, (invitee.owner.user_id, invitee.owner.email_id, cx.now)).await?;
        }
        let membership = match before {
            Some(membership) => membership,
            None => join(cx, invitation, user).await?,
        };
        if let Some(place) = place.as_ref().filter(|place| place.is_new) {
            let role = invitation.workspace_role_id;
            let role = role.ok_or_else(|| Problem::internal("an invitation into a workspace has a role there"))?;
            workspace::join(cx, (organization, place.workspace.id), (membership, user), role).await?;
        }
        if before.is_none() && !seats.has_bound() {
            // As late as can be: everybody who comes in changes this row, and waits for who came before them.
            joined = organization::take_seat(cx, organization).await?;
        }
        let joined = match joined {
            Some(joined) => joined,
            None => cx.tx.one(membership::sql::ORGANIZATION, (organization,)).await?,
        };
        if before.is_none() {
            workspace::join_auto_assigned(cx, &joined, (membership, user)).await?;
        }
        if proves {
            // The address may open other doors too, now that it is theirs.
            domain::come_in(cx, user).await?;
        }
        Ok(Outcome {
            invited_email: invitation.email_key.clone(),
            refusal: None,
            organization: Some(Named { id: organization, name: joined.name }),
            workspace: place.map(|place| place.workspace),
            sign_in: Some(invitee.sign_in),
            already_member: !gives_something,
        })
    }
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
        let found = cx.tx.one(workspace::sql::FIND, (organization, id)).await?;
        let is_new = match before {
            Some(membership) => {
                cx.tx.optional(workspace::sql::MEMBERSHIP, (organization, id, membership)).await?.is_none()
            }
            None => true,
        };
        Ok(Self { workspace: Named { id, name: found.name }, members: found.member_count, is_new })
    }
}

async fn join(cx: &mut Context<'_>, invitation: &Invitation, user: UserId) -> Result<MembershipId> {
    let (organization, id) = (invitation.organization_id, cx.id());
    let membership = cx.tx.one(membership::sql::INSERT, (id, organization, user, cx.now)).await?.id;
    cx.tx.execute(organization::sql::GIVE_ROLE, (organization, membership, invitation.role_id)).await?;
    Ok(membership)
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
