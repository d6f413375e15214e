//! Browsers that were sent to an identity provider. State, nonce and code verifier are keyed hashes of the request's id,
//! so none of them is stored.

use std::sync::Arc;
use std::time::Duration;

use vestibule_db::TransactionMode;

use super::finish::CallbackPurpose;
use super::sql::{self, SpentRequest};
use crate::error::{Code, Problem, Result};
use crate::execution::{Caller, Command, Context, Executor, Query, Reply};
use crate::id::{AuthorizationRequestId, ConnectionId, OrganizationId, UserId};
use crate::permission::Requirement;
use crate::secret::{SessionToken, SignUpToken};
use crate::security_log::{Audit, Authentication, Subject};
use crate::session::SessionDetails;
use crate::settings::{Mode, Settings};
use crate::{rate_limit, session};

/// How long a person may take at the provider.
const LIFETIME: Duration = Duration::from_mins(10);
/// Requests of a session that are open at a time. An older one is deleted.
const MAX_PER_SESSION: i64 = 5;

/// What a browser was sent to a provider for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestPurpose {
    SignIn,
    /// To connect an identity to the signed-in user's account.
    Link,
    /// To test the connection of an organization. Nobody is signed in by it.
    Test,
}

vestibule_db::text_enum!(RequestPurpose: SignIn = "sign_in", Link = "link", Test = "test");

impl RequestPurpose {
    /// The first part of the state, which clients of the Frontend API read.
    pub(super) const fn action(self) -> &'static str {
        match self {
            Self::SignIn | Self::Test => "sign_in",
            Self::Link => "connect_social",
        }
    }
}

/// A request to store.
#[derive(Debug)]
pub(super) struct NewRequest<'a> {
    pub(super) purpose: RequestPurpose,
    /// The id of the provider; [`crate::identity::ENTERPRISE`] for a connection.
    pub(super) provider: &'a str,
    /// With its version.
    pub(super) connection: Option<(ConnectionId, i64)>,
    /// Who links an identity, or tests a connection.
    pub(super) user: Option<UserId>,
    /// Where the browser goes in the end. The caller has checked that it is allowed.
    pub(super) return_to: &'a str,
    pub(super) is_page: bool,
    pub(super) invitation: Option<&'a SignUpToken>,
}

/// A request that was stored.
#[derive(Debug)]
pub(super) struct CreatedRequest {
    pub(super) id: AuthorizationRequestId,
    /// The token of a new session; `None` if the caller had one.
    pub(super) token: Option<SessionToken>,
    pub(super) session: SessionDetails,
}

/// Stores a request of the caller's session, or of a new one, and counts it.
///
/// # Errors
/// `TOO_MANY_REQUESTS`.
pub(super) async fn create(cx: &mut Context<'_>, new: NewRequest<'_>) -> Result<CreatedRequest> {
    rate_limit::record_provider_request(cx).await?;
    let token = session::ensure(cx).await?;
    let session = cx.session_id().ok_or_else(|| Problem::internal("a request requires a session"))?;
    cx.tx.execute(sql::DELETE_OLDEST, (session, MAX_PER_SESSION - 1)).await?;
    let id: AuthorizationRequestId = cx.id();
    let invitation = new.invitation.map(|token| seal_invitation(cx, id, token)).transpose()?;
    let row = sql::NewRow {
        id,
        session,
        purpose: new.purpose,
        provider: new.provider,
        connection: new.connection.map(|(id, _)| id),
        connection_version: new.connection.map_or(0, |(_, version)| version),
        user: new.user,
        return_to: new.return_to,
        is_page: new.is_page,
        invitation: invitation.as_deref(),
        now: cx.now,
        expires_at: cx.now.plus(LIFETIME),
    };
    cx.tx.execute(sql::INSERT, row).await?;
    let session = session::show(cx).await?.ok_or_else(|| Problem::internal("the session does not exist"))?;
    Ok(CreatedRequest { id, token, session })
}

fn seal_invitation(cx: &Context<'_>, id: AuthorizationRequestId, token: &SignUpToken) -> Result<Vec<u8>> {
    let sealed = cx.executor.keys.seal_invitation(id.get(), token, cx.random());
    sealed.map_err(|_| Problem::internal("the token of an invitation cannot be sealed"))
}

/// Opens the token of an invitation that a request has.
pub(super) fn open_invitation(
    executor: &Executor,
    id: AuthorizationRequestId,
    sealed: Option<&[u8]>,
) -> Result<Option<SignUpToken>> {
    let opened = sealed.map(|sealed| executor.keys.open_invitation(id.get(), sealed)).transpose();
    opened.map_err(|_| Problem::internal("the token of an invitation cannot be opened"))
}

/// Spends the request of a state, in a transaction of its own: also a response that is wrong uses it up.
///
/// # Errors
/// `INVALID_STATE` for one that was used, has expired, or belongs to another session, user or purpose;
/// `TOO_MANY_REQUESTS`.
pub(super) async fn spend(
    executor: &Arc<Executor>,
    caller: &Caller,
    state: &str,
    purpose: CallbackPurpose,
) -> Reply<SpentRequest> {
    let parsed = executor.keys.parse_state(state);
    let found = parsed.ok().and_then(|(action, id)| Some((id, purposes(&action, purpose)?)));
    if let Some((id, purposes)) = found {
        executor.run(caller, Spend { id, purposes }).await
    } else {
        let problem = Code::InvalidState.into();
        executor.log_outcome(caller, AUDIT, &Subject::default(), Some(&problem));
        Reply::failed(problem)
    }
}

const AUDIT: Audit = Audit::AuthenticationStep(Authentication::SignIn);

/// The purposes of requests with this action that a callback finishes.
fn purposes(action: &str, callback: CallbackPurpose) -> Option<[RequestPurpose; 2]> {
    let found = [[RequestPurpose::SignIn, RequestPurpose::Test], [RequestPurpose::Link; 2]];
    let found = found.into_iter().find(|purposes| purposes[0].action() == action)?;
    let is_link = found[0] == RequestPurpose::Link;
    let is_expected = match callback {
        CallbackPurpose::Any => true,
        CallbackPurpose::SignIn => !is_link,
        CallbackPurpose::Link => is_link,
    };
    is_expected.then_some(found)
}

struct Spend {
    id: AuthorizationRequestId,
    purposes: [RequestPurpose; 2],
}

impl Command for Spend {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[Code::Unauthorized, Code::InvalidState, Code::TooManyRequests];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = SpentRequest;

    fn audit(&self) -> Audit {
        AUDIT
    }

    // The deletion makes concurrent responses exclusive.
    fn transaction_mode(&self, _: &Settings) -> TransactionMode {
        TransactionMode::ReadCommitted
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<SpentRequest> {
        if self.purposes[0] == RequestPurpose::Link {
            cx.user()?;
        }
        let session = cx.session_id().ok_or(Code::InvalidState)?;
        rate_limit::record_provider_callback(cx).await?;
        let user = cx.user().unwrap_or_else(|_| 0.into());
        let [purpose, other] = self.purposes;
        let spent = cx.tx.optional(sql::SPEND, (self.id, session, purpose, other, user, cx.now)).await?;
        Ok(spent.ok_or(Code::InvalidState)?)
    }
}

/// What is known of a request before its browser is let in.
#[derive(Clone, Debug)]
pub struct RequestInfo {
    pub purpose: RequestPurpose,
    /// The organization of the connection; `None` for a social provider.
    pub organization: Option<OrganizationId>,
    /// Whether a page of ours began it. Otherwise the response is forwarded to `return_to`, with which a client of the
    /// API finishes it.
    pub is_page: bool,
    pub return_to: String,
}

/// Finds the request of a state. It does not spend it. Without a session in staging, it may be one of any session.
///
/// # Errors
/// `INVALID_STATE`.
pub async fn find_request(executor: &Arc<Executor>, caller: &Caller, state: &str) -> Result<RequestInfo> {
    let (action, id) = executor.keys.parse_state(state).map_err(|_| Code::InvalidState)?;
    let found = executor.query(caller, &Find { id }).await.result?;
    if found.purpose.action() == action { Ok(found) } else { Err(Code::InvalidState.into()) }
}

struct Find {
    id: AuthorizationRequestId,
}

impl Query for Find {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[Code::InvalidState];
    type Out = RequestInfo;

    async fn run(&self, cx: &mut Context<'_>) -> Result<RequestInfo> {
        let row = cx.tx.optional(sql::FIND, (self.id, cx.now)).await?.ok_or(Code::InvalidState)?;
        let sql::RequestRow { purpose, return_to, is_page, session_id, organization_id } = row;
        let is_own = match cx.session_id() {
            Some(own) => own == session_id,
            // In staging, clients may send the session in the URL, which the provider does not send back.
            None => cx.executor.settings.mode == Mode::Staging,
        };
        if !is_own {
            return Err(Code::InvalidState.into());
        }
        Ok(RequestInfo { purpose, organization: organization_id, is_page, return_to })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_is_finished_by_its_own_callback() {
        use RequestPurpose::{Link, SignIn, Test};
        for (action, callback, expected) in [
            ("sign_in", CallbackPurpose::Any, Some([SignIn, Test])),
            ("sign_in", CallbackPurpose::SignIn, Some([SignIn, Test])),
            ("sign_in", CallbackPurpose::Link, None),
            ("connect_social", CallbackPurpose::Any, Some([Link, Link])),
            ("connect_social", CallbackPurpose::Link, Some([Link, Link])),
            ("connect_social", CallbackPurpose::SignIn, None),
            ("test", CallbackPurpose::Any, None),
            ("", CallbackPurpose::Any, None),
        ] {
            assert_eq!(purposes(action, callback), expected, "{action} {callback:?}");
        }
    }
}
