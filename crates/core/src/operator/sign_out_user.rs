//! Ending all sign-ins of a user.

use super::end_access;
use crate::error::{Code, Result};
use crate::execution::{Command, Context};
use crate::id::UserId;
use crate::permission::Requirement;
use crate::security_log::{Audit, Change};

/// Ends all sign-ins of a user, in every session and on every process. Codes and links that were mailed to them stop
/// working. They can sign in again. Returns how many sign-ins were active.
///
/// # Errors
/// `USER_NOT_FOUND`.
#[derive(Debug)]
pub struct SignOutUser {
    pub user: UserId,
}

impl Command for SignOutUser {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[Code::UserNotFound];
    type Out = i64;

    fn audit(&self) -> Audit {
        Audit::Change(Change::UserSignedOut)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<i64> {
        let ended = end_access(cx, self.user).await?;
        cx.subject.is_unchanged = ended == 0;
        Ok(ended)
    }
}
