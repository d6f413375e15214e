//! The second factors of the caller.

use crate::assurance::SecondFactorPolicy;
use crate::error::{Code, Result};
use crate::execution::{Context, Query};
use crate::passkey::{self, Passkey};
use crate::permission::Requirement;
use crate::totp::{self, Authenticator};
use crate::user::sql::second_factors::FIND;
use crate::backup_code;

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
        Ok(OwnFactors {
            policy: cx.tx.one(FIND, (user,)).await?.second_factor_policy,
            authenticator: totp::find(cx, user).await?,
            passkeys: passkey::list(cx, user).await?,
            backup_codes_left: backup_code::count(cx, user).await?,
        })
    }
}
