//! How strongly a sign-in was proved, and what organizations and workspaces require.

use std::cmp::Ordering;
use std::time::Duration;

use crate::proof::{ProofMethod, Proofs};
use crate::time::Timestamp;

const DAY: Duration = Duration::from_hours(24);

/// How strongly a sign-in was proved, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Assurance {
    /// A password, access to a mailbox, or a sign-in with an identity provider.
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

impl Proofs {
    /// A password and a mailed code together are still one factor: a person who reads the mail can reset the password. A
    /// sign-in with an identity provider is one factor, whatever the provider has asked for.
    pub const fn assurance(self) -> Assurance {
        if self.contains(ProofMethod::Passkey) {
            Assurance::PhishingResistant
        } else if self.contains(ProofMethod::Authenticator) || self.contains(ProofMethod::BackupCode) {
            Assurance::TwoFactors
        } else {
            Assurance::OneFactor
        }
    }
}

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
    pub(crate) const fn new(is_enforced: bool, minimum: Assurance, enforced_from: Timestamp) -> Self {
        Self { is_enforced, minimum, enforced_from }
    }

    /// The assurance that is required now or after the grace period; `None` for any.
    pub fn minimum_if_enforced(&self) -> Option<Assurance> {
        self.is_enforced.then_some(self.minimum)
    }

    /// The end of the grace period, if the requirement is enforced.
    pub fn start_if_enforced(&self) -> Option<Timestamp> {
        self.is_enforced.then_some(self.enforced_from)
    }

    /// [`Self::start_if_enforced`] as text; empty if it is not enforced.
    pub(crate) fn start_text(&self) -> String {
        self.start_if_enforced().map_or_else(String::new, |start| start.to_string())
    }

    /// When the requirement begins to count, if it does not yet.
    pub(crate) fn starts_after(&self, now: Timestamp) -> Option<Timestamp> {
        self.start_if_enforced().filter(|start| *start > now)
    }

    /// What an organization and one of its workspaces require together now or, if neither requires anything yet, first.
    /// Later they may require more.
    #[must_use]
    pub fn and(self, other: Self, now: Timestamp) -> Self {
        match (self.is_enforced, other.is_enforced) {
            (true, true) => {
                let start = |requirement: &Self| requirement.enforced_from.max(now);
                match start(&self).cmp(&start(&other)) {
                    Ordering::Greater => other,
                    Ordering::Equal if other.minimum > self.minimum => other,
                    Ordering::Less | Ordering::Equal => self,
                }
            }
            (false, true) => other,
            (_, false) => self,
        }
    }

    /// The assurance that a sign-in needs now; `None` for any.
    pub(crate) fn minimum_at(&self, now: Timestamp) -> Option<Assurance> {
        (self.is_enforced && self.enforced_from <= now).then_some(self.minimum)
    }
}

/// A change of what is required. `None` leaves a part unchanged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MfaChange {
    pub is_enforced: Option<bool>,
    /// Not [`Assurance::OneFactor`].
    pub minimum: Option<Assurance>,
    /// How long members have to set up what they lack, from now. It counts when the requirement is turned on or becomes
    /// stricter, so that sending the same settings again does not start it anew; 0 ends one that has begun.
    pub grace_days: Option<u8>,
}

impl MfaChange {
    pub const MAX_GRACE_DAYS: u8 = 90;
    /// Changes nothing.
    pub const KEEP: Self = Self { is_enforced: None, minimum: None, grace_days: None };

    pub fn apply(self, current: MfaRequirement, now: Timestamp) -> MfaRequirement {
        let is_enforced = self.is_enforced.unwrap_or(current.is_enforced);
        let minimum = self.minimum.unwrap_or(current.minimum);
        let is_stricter = is_enforced && (!current.is_enforced || minimum > current.minimum);
        let enforced_from = match self.grace_days {
            Some(days) if is_stricter => now.plus(DAY * u32::from(days)),
            None if is_stricter && current.is_enforced => current.enforced_from.max(now),
            None if is_stricter => now,
            Some(0) => current.enforced_from.min(now),
            Some(_) | None => current.enforced_from,
        };
        MfaRequirement { is_enforced, minimum, enforced_from }
    }
}

/// What a sign-in lacks, as part of an `MFA_REQUIRED` error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequiredAssurance {
    pub minimum: Assurance,
    /// The methods of the user that reach it. If empty, they must set one up first.
    pub methods: Vec<SecondFactorMethod>,
}

/// Whether a sign-in needs a second factor after the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecondFactorPolicy {
    /// The user has no authenticator, or does not use it to sign in.
    None,
    /// Like `None`: the user can add the second factor later, where an organization requires it.
    Optional,
    Enforced,
}

vestibule_db::text_enum!(SecondFactorPolicy: None = "none", Optional = "optional", Enforced = "enforced");

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

impl From<SecondFactorMethod> for ProofMethod {
    fn from(method: SecondFactorMethod) -> Self {
        match method {
            SecondFactorMethod::Authenticator => Self::Authenticator,
            SecondFactorMethod::BackupCode => Self::BackupCode,
            SecondFactorMethod::Passkey => Self::Passkey,
        }
    }
}

/// The factors that a user has besides the first one. Stored as a sum in `users.second_factors`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SecondFactors {
    pub authenticator: bool,
    pub passkey: bool,
    /// Backup codes are left. They do not count as a factor of their own.
    pub backup_codes: bool,
}

impl SecondFactors {
    /// The names of the factors, as they are listed.
    pub fn names(self) -> Vec<&'static str> {
        let all =
            [(self.authenticator, "authenticator"), (self.passkey, "passkey"), (self.backup_codes, "backup_codes")];
        all.into_iter().filter_map(|(has, name)| has.then_some(name)).collect()
    }

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

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_microseconds(1_000_000_000_000);
    const OFF: MfaRequirement = MfaRequirement {
        is_enforced: false,
        minimum: Assurance::TwoFactors,
        enforced_from: Timestamp::from_microseconds(0),
    };

    fn on(minimum: Assurance, days: u32) -> MfaRequirement {
        MfaRequirement { is_enforced: true, minimum, enforced_from: NOW.plus(DAY * days) }
    }

    #[test]
    fn grace_period_starts_when_the_requirement_becomes_stricter() {
        use Assurance::{PhishingResistant, TwoFactors};
        let change = |is_enforced, minimum, grace_days| MfaChange { is_enforced, minimum, grace_days };
        let past = MfaRequirement { enforced_from: NOW.minus(DAY), ..on(TwoFactors, 0) };
        for (current, change, expected) in [
            (OFF, MfaChange::KEEP, OFF),
            (OFF, change(Some(true), None, None), on(TwoFactors, 0)),
            (OFF, change(Some(true), Some(PhishingResistant), Some(7)), on(PhishingResistant, 7)),
            // The same again.
            (on(TwoFactors, 3), change(Some(true), Some(TwoFactors), Some(7)), on(TwoFactors, 3)),
            (past, change(Some(true), None, Some(7)), past),
            (past, change(Some(true), None, Some(0)), past),
            // Ended early.
            (on(TwoFactors, 3), change(None, None, Some(0)), on(TwoFactors, 0)),
            // Stricter.
            (on(TwoFactors, 3), change(None, Some(PhishingResistant), None), on(PhishingResistant, 3)),
            (past, change(None, Some(PhishingResistant), None), on(PhishingResistant, 0)),
            (past, change(None, Some(PhishingResistant), Some(14)), on(PhishingResistant, 14)),
            // Less strict.
            (on(PhishingResistant, 3), change(None, Some(TwoFactors), Some(7)), on(TwoFactors, 3)),
            (past, change(Some(false), None, None), MfaRequirement { is_enforced: false, ..past }),
        ] {
            assert_eq!(change.apply(current, NOW), expected, "{current:?} {change:?}");
        }
    }

    /// The result is never stricter, or earlier, than what is required.
    #[test]
    fn organization_and_workspace_require_what_is_in_force_or_comes_first() {
        use Assurance::{PhishingResistant, TwoFactors};
        let past = |minimum| MfaRequirement { enforced_from: NOW.minus(DAY), ..on(minimum, 0) };
        for (one, other, expected) in [
            // In force.
            (on(TwoFactors, 0), on(PhishingResistant, 7), on(TwoFactors, 0)),
            (past(PhishingResistant), on(TwoFactors, 1), past(PhishingResistant)),
            // Both are: the stricter.
            (past(TwoFactors), on(PhishingResistant, 0), on(PhishingResistant, 0)),
            (past(PhishingResistant), on(TwoFactors, 0), past(PhishingResistant)),
            // Neither is: the first, and at the same time the stricter.
            (on(TwoFactors, 3), on(PhishingResistant, 7), on(TwoFactors, 3)),
            (on(PhishingResistant, 3), on(TwoFactors, 7), on(PhishingResistant, 3)),
            (on(TwoFactors, 3), on(PhishingResistant, 3), on(PhishingResistant, 3)),
            (OFF, on(PhishingResistant, 7), on(PhishingResistant, 7)),
            (OFF, past(TwoFactors), past(TwoFactors)),
            (OFF, OFF, OFF),
        ] {
            assert_eq!(one.and(other, NOW), expected, "{one:?} {other:?}");
            assert_eq!(other.and(one, NOW), expected, "{other:?} {one:?}");
        }
    }
}
