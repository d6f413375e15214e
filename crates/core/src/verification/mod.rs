//! An attempt at proving that one reads an address's mail: to sign in without a password, to make an account, to add the
//! address to one's account, to set a new password.
//!
//! It belongs to the browser that began it. Whether anybody has the address is asked by nobody before the mail is written
//! or the code was right, so what a stranger sees, and how long it takes, is the same for every address. Neither code nor
//! link is stored: both are keyed hashes of the attempt and its generation. Five tries, and it is over.

mod check;
mod send;
pub(crate) mod sql;
mod start;

use std::time::Duration;

use crate::error::{Code, Result};
use crate::execution::Context;
use crate::id::{AttemptId, SessionId};
use crate::mail::email_template::CODE_LIFETIME_MINUTES;
use crate::time::Timestamp;

pub(crate) use check::check_code;
pub(crate) use send::{FindOwn, send};
pub use send::{Prepare, prepare};
pub use sql::Attempt;
pub(crate) use start::{SignUpProfile, insert};

/// How long an attempt is open.
pub(crate) const LIFE: Duration = Duration::from_mins(10);
/// How long a code or link works after it was sent.
const CODE_LIFE: Duration = Duration::from_mins(CODE_LIFETIME_MINUTES as u64);
/// Wrong codes, and it is over.
const MAX_TRIES: i64 = 5;
/// Mails of one attempt.
const MAX_SENDINGS: i64 = 3;

/// What it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To sign in.
    SignIn,
    /// To make an account.
    SignUp,
    /// To prove an address of one's account.
    Address,
    /// To set a new password.
    Password,
}

/// What is mailed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// A code to type.
    EmailOtp,
    /// A link to open in the same browser, and a code for who reads it elsewhere.
    MagicLink,
}

vestibule_db::text_enum!(Purpose: SignIn = "sign_in", SignUp = "sign_up", Address = "address", Password = "password");
vestibule_db::text_enum!(Method: EmailOtp = "email_otp", MagicLink = "magic_link");

impl Attempt {
    fn is_open(&self, now: Timestamp) -> bool {
        self.completed_at.is_none() && now < self.expires_at
    }

    /// Whether what was mailed still works.
    pub(crate) fn is_fresh(&self, now: Timestamp) -> bool {
        self.sent_at.is_some_and(|sent_at| now < sent_at.plus(CODE_LIFE))
    }
}

/// The caller's own attempt of this id, if it is open. Error: `BAD_SIGN_IN_ATTEMPT`, also for one of another browser.
pub(crate) async fn own(cx: &mut Context<'_>, id: AttemptId) -> Result<Attempt> {
    let session: SessionId = cx.session.as_ref().map(|session| session.id).ok_or(Code::BadSignInAttempt)?;
    let found = cx.tx.optional(sql::FIND, (session, id)).await?;
    Ok(found.filter(|attempt| attempt.is_open(cx.now)).ok_or(Code::BadSignInAttempt)?)
}
