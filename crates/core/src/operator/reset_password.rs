//! Removing the password of a user, so that they have to choose another one.

use super::{end_access, sql};
use crate::error::{Code, Result};
use crate::event::PasswordRemoved;
use crate::execution::{Command, Context};
use crate::id::UserId;
use crate::permission::Requirement;
use crate::security_log::{Audit, Change};
use crate::security_notice::{self, NoticeKind};
use crate::user;

/// The outcome of [`ResetPassword`].
#[derive(Debug)]
pub struct PasswordReset {
    pub had_password: bool,
    /// Sign-ins that were active.
    pub ended_sign_ins: i64,
}

/// Removes a user's password and ends all their sign-ins. The user chooses a new password with a mailed code
/// ("Forgot password"): a code works only in the browser that asked for it, so an operator cannot ask for one on their
/// behalf. Their verified addresses get a security notice if they had a password.
///
/// # Errors
/// `USER_NOT_FOUND`; `NO_ALTERNATIVE_AUTH_METHOD` if the user could not get a code, because no mail is configured or
/// they have no verified address that opens the account already. Nothing is changed then.
#[derive(Debug)]
pub struct ResetPassword {
    pub user: UserId,
}

impl Command for ResetPassword {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[Code::UserNotFound, Code::NoAlternativeAuthMethod];
    type Out = PasswordReset;

    fn audit(&self) -> Audit {
        Audit::Change(Change::UserPasswordReset)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<PasswordReset> {
        let found = cx.tx.optional(sql::USER, (self.user,)).await?.ok_or(Code::UserNotFound)?;
        let reason = if cx.executor.mail_transport.is_none() {
            Some("this server sends no mail")
        } else if user::trusted_primary_address(cx, self.user).await?.is_none() {
            Some("the user has no verified address that opens the account already")
        } else {
            None
        };
        if let Some(reason) = reason {
            let remedy = match &cx.api_key {
                Some(_) => "To end their access, disable them.".to_owned(),
                None => format!("To end their access, run: vestibule users disable {}", self.user),
            };
            return Err(Code::NoAlternativeAuthMethod.with_message(format!(
                "Without a password the user could not sign in any more, because {reason}. {remedy}"
            )));
        }
        if found.has_password {
            security_notice::notify_of_other(cx, self.user, NoticeKind::PasswordRemoved, "").await?;
        }
        if cx.tx.execute(user::sql::CLEAR_PASSWORD, (self.user, cx.now)).await? > 0 {
            cx.emit(PasswordRemoved { user_id: self.user });
        }
        let ended_sign_ins = end_access(cx, self.user).await?;
        Ok(PasswordReset { had_password: found.has_password, ended_sign_ins })
    }
}
