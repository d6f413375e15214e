//! Statements on what a user's row says about second factors.

use vestibule_db::{record, sql};

use crate::assurance::{SecondFactorPolicy, SecondFactors};
use crate::cache::Scope;
use crate::id::UserId;
use crate::time::Timestamp;

record! {
    /// Which factors a user has, and whether a sign-in is asked for one.
    pub(crate) struct FactorState {
        pub(crate) second_factors: SecondFactors,
        pub(crate) second_factor_policy: SecondFactorPolicy,
    }
}

/// The value of [`SecondFactors`] for the factors that the user `$1` has now.
macro_rules! present_factors {
    () => {
        "(CASE WHEN EXISTS (SELECT 1 FROM authenticators a WHERE a.user_id = $1 AND a.verified_at IS NOT NULL)
               THEN 1 ELSE 0 END
        + CASE WHEN EXISTS (SELECT 1 FROM passkeys p WHERE p.user_id = $1) THEN 2 ELSE 0 END
        + CASE WHEN EXISTS (SELECT 1 FROM backup_codes b WHERE b.user_id = $1) THEN 4 ELSE 0 END)"
    };
}

sql! {
    FIND(UserId) -> FactorState = "SELECT second_factors, second_factor_policy FROM users WHERE id = $1";

    /// Lists of members show the factors. Changes no row if they are stored already.
    REFRESH(UserId, Timestamp) invalidates Everyone(all) =
        concat!(
            "UPDATE users SET second_factors = ", present_factors!(), ", updated_at = $2
              WHERE id = $1 AND second_factors <> ", present_factors!()
        );

    SET_POLICY(UserId, SecondFactorPolicy, Timestamp) invalidates Everyone(all) =
        "UPDATE users SET second_factor_policy = $2, updated_at = $3 WHERE id = $1 AND second_factor_policy <> $2";
}
