//! Which step an attempt is at, for clients that do not say what their code is of.

use crate::assurance::SecondFactorMethod;
use crate::error::{Code, Result};
use crate::execution::{Context, Query};
use crate::id::AttemptId;
use crate::permission::Requirement;
use crate::session;

/// Finds the second factors with which a sign-in of the caller's session can go on. `None` for an attempt that does not
/// wait for one, and for one that does not exist.
#[derive(Debug)]
pub struct FindSecondFactors {
    pub attempt: AttemptId,
}

impl Query for FindSecondFactors {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[];
    type Out = Option<Vec<SecondFactorMethod>>;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Option<Vec<SecondFactorMethod>>> {
        match session::find_pending(cx, self.attempt).await {
            Ok(pending) => Ok(Some(pending.methods)),
            Err(problem) if problem.code() == Code::BadSignInAttempt => Ok(None),
            Err(problem) => Err(problem),
        }
    }
}
