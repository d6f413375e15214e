//! The caller's sign-ins in all sessions.

use super::sql::{self, SignIn};
use crate::error::{Code, Result};
use crate::execution::{Context, Query};
use crate::id::{SignInId, UserId};
use crate::permission::Requirement;

/// Lists the caller's active sign-ins, newest first, with the id of the one that this request uses.
///
/// # Errors
/// `UNAUTHORIZED`.
#[derive(Debug)]
pub struct ListSignIns;

impl Query for ListSignIns {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] = &[];
    type Out = (Vec<SignIn>, SignInId);

    async fn run(&self, cx: &mut Context<'_>) -> Result<Self::Out> {
        let user = cx.user()?;
        let sign_ins = cx.tx.all(sql::SIGN_INS_OF_USER, (user, cx.now)).await?;
        Ok((sign_ins, cx.sign_in()?))
    }
}

/// Ends one sign-in of a user, in any session.
///
/// # Errors
/// `SIGN_IN_NOT_FOUND`.
pub(crate) async fn end_sign_in(cx: &mut Context<'_>, user: UserId, sign_in: SignInId) -> Result<()> {
    cx.tx.execute(sql::DEACTIVATE_SIGN_IN, (user, sign_in, cx.now)).await?;
    if cx.tx.execute(sql::DELETE_SIGN_IN_OF_USER, (user, sign_in)).await? == 0 {
        return Err(Code::SignInNotFound.into());
    }
    Ok(())
}

/// Ends every sign-in of a user except `remaining`.
pub(crate) async fn end_other_sign_ins(cx: &mut Context<'_>, user: UserId, remaining: SignInId) -> Result<()> {
    cx.tx.execute(sql::DEACTIVATE_OTHER_SIGN_INS, (user, remaining, cx.now)).await?;
    cx.tx.execute(sql::DELETE_OTHER_SIGN_INS, (user, remaining)).await?;
    Ok(())
}

/// Ends every sign-in of a user. If the caller's active sign-in is one of them, the caller is signed out in this
/// transaction too.
pub(crate) async fn end_all_sign_ins(cx: &mut Context<'_>, user: UserId) -> Result<()> {
    end_other_sign_ins(cx, user, 0.into()).await?;
    if let Some(session) = cx.session.as_mut().filter(|session| session.user_id == Some(user)) {
        (session.sign_in_id, session.user_id) = (None, None);
    }
    Ok(())
}
