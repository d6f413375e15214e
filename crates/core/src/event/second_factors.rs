//! Events of authenticator apps, backup codes and passkeys. They are in the log of the installation.

use super::field::Personal;
use super::payload::payloads;
use crate::assurance::SecondFactorPolicy;
use crate::id::{AuthenticatorId, PasskeyId, UserId};
use crate::time::Timestamp;

payloads! {
    /// A user has their first second factor: an authenticator app or a passkey.
    MfaEnabled("user.mfa.enabled", User(user_id), User(user_id)) {
        user_id: UserId,
    }

    /// The last authenticator app or passkey of a user was removed.
    MfaDisabled("user.mfa.disabled", User(user_id), User(user_id)) {
        user_id: UserId,
    }

    /// An authenticator app was set up: its codes are accepted.
    AuthenticatorAdded("user.authenticator.added", UserAuthenticator(authenticator_id), User(user_id)) {
        user_id: UserId,
        authenticator_id: AuthenticatorId,
    }

    /// An authenticator app was removed, and the backup codes with it, or it was replaced by another one.
    AuthenticatorRemoved("user.authenticator.removed", UserAuthenticator(authenticator_id), User(user_id)) {
        user_id: UserId,
        authenticator_id: AuthenticatorId,
    }

    /// A user who had no backup codes got some.
    BackupCodesGenerated("user.backup_codes.generated", User(user_id), User(user_id)) {
        user_id: UserId,
    }

    /// A user got backup codes in place of earlier ones, which no longer work.
    BackupCodesRegenerated("user.backup_codes.regenerated", User(user_id), User(user_id)) {
        user_id: UserId,
    }

    /// A backup code was used, to sign in or to confirm a change.
    BackupCodeUsed("user.backup_codes.used", User(user_id), User(user_id)) {
        user_id: UserId,
        /// How many codes the user has left.
        left: i64,
    }

    /// A passkey was added. It signs in without any other factor.
    PasskeyAdded("user.passkey.added", UserPasskey(passkey_id), User(user_id)) {
        user_id: UserId,
        passkey_id: PasskeyId,
        name: Personal<String>,
    }

    /// A passkey got another name.
    PasskeyRenamed("user.passkey.renamed", UserPasskey(passkey_id), User(user_id)) {
        user_id: UserId,
        passkey_id: PasskeyId,
        name: Personal<String>,
    }

    /// A passkey was removed.
    PasskeyRemoved("user.passkey.removed", UserPasskey(passkey_id), User(user_id)) {
        user_id: UserId,
        passkey_id: PasskeyId,
    }

    /// Whether a sign-in of the user is asked for a second factor was changed.
    SecondFactorPolicyChanged("user.second_factor_policy.changed", User(user_id), User(user_id)) {
        user_id: UserId,
        /// The new one: `none`, `optional` or `enforced`.
        policy: SecondFactorPolicy,
    }

    /// An operator or a backend asked to remove all second factors of a user later. Until then, the user can object.
    SecondFactorResetRequested("user.second_factor_reset.requested", User(user_id), User(user_id)) {
        user_id: UserId,
        due_at: Timestamp,
    }

    /// A waiting reset of second factors was cancelled: by the user, in their account or with the link of the mail about
    /// it, by an operator or a backend, or because the user had no second factor left.
    SecondFactorResetCancelled("user.second_factor_reset.cancelled", User(user_id), User(user_id)) {
        user_id: UserId,
    }

    /// All second factors of a user were removed, and all their sign-ins were ended.
    SecondFactorsReset("user.second_factors.reset", User(user_id), User(user_id)) {
        user_id: UserId,
    }
}
