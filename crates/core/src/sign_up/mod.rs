//! Making an account.

use std::sync::Arc;

use crate::attempt::{self, Newcomer};
use crate::context::{Caller, Command, Context, Reply};
use crate::email_address::EmailAddress;
use crate::error::{Code, Problem, Result};
use crate::id::UserId;
use crate::invitation::{self, Standing};
use crate::language::Language;
use crate::names::{PersonName, Username};
use crate::password::{Password, PasswordDigest};
use crate::secret::InvitationToken;
use crate::service::Service;
use crate::session;
use crate::settings::SignUpMode;
use crate::sign_in::CameIn;
use crate::user::sql;
use crate::{domain, limit};

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
pub async fn sign_up(service: &Arc<Service>, caller: &Caller, newcomer: SignUp) -> Reply<CameIn> {
    let closed = match service.settings.sign_up {
        SignUpMode::Public => None,
        SignUpMode::Restricted => Some(Code::SignupRestricted),
        SignUpMode::Waitlist => Some(Code::SignupWaitlistOnly),
    };
    // An invitation is the way in (and whether it is one that holds is found out below).
    if let Some(closed) = closed.filter(|_| newcomer.invitation.is_none()) {
        return Reply::refused(closed.into());
    }
    let Reply { session, result: counted, .. } = service.run(caller, limit::CountSignUp).await;
    let digest = match counted {
        Ok(()) => service.passwords.digest(newcomer.password.clone(), service.random.as_ref()).await,
        Err(problem) => Err(problem),
    };
    match digest {
        Ok(digest) => service.run(caller, MakeAccount { newcomer, digest }).await,
        Err(problem) => Reply { session, ..Reply::refused(problem) },
    }
}

#[derive(Debug)]
struct MakeAccount {
    newcomer: SignUp,
    digest: PasswordDigest,
}

impl Command for MakeAccount {
    type Out = CameIn;

    async fn run(&self, cx: &mut Context<'_>) -> Result<CameIn> {
        let proved = self.prove(cx).await?;
        if !proved && cx.service.settings.verify_addresses {
            return self.begin(cx).await;
        }
        if proved {
            // Somebody who only claimed this address gives way to whoever can read its mail.
            cx.tx.execute(sql::DELETE_UNPROVED, (self.newcomer.email.key(),)).await?;
        }
        let user = self.account(cx).insert(cx, proved).await?;
        if proved {
            domain::come_in(cx, user).await?;
        }
        let token = session::begin(cx, user).await?;
        CameIn::now(cx, Some(token)).await
    }
}

impl MakeAccount {
    /// Whether the invitation, if there is one, proves the address.
    async fn prove(&self, cx: &mut Context<'_>) -> Result<bool> {
        let Some(token) = &self.newcomer.invitation else {
            return Ok(false);
        };
        let invitation = invitation::by_token(cx, token).await?.ok_or(Code::InvalidInvitationToken)?;
        match invitation.standing(cx.now) {
            Standing::Open => {}
            Standing::Expired => return Err(Code::InvitationExpired.into()),
            Standing::Over => return Err(Code::InvalidInvitationToken.into()),
        }
        if invitation.email_key != self.newcomer.email.key() {
            return Err(
                Code::BadRequestBody.saying("This invitation is for another e-mail address. Sign up with that one.")
            );
        }
        Ok(token.is_mailed())
    }

    /// Whether anybody has the address is not asked: its owner hears of it by mail, and nobody else.
    async fn begin(&self, cx: &mut Context<'_>) -> Result<CameIn> {
        let SignUp { email, first_name, last_name, username, .. } = &self.newcomer;
        if let Some(username) = username
            && cx.tx.optional(sql::USERNAME, (username.key(),)).await?.is_some()
        {
            return Err(Code::UsernameExists.into());
        }
        let newcomer = Newcomer {
            first_name: Some(first_name),
            last_name: Some(last_name),
            username: username.as_ref(),
            password: Some(&self.digest),
        };
        Ok(attempt::begin_sign_up(cx, email, &newcomer).await?.session)
    }

    fn account(&self, cx: &Context<'_>) -> Account<'_> {
        let SignUp { email, first_name, last_name, username, .. } = &self.newcomer;
        let (password, language) = (Some(&self.digest), cx.caller.language);
        Account { email, first_name, last_name, username: username.as_ref(), password, language }
    }
}

/// An account that is to be made.
#[derive(Debug)]
pub(crate) struct Account<'a> {
    pub(crate) email: &'a EmailAddress,
    pub(crate) first_name: &'a PersonName,
    pub(crate) last_name: &'a PersonName,
    pub(crate) username: Option<&'a Username>,
    pub(crate) password: Option<&'a PasswordDigest>,
    pub(crate) language: Language,
}

impl Account<'_> {
    /// Makes it. Errors: `EMAIL_EXISTS` and `USERNAME_EXISTS`, both at once if need be.
    pub(crate) async fn insert(&self, cx: &mut Context<'_>, proved: bool) -> Result<UserId> {
        let (user, address) = (cx.id(), cx.id());
        let (first_name, last_name) = (self.first_name.as_str(), self.last_name.as_str());
        let (name, key) = (self.username.map(Username::as_str), self.username.map(Username::key));
        let password = self.password.map(PasswordDigest::as_str);
        let made = (user, first_name, last_name, name, key, password, self.language, cx.now);
        let inserted = cx.tx.optional(sql::INSERT, made).await?.is_some();
        let verified_at = proved.then_some(cx.now);
        let made = (address, user, self.email.as_str(), self.email.key(), verified_at, cx.now);
        // The keys have decided who was first; only for the words is it worth a look at the other half.
        let email_taken = if inserted {
            cx.tx.optional(sql::INSERT_ADDRESS, made).await?.is_none()
        } else {
            cx.tx.optional(sql::ADDRESS_OWNER, (self.email.key(),)).await?.is_some()
        };
        let taken = [(email_taken, Code::EmailExists), (!inserted, Code::UsernameExists)];
        match Problem::all(taken.into_iter().filter_map(|(taken, code)| taken.then_some(code))) {
            Some(problem) => Err(problem),
            None => Ok(user),
        }
    }
}
