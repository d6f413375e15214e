//! Setting and removing the password of a user.

use std::sync::Arc;

use super::find;
use super::show::CheckUserForChange;
use crate::account::load_password_words;
use crate::error::{Code, Result};
use crate::event::PasswordUpdated;
use crate::execution::{Caller, Command, Context, Executor, Query, Reply};
use crate::id::UserId;
use crate::operator::ResetPassword;
use crate::password::{ChosenPassword, ContextWords, PasswordDigest};
use crate::permission::Requirement;
use crate::scope::{Scope, ScopeRequirement};
use crate::security_log::{Audit, Change};
use crate::security_notice::{NoticeKind, notify};
use crate::{rate_limit, session, user};

/// The codes of [`set_password`].
pub const SET_PASSWORD_ERRORS: &[Code] = &[Code::KeyBoundToOrganization, Code::UserNotFound, Code::InvalidPassword];

/// Sets the password of a user and ends all their sign-ins: somebody else who knew the old password may be signed in.
/// Their verified addresses get a security notice.
///
/// # Errors
/// [`SET_PASSWORD_ERRORS`]: `INVALID_PASSWORD` if the policy refuses it.
pub async fn set_password(executor: &Arc<Executor>, caller: &Caller, user: UserId, new: ChosenPassword) -> Reply<()> {
    match digest(executor, caller, user, new).await {
        Ok(new) => executor.run(caller, SetPassword { user, new }).await,
        Err(problem) => Reply::failed(problem),
    }
}

async fn digest(
    executor: &Arc<Executor>,
    caller: &Caller,
    user: UserId,
    new: ChosenPassword,
) -> Result<PasswordDigest> {
    let words = executor.query(caller, &FindPasswordWords { user }).await.result?;
    let accepted = executor.password_policy.accept_chosen(new, &words).await?;
    executor.passwords.digest(accepted, executor.random.as_ref()).await
}

/// Loads the context words of a user, if the caller may change them.
struct FindPasswordWords {
    user: UserId,
}

impl Query for FindPasswordWords {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = CheckUserForChange::ERRORS;
    const SCOPE: ScopeRequirement = CheckUserForChange::SCOPE;
    type Out = ContextWords;

    async fn run(&self, cx: &mut Context<'_>) -> Result<ContextWords> {
        let user = find(cx, self.user).await?.id;
        load_password_words(cx, user).await
    }
}

#[derive(Debug)]
struct SetPassword {
    user: UserId,
    new: PasswordDigest,
}

impl Command for SetPassword {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[Code::KeyBoundToOrganization, Code::UserNotFound];
    const SCOPE: ScopeRequirement = ScopeRequirement::One(Scope::UsersWrite);
    type Out = ();

    fn audit(&self) -> Audit {
        Audit::Change(Change::PasswordChanged)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let user = find(cx, self.user).await?.id;
        let has_password = cx.tx.one(user::sql::ACCOUNT, (user,)).await?.has_password;
        let kind = if has_password { NoticeKind::PasswordChanged } else { NoticeKind::PasswordSet };
        notify(cx, user, kind, "").await?;
        cx.tx.execute(user::sql::SET_PASSWORD, (user, self.new.as_str(), cx.now)).await?;
        cx.emit(PasswordUpdated { user_id: user });
        session::end_all_sign_ins(cx, user).await?;
        rate_limit::clear_password_attempts(cx, user).await
    }
}

/// Removes the password of a user and ends all their sign-ins; see [`ResetPassword`].
///
/// # Errors
/// `KEY_BOUND_TO_ORGANIZATION`; `USER_NOT_FOUND`; `NO_ALTERNATIVE_AUTH_METHOD` if they could not sign in any more.
#[derive(Debug)]
pub struct RemovePassword {
    pub user: UserId,
}

impl Command for RemovePassword {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[Code::KeyBoundToOrganization, Code::UserNotFound, Code::NoAlternativeAuthMethod];
    const SCOPE: ScopeRequirement = ScopeRequirement::One(Scope::UsersWrite);
    type Out = ();

    fn audit(&self) -> Audit {
        Audit::Change(Change::PasswordRemoved)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let user = find(cx, self.user).await?.id;
        ResetPassword { user }.run(cx).await.map(|_| ())
    }
}
