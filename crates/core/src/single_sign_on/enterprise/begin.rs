//! Sending a browser to the identity provider of an organization.

use std::sync::Arc;

use vestibule_db::TransactionMode;

use super::super::begin::Begun;
use super::super::request::{self, CreatedRequest, NewRequest, RequestPurpose};
use super::client;
use crate::enterprise_connection::{self, LiveConnection, NewTrace, StoreTrace, TracePurpose};
use crate::error::{Code, Problem, Result};
use crate::execution::{Caller, Command, Context, Executor, Reply};
use crate::id::{AuthorizationRequestId, ConnectionId, OrganizationId};
use crate::identity::ENTERPRISE;
use crate::oidc::{self, Outcome, StepName, Steps};
use crate::permission::{RequiredPermission, Requirement};
use crate::secret::SignUpToken;
use crate::security_log::{Audit, Authentication, Subject};
use crate::settings::Settings;
use crate::setup_purpose::SetupPurpose;

/// The codes of [`begin_enterprise`].
pub const BEGIN_ENTERPRISE_ERRORS: &[Code] = &[
    Code::ImpersonationNotAllowed,
    Code::ConnectionNotFound,
    Code::ConnectionNotAvailable,
    Code::ProviderUnavailable,
    Code::InvalidIdentity,
    Code::TooManyRequests,
];

/// The codes of [`begin_test`].
pub const BEGIN_TEST_ERRORS: &[Code] = &[
    Code::ImpersonationNotAllowed,
    Code::Unauthorized,
    Code::Forbidden,
    Code::AddressNotAllowed,
    Code::SsoRequired,
    Code::MfaRequired,
    Code::ConnectionNotFound,
    Code::ProviderUnavailable,
    Code::InvalidIdentity,
    Code::TooManyRequests,
];

/// A sign-in with the identity provider of an organization.
#[derive(Debug)]
pub struct BeginEnterprise {
    pub connection: ConnectionId,
    /// Where the browser goes in the end: a path of this server, or a URL of an allowed origin. The caller has checked it.
    pub return_to: String,
    /// Whether a page of ours begins it, and not a client of the API.
    pub is_page: bool,
    /// The token of an invitation that is accepted after the sign-in.
    pub invitation: Option<SignUpToken>,
    /// The address of the person, if they have entered it.
    pub login_hint: Option<String>,
}

/// Begins a sign-in, in the caller's session or a new one.
///
/// # Errors
/// [`BEGIN_ENTERPRISE_ERRORS`]: `CONNECTION_NOT_AVAILABLE` for one that is disabled.
pub async fn begin_enterprise(executor: &Arc<Executor>, caller: &Caller, begin: BeginEnterprise) -> Reply<Begun> {
    let login_hint = begin.login_hint.clone();
    let prepared = executor.run(caller, Prepare { begin }).await;
    send(executor, caller, prepared, RequestPurpose::SignIn, login_hint.as_deref()).await
}

/// A test of a connection by one of its managers. It signs nobody in: its result is a trace with what was received and
/// what would happen.
#[derive(Debug)]
pub struct BeginTest {
    pub organization: OrganizationId,
    /// It may be disabled.
    pub connection: ConnectionId,
    /// See [`BeginEnterprise::return_to`].
    pub return_to: String,
    pub is_page: bool,
}

/// Begins a test.
///
/// # Errors
/// [`BEGIN_TEST_ERRORS`]: `FORBIDDEN` without `organization:manage_settings`.
pub async fn begin_test(executor: &Arc<Executor>, caller: &Caller, begin: BeginTest) -> Reply<Begun> {
    let prepared = executor.run(caller, PrepareTest { begin }).await;
    send(executor, caller, prepared, RequestPurpose::Test, None).await
}

/// Completes a prepared request with the URL of the provider's page, which its discovery document says.
async fn send(
    executor: &Arc<Executor>,
    caller: &Caller,
    prepared: Reply<(LiveConnection, CreatedRequest)>,
    purpose: RequestPurpose,
    login_hint: Option<&str>,
) -> Reply<Begun> {
    let (connection, id) = match &prepared.result {
        Ok((connection, created)) => (connection, created.id),
        Err(problem) => return Reply { session: prepared.session, ..Reply::failed(problem.clone()) },
    };
    match url(executor, connection, (id, purpose), login_hint).await {
        Ok(url) => prepared.map(|(_, created)| Begun { url, token: created.token, session: created.session }),
        Err(problem) => {
            let audit = Audit::AuthenticationStep(Authentication::SignIn);
            executor.log_outcome(caller, audit, &Subject::default(), Some(&problem));
            store_failure(executor, caller, connection, purpose, &problem).await;
            Reply { session: prepared.session, ..Reply::failed(problem) }
        }
    }
}

async fn url(
    executor: &Executor,
    connection: &LiveConnection,
    (id, purpose): (AuthorizationRequestId, RequestPurpose),
    login_hint: Option<&str>,
) -> Result<String> {
    let secrets = executor.keys.authorization_secrets(id, purpose.action());
    let credential = connection.credential(&executor.keys)?;
    let client = client(&executor.settings, connection, &credential);
    Ok(oidc::authorization_url(executor, &client, &secrets, login_hint).await?)
}

/// Stores that a sign-in could not begin.
async fn store_failure(
    executor: &Arc<Executor>,
    caller: &Caller,
    connection: &LiveConnection,
    purpose: RequestPurpose,
    problem: &Problem,
) {
    let mut steps = Steps::default();
    steps.add(StepName::Discovery, Outcome::failed(problem.code()), None);
    let trace = NewTrace {
        organization: connection.organization,
        connection: connection.id,
        purpose: trace_purpose(purpose),
        error: Some(problem.code()),
        user: None,
        steps: steps.to_json(),
    };
    if let Err(problem) = executor.run(caller, StoreTrace { trace }).await.result {
        tracing::warn!(cause = problem.cause(), "could not store the trace of a sign-in");
    }
}

pub(super) const fn trace_purpose(purpose: RequestPurpose) -> TracePurpose {
    match purpose {
        RequestPurpose::Test => TracePurpose::Test,
        RequestPurpose::SignIn | RequestPurpose::Link => TracePurpose::SignIn,
    }
}

#[derive(Debug)]
struct Prepare {
    begin: BeginEnterprise,
}

impl Command for Prepare {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[Code::ConnectionNotFound, Code::ConnectionNotAvailable, Code::TooManyRequests];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = (LiveConnection, CreatedRequest);

    fn audit(&self) -> Audit {
        Audit::AuthenticationStep(Authentication::SignIn)
    }

    // What is read here is checked again when the browser comes back.
    fn transaction_mode(&self, _: &Settings) -> TransactionMode {
        TransactionMode::ReadCommitted
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<(LiveConnection, CreatedRequest)> {
        let connection = enterprise_connection::find_live(cx, self.begin.connection).await?;
        let new = NewRequest {
            purpose: RequestPurpose::SignIn,
            provider: ENTERPRISE,
            connection: Some((connection.id, connection.version)),
            user: None,
            return_to: &self.begin.return_to,
            is_page: self.begin.is_page,
            invitation: self.begin.invitation.as_ref(),
        };
        let created = request::create(cx, new).await?;
        Ok((connection, created))
    }
}

#[derive(Debug)]
struct PrepareTest {
    begin: BeginTest,
}

impl Command for PrepareTest {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::ManageSettings);
    const ERRORS: &'static [Code] = &[Code::ConnectionNotFound, Code::TooManyRequests];
    const SETUP: Option<SetupPurpose> = Some(SetupPurpose::Sso);
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = (LiveConnection, CreatedRequest);

    async fn run(&self, cx: &mut Context<'_>) -> Result<(LiveConnection, CreatedRequest)> {
        let BeginTest { organization, connection, .. } = self.begin;
        let (grant, connection) = enterprise_connection::authorize_test(cx, organization, connection).await?;
        let new = NewRequest {
            purpose: RequestPurpose::Test,
            provider: ENTERPRISE,
            connection: Some((connection.id, connection.version)),
            // A setup link has no user.
            user: grant.user(),
            return_to: &self.begin.return_to,
            is_page: self.begin.is_page,
            invitation: None,
        };
        let created = request::create(cx, new).await?;
        Ok((connection, created))
    }
}
