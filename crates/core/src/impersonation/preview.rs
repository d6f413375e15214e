//! Who a ticket is for, before it is exchanged.

use super::sql;
use crate::error::{Code, Problem, Result};
use crate::execution::{Context, Query};
use crate::permission::Requirement;
use crate::secret::SessionTicket;
use crate::user::{self, PublicUser};

/// Shows who is going to be signed in as whom. Spends nothing.
///
/// # Errors
/// `INVALID_TICKET`.
#[derive(Debug)]
pub struct Preview {
    pub ticket: SessionTicket,
}

#[derive(Debug)]
pub struct PreviewedTicket {
    pub user: PublicUser,
    /// The person who is going to be signed in as the user.
    pub actor: PublicUser,
}

impl Query for Preview {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[Code::InvalidTicket];
    type Out = PreviewedTicket;

    async fn run(&self, cx: &mut Context<'_>) -> Result<PreviewedTicket> {
        let found = cx.tx.optional(sql::FIND, (&self.ticket.digest(), cx.now)).await?.ok_or(Code::InvalidTicket)?;
        let missing = || Problem::internal("a ticket is for a user who does not exist");
        let user = cx.tx.optional(user::sql::PUBLIC_PROFILE, (found.user_id,)).await?.ok_or_else(missing)?;
        let actor = cx.tx.optional(user::sql::PUBLIC_PROFILE, (found.actor_id,)).await?.ok_or_else(missing)?;
        Ok(PreviewedTicket { user, actor })
    }
}
