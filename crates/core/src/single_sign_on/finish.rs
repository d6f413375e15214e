//! The end of every sign-in with an identity provider: the browser has come back.

use std::sync::Arc;

use super::begin::{client, require_configured};
use super::handoff::{CallbackOf, CallbackParameters};
use super::link::LinkIdentity;
use super::request::{self, RequestPurpose};
use super::social::{Outcome, SignInSocial};
use super::sql::SpentRequest;
use crate::error::{Code, Problem, Result};
use crate::execution::{Caller, Executor, Reply};
use crate::id::{AttemptId, ConnectionId, ConnectionTraceId, OrganizationId};
use crate::identity::{self, Identity, Profile, Source};
use crate::identity_provider::ProviderId;
use crate::invitation::AcceptOutcome;
use crate::oidc::{self, Authenticated, AuthorizationResponse, ProviderTokens, Steps};
use crate::secret::{InvitationToken, SignUpToken};
use crate::security_log::{Audit, Authentication, Subject};
use crate::session::SessionDetails;
use crate::settings::SocialProvider;
use crate::sign_in::{SignedIn, accept_invitation};

/// What a callback finishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallbackPurpose {
    /// For our pages.
    Any,
    /// A sign-in, or the test of a connection.
    SignIn,
    /// An identity is connected to the caller's account.
    Link,
}

/// What a browser that has come back has led to.
#[derive(Debug)]
pub enum Finished {
    /// The user is signed in, or asked for the second factor.
    SignedIn {
        signed_in: SignedIn,
        return_to: String,
        /// What has become of the invitation that was passed along.
        accepted: Option<AcceptOutcome>,
        /// The invitation that was passed along, while the second factor is asked for: nobody has accepted it.
        waiting: Option<InvitationToken>,
        /// Whether the identity was connected to an account that existed before.
        linked: bool,
    },
    /// No account has the identity yet: the person completes their profile, or signs in to their account.
    NeedsProfile { signed_in: SignedIn, attempt: AttemptId, return_to: String },
    /// The identity is connected to the caller's account.
    Linked { session: SessionDetails, identity: Identity, return_to: String },
    /// A connection was tested. Nobody was signed in.
    Tested { trace: ConnectionTraceId, connection: ConnectionId, organization: OrganizationId, return_to: String },
}

/// The codes of [`finish`].
pub const FINISH_ERRORS: &[Code] = &[
    Code::ImpersonationNotAllowed,
    Code::Unauthorized,
    Code::Forbidden,
    Code::InvalidState,
    Code::TooManyRequests,
    Code::ProviderNotConfigured,
    Code::ProviderDenied,
    Code::CodeRequired,
    Code::InvalidCode,
    Code::ProviderUnavailable,
    Code::InvalidIdentity,
    Code::UserDisabled,
    Code::UserAlreadySignedIn,
    Code::SignupRestricted,
    Code::SignupWaitlistOnly,
    Code::InvalidInvitationToken,
    Code::InvitationExpired,
    Code::InvitationSuspended,
    Code::BadRequestBody,
    Code::EmailExists,
    Code::SocialAccountAlreadyConnected,
    Code::TooManyIdentities,
    Code::ConnectionNotAvailable,
    Code::OrganizationFull,
    Code::JitDisabled,
    Code::SsoAddressNotAllowed,
    Code::SsoIdentityMismatch,
    Code::SsoMembershipEnded,
];

/// Finishes what the browser was sent to a provider for. The request is spent first. The provider is asked outside of a
/// transaction.
///
/// # Errors
/// [`FINISH_ERRORS`]: `INVALID_STATE` for a request that was used, has expired, or belongs to another session or another
/// purpose; `SOCIAL_ACCOUNT_ALREADY_CONNECTED` if another account has the identity.
pub async fn finish(
    executor: &Arc<Executor>,
    caller: &Caller,
    parameters: CallbackParameters,
    purpose: CallbackPurpose,
) -> Reply<Finished> {
    if !parameters.is_bounded() {
        return Reply::failed(Code::InvalidState.into());
    }
    let of = parameters.of;
    let Reply { session, result, .. } = request::spend(executor, caller, &parameters.state, purpose).await;
    let request = match result {
        Ok(request) => request,
        Err(problem) => return Reply { session, ..Reply::failed(problem) },
    };
    let is_enterprise = request.connection_id.is_some();
    // Of an enterprise request, the organization is compared once the connection is loaded.
    if of.is_some_and(|of| is_enterprise != matches!(of, CallbackOf::Enterprise(_))) {
        return Reply { session, ..Reply::failed(Code::InvalidState.into()) };
    }
    if is_enterprise {
        return super::enterprise::finish_enterprise(executor, caller, request, parameters).await;
    }
    let arrived = match arrive(executor, &request, parameters).await {
        Ok(arrived) => arrived,
        Err(problem) => {
            let audit = match request.purpose {
                RequestPurpose::Link => Audit::RefusalsOnly,
                RequestPurpose::SignIn | RequestPurpose::Test => Audit::Authentication(Authentication::SignIn),
            };
            executor.log_outcome(caller, audit, &Subject::of_user(request.user_id), Some(&problem));
            return Reply { session, ..Reply::failed(problem) };
        }
    };
    match request.purpose {
        RequestPurpose::Link => {
            let return_to = request.return_to;
            let linked = executor.run(caller, LinkIdentity { user: request.user_id, arrived }).await;
            linked.map(|(identity, session)| Finished::Linked { session, identity, return_to })
        }
        RequestPurpose::SignIn | RequestPurpose::Test => sign_in(executor, caller, request, arrived).await,
    }
}

async fn sign_in(
    executor: &Arc<Executor>,
    caller: &Caller,
    request: SpentRequest,
    arrived: Arrived,
) -> Reply<Finished> {
    let (return_to, invitation) = (request.return_to, arrived.invitation.clone());
    let mut reply = executor.run(caller, SignInSocial { arrived }).await;
    let (waiting, accepted) = match &mut reply.result {
        Ok(Outcome::SignedIn { signed_in, .. }) => {
            let waiting = waiting_invitation(signed_in, invitation.as_ref());
            (waiting, accept_invitation(executor, caller, signed_in, invitation).await)
        }
        _ => (None, None),
    };
    reply.map(|outcome| match outcome {
        Outcome::SignedIn { signed_in, linked } => {
            Finished::SignedIn { signed_in, return_to, accepted, waiting, linked }
        }
        Outcome::NeedsProfile { signed_in, attempt } => Finished::NeedsProfile { signed_in, attempt, return_to },
    })
}

/// The invitation to an organization that is not accepted yet, because the second factor is asked for.
pub(super) fn waiting_invitation(signed_in: &SignedIn, invitation: Option<&SignUpToken>) -> Option<InvitationToken> {
    match invitation {
        Some(SignUpToken::Organization(token)) if signed_in.completed.is_none() => Some(token.clone()),
        _ => None,
    }
}

/// A person whom a social provider has identified.
#[derive(Debug)]
pub(super) struct Arrived {
    pub(super) request: SpentRequest,
    pub(super) provider: SocialProvider,
    pub(super) source: Source,
    pub(super) issuer: String,
    pub(super) subject: String,
    pub(super) profile: Profile,
    /// Whether the provider vouches for the address.
    pub(super) is_vouched: bool,
    /// `None` unless the settings keep them.
    pub(super) tokens: Option<ProviderTokens>,
    pub(super) invitation: Option<SignUpToken>,
}

/// Asks the provider who has come back.
async fn arrive(executor: &Arc<Executor>, request: &SpentRequest, parameters: CallbackParameters) -> Result<Arrived> {
    let id: ProviderId = request.provider.parse().map_err(|_| Code::ProviderNotConfigured)?;
    let provider = require_configured(&executor.settings, &id)?;
    let CallbackParameters { code, iss, error, apple_user, .. } = parameters;
    let client = client(&executor.settings, provider);
    let mut steps = Steps::default();
    if let Some(error) = error {
        oidc::check_error_response(executor, &client, iss.as_deref(), &mut steps).await?;
        return Err(denied(&error));
    }
    let code = code.filter(|code| !code.is_empty()).ok_or(Code::CodeRequired)?;
    let secrets = executor.keys.authorization_secrets(request.id, request.purpose.action());
    let response = AuthorizationResponse { code, iss, apple_user };
    let authenticated = oidc::authenticate(executor, &client, &secrets, &response, executor.now(), &mut steps).await?;
    let Authenticated { issuer, subject, claims, tokens } = authenticated;
    let profile = Profile::from_claims(&claims);
    let is_vouched = profile.email.as_ref().is_some_and(|email| identity::vouch(provider.kind, &claims, email));
    Ok(Arrived {
        invitation: request::open_invitation(executor, request.id, request.invitation.as_deref())?,
        request: request.clone(),
        tokens: provider.keeps_tokens.then_some(tokens),
        provider: provider.clone(),
        source: Source::Social(id),
        issuer,
        subject,
        profile,
        is_vouched,
    })
}

/// What an error of a provider means (RFC 6749, 4.1.2.1).
pub(super) fn denied(error: &str) -> Problem {
    match error {
        "server_error" | "temporarily_unavailable" => Code::ProviderUnavailable.into(),
        _ => Code::ProviderDenied.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_providers_are_told_apart() {
        for (error, expected) in [
            ("access_denied", Code::ProviderDenied),
            ("user_cancelled_authorize", Code::ProviderDenied),
            ("", Code::ProviderDenied),
            ("server_error", Code::ProviderUnavailable),
            ("temporarily_unavailable", Code::ProviderUnavailable),
        ] {
            assert_eq!(denied(error).code(), expected, "{error}");
        }
    }
}
