//! Switching the active sign-in of a session.

use super::show::{SessionDetails, show};
use super::sql;
use crate::error::{Code, Problem, Result};
use crate::execution::{Command, Context};
use crate::id::SignInId;
use crate::permission::Requirement;

/// Makes another sign-in of the caller's session the active one.
///
/// # Errors
/// `SIGN_IN_NOT_FOUND` for a sign-in of another session or one that has expired.
#[derive(Debug)]
pub struct SwitchSignIn {
    pub sign_in: SignInId,
}

impl Command for SwitchSignIn {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[Code::SignInNotFound];
    type Out = SessionDetails;

    async fn run(&self, cx: &mut Context<'_>) -> Result<SessionDetails> {
        let Some(session) = cx.session_id() else {
            return Err(Code::SignInNotFound.into());
        };
        if cx.tx.execute(sql::SET_ACTIVE_SIGN_IN, (session, self.sign_in, cx.now)).await? == 0 {
            return Err(Code::SignInNotFound.into());
        }
        let token = cx.caller.token.as_ref().ok_or(Code::SignInNotFound)?;
        cx.session = crate::caller::load_session(&mut cx.tx, token, cx.now, &cx.executor.settings).await?;
        show(cx).await?.ok_or_else(|| Problem::internal("the session does not exist"))
    }
}
