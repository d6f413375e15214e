//! How strongly a sign-in was proved, and what organizations and workspaces require.

use crate::error::Problem;
use crate::proof::Proofs;
use crate::time::Timestamp;

/// How strongly a sign-in was proved, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Assurance {
    /// A password, or access to a mailbox.
    OneFactor,
    /// One of these and a code of an authenticator app or a backup code.
    TwoFactors,
    /// A passkey with user verification. It cannot be used on another site (WebAuthn Level 3, 13.4.4).
    PhishingResistant,
}

vestibule_db::text_enum!(
    Assurance: OneFactor = "one_factor",
    TwoFactors = "two_factors",
    PhishingResistant = "phishing_resistant",
);

/// What an organization or a workspace requires of the sign-ins of its members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MfaRequirement {
    pub is_enforced: bool,
    /// Not [`Assurance::OneFactor`].
    pub minimum: Assurance,
    /// The end of the grace period.
    pub enforced_from: Timestamp,
}

impl MfaRequirement {
    /// The assurance that a sign-in needs now; `None` for any.
    pub fn minimum_at(&self, now: Timestamp) -> Option<Assurance> {
        (self.is_enforced && self.enforced_from <= now).then_some(self.minimum)
    }

    /// Whether a sign-in with these proofs is enough at this time. An impersonator's is: an API key has let them, and
    /// they cannot prove a factor of the user.
    pub fn is_satisfied(&self, proofs: Proofs, now: Timestamp) -> bool {
        self.minimum_at(now).is_none_or(|minimum| proofs.is_impersonation() || proofs.assurance() >= minimum)
    }
}

/// What a sign-in lacks, as part of an `MFA_REQUIRED` error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequiredAssurance {
    pub minimum: Assurance,
    /// The methods of the user that reach it. If empty, they must set one up first.
    pub methods: Vec<SecondFactorMethod>,
}

/// Whether a sign-in with one factor is asked for a second one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecondFactorPolicy {
    /// The user has no authenticator, or does not use it to sign in.
    None,
    /// Like `None`: the user can add the second factor later, where an organization requires it.
    Optional,
    Enforced,
}

vestibule_db::text_enum!(SecondFactorPolicy: None = "none", Optional = "optional", Enforced = "enforced");

impl SecondFactorPolicy {
    /// # Errors
    /// `INVALID_FIELD`.
    pub fn parse(field: &str, text: &str) -> Result<Self, Problem> {
        text.parse().map_err(|()| Problem::field(field, "it is none, optional or enforced."))
    }
}

/// A method with which a sign-in is completed after the first factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecondFactorMethod {
    Authenticator,
    BackupCode,
    /// Signing in with a passkey instead, which needs no other factor.
    Passkey,
}

vestibule_db::text_enum!(
    SecondFactorMethod: Authenticator = "authenticator",
    BackupCode = "backup_code",
    Passkey = "passkey",
);

/// The factors that a user has besides the first one. Stored as a sum in `users.second_factors`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SecondFactors {
    pub authenticator: bool,
    pub passkey: bool,
    /// Backup codes are left. They do not count as a factor of their own.
    pub backup_codes: bool,
}

impl SecondFactors {
    /// Whether the user can prove a second factor without backup codes.
    pub const fn is_empty(self) -> bool {
        !self.authenticator && !self.passkey
    }

    /// The methods that reach an assurance.
    pub fn methods_for(self, minimum: Assurance) -> Vec<SecondFactorMethod> {
        let mut methods = self.methods();
        methods.retain(|method| minimum < Assurance::PhishingResistant || *method == SecondFactorMethod::Passkey);
        methods
    }

    /// The methods that they allow, in the order in which a page offers them.
    pub fn methods(self) -> Vec<SecondFactorMethod> {
        let all = [
            (self.authenticator, SecondFactorMethod::Authenticator),
            (self.passkey, SecondFactorMethod::Passkey),
            (self.backup_codes, SecondFactorMethod::BackupCode),
        ];
        all.into_iter().filter_map(|(is_available, method)| is_available.then_some(method)).collect()
    }
}

impl vestibule_db::Column for SecondFactors {
    fn read(cell: vestibule_db::Cell<'_>) -> Option<Self> {
        let vestibule_db::Value::Integer(sum) = cell else { return None };
        Some(Self { authenticator: sum & 1 != 0, passkey: sum & 2 != 0, backup_codes: sum & 4 != 0 })
    }
}
