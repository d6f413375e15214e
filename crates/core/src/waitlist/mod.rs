//! The waitlist: who would like to come in as long as sign-up is closed.

pub(crate) mod sql;

use std::sync::Arc;

use crate::email_address::EmailAddress;
use crate::error::{Code, Result};
use crate::execution::Executor;
use crate::execution::{Caller, Command, Context, Reply};
use crate::id::WaitlistEntryId;
use crate::names::PersonName;
use crate::permission::Requirement;
use crate::rate_limit;
use crate::settings::SignUpMode;
use crate::time::Timestamp;

/// Puts somebody on the waitlist.
///
/// Whoever is on it already, or has an account, is answered as if they were new: whether an address is known is nobody's
/// to ask. What was said first stays.
///
/// Errors: `WAITLIST_CLOSED` unless sign-up is by waitlist; `TOO_MANY_REQUESTS`.
pub async fn join(executor: &Arc<Executor>, caller: &Caller, newcomer: Join) -> Reply<Joined> {
    if executor.settings.sign_up != SignUpMode::Waitlist {
        return Reply::failed(Code::WaitlistClosed.into());
    }
    let counted = executor.run(caller, rate_limit::RecordSignUp).await;
    match counted.result {
        Ok(()) => executor.run(caller, newcomer).await,
        Err(problem) => Reply { session: counted.session, ..Reply::failed(problem) },
    }
}

/// Who would like to come in: see [`join`].
#[derive(Debug)]
pub struct Join {
    /// Where they can be reached.
    pub email: EmailAddress,
    /// Perhaps empty.
    pub first_name: PersonName,
    /// Perhaps empty.
    pub last_name: PersonName,
}

/// What they hear.
#[derive(Clone, Copy, Debug)]
pub struct Joined {
    /// A number for it.
    pub id: WaitlistEntryId,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Command for Join {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[];
    type Out = Joined;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Joined> {
        let id = cx.id();
        let (first_name, last_name) = (self.first_name.as_str(), self.last_name.as_str());
        let entry = (id, self.email.as_str(), self.email.key(), first_name, last_name, cx.now);
        cx.tx.execute(sql::INSERT, entry).await?;
        Ok(Joined { id, created_at: cx.now })
    }
}
