//! The end of every sign-in whose first factor is proved: it is completed, or goes on with the second factor.

use super::{CompletedAttempt, CompletedKind, SignedIn, Strategy};
use crate::error::Result;
use crate::execution::Context;
use crate::id::UserId;
use crate::proof::ProofMethod;
use crate::secret::SessionToken;
use crate::session::{self, FirstFactorOutcome, NewPending, SignInSource, SsoConnection};
use crate::verification::Attempt;
use crate::{domain, second_factor};

/// What was attempted with the first factor.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Attempted<'a> {
    /// An attempt that began with this request. The address is empty for a user name.
    Password { strategy: Strategy, address: &'a str },
    /// An account that this request has created, and that has joined the organizations of its domain.
    SignUp { address: &'a str },
    /// A stored attempt that this request has completed.
    Verification(&'a Attempt),
    /// A sign-in through an identity provider.
    Provider {
        strategy: Strategy,
        /// The id of the provider.
        provider: &'a str,
        /// The normalized address that the provider has sent; empty without one.
        address: &'a str,
        /// That of the organization whose provider it is.
        connection: Option<SsoConnection>,
        /// Whether this request has created the account. It has then joined the organizations of its domain.
        is_new_account: bool,
    },
}

impl<'a> Attempted<'a> {
    fn pending(self) -> NewPending<'a> {
        let source = SignInSource::default();
        match self {
            Self::Password { strategy, address } => NewPending { id: None, strategy, address, source },
            Self::SignUp { address } => NewPending { id: None, strategy: Strategy::PlainEmail, address, source },
            Self::Verification(attempt) => {
                let (id, address) = (Some(attempt.id), attempt.address_key.as_str());
                NewPending { id, strategy: attempt.method.into(), address, source }
            }
            Self::Provider { strategy, provider, address, connection, .. } => {
                NewPending { id: None, strategy, address, source: SignInSource { provider, connection } }
            }
        }
    }

    /// Whether this request has created the account.
    const fn is_new_account(self) -> bool {
        matches!(self, Self::SignUp { .. } | Self::Provider { is_new_account: true, .. })
    }

    fn completed(self, cx: &Context<'_>) -> Result<CompletedAttempt> {
        match self {
            Self::Password { strategy, address } => {
                CompletedAttempt::immediate(cx, CompletedKind::SignIn(strategy), address)
            }
            Self::SignUp { address } => CompletedAttempt::immediate(cx, CompletedKind::SignUp, address),
            Self::Verification(attempt) => Ok(CompletedAttempt::of_attempt(attempt, cx.now)),
            Self::Provider { strategy, provider, address, .. } => {
                let completed = CompletedAttempt::immediate(cx, CompletedKind::SignIn(strategy), address)?;
                Ok(CompletedAttempt { provider: provider.to_owned(), ..completed })
            }
        }
    }
}

/// Signs in a user who has proved the first factor, or asks them for the second one. Everything that a signed-in user
/// gets comes after both.
///
/// # Errors
/// `USER_ALREADY_SIGNED_IN`.
pub(crate) async fn finish(
    cx: &mut Context<'_>,
    user: UserId,
    proof: ProofMethod,
    attempted: Attempted<'_>,
) -> Result<SignedIn> {
    let new = attempted.pending();
    let mut proved = session::prove_first_factor(cx, user, proof, new).await?;
    if matches!(proved, FirstFactorOutcome::Pending(..)) && second_factor::apply_due(cx, user).await? {
        // The reset that was due has removed the factors that were asked for.
        proved = session::prove_first_factor(cx, user, proof, new).await?;
    }
    match proved {
        FirstFactorOutcome::SignedIn(token) => {
            let completed = attempted.completed(cx)?;
            if attempted.is_new_account() {
                return SignedIn::completed(cx, token, completed).await;
            }
            complete(cx, user, token, completed).await
        }
        FirstFactorOutcome::Pending(token, pending) => {
            // Nobody is signed in yet.
            cx.subject.is_unchanged = true;
            SignedIn::started(cx, Some(token), pending.id).await
        }
    }
}

/// Completes a sign-in: the user joins the organizations that have the domain of their address.
pub(super) async fn complete(
    cx: &mut Context<'_>,
    user: UserId,
    token: SessionToken,
    attempt: CompletedAttempt,
) -> Result<SignedIn> {
    domain::auto_join(cx, user).await?;
    SignedIn::completed(cx, token, attempt).await
}
