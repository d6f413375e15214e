//! Creating a ticket.

use std::time::Duration;

use super::sql;
use crate::access::require_unbound_key;
use crate::error::{Code, Problem, Result};
use crate::event::ImpersonationTicketCreated;
use crate::execution::{Command, Context};
use crate::id::UserId;
use crate::permission::Requirement;
use crate::scope::{Scope, ScopeRequirement};
use crate::secret::SessionTicket;
use crate::security_log::{Audit, Change};
use crate::time::Timestamp;

/// How long a ticket works unless the backend says otherwise.
pub const TICKET_LIFETIME: Duration = Duration::from_mins(5);
/// The longest time that a backend can ask for.
pub const MAX_TICKET_LIFETIME: Duration = Duration::from_mins(15);

/// Creates a ticket with which `actor` is signed in as `user`.
///
/// # Errors
/// `KEY_BOUND_TO_ORGANIZATION`; `INVALID_FIELD` if both are the same user; `USER_NOT_FOUND` and `USER_DISABLED` for
/// either of them.
#[derive(Debug)]
pub struct CreateTicket {
    pub user: UserId,
    /// The person of the operator's support, who has an account too.
    pub actor: UserId,
    /// At most [`MAX_TICKET_LIFETIME`].
    pub lifetime: Duration,
}

#[derive(Debug)]
pub struct NewTicket {
    pub ticket: SessionTicket,
    pub expires_at: Timestamp,
}

impl Command for CreateTicket {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] =
        &[Code::KeyBoundToOrganization, Code::InvalidField, Code::UserNotFound, Code::UserDisabled];
    const SCOPE: ScopeRequirement = ScopeRequirement::One(Scope::UsersImpersonate);
    type Out = NewTicket;

    fn audit(&self) -> Audit {
        Audit::Change(Change::ImpersonationTicketCreated)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<NewTicket> {
        require_unbound_key(cx)?;
        // No operator's command makes one: each is made by a key that can be revoked.
        let key = cx.api_key.as_ref().map(|key| key.id).ok_or(Code::ScopeMissing)?;
        (cx.subject.target_user, cx.subject.impersonator) = (Some(self.user), Some(self.actor));
        if self.user == self.actor {
            return Err(Problem::field("actor_id", "name the person of your support, not the user themselves."));
        }
        require_enabled(cx, self.user, "user_id").await?;
        require_enabled(cx, self.actor, "actor_id").await?;
        let ticket = SessionTicket::new(cx.random());
        let expires_at = cx.now.plus(self.lifetime.min(MAX_TICKET_LIFETIME));
        let digest = ticket.digest();
        let row = sql::NewTicket { digest: &digest, user: self.user, actor: self.actor, key, now: cx.now, expires_at };
        cx.tx.execute(sql::INSERT, row).await?;
        cx.emit(ImpersonationTicketCreated { user_id: self.user, impersonator_id: self.actor });
        Ok(NewTicket { ticket, expires_at })
    }
}

async fn require_enabled(cx: &mut Context<'_>, user: UserId, field: &str) -> Result<()> {
    match cx.tx.optional(sql::USER_IS_DISABLED, (user,)).await? {
        Some((false,)) => Ok(()),
        Some((true,)) => Err(Code::UserDisabled.with_message(format!("The user that {field} names is disabled."))),
        None => Err(Code::UserNotFound.with_message(format!("There is no user that {field} could name."))),
    }
}
