//! The second factors of the caller.

use crate::assurance::SecondFactorPolicy;
use crate::error::{Code, Result};
use crate::execution::{Context, Query};
use crate::id::UserId;
use crate::passkey::Passkey;
use crate::permission::Requirement;
use crate::totp::Authenticator;
use crate::user::sql::second_factors::FIND;
use crate::{backup_code, passkey, totp};

/// Shows the caller's second factors.
///
/// # Errors
/// `UNAUTHORIZED`.
#[derive(Debug)]
pub struct Show;

/// The second factors of a user, as their owner sees them.
#[derive(Clone, Debug)]
pub struct OwnFactors {
    pub policy: SecondFactorPolicy,
    /// The one in use.
    pub authenticator: Option<Authenticator>,
    /// Oldest first.
    pub passkeys: Vec<Passkey>,
    pub backup_codes_left: i64,
}

impl Query for Show {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] = &[];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = OwnFactors;

    async fn run(&self, cx: &mut Context<'_>) -> Result<OwnFactors> {
        let user = cx.user()?;
        load(cx, user).await
    }
}

/// Loads the second factors of a user. Most have none, so each kind is read only if there is one.
pub(crate) async fn load(cx: &mut Context<'_>, user: UserId) -> Result<OwnFactors> {
    let state = cx.tx.one(FIND, (user,)).await?;
    let factors = state.second_factors;
    Ok(OwnFactors {
        policy: state.second_factor_policy,
        authenticator: if factors.authenticator { totp::find(cx, user).await? } else { None },
        passkeys: if factors.passkey { passkey::list(cx, user).await? } else { Vec::new() },
        backup_codes_left: if factors.backup_codes { backup_code::count(cx, user).await? } else { 0 },
    })
}
