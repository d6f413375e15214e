//! What somebody gets who has proved that they read an address's mail.

use super::SignedIn;
use crate::email_address::EmailAddress;
use crate::error::{Code, Problem, Result};
use crate::execution::{Command, Context};
use crate::id::UserId;
use crate::names::{PersonName, Username};
use crate::permission::Requirement;
use crate::user;
use crate::verification::Purpose;
use crate::verification::sql::{self, Attempt, Owner};
use crate::{domain, rate_limit, session};

/// Signs in, or up, whoever has typed the code or opened the link.
#[derive(Debug)]
pub(super) struct Complete {
    pub(super) attempt: Attempt,
}

impl Command for Complete {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[Code::BadSignInAttempt];
    type Out = SignedIn;

    async fn run(&self, cx: &mut Context<'_>) -> Result<SignedIn> {
        let attempt = &self.attempt;
        cx.tx.optional(sql::COMPLETE, (attempt.id, attempt.generation, cx.now)).await?.ok_or(Code::BadSignInAttempt)?;
        let user = match attempt.purpose {
            Purpose::SignIn => open(cx, &attempt.address_key).await?.user_id,
            Purpose::SignUp => make_account(cx, attempt).await?,
            Purpose::Address | Purpose::Password => return Err(Code::BadSignInAttempt.into()),
        };
        rate_limit::clear_account_attempts(cx, &attempt.address_key).await?;
        rate_limit::clear_code_attempts(cx, &attempt.address_key).await?;
        domain::auto_join(cx, user).await?;
        let token = session::begin(cx, user).await?;
        SignedIn::now(cx, Some(token)).await
    }
}

/// Opens the account of whoever reads this address's mail. An address that was only claimed becomes theirs, and whatever
/// whoever claimed it could come in with is gone: their password, their sign-ins, and the other addresses they claimed.
///
/// Errors: `INVALID_VERIFICATION_CODE` where the address opens nothing; `USER_DISABLED`.
pub(crate) async fn open(cx: &mut Context<'_>, address_key: &str) -> Result<Owner> {
    let found = cx.tx.optional(sql::OWNER, (address_key,)).await?;
    let owner = found.filter(Owner::opens).ok_or(Code::InvalidVerificationCode)?;
    if owner.disabled {
        return Err(Code::UserDisabled.into());
    }
    if owner.verified_at.is_none() {
        super::take_over(cx, owner.user_id, owner.email_id).await?;
    }
    Ok(owner)
}

async fn make_account(cx: &mut Context<'_>, attempt: &Attempt) -> Result<UserId> {
    let found = cx.tx.optional(sql::OWNER, (&attempt.address_key,)).await?;
    if found.is_some_and(|owner| owner.verified_at.is_some()) {
        // Somebody has proved it meanwhile, or had before, and then no code was mailed.
        return Err(Code::InvalidVerificationCode.into());
    }
    // Somebody who only claimed this address gives way to whoever can read its mail.
    cx.tx.execute(user::sql::DELETE_UNPROVED, (&attempt.address_key,)).await?;
    let unreadable = |_| Problem::internal("what was read before an attempt can be read after it");
    let email = EmailAddress::from_stored(attempt.address.clone(), attempt.address_key.clone());
    let first_name = PersonName::parse("first_name", &attempt.first_name).map_err(unreadable)?;
    let last_name = PersonName::parse("last_name", &attempt.last_name).map_err(unreadable)?;
    let username = attempt.username.as_deref().map(|name| Username::parse("username", name)).transpose();
    let username = username.map_err(unreadable)?;
    let account = user::NewUser {
        email: &email,
        first_name: &first_name,
        last_name: &last_name,
        username: username.as_ref(),
        password: attempt.password_digest.as_ref(),
        language: attempt.language,
    };
    account.insert(cx, true).await
}
