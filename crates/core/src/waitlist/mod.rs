//! The waitlist: who would like to come in as long as sign-up is closed.

pub(crate) mod sql;

use crate::context::{Command, Context};
use crate::email_address::EmailAddress;
use crate::error::{Code, Result};
use crate::id::WaitlistEntryId;
use crate::limit;
use crate::names::PersonName;
use crate::settings::SignUpMode;
use crate::time::Timestamp;

/// Puts somebody on the waitlist.
///
/// Whoever is on it already, or has an account, is answered as if they were new: whether an address is known is nobody's
/// to ask. What was said first stays.
///
/// Errors: `WAITLIST_CLOSED` unless sign-up is by waitlist; `TOO_MANY_REQUESTS`.
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
    type Out = Joined;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Joined> {
        if cx.service.settings.sign_up != SignUpMode::Waitlist {
            return Err(Code::WaitlistClosed.into());
        }
        limit::CountSignUp.run(cx).await?;
        let id = cx.id();
        let (first_name, last_name) = (self.first_name.as_str(), self.last_name.as_str());
        let entry = (id, self.email.as_str(), self.email.key(), first_name, last_name, cx.now);
        cx.tx.execute(sql::INSERT, entry).await?;
        Ok(Joined { id, created_at: cx.now })
    }
}
