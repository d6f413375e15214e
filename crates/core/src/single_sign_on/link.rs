//! Connecting an identity to the caller's account.

use super::begin::require_configured;
use super::finish::Arrived;
use crate::error::{Code, Result};
use crate::execution::{Command, Context};
use crate::id::{AttemptId, UserId};
use crate::identity::{self, Identity, NewIdentity, Profile, Source};
use crate::permission::Requirement;
use crate::reauthentication::require_recent_proof;
use crate::security_log::{Audit, Change};
use crate::session::{self, SessionDetails};

/// Connects the identity with which the caller has come back. They have proved who they are when they began.
#[derive(Debug)]
pub(super) struct LinkIdentity {
    /// The user who has begun.
    pub(super) user: Option<UserId>,
    pub(super) arrived: Arrived,
}

impl Command for LinkIdentity {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] = &[Code::InvalidState, Code::SocialAccountAlreadyConnected, Code::TooManyIdentities];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = (Identity, SessionDetails);

    fn audit(&self) -> Audit {
        Audit::Change(Change::IdentityAdded)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<(Identity, SessionDetails)> {
        let user = cx.user()?;
        // Another user of the session may have become the active one since.
        if self.user != Some(user) {
            return Err(Code::InvalidState.into());
        }
        let Arrived { source, issuer, subject, provider, .. } = &self.arrived;
        let id = match identity::find(cx, source, issuer, subject).await? {
            Some(known) if known.user_id == user => {
                cx.subject.is_unchanged = true;
                self.arrived.touch(cx, known.id).await?;
                known.id
            }
            Some(_) => return Err(Code::SocialAccountAlreadyConnected.into()),
            None => self.arrived.link(cx, user, Some(&provider.name)).await?,
        };
        let identity = identity::find_own(cx, user, id).await?;
        let session = session::show(cx).await?.ok_or(Code::Unauthorized)?;
        Ok((identity, session))
    }
}

/// Connects an identity of the caller's session that waits for its profile to the caller's account.
///
/// # Errors
/// `UNAUTHORIZED`; `REAUTHENTICATION_REQUIRED`; `BAD_SIGN_IN_ATTEMPT`; `PROVIDER_NOT_CONFIGURED` if the settings do not
/// enable the provider any more; `SOCIAL_ACCOUNT_ALREADY_CONNECTED`; `TOO_MANY_IDENTITIES`.
#[derive(Debug)]
pub struct LinkPending {
    pub attempt: AttemptId,
}

impl Command for LinkPending {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] = &[
        Code::ReauthenticationRequired,
        Code::BadSignInAttempt,
        Code::ProviderNotConfigured,
        Code::SocialAccountAlreadyConnected,
        Code::TooManyIdentities,
    ];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = Identity;

    fn audit(&self) -> Audit {
        Audit::Change(Change::IdentityAdded)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<Identity> {
        let user = cx.user()?;
        require_recent_proof(cx).await?;
        let pending = session::take_profile(cx, self.attempt).await?;
        let name = require_configured(&cx.executor.settings, &pending.provider)?.name.clone();
        let profile = Profile::new(pending.address(), &pending.first_name, &pending.last_name);
        let source = Source::Social(pending.provider.clone());
        let id = pending.identity();
        let new = NewIdentity {
            id,
            source: &source,
            issuer: &pending.issuer,
            subject: &pending.subject,
            profile: &profile,
            tokens: pending.tokens.as_deref(),
        };
        identity::announce_and_link(cx, user, &new, &name).await?;
        identity::find_own(cx, user, id).await
    }
}
