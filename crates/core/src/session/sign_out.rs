//! Signing out of one sign-in, or of all in the session.

use super::show::{SessionDetails, show};
use super::sign_ins::emit_ended;
use super::{profile_sql, sql};
use crate::error::{Code, Result};
use crate::execution::{Command, Context};
use crate::id::SignInId;
use crate::permission::Requirement;
use crate::security_log::{Audit, Change};

/// Ends one sign-in of the caller's session, or all, with those that wait for the second factor or are at an identity
/// provider. After that, none is active. Without a session, ending all is not an error.
///
/// # Errors
/// `SIGN_IN_NOT_FOUND` for a sign-in of another session.
#[derive(Debug)]
pub struct SignOut {
    /// `None` for all.
    pub sign_in: Option<SignInId>,
}

impl Command for SignOut {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[Code::SignInNotFound];
    type Out = Option<SessionDetails>;

    fn audit(&self) -> Audit {
        Audit::Change(Change::SignedOut)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<Option<SessionDetails>> {
        let Some(session) = cx.session_id() else {
            cx.subject.is_unchanged = true;
            return if self.sign_in.is_some() { Err(Code::SignInNotFound.into()) } else { Ok(None) };
        };
        let ended = if let Some(sign_in) = self.sign_in {
            let ended = cx.tx.optional(sql::DELETE_SIGN_IN, (session, sign_in)).await?;
            vec![ended.ok_or(Code::SignInNotFound)?]
        } else {
            // The next person at this browser must not complete them.
            cx.tx.execute(sql::factors::DELETE_PENDING_OF_SESSION, (session,)).await?;
            cx.tx.execute(profile_sql::DELETE_OF_SESSION, (session,)).await?;
            cx.tx.execute(sql::sso::DELETE_REQUESTS_OF_SESSION, (session,)).await?;
            cx.tx.all(sql::DELETE_SIGN_INS, (session,)).await?
        };
        cx.subject.is_unchanged = ended.is_empty();
        for sign_in in ended {
            emit_ended(cx, &sign_in);
        }
        cx.tx.execute(sql::CLEAR_ACTIVE_SIGN_IN, (session, cx.now)).await?;
        if let Some(session) = &mut cx.session {
            session.updated_at = cx.now;
            (session.sign_in_id, session.user_id, session.impersonator_id) = (None, None, None);
        }
        show(cx).await
    }
}
