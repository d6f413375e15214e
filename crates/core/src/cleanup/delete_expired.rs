//! Deleting expired rows in batches.

use std::sync::Arc;
use std::time::Duration;

use super::sql;
use crate::error::{Code, Result};
use crate::execution::{Caller, Command, Context, Executor};
use crate::permission::Requirement;
use crate::{api_key, deployment_invitation, invitation, setup_link};

/// How long an expired row is retained, so that a late request gets an error that says so.
const RETENTION: Duration = Duration::from_hours(1);
/// Rows per transaction, to hold the write lock for a few milliseconds only.
const BATCH_SIZE: i64 = 200;

/// Deletes one batch of expired rows of a kind, and returns their number.
#[derive(Clone, Copy, Debug)]
enum ExpiredRows {
    /// Sessions past their maximum lifetime.
    ExpiredSessions,
    /// Sessions past their idle timeout.
    IdleSessions,
    RateLimitCounters,
    /// Stored responses of idempotent requests.
    IdempotentResponses,
    VerificationAttempts,
    /// Addresses that were added and not verified.
    AddressClaims,
    SecurityNotices,
    /// Redeemed challenges, with their tokens.
    Challenges,
    /// API keys that were revoked or have expired, a while after that.
    ApiKeys,
    /// Answers to idempotent requests of API keys.
    ApiKeyAnswers,
    /// Invitations to sign up, a while after they have expired.
    DeploymentInvitations,
    /// Setup links, a while after they have expired.
    SetupLinks,
    /// Tickets, whether they were exchanged or not.
    SessionTickets,
    /// Sign-ins whose second factor was not proved in time.
    PendingSignIns,
    /// Challenges of passkeys that were not used in time.
    PasskeyChallenges,
    /// Browsers that have not come back from an identity provider.
    AuthorizationRequests,
    /// Profiles that were not completed in time.
    PendingIdentities,
}

/// Deletes all expired rows, and returns their number. Each batch is a transaction of its own.
pub async fn delete_expired(executor: &Arc<Executor>) -> Result<usize> {
    let mut deleted = 0;
    for rows in [
        ExpiredRows::ExpiredSessions,
        ExpiredRows::IdleSessions,
        ExpiredRows::RateLimitCounters,
        ExpiredRows::IdempotentResponses,
        ExpiredRows::VerificationAttempts,
        ExpiredRows::AddressClaims,
        ExpiredRows::SecurityNotices,
        ExpiredRows::Challenges,
        ExpiredRows::ApiKeys,
        ExpiredRows::ApiKeyAnswers,
        ExpiredRows::SessionTickets,
        ExpiredRows::DeploymentInvitations,
        ExpiredRows::SetupLinks,
        ExpiredRows::PendingSignIns,
        ExpiredRows::PasskeyChallenges,
        ExpiredRows::AuthorizationRequests,
        ExpiredRows::PendingIdentities,
    ] {
        loop {
            let batch = executor.run(&Caller::anonymous(), rows).await.result?;
            deleted += batch;
            if batch < usize::try_from(BATCH_SIZE).unwrap_or(usize::MAX) {
                break;
            }
        }
    }
    Ok(deleted)
}

impl Command for ExpiredRows {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[];
    type Out = usize;

    async fn run(&self, cx: &mut Context<'_>) -> Result<usize> {
        let before = |span: Duration| (cx.now.minus(span), BATCH_SIZE);
        let (expired, idle) = (before(RETENTION), before(RETENTION + cx.executor.settings.sessions.idle_timeout));
        let response_expired = before(invitation::IDEMPOTENCY_RETENTION);
        let (keys_expired, answers_expired) = (before(api_key::RETENTION), before(api_key::ANSWER_RETENTION));
        let invitations_expired = before(deployment_invitation::RETENTION);
        let links_expired = before(setup_link::RETENTION);
        let tx = &mut cx.tx;
        Ok(match self {
            Self::ExpiredSessions => tx.all(sql::EXPIRED_SESSIONS, expired).await?.len(),
            Self::IdleSessions => tx.all(sql::IDLE_SESSIONS, idle).await?.len(),
            Self::RateLimitCounters => tx.all(sql::RATE_LIMIT_COUNTERS, expired).await?.len(),
            Self::IdempotentResponses => tx.all(sql::IDEMPOTENT_RESPONSES, response_expired).await?.len(),
            Self::SecurityNotices => tx.all(sql::SECURITY_NOTICES, expired).await?.len(),
            Self::VerificationAttempts => tx.all(sql::VERIFICATION_ATTEMPTS, expired).await?.len(),
            Self::Challenges => tx.all(sql::CHALLENGES, expired).await?.len(),
            Self::ApiKeys => tx.all(sql::API_KEYS, keys_expired).await?.len(),
            Self::ApiKeyAnswers => tx.all(sql::API_KEY_ANSWERS, answers_expired).await?.len(),
            Self::SessionTickets => tx.all(sql::SESSION_TICKETS, expired).await?.len(),
            Self::DeploymentInvitations => tx.all(sql::DEPLOYMENT_INVITATIONS, invitations_expired).await?.len(),
            Self::SetupLinks => tx.all(sql::SETUP_LINKS, links_expired).await?.len(),
            Self::PendingSignIns => tx.all(sql::PENDING_SIGN_INS, expired).await?.len(),
            Self::PasskeyChallenges => tx.all(sql::PASSKEY_CHALLENGES, expired).await?.len(),
            Self::AuthorizationRequests => tx.all(sql::AUTHORIZATION_REQUESTS, expired).await?.len(),
            Self::PendingIdentities => tx.all(sql::PENDING_IDENTITIES, expired).await?.len(),
            Self::AddressClaims => tx.all(sql::ADDRESS_CLAIMS, expired).await?.len(),
        })
    }
}
