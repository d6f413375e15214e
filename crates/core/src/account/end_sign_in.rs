//! Ending one of the caller's sign-ins, or all others.

use crate::error::{Code, Result};
use crate::execution::{Command, Context};
use crate::id::SignInId;
use crate::permission::Requirement;
use crate::security_log::{Audit, Change};
use crate::security_notice::{NoticeKind, notify};
use crate::{reauthentication, session};

/// Ends one of the caller's sign-ins, in any session. Another one than the sign-in of this request requires a recent
/// proof: otherwise an unattended browser could lock its owner out. The output is whether it was the sign-in of this
/// request.
///
/// # Errors
/// `UNAUTHORIZED`; `REAUTHENTICATION_REQUIRED`; `SIGN_IN_NOT_FOUND`.
#[derive(Debug)]
pub struct EndSignIn {
    pub sign_in: SignInId,
}

impl Command for EndSignIn {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] = &[Code::ReauthenticationRequired, Code::SignInNotFound];
    type Out = bool;

    fn audit(&self) -> Audit {
        Audit::Change(Change::SignInEnded)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<bool> {
        let user = cx.user()?;
        if cx.sign_in()? == self.sign_in {
            session::end_sign_in(cx, user, self.sign_in).await?;
            return Ok(true);
        }
        reauthentication::require_recent_proof(cx).await?;
        session::end_sign_in(cx, user, self.sign_in).await?;
        notify(cx, user, NoticeKind::SignInEnded, "").await?;
        Ok(false)
    }
}

/// Ends every sign-in of the caller except the one of this request.
///
/// # Errors
/// `UNAUTHORIZED`; `REAUTHENTICATION_REQUIRED`.
#[derive(Debug)]
pub struct EndOtherSignIns;

impl Command for EndOtherSignIns {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] = &[Code::ReauthenticationRequired];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = ();

    fn audit(&self) -> Audit {
        Audit::Change(Change::SignInEnded)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let (user, own) = (cx.user()?, cx.sign_in()?);
        reauthentication::require_recent_proof(cx).await?;
        session::end_other_sign_ins(cx, user, own).await?;
        notify(cx, user, NoticeKind::SignInEnded, "").await
    }
}
