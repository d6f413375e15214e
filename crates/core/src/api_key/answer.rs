//! Answers to requests with an idempotency key.

use std::fmt;
use std::time::Duration;

use super::sql;
use crate::caller::Idempotency;
use crate::error::{Code, Problem, Result};
use crate::execution::{Command, Context, Query};
use crate::id::ApiKeyId;
use crate::permission::Requirement;
use crate::scope::ScopeRequirement;

/// How long a repeated request gets the first answer.
pub(crate) const ANSWER_RETENTION: Duration = Duration::from_hours(24);

/// What is known of an earlier request with the same key. `Debug` does not show the answer, which may contain a secret.
#[derive(Clone, PartialEq, Eq)]
pub enum StoredAnswer {
    /// It took effect, and its answer was not stored.
    Lost,
    Answered {
        status: u16,
        answer: String,
    },
}

impl fmt::Debug for StoredAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lost => f.write_str("Lost"),
            Self::Answered { status, .. } => write!(f, "Answered({status}, …)"),
        }
    }
}

/// Looks up the answer of the caller's earlier request with this idempotency key.
///
/// # Errors
/// `IDEMPOTENCY_KEY_REUSED` if that request was another one.
#[derive(Debug)]
pub struct FindAnswer;

impl Query for FindAnswer {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[Code::IdempotencyKeyReused];
    const SCOPE: ScopeRequirement = ScopeRequirement::Any;
    type Out = Option<StoredAnswer>;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Option<StoredAnswer>> {
        let (Some(key), Some(idempotency)) = (&cx.api_key, &cx.caller.idempotency) else { return Ok(None) };
        let arguments = (key.id, idempotency.key.as_slice(), cx.now.minus(ANSWER_RETENTION));
        let Some(found) = cx.tx.optional(sql::FIND_ANSWER, arguments).await? else { return Ok(None) };
        if found.asked_digest != idempotency.request {
            return Err(Code::IdempotencyKeyReused.into());
        }
        let opened = cx.executor.keys.open_answer(&associated_data(key.id, idempotency), &found.answer).ok();
        Ok(Some(match (u16::try_from(found.status), opened) {
            (Ok(status), Some(answer)) if status > 0 => StoredAnswer::Answered { status, answer },
            _ => StoredAnswer::Lost,
        }))
    }
}

/// Stores the answer of the request whose idempotency key the caller's command has inserted. Does nothing for a request
/// that ran no command. `Debug` does not show the answer, which may contain a secret.
pub struct StoreAnswer {
    pub status: u16,
    pub answer: String,
}

impl fmt::Debug for StoreAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StoreAnswer({}, …)", self.status)
    }
}

impl Command for StoreAnswer {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[];
    const SCOPE: ScopeRequirement = ScopeRequirement::Any;
    type Out = ();

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let (Some(key), Some(idempotency)) = (&cx.api_key, &cx.caller.idempotency) else { return Ok(()) };
        // It may contain the secret of a new key, or the token of an invitation.
        let sealed = cx.executor.keys.seal_answer(&associated_data(key.id, idempotency), &self.answer, cx.random());
        let sealed = sealed.map_err(|_| Problem::internal("an answer cannot be sealed"))?;
        let arguments = (key.id, idempotency.key.as_slice(), i64::from(self.status), sealed.as_slice());
        cx.tx.execute(sql::STORE_ANSWER, arguments).await?;
        Ok(())
    }
}

/// Names the row of an answer, to which its sealed text is bound.
fn associated_data(key: ApiKeyId, idempotency: &Idempotency) -> Vec<u8> {
    [key.get().to_be_bytes().as_slice(), &idempotency.key].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_answer() {
        let (store, stored) = (
            StoreAnswer { status: 200, answer: "secret".to_owned() },
            StoredAnswer::Answered { status: 200, answer: "secret".to_owned() },
        );
        assert_eq!(format!("{store:?} {stored:?}"), "StoreAnswer(200, …) Answered(200, …)");
    }
}
