//! The attempt that a completed sign-in or sign-up leaves in its response, for clients that wait for its completion.

use crate::assurance::SecondFactorMethod;
use crate::error::{Problem, Result};
use crate::execution::Context;
use crate::id::AttemptId;
use crate::session::{PendingSignIn, Strategy};
use crate::time::Timestamp;
use crate::verification::{ATTEMPT_LIFETIME, Attempt, Purpose};

/// A completed attempt. It is part of one response only: `GET /session` shows open attempts.
#[derive(Clone, Debug)]
pub struct CompletedAttempt {
    pub id: AttemptId,
    pub kind: CompletedKind,
    /// The normalized address that was used; empty for a user name.
    pub address: String,
    /// The id of the identity provider; empty without one.
    pub provider: String,
    /// With what the second factor was proved, if it was asked for.
    pub second_factor: Option<SecondFactorMethod>,
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

impl CompletedAttempt {
    /// An attempt that began and ended with this request. No row stores it, so it takes the id of the sign-in that it
    /// made.
    pub(crate) fn immediate(cx: &Context<'_>, kind: CompletedKind, address: &str) -> Result<Self> {
        let sign_in = cx.sign_in().map_err(|_| Problem::internal("the new sign-in does not exist"))?;
        Ok(Self {
            id: sign_in.get().into(),
            kind,
            address: address.to_owned(),
            provider: String::new(),
            second_factor: None,
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
            provider: String::new(),
            second_factor: None,
            created_at: attempt.created_at,
            updated_at: now,
            expires_at: attempt.expires_at,
        }
    }

    /// A pending sign-in that this request completed.
    pub(super) fn of_pending(pending: PendingSignIn, second_factor: SecondFactorMethod, now: Timestamp) -> Self {
        Self {
            id: pending.id,
            kind: CompletedKind::SignIn(pending.strategy),
            address: pending.address,
            provider: pending.provider,
            second_factor: Some(second_factor),
            created_at: pending.created_at,
            updated_at: now,
            expires_at: pending.expires_at,
        }
    }
}
