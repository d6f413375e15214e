//! Which of several tokens is a session's.

use crate::caller::load_session;
use crate::error::{Code, Result};
use crate::execution::{Context, Query};
use crate::permission::Requirement;
use crate::secret::SessionToken;

/// Returns the token that is a session's. The groups are tried in order; a group with several sessions decides that
/// there is none, because one of them may be an attacker's. Loads one session for each candidate, so pass few.
#[derive(Debug)]
pub struct SelectToken {
    /// The tokens of each source, in order of precedence.
    pub candidates: Vec<Vec<SessionToken>>,
}

impl Query for SelectToken {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[];
    type Out = Option<SessionToken>;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Option<SessionToken>> {
        for group in &self.candidates {
            let mut found = None;
            for token in group {
                if load_session(&mut cx.tx, token, cx.now, &cx.executor.settings).await?.is_none() {
                    continue;
                }
                if found.is_some() {
                    return Ok(None);
                }
                found = Some(token);
            }
            if let Some(token) = found {
                return Ok(Some(token.clone()));
            }
        }
        Ok(None)
    }
}
