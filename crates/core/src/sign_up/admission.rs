//! Who may create an account: anyone or invitees only, depending on the settings.

use crate::deployment_invitation;
use crate::email_address::EmailAddress;
use crate::error::{Code, Problem, Result};
use crate::event::DeploymentInvitationAccepted;
use crate::execution::Context;
use crate::id::DeploymentInvitationId;
use crate::invitation::{self, InvitationState};
use crate::secret::{DeploymentInvitationToken, InvitationToken, SignUpToken};
use crate::settings::SignUpMode;

/// A valid invitation for the address of a person who signs up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Admission {
    /// Whether the token is the mailed one, which proves access to the mailbox.
    pub(crate) is_mailed: bool,
    /// An invitation to sign up. `None` for one to an organization.
    sign_up_invitation: Option<DeploymentInvitationId>,
}

/// The code for people without an invitation; `None` if they can sign up too.
pub(crate) const fn refusal(mode: SignUpMode) -> Option<Code> {
    match mode {
        SignUpMode::Public => None,
        SignUpMode::Restricted => Some(Code::SignupRestricted),
        SignUpMode::Waitlist => Some(Code::SignupWaitlistOnly),
    }
}

impl Admission {
    /// Checks an invitation for an address.
    ///
    /// # Errors
    /// `INVALID_INVITATION_TOKEN`; `INVITATION_EXPIRED`; `INVITATION_SUSPENDED`, unless sign-up is public;
    /// `BAD_REQUEST_BODY` if it is for another address.
    pub(crate) async fn check(cx: &mut Context<'_>, token: &SignUpToken, address: &EmailAddress) -> Result<Self> {
        match token {
            SignUpToken::Organization(token) => check_invitation(cx, token, address).await,
            SignUpToken::Deployment(token) => check_sign_up_invitation(cx, token, address).await,
        }
    }

    pub(crate) const fn is_to_sign_up(&self) -> bool {
        self.sign_up_invitation.is_some()
    }

    /// Uses an invitation to sign up up, with the account that is created by it.
    pub(crate) async fn use_up(self, cx: &mut Context<'_>) -> Result<()> {
        if let Some(id) = self.sign_up_invitation {
            cx.tx.execute(deployment_invitation::sql::DELETE, (id,)).await?;
            cx.emit(DeploymentInvitationAccepted { deployment_invitation_id: id });
        }
        Ok(())
    }
}

/// Decides whether a person may create an account, with the checked invitation if they have one. Where anyone may, an
/// invitation that is not valid is ignored.
///
/// # Errors
/// `SIGNUP_RESTRICTED` or `SIGNUP_WAITLIST_ONLY` without an invitation, depending on the settings; those of
/// [`Admission::check`].
pub(crate) fn admit(mode: SignUpMode, checked: Option<Result<Admission>>) -> Result<Option<Admission>> {
    match (checked, refusal(mode)) {
        (Some(Ok(admission)), _) => Ok(Some(admission)),
        (Some(Err(problem)), None) if is_refused(&problem) => Ok(None),
        (Some(Err(problem)), _) => Err(problem),
        (None, None) => Ok(None),
        (None, Some(code)) => Err(code.into()),
    }
}

/// Whether the invitation is the reason, and not a failure of the server.
fn is_refused(problem: &Problem) -> bool {
    problem.code().status() < 500
}

async fn check_sign_up_invitation(
    cx: &mut Context<'_>,
    token: &DeploymentInvitationToken,
    address: &EmailAddress,
) -> Result<Admission> {
    let invitation = deployment_invitation::find_by_token(cx, token).await?.ok_or(Code::InvalidInvitationToken)?;
    if invitation.expires_at <= cx.now {
        return Err(Code::InvitationExpired.into());
    }
    check_address(&invitation.email_key, address)?;
    Ok(Admission { is_mailed: token.is_mailed(), sign_up_invitation: Some(invitation.id) })
}

async fn check_invitation(cx: &mut Context<'_>, token: &InvitationToken, address: &EmailAddress) -> Result<Admission> {
    let invitation = invitation::find_by_token(cx, token).await?.ok_or(Code::InvalidInvitationToken)?;
    match invitation.state(cx.now) {
        InvitationState::Open => {}
        InvitationState::Expired => return Err(Code::InvitationExpired.into()),
        InvitationState::Closed => return Err(Code::InvalidInvitationToken.into()),
    }
    check_address(&invitation.email_key, address)?;
    // Otherwise the invitations of a removed member could still create accounts although sign-up is not public.
    if cx.executor.settings.sign_up != SignUpMode::Public
        && invitation::authority::load_suspension(cx, &invitation).await?.is_some()
    {
        return Err(Code::InvitationSuspended.into());
    }
    Ok(Admission { is_mailed: token.is_mailed(), sign_up_invitation: None })
}

fn check_address(invited: &str, address: &EmailAddress) -> Result<()> {
    if invited == address.key() {
        return Ok(());
    }
    Err(Code::BadRequestBody.with_message("This invitation is for another email address. Sign up with that one."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invitation_overrides_the_mode() {
        let invited = || Some(Ok(Admission { is_mailed: false, sign_up_invitation: None }));
        let wrong = || Some(Err(Code::InvitationExpired.into()));
        let broken = || Some(Err(Code::Unavailable.into()));
        let code = |mode, checked| admit(mode, checked).map(|admission| admission.is_some()).map_err(|p| p.code());
        assert_eq!(code(SignUpMode::Public, None), Ok(false));
        assert_eq!(code(SignUpMode::Public, invited()), Ok(true));
        assert_eq!(code(SignUpMode::Public, wrong()), Ok(false));
        assert_eq!(code(SignUpMode::Public, broken()), Err(Code::Unavailable));
        assert_eq!(code(SignUpMode::Restricted, None), Err(Code::SignupRestricted));
        assert_eq!(code(SignUpMode::Waitlist, None), Err(Code::SignupWaitlistOnly));
        assert_eq!(code(SignUpMode::Restricted, invited()), Ok(true));
        assert_eq!(code(SignUpMode::Restricted, wrong()), Err(Code::InvitationExpired));
    }
}
