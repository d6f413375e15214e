//! Making an account.

use std::sync::Arc;

use crate::email_address::EmailAddress;
use crate::error::{Code, Result};
use crate::execution::Executor;
use crate::execution::{Caller, Command, Context, Reply};
use crate::invitation::{self, InvitationState};
use crate::names::{PersonName, Username};
use crate::password::{Password, PasswordDigest};
use crate::permission::Requirement;
use crate::secret::InvitationToken;
use crate::session;
use crate::settings::SignUpMode;
use crate::sign_in::SignedIn;
use crate::user::{NewUser, sql};
use crate::verification::{Method, Purpose, SignUpProfile, insert};
use crate::{domain, rate_limit};

/// What a newcomer says of themselves.
#[derive(Clone, Debug)]
pub struct SignUp {
    /// Where they can be reached. It counts as claimed, not proved, unless the invitation proves it.
    pub email: EmailAddress,
    /// Perhaps empty.
    pub first_name: PersonName,
    /// Perhaps empty.
    pub last_name: PersonName,
    /// Perhaps none.
    pub username: Option<Username>,
    /// Checked against the settings by whoever made it: see [`Password::chosen`].
    pub password: Password,
    /// The invitation they follow. Its mailed form proves the address; the bare one proves nothing (decision 13).
    pub invitation: Option<InvitationToken>,
}

/// Makes the account and signs its owner in. The invitation is not accepted by it: that is a step of its own. Where
/// addresses have to be proved, and this one is not yet, there is an attempt instead of an account, whoever has the address.
///
/// Errors: `SIGNUP_RESTRICTED` and `SIGNUP_WAITLIST_ONLY` without an invitation, as the settings say; `EMAIL_EXISTS` and
/// `USERNAME_EXISTS`, both at once if need be; `INVALID_INVITATION_TOKEN` and `INVITATION_EXPIRED`; `BAD_REQUEST_BODY` when the invitation is for another address; `TOO_MANY_REQUESTS`; `BUSY`.
pub async fn sign_up(executor: &Arc<Executor>, caller: &Caller, newcomer: SignUp) -> Reply<SignedIn> {
    let closed = match executor.settings.sign_up {
        SignUpMode::Public => None,
        SignUpMode::Restricted => Some(Code::SignupRestricted),
        SignUpMode::Waitlist => Some(Code::SignupWaitlistOnly),
    };
    // An invitation is the way in (and whether it is one that holds is found out below).
    if let Some(closed) = closed.filter(|_| newcomer.invitation.is_none()) {
        return Reply::failed(closed.into());
    }
    let Reply { session, result: counted, .. } = executor.run(caller, rate_limit::RecordSignUp).await;
    let digest = match counted {
        Ok(()) => executor.passwords.digest(newcomer.password.clone(), executor.random.as_ref()).await,
        Err(problem) => Err(problem),
    };
    match digest {
        Ok(digest) => executor.run(caller, MakeNewUser { newcomer, digest }).await,
        Err(problem) => Reply { session, ..Reply::failed(problem) },
    }
}

#[derive(Debug)]
struct MakeNewUser {
    newcomer: SignUp,
    digest: PasswordDigest,
}

impl Command for MakeNewUser {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[];
    type Out = SignedIn;

    async fn run(&self, cx: &mut Context<'_>) -> Result<SignedIn> {
        let proved = self.prove(cx).await?;
        if !proved && cx.executor.settings.verify_addresses {
            return self.begin(cx).await;
        }
        if proved {
            // Somebody who only claimed this address gives way to whoever can read its mail.
            cx.tx.execute(sql::DELETE_UNPROVED, (self.newcomer.email.key(),)).await?;
        }
        let user = self.account(cx).insert(cx, proved).await?;
        if proved {
            domain::auto_join(cx, user).await?;
        }
        let token = session::begin(cx, user).await?;
        SignedIn::now(cx, Some(token)).await
    }
}

impl MakeNewUser {
    /// Whether the invitation, if there is one, proves the address.
    async fn prove(&self, cx: &mut Context<'_>) -> Result<bool> {
        let Some(token) = &self.newcomer.invitation else {
            return Ok(false);
        };
        let invitation = invitation::by_token(cx, token).await?.ok_or(Code::InvalidInvitationToken)?;
        match invitation.state(cx.now) {
            InvitationState::Open => {}
            InvitationState::Expired => return Err(Code::InvitationExpired.into()),
            InvitationState::Over => return Err(Code::InvalidInvitationToken.into()),
        }
        if invitation.email_key != self.newcomer.email.key() {
            return Err(Code::BadRequestBody
                .with_message("This invitation is for another e-mail address. Sign up with that one."));
        }
        Ok(token.is_mailed())
    }

    /// Whether anybody has the address is not asked: its owner hears of it by mail, and nobody else.
    async fn begin(&self, cx: &mut Context<'_>) -> Result<SignedIn> {
        let SignUp { email, first_name, last_name, username, .. } = &self.newcomer;
        if let Some(username) = username
            && cx.tx.optional(sql::USERNAME, (username.key(),)).await?.is_some()
        {
            return Err(Code::UsernameExists.into());
        }
        let newcomer = SignUpProfile {
            first_name: Some(first_name),
            last_name: Some(last_name),
            username: username.as_ref(),
            password: Some(&self.digest),
        };
        Ok(start(cx, email, &newcomer).await?)
    }

    fn account(&self, cx: &Context<'_>) -> NewUser<'_> {
        let SignUp { email, first_name, last_name, username, .. } = &self.newcomer;
        let (password, language) = (Some(&self.digest), cx.caller.language);
        NewUser { email, first_name, last_name, username: username.as_ref(), password, language }
    }
}

/// Starts the verification of the address. The account is created once it is verified.
async fn start(cx: &mut Context<'_>, address: &EmailAddress, profile: &SignUpProfile<'_>) -> Result<SignedIn> {
    let token = session::ensure(cx).await?;
    insert(cx, Purpose::SignUp, Method::EmailOtp, address, None, profile).await?;
    SignedIn::now(cx, token).await
}
