//! "This wasn't me": ending all sessions with the link of a security notice.

use super::{cancel_reset, sql};
use crate::error::{Code, Result};
use crate::execution::{Command, Context};
use crate::permission::Requirement;
use crate::secret::NoticeToken;
use crate::security_log::{Audit, Change};
use crate::session;
use crate::verification::sql::{ADDRESS_OWNER, DELETE_IN_SESSIONS_OF_USER, Owner};

/// Ends every sign-in of the user that a security notice is about, on every device, and the open verifications of those
/// sessions, and cancels a waiting reset of their second factors. The link works once, until it expires.
///
/// The link allows nothing else, because addresses that were removed, or that an attacker has added, get one too. To
/// regain the account, its owner resets the password with a code mailed to an address that grants access to it.
///
/// # Errors
/// `INVALID_NOTICE_TOKEN`.
#[derive(Debug)]
pub struct EndSessions {
    pub token: NoticeToken,
}

/// The outcome of [`EndSessions`].
#[derive(Debug)]
pub struct EndedSessions {
    /// The recipient's address, if it can still set a new password of the account.
    pub reset_address: Option<String>,
    /// Whether a reset of the user's second factors was waiting.
    pub cancelled_reset: bool,
}

impl Command for EndSessions {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[Code::InvalidNoticeToken];
    type Out = EndedSessions;

    fn audit(&self) -> Audit {
        Audit::Change(Change::SessionsEnded)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<EndedSessions> {
        if !self.token.matches(&cx.executor.keys.notice_token(self.token.notice())) {
            return Err(Code::InvalidNoticeToken.into());
        }
        let used = cx.tx.optional(sql::USE, (self.token.notice(), cx.now)).await?;
        let notice = used.ok_or(Code::InvalidNoticeToken)?;
        cx.subject.target_user = Some(notice.user_id);
        cx.tx.execute(DELETE_IN_SESSIONS_OF_USER, (notice.user_id,)).await?;
        session::end_all_sign_ins(cx, notice.user_id).await?;
        let cancelled_reset = cancel_reset(cx, notice.user_id).await?;
        let owner = cx.tx.optional(ADDRESS_OWNER, (&notice.address_key,)).await?;
        let grants_access = |owner: &Owner| {
            let is_granted = owner.grants_access(cx.now, &cx.executor.settings);
            owner.user_id == notice.user_id && is_granted && !owner.disabled
        };
        let can_reset = cx.executor.mail_transport.is_some() && owner.as_ref().is_some_and(grants_access);
        Ok(EndedSessions { reset_address: can_reset.then_some(notice.address_key), cancelled_reset })
    }
}
