//! Coming in with what one knows: an e-mail address or user name, and a password.

mod by_mail;
mod complete;
mod take_over;

use std::sync::Arc;

pub use by_mail::{Started, begin_sign_in, by_code, by_link};
pub(crate) use complete::open;
use take_over::take_over;

use crate::email_address::EmailAddress;
use crate::error::{Code, Problem, Result};
use crate::execution::Executor;
use crate::execution::{Caller, Command, Context, Query, Reply};
use crate::id::UserId;
use crate::names::Username;
use crate::password::{Password, PasswordDigest};
use crate::permission::Requirement;
use crate::secret::SessionToken;
use crate::session::{self, Show, ShownSession};
use crate::user::sql::{self, PasswordRow};
use crate::{domain, rate_limit};

/// Who somebody says they are.
#[derive(Clone, Debug)]
pub enum Identifier {
    /// By one of their addresses.
    Email(EmailAddress),
    /// By their user name.
    Username(Username),
}

impl Identifier {
    fn key(&self) -> &str {
        match self {
            Self::Email(address) => address.key(),
            Self::Username(name) => name.key(),
        }
    }
}

/// Whether an account has this address or user name: nobody is told, unless the settings say so.
#[derive(Debug)]
pub struct IsKnown {
    /// Which one.
    pub identifier: Identifier,
}

impl Query for IsKnown {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[];
    type Out = bool;

    async fn run(&self, cx: &mut Context<'_>) -> Result<bool> {
        if !cx.executor.settings.tell_identifiers {
            return Ok(false);
        }
        Ok(FindPassword(&self.identifier).run(cx).await?.is_some())
    }
}

/// A session right after somebody came in, or began to: its new secret, and what its owner sees of it.
#[derive(Debug)]
pub struct SignedIn {
    /// For the cookie; `None` when the session goes on as it was.
    pub token: Option<SessionToken>,
    /// For the answer.
    pub session: ShownSession,
}

impl SignedIn {
    pub(crate) async fn now(cx: &mut Context<'_>, token: Option<SessionToken>) -> Result<Self> {
        let session = Show.run(cx).await?.ok_or_else(|| Problem::internal("the new session is not there"))?;
        Ok(Self { token, session })
    }
}

/// Signs somebody in by password.
///
/// Errors: `TOO_MANY_REQUESTS` past the limits of the settings; `INVALID_CREDENTIALS` for a wrong password, an unknown
/// user and a user without a password, all after the same work; `USER_DISABLED` only for who knows the password;
/// `USER_ALREADY_SIGNED_IN`; `BUSY`.
pub async fn with_password(
    executor: &Arc<Executor>,
    caller: &Caller,
    identifier: Identifier,
    password: Password,
) -> Reply<SignedIn> {
    let Reply { session, result: counted, .. } =
        executor.run(caller, rate_limit::RecordSignIn { account: identifier.key().to_owned() }).await;
    let proved = match counted {
        Ok(()) => compare(executor, caller, &identifier, password).await,
        Err(problem) => Err(problem),
    };
    match proved {
        Ok(proved) => executor.run(caller, proved).await,
        Err(problem) => Reply { session, ..Reply::failed(problem) },
    }
}

async fn compare(
    executor: &Arc<Executor>,
    caller: &Caller,
    identifier: &Identifier,
    password: Password,
) -> Result<Proved> {
    let found = executor.query(caller, &FindPassword(identifier)).await.result?;
    let digest = found.as_ref().and_then(|row| row.password_digest.as_ref());
    if !executor.passwords.verify(password, digest).await? {
        return Err(Code::InvalidCredentials.into());
    }
    match found {
        Some(PasswordRow { disabled: true, .. }) => Err(Code::UserDisabled.into()),
        Some(PasswordRow { user_id, password_digest: Some(digest), .. }) => {
            Ok(Proved { user: user_id, digest, account: identifier.key().to_owned() })
        }
        _ => Err(Code::InvalidCredentials.into()),
    }
}

struct FindPassword<'a>(&'a Identifier);

impl Query for FindPassword<'_> {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[];
    type Out = Option<PasswordRow>;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Option<PasswordRow>> {
        match self.0 {
            Identifier::Email(address) => Ok(cx.tx.optional(sql::PASSWORD_BY_EMAIL, (address.key(),)).await?),
            Identifier::Username(name) => Ok(cx.tx.optional(sql::PASSWORD_BY_USERNAME, (name.key(),)).await?),
        }
    }
}

/// Somebody who has just shown that they know this user's password.
#[derive(Debug)]
struct Proved {
    user: UserId,
    digest: PasswordDigest,
    account: String,
}

impl Command for Proved {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[Code::InvalidCredentials];
    type Out = SignedIn;

    async fn run(&self, cx: &mut Context<'_>) -> Result<SignedIn> {
        // The password may have been changed while it was being compared.
        if cx.tx.optional(sql::STILL_HAS_PASSWORD, (self.user, self.digest.as_str())).await?.is_none() {
            return Err(Code::InvalidCredentials.into());
        }
        rate_limit::clear_account_attempts(cx, &self.account).await?;
        domain::auto_join(cx, self.user).await?;
        let token = session::begin(cx, self.user).await?;
        SignedIn::now(cx, Some(token)).await
    }
}
