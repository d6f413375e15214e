//! Challenges: one for each ceremony, of which a digest is stored.

use std::sync::Arc;

use sha2::{Digest, Sha256};
use vestibule_db::TransactionMode;

use super::{ChallengeUse, sql};
use crate::error::{Code, Result};
use crate::execution::{Caller, Command, Context, Executor, Reply};
use crate::id::UserId;
use crate::permission::Requirement;
use crate::security_log::{Audit, Authentication};
use crate::settings::Settings;
use crate::webauthn::{CHALLENGE_LENGTH, TIMEOUT};

/// Challenges of a session that are open at a time. An older one is deleted: a person can use one only.
const MAX_PER_SESSION: i64 = 10;

/// The relying party id, for ceremonies of this installation.
///
/// # Errors
/// `PASSKEYS_NOT_AVAILABLE`.
pub(crate) fn require_available(settings: &Settings) -> Result<&str> {
    Ok(settings.passkey_rp_id().ok_or(Code::PasskeysNotAvailable)?)
}

fn digest(challenge: &[u8; CHALLENGE_LENGTH]) -> [u8; 32] {
    Sha256::digest(challenge).into()
}

/// Starts a ceremony in the caller's session, for the signed-in user unless it is a sign-in.
///
/// # Errors
/// `UNAUTHORIZED` without a session or a user.
pub(crate) async fn start(cx: &mut Context<'_>, purpose: ChallengeUse) -> Result<[u8; CHALLENGE_LENGTH]> {
    let session = cx.session_id().ok_or(Code::Unauthorized)?;
    let user = owner(cx, purpose)?;
    let challenge: [u8; CHALLENGE_LENGTH] = cx.random().bytes();
    let (digest, expires_at) = (digest(&challenge), cx.now.plus(TIMEOUT));
    cx.tx.execute(sql::DELETE_OLDEST_CHALLENGES, (session, MAX_PER_SESSION - 1)).await?;
    cx.tx.execute(sql::INSERT_CHALLENGE, (&digest, session, purpose, user, cx.now, expires_at)).await?;
    Ok(challenge)
}

/// The user that a challenge belongs to; `None` for a sign-in.
fn owner(cx: &Context<'_>, purpose: ChallengeUse) -> Result<Option<UserId>> {
    match purpose {
        ChallengeUse::SignIn => Ok(None),
        ChallengeUse::Registration | ChallengeUse::Reauthentication => cx.user().map(Some),
    }
}

/// Spends a challenge of the caller's session, in a transaction of its own: also an answer that is wrong uses it up.
/// Returns the user that it belonged to; `None` for a sign-in.
///
/// # Errors
/// `PASSKEY_CHALLENGE_EXPIRED`, also for one of another session, another ceremony or another user; `UNAUTHORIZED`.
pub(crate) async fn spend(
    executor: &Arc<Executor>,
    caller: &Caller,
    challenge: [u8; CHALLENGE_LENGTH],
    purpose: ChallengeUse,
) -> Reply<Option<UserId>> {
    executor.run(caller, Spend { challenge, purpose }).await
}

struct Spend {
    challenge: [u8; CHALLENGE_LENGTH],
    purpose: ChallengeUse,
}

impl Command for Spend {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[Code::PasskeyChallengeExpired, Code::Unauthorized];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = Option<UserId>;

    fn audit(&self) -> Audit {
        match self.purpose {
            ChallengeUse::SignIn => Audit::AuthenticationStep(Authentication::SignIn),
            ChallengeUse::Reauthentication => Audit::AuthenticationStep(Authentication::Reauthentication),
            ChallengeUse::Registration => Audit::RefusalsOnly,
        }
    }

    // The deletion makes concurrent answers exclusive.
    fn transaction_mode(&self, _: &Settings) -> TransactionMode {
        TransactionMode::ReadCommitted
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<Option<UserId>> {
        let owner = owner(cx, self.purpose)?;
        let session = cx.session_id().ok_or(Code::PasskeyChallengeExpired)?;
        let (digest, user) = (digest(&self.challenge), owner.unwrap_or_else(|| 0.into()));
        let spent = cx.tx.optional(sql::SPEND_CHALLENGE, (&digest, session, self.purpose, user, cx.now)).await?;
        spent.ok_or(Code::PasskeyChallengeExpired)?;
        Ok(owner)
    }
}
