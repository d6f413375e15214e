//! The waiting reset of the caller. A user who has a second factor can object without the link of the mail.

use super::super::begin_change;
use super::sql;
use crate::error::{Code, Result};
use crate::execution::{Command, Context, Query};
use crate::permission::Requirement;
use crate::security_notice;
use crate::time::Timestamp;

/// Finds when the waiting reset of the caller's second factors takes effect; `None` if none is waiting.
///
/// # Errors
/// `UNAUTHORIZED`.
#[derive(Debug)]
pub struct FindOwnReset;

impl Query for FindOwnReset {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] = &[];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = Option<Timestamp>;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Option<Timestamp>> {
        let user = cx.user()?;
        Ok(cx.tx.optional(sql::FIND, (user,)).await?.map(|(due_at,)| due_at))
    }
}

/// Cancels the waiting reset of the caller. It requires a recent second factor: with the password alone, an attacker
/// could otherwise keep a user who has lost theirs locked out.
///
/// # Errors
/// `UNAUTHORIZED`; `REAUTHENTICATION_REQUIRED`; `SECOND_FACTOR_RESET_NOT_FOUND`.
#[derive(Debug)]
pub struct CancelOwnReset;

impl Command for CancelOwnReset {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] = &[Code::ReauthenticationRequired, Code::SecondFactorResetNotFound];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = ();

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let user = begin_change(cx).await?;
        if security_notice::cancel_reset(cx, user).await? {
            Ok(())
        } else {
            Err(Code::SecondFactorResetNotFound.into())
        }
    }
}
