//! A browser that comes back from the identity provider of an organization.

use std::sync::Arc;

use serde_json::json;

use super::super::finish::{Finished, denied, waiting_invitation};
use super::super::handoff::CallbackParameters;
use super::super::request::{RequestPurpose, open_invitation};
use super::super::sql::SpentRequest;
use super::begin::trace_purpose;
use super::complete::{Complete, Completed};
use super::person::Person;
use super::try_out::TryOut;
use super::{client, unavailable};
use crate::enterprise_connection::{self, LiveConnection, NewTrace, StoreTrace};
use crate::error::{Code, Problem, Result};
use crate::execution::{Caller, Context, Executor, Query, Reply};
use crate::id::{ConnectionId, ConnectionTraceId};
use crate::oidc::{self, Authenticated, AuthorizationResponse, Outcome, StepName, Steps};
use crate::permission::Requirement;
use crate::security_log::{Audit, Authentication, Subject};
use crate::sign_in::accept_invitation;

/// Finishes a sign-in or a test whose request was spent. Each leaves a trace for the admins, also one that fails.
///
/// # Errors
/// Those of [`FINISH_ERRORS`](super::super::FINISH_ERRORS). A test whose connection exists has no errors: its trace says what
/// is wrong.
pub(in super::super) async fn finish_enterprise(
    executor: &Arc<Executor>,
    caller: &Caller,
    spent: SpentRequest,
    parameters: CallbackParameters,
) -> Reply<Finished> {
    let found = executor.query(caller, &FindConnection { spent: &spent }).await;
    let connection = match &found.result {
        Ok(connection) => connection.clone(),
        Err(problem) => {
            let failed = fail(executor, caller, problem.clone());
            return Reply { session: found.session, ..failed };
        }
    };
    if parameters.of.is_some_and(|of| !of.expects(Some(connection.organization))) {
        let failed = fail(executor, caller, Code::InvalidState.into());
        return Reply { session: found.session, ..failed };
    }
    let mut steps = Steps::default();
    let authenticated = authenticate(executor, &connection, &spent, &parameters, &mut steps).await;
    if spent.purpose == RequestPurpose::Test {
        return finish_test(executor, caller, (&connection, spent), authenticated, steps).await;
    }
    match authenticated {
        Ok(authenticated) => complete(executor, caller, (&connection, spent), authenticated, steps).await,
        Err(problem) => {
            store_failure(executor, caller, (&connection, &spent), &problem, &steps).await;
            Reply { session: found.session, ..fail(executor, caller, problem) }
        }
    }
}

/// Logs a failure outside of a command.
fn fail(executor: &Executor, caller: &Caller, problem: Problem) -> Reply<Finished> {
    let audit = Audit::AuthenticationStep(Authentication::SignIn);
    executor.log_outcome(caller, audit, &Subject::default(), Some(&problem));
    Reply::failed(problem)
}

/// Asks the provider who the person is.
///
/// # Errors
/// `CONNECTION_NOT_AVAILABLE`; `PROVIDER_DENIED`; `CODE_REQUIRED`; those of the protocol, such as `INVALID_IDENTITY` for
/// the error of another provider.
async fn authenticate(
    executor: &Arc<Executor>,
    connection: &LiveConnection,
    spent: &SpentRequest,
    parameters: &CallbackParameters,
    steps: &mut Steps,
) -> Result<Authenticated> {
    let received = json!({"error": parameters.error, "iss": parameters.iss, "has_code": parameters.code.is_some()});
    let refuse = |steps: &mut Steps, code: Code, rule: &'static str| {
        steps.add(StepName::AuthorizationResponse, Outcome::failed_by(code, rule), Some(&received));
        Err(Problem::from(code))
    };
    if connection.version != spent.connection_version {
        return refuse(steps, Code::ConnectionNotAvailable, "the connection was changed after the sign-in began");
    }
    let credential = connection.credential(&executor.keys)?;
    let client = client(&executor.settings, connection, &credential);
    if let Some(error) = &parameters.error {
        oidc::check_error_response(executor, &client, parameters.iss.as_deref(), steps).await?;
        return refuse(steps, denied(error).code(), "the provider has sent an error");
    }
    let Some(code) = parameters.code.clone().filter(|code| !code.is_empty()) else {
        return refuse(steps, Code::CodeRequired, "the provider has sent no code");
    };
    let response = AuthorizationResponse { code, iss: parameters.iss.clone(), apple_user: None };
    let secrets = executor.keys.authorization_secrets(spent.id, spent.purpose.action());
    Ok(oidc::authenticate(executor, &client, &secrets, &response, executor.now(), steps).await?)
}

/// Signs the person in, and accepts the invitation that was passed along.
async fn complete(
    executor: &Arc<Executor>,
    caller: &Caller,
    (connection, spent): (&LiveConnection, SpentRequest),
    authenticated: Authenticated,
    steps: Steps,
) -> Reply<Finished> {
    let Authenticated { issuer, subject, claims, tokens } = authenticated;
    let invitation = match open_invitation(executor, spent.id, spent.invitation.as_deref()) {
        Ok(invitation) => invitation,
        Err(problem) => return Reply::failed(problem),
    };
    let command = Complete {
        connection: connection.id,
        version: spent.connection_version,
        person: Person { issuer, subject, claims },
        id_token: tokens.id_token,
        steps: steps.clone(),
    };
    let mut completed = executor.run(caller, command).await;
    // Not in the transaction of the sign-in, with which concurrent sign-ins would conflict.
    match &completed.result {
        Ok(Completed { trace, .. }) => store(executor, caller, trace.clone()).await,
        Err(problem) => store_failure(executor, caller, (connection, &spent), problem, &steps).await,
    }
    let (waiting, accepted) = match &mut completed.result {
        Ok(Completed { signed_in, .. }) => {
            let waiting = waiting_invitation(signed_in, invitation.as_ref());
            (waiting, accept_invitation(executor, caller, signed_in, invitation).await)
        }
        Err(_) => (None, None),
    };
    let return_to = spent.return_to;
    completed.map(|Completed { signed_in, is_linked, .. }| Finished::SignedIn {
        signed_in,
        return_to,
        accepted,
        waiting,
        linked: is_linked,
    })
}

/// Stores the trace of a test.
async fn finish_test(
    executor: &Arc<Executor>,
    caller: &Caller,
    (connection, spent): (&LiveConnection, SpentRequest),
    authenticated: Result<Authenticated>,
    steps: Steps,
) -> Reply<Finished> {
    let stored = match authenticated {
        Ok(Authenticated { issuer, subject, claims, .. }) => {
            let person = Person { issuer, subject, claims };
            executor.run(caller, TryOut { connection: connection.id, person, steps, user: spent.user_id }).await
        }
        Err(problem) => {
            let trace = failed_trace((connection, &spent), &problem, &steps);
            executor.run(caller, StoreTrace { trace }).await
        }
    };
    let (connection, organization, return_to) = (connection.id, connection.organization, spent.return_to);
    stored.map(|trace: ConnectionTraceId| Finished::Tested { trace, connection, organization, return_to })
}

/// Stores the trace of a sign-in that failed.
async fn store_failure(
    executor: &Arc<Executor>,
    caller: &Caller,
    of: (&LiveConnection, &SpentRequest),
    problem: &Problem,
    steps: &Steps,
) {
    let mut steps = steps.clone();
    if let Some(name) = failed_step(problem.code()) {
        steps.add(name, Outcome::failed(problem.code()), None);
    }
    store(executor, caller, failed_trace(of, problem, &steps)).await;
}

async fn store(executor: &Arc<Executor>, caller: &Caller, trace: NewTrace) {
    if let Err(problem) = executor.run(caller, StoreTrace { trace }).await.result {
        tracing::warn!(cause = problem.cause(), "could not store the trace of a sign-in");
    }
}

fn failed_trace((connection, spent): (&LiveConnection, &SpentRequest), problem: &Problem, steps: &Steps) -> NewTrace {
    NewTrace {
        organization: connection.organization,
        connection: connection.id,
        purpose: trace_purpose(spent.purpose),
        error: Some(problem.code()),
        user: spent.user_id,
        steps: steps.to_json(),
    }
}

/// The step of the transaction that fails with a code. `None` for what the steps say already.
const fn failed_step(code: Code) -> Option<StepName> {
    match code {
        Code::JitDisabled | Code::SsoMembershipEnded | Code::OrganizationFull => Some(StepName::Membership),
        Code::SsoAddressNotAllowed
        | Code::SsoIdentityMismatch
        | Code::UserDisabled
        | Code::SocialAccountAlreadyConnected
        | Code::TooManyIdentities
        | Code::EmailExists
        | Code::UserAlreadySignedIn => Some(StepName::Identity),
        _ => None,
    }
}

/// Finds the connection of a spent request: a live one, or any for a test.
struct FindConnection<'a> {
    spent: &'a SpentRequest,
}

impl Query for FindConnection<'_> {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[Code::InvalidState, Code::ConnectionNotAvailable];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = LiveConnection;

    async fn run(&self, cx: &mut Context<'_>) -> Result<LiveConnection> {
        let id: ConnectionId = self.spent.connection_id.ok_or(Code::InvalidState)?;
        match self.spent.purpose {
            RequestPurpose::SignIn => enterprise_connection::find_live(cx, id).await.map_err(unavailable),
            RequestPurpose::Test => enterprise_connection::find_any(cx, id).await.map_err(unavailable),
            RequestPurpose::Link => Err(Code::InvalidState.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_belongs_to_the_step_whose_rule_it_breaks() {
        for (code, expected) in [
            (Code::JitDisabled, Some(StepName::Membership)),
            (Code::SsoMembershipEnded, Some(StepName::Membership)),
            (Code::SsoAddressNotAllowed, Some(StepName::Identity)),
            (Code::SsoIdentityMismatch, Some(StepName::Identity)),
            (Code::InvalidIdentity, None),
            (Code::ProviderDenied, None),
        ] {
            assert_eq!(failed_step(code), expected, "{code:?}");
        }
    }
}
