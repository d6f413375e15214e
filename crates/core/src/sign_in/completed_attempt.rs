//! The attempt that a completed sign-in or sign-up leaves in its response, for clients that wait for its completion.

use crate::error::{Problem, Result};
use crate::execution::Context;
use crate::id::AttemptId;
use crate::time::Timestamp;
use crate::verification::{ATTEMPT_LIFETIME, Attempt, Method, Purpose};

/// A completed attempt. It is part of one response only: `GET /session` shows open attempts.
#[derive(Clone, Debug)]
pub struct CompletedAttempt {
    pub id: AttemptId,
    pub kind: CompletedKind,
    /// The normalized address that was used; empty for a user name.
    pub address: String,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub expires_at: Timestamp,
}

/// What was completed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompletedKind {
    SignIn(Strategy),
    SignUp,
}

/// How a user signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strategy {
    PlainEmail,
    PlainUsername,
    EmailOtp,
    MagicLink,
}

impl From<Method> for Strategy {
    fn from(method: Method) -> Self {
        match method {
            Method::EmailOtp => Self::EmailOtp,
            Method::MagicLink => Self::MagicLink,
        }
    }
}

impl CompletedAttempt {
    /// An attempt that began and ended with this request. No row stores it, so it takes the id of the sign-in that it
    /// made.
    pub(crate) fn immediate(cx: &Context<'_>, kind: CompletedKind, address: &str) -> Result<Self> {
        let sign_in = cx.sign_in().map_err(|_| Problem::internal("the new sign-in does not exist"))?;
        Ok(Self {
            id: sign_in.get().into(),
            kind,
            address: address.to_owned(),
            created_at: cx.now,
            updated_at: cx.now,
            expires_at: cx.now.plus(ATTEMPT_LIFETIME),
        })
    }

    /// A stored attempt that this request completed.
    pub(crate) fn of_attempt(attempt: &Attempt, now: Timestamp) -> Self {
        let kind = match attempt.purpose {
            Purpose::SignUp => CompletedKind::SignUp,
            Purpose::SignIn | Purpose::Address | Purpose::Password | Purpose::Reauthentication => {
                CompletedKind::SignIn(attempt.method.into())
            }
        };
        Self {
            id: attempt.id,
            kind,
            address: attempt.address_key.clone(),
            created_at: attempt.created_at,
            updated_at: now,
            expires_at: attempt.expires_at,
        }
    }
}
