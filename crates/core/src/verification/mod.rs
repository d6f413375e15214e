//! Verification attempts: proving access to a mailbox in order to sign in, sign up, verify an address, reset a
//! password or re-authenticate.
//!
//! An attempt belongs to the session that started it. Whether the address has an account is looked up only when the
//! mail is written or the code was right, so neither replies nor timing reveal it. Codes and links are not stored: they
//! are keyed hashes of the attempt's id and generation.

mod check;
mod send;
pub(crate) mod sql;
mod start;

use std::time::Duration;

use crate::error::{Code, Result};
use crate::execution::Context;
use crate::id::AttemptId;
use crate::mail::email_template::CODE_LIFETIME_MINUTES;
use crate::time::Timestamp;

pub(crate) use check::check_code;
pub(crate) use send::{FindOwnAttempt, send_mail};
pub use send::{LinkTarget, PREPARE_ERRORS, Prepare, prepare};
pub use sql::Attempt;
pub(crate) use start::{SignUpProfile, VerifiedRow, insert_attempt, insert_reauthentication};

pub(crate) const ATTEMPT_LIFETIME: Duration = Duration::from_mins(10);
/// How long a code or link works after it was sent.
const CODE_LIFETIME: Duration = Duration::from_mins(CODE_LIFETIME_MINUTES as u64);
/// Codes that can be tried per attempt.
const MAX_CHECKS: i64 = 5;
/// Mails per attempt.
const MAX_SENDS: i64 = 3;

/// What an attempt is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    SignIn,
    SignUp,
    /// To verify an address of the caller's account.
    Address,
    /// To reset a password.
    Password,
    /// To prove that the signed-in user is the account's owner.
    Reauthentication,
}

/// What is mailed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// A code.
    EmailOtp,
    /// A link that works in the same browser, and a code for mail that is read elsewhere.
    MagicLink,
}

vestibule_db::text_enum!(Purpose: SignIn = "sign_in", SignUp = "sign_up", Address = "address", Password = "password",
    Reauthentication = "reauthentication");
vestibule_db::text_enum!(Method: EmailOtp = "email_otp", MagicLink = "magic_link");

impl Attempt {
    pub(crate) fn is_open(&self, now: Timestamp) -> bool {
        self.completed_at.is_none() && now < self.expires_at
    }

    /// Whether the mailed code or link is still valid.
    pub(crate) fn is_code_valid(&self, now: Timestamp) -> bool {
        self.sent_at.is_some_and(|sent_at| now < sent_at.plus(CODE_LIFETIME))
    }
}

/// Loads an open attempt of the caller's session.
///
/// # Errors
/// `BAD_SIGN_IN_ATTEMPT`, also for an attempt of another session.
pub(crate) async fn load_own_attempt(cx: &mut Context<'_>, id: AttemptId) -> Result<Attempt> {
    let session = cx.session_id().ok_or(Code::BadSignInAttempt)?;
    let found = cx.tx.optional(sql::FIND, (session, id)).await?;
    Ok(found.filter(|attempt| attempt.is_open(cx.now)).ok_or(Code::BadSignInAttempt)?)
}
