//! The waitlist: people who want an account while sign-up is by invitation only.

mod approve;
mod list;
pub(crate) mod sql;

use std::sync::Arc;

use crate::email_address::EmailAddress;
use crate::error::{Code, Result};
use crate::event::{Personal, WaitlistEntryCreated};
use crate::execution::{Caller, Command, Context, Executor, Reply};
use crate::id::WaitlistEntryId;
use crate::names::PersonName;
use crate::permission::Requirement;
use crate::rate_limit;
use crate::settings::SignUpMode;
use crate::time::Timestamp;

pub use approve::Approve;
pub use list::List;
pub use sql::WaitlistEntry;

/// Adds an address to the waitlist.
///
/// An address that is on the list already, or has an account, gets the same reply as a new one, so that the reply does
/// not reveal whether the address is known. The first entry of an address stays unchanged.
///
/// # Errors
/// [`JOIN_ERRORS`].
pub async fn join(executor: &Arc<Executor>, caller: &Caller, command: Join) -> Reply<Joined> {
    if executor.settings.sign_up != SignUpMode::Waitlist {
        return Reply::failed(Code::WaitlistClosed.into());
    }
    let recorded = executor.run(caller, rate_limit::RecordSignUp).await;
    match recorded.result {
        Ok(()) => executor.run(caller, command).await,
        Err(problem) => Reply { session: recorded.session, ..Reply::failed(problem) },
    }
}

/// The codes of [`join()`]: `WAITLIST_CLOSED` unless sign-up is by waitlist, and the rate limit.
pub const JOIN_ERRORS: &[Code] = &[Code::WaitlistClosed, Code::TooManyRequests];

/// Inserts the entry, without the checks of [`join()`].
#[derive(Debug)]
pub struct Join {
    pub email: EmailAddress,
    pub first_name: PersonName,
    pub last_name: PersonName,
}

/// The reply for an entry. It has the same form for a known address as for a new one.
#[derive(Clone, Copy, Debug)]
pub struct Joined {
    pub id: WaitlistEntryId,
    pub created_at: Timestamp,
}

impl Command for Join {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[];
    type Out = Joined;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Joined> {
        let id = cx.id();
        let (first_name, last_name) = (self.first_name.as_str(), self.last_name.as_str());
        let arguments = (id, self.email.as_str(), self.email.key(), first_name, last_name, cx.now);
        if cx.tx.execute(sql::INSERT, arguments).await? > 0 {
            cx.emit(WaitlistEntryCreated { waitlist_entry_id: id, email: Personal(self.email.key().to_owned()) });
        }
        Ok(Joined { id, created_at: cx.now })
    }
}
