//! Responses that arrive by a cross-site POST, without our cookie. They are stored sealed under a one-time id, and picked
//! up by the redirect that follows, which is a request of our own site.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::sql;
use crate::error::{Code, Problem, Result};
use crate::execution::{Caller, Command, Context, Executor};
use crate::id::{AuthorizationRequestId, OrganizationId};
use crate::permission::Requirement;
use crate::secret::HandoffId;

/// Bytes of each parameter.
const MAX_PARAMETER: usize = 8 << 10;

/// What a browser brings back from an identity provider. `Debug` does not print it.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallbackParameters {
    pub state: String,
    pub code: Option<String>,
    /// The issuer (RFC 9207).
    pub iss: Option<String>,
    /// The error code of the provider.
    pub error: Option<String>,
    /// The name that Apple sends once, as JSON. Nobody has signed it.
    pub apple_user: Option<String>,
    /// At whose redirect URI the browser has arrived, if it has arrived at one.
    #[serde(skip)]
    pub of: Option<CallbackOf>,
}

/// Who has a redirect URI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallbackOf {
    /// The social providers.
    Social,
    /// An organization, for its connections; `None` for a call of a client, which takes the responses of all.
    Enterprise(Option<OrganizationId>),
}

impl CallbackOf {
    /// Whether the response to a request is expected there. `organization` is that of the connection; `None` for a social
    /// provider.
    pub fn expects(self, organization: Option<OrganizationId>) -> bool {
        match (self, organization) {
            (Self::Social, None) | (Self::Enterprise(None), Some(_)) => true,
            (Self::Enterprise(Some(expected)), Some(organization)) => expected == organization,
            (Self::Social, Some(_)) | (Self::Enterprise(_), None) => false,
        }
    }
}

impl CallbackParameters {
    /// Whether each is of a sensible length.
    pub(super) fn is_bounded(&self) -> bool {
        let optional = [&self.code, &self.iss, &self.error, &self.apple_user];
        let lengths = optional.into_iter().flatten().map(String::len);
        lengths.chain([self.state.len()]).all(|length| length <= MAX_PARAMETER)
    }
}

impl fmt::Debug for CallbackParameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CallbackParameters(…)")
    }
}

/// Stores a response, and returns the id for the redirect. The first one of a request stays.
///
/// # Errors
/// `INVALID_STATE`.
pub async fn keep_handoff(executor: &Arc<Executor>, parameters: CallbackParameters) -> Result<HandoffId> {
    let (_, request) = executor.keys.parse_state(&parameters.state).map_err(|_| Code::InvalidState)?;
    if !parameters.is_bounded() {
        return Err(Code::InvalidState.into());
    }
    executor.run(&Caller::anonymous(), Keep { request, parameters }).await.result
}

struct Keep {
    request: AuthorizationRequestId,
    parameters: CallbackParameters,
}

impl Command for Keep {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[Code::InvalidState];
    type Out = HandoffId;

    async fn run(&self, cx: &mut Context<'_>) -> Result<HandoffId> {
        let id = HandoffId::new(cx.random());
        let text = serde_json::to_string(&self.parameters).map_err(Problem::internal)?;
        let sealed = cx.executor.keys.seal_handoff(self.request, &text, cx.random());
        let sealed = sealed.map_err(|_| Problem::internal("a response cannot be sealed"))?;
        let kept = cx.tx.optional(sql::KEEP_HANDOFF, (self.request, &id.digest(), &sealed, cx.now)).await?;
        kept.ok_or(Code::InvalidState)?;
        Ok(id)
    }
}

/// Returns a response that was stored, once. That of a page's request is for its own session only.
///
/// # Errors
/// `INVALID_STATE`.
pub async fn take_handoff(executor: &Arc<Executor>, caller: &Caller, id: HandoffId) -> Result<CallbackParameters> {
    executor.run(caller, Take { id }).await.result
}

struct Take {
    id: HandoffId,
}

impl Command for Take {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[Code::InvalidState];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = CallbackParameters;

    async fn run(&self, cx: &mut Context<'_>) -> Result<CallbackParameters> {
        let session = cx.session_id().unwrap_or_else(|| 0.into());
        let found = cx.tx.optional(sql::FIND_HANDOFF, (&self.id.digest(), session, cx.now)).await?;
        let sql::HandoffRow { id, handoff } = found.ok_or(Code::InvalidState)?;
        let sealed = handoff.ok_or(Code::InvalidState)?;
        cx.tx.optional(sql::CLEAR_HANDOFF, (id,)).await?.ok_or(Code::InvalidState)?;
        let opened = cx.executor.keys.open_handoff(id, &sealed);
        let opened = opened.map_err(|_| Problem::internal("a response cannot be opened"))?;
        serde_json::from_str(&opened).map_err(Problem::internal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_bounded_and_not_printed() {
        let parameters = CallbackParameters { code: Some("s3cret".to_owned()), ..CallbackParameters::default() };
        assert!(parameters.is_bounded() && !format!("{parameters:?}").contains("s3cret"));
        let long = CallbackParameters { apple_user: Some("x".repeat(MAX_PARAMETER + 1)), ..parameters };
        assert!(!long.is_bounded());
    }
}
