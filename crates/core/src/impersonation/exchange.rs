//! Exchanging a ticket for a sign-in.

use super::sql;
use crate::error::{Code, Problem, Result};
use crate::execution::{Command, Context};
use crate::names::full_name;
use crate::permission::Requirement;
use crate::secret::{SessionTicket, SessionToken};
use crate::security_log::{Audit, Change};
use crate::security_notice::{NoticeKind, notify_of_other};
use crate::session::{self, Impersonator, SessionDetails};
use crate::user::{self, PublicUser};

/// Spends a ticket, and signs its holder in as the user within the caller's session, or a new one. The sign-in becomes the
/// active one. The user gets a security notice, unless the settings turn that off.
///
/// # Errors
/// `INVALID_TICKET` for one that was spent, has expired, or whose API key was revoked; `USER_DISABLED`;
/// `USER_ALREADY_SIGNED_IN`; `IMPERSONATION_NOT_ALLOWED` for a caller who is an impersonator already.
#[derive(Debug)]
pub struct Exchange {
    pub ticket: SessionTicket,
}

#[derive(Debug)]
pub struct Exchanged {
    /// The new session token.
    pub token: SessionToken,
    pub session: SessionDetails,
    /// The person who is signed in as the user.
    pub actor: PublicUser,
}

impl Command for Exchange {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[Code::InvalidTicket, Code::UserDisabled, Code::UserAlreadySignedIn];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = Exchanged;

    fn audit(&self) -> Audit {
        Audit::Change(Change::ImpersonationStarted)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<Exchanged> {
        let spent = cx.tx.optional(sql::SPEND, (&self.ticket.digest(), cx.now)).await?;
        let ticket = spent.ok_or(Code::InvalidTicket)?;
        (cx.subject.user, cx.subject.target_user) = (Some(ticket.user_id), None);
        (cx.subject.impersonator, cx.subject.api_key) = (Some(ticket.actor_id), Some(ticket.api_key_id));
        if cx.tx.one(sql::USER_IS_DISABLED, (ticket.user_id,)).await?.0 {
            return Err(Code::UserDisabled.into());
        }
        let actor = cx.tx.one(user::sql::PUBLIC_PROFILE, (ticket.actor_id,)).await?;
        let impersonator = Impersonator { user: ticket.actor_id, key: ticket.api_key_id };
        let token = session::create_impersonated_sign_in(cx, ticket.user_id, impersonator).await?;
        if cx.executor.settings.sessions.notify_impersonation {
            let name = full_name(&actor.first_name, &actor.last_name);
            notify_of_other(cx, ticket.user_id, NoticeKind::Impersonated, &name).await?;
        }
        cx.caller.impersonator_span.record(ticket.actor_id);
        let session = session::show(cx).await?.ok_or_else(|| Problem::internal("the new session does not exist"))?;
        Ok(Exchanged { token, session, actor })
    }
}
