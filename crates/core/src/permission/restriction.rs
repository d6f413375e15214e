//! What organizations and workspaces require of their members besides permissions: an address, and how strongly they
//! have signed in.

use std::net::IpAddr;

use super::AddressList;
use crate::assurance::{Assurance, MfaRequirement};
use crate::error::{Code, PASSKEY_REQUIRED};
use crate::proof::Proofs;
use crate::time::Timestamp;

/// Why a member cannot use an organization or a workspace now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Restriction {
    None,
    /// It does not allow access from the caller's address.
    AddressNotAllowed,
    /// It requires a stronger sign-in.
    MfaRequired(Assurance),
    Both(Assurance),
}

impl Restriction {
    fn new(is_address_allowed: bool, missing: Option<Assurance>) -> Self {
        match (is_address_allowed, missing) {
            (true, None) => Self::None,
            (false, None) => Self::AddressNotAllowed,
            (true, Some(minimum)) => Self::MfaRequired(minimum),
            (false, Some(minimum)) => Self::Both(minimum),
        }
    }

    pub const fn is_none(self) -> bool {
        matches!(self, Self::None)
    }

    pub const fn is_address_allowed(self) -> bool {
        matches!(self, Self::None | Self::MfaRequired(_))
    }

    /// The assurance that the caller's sign-in lacks.
    const fn missing_assurance(self) -> Option<Assurance> {
        match self {
            Self::None | Self::AddressNotAllowed => None,
            Self::MfaRequired(minimum) | Self::Both(minimum) => Some(minimum),
        }
    }

    /// What it is and what the member can do about it, for people. Empty without one.
    pub const fn message(self) -> &'static str {
        match self {
            Self::None => "",
            Self::AddressNotAllowed => Code::AddressNotAllowed.message(),
            Self::MfaRequired(Assurance::PhishingResistant) => PASSKEY_REQUIRED,
            Self::MfaRequired(_) => Code::MfaRequired.message(),
            Self::Both(_) => {
                "Access is allowed from certain IP addresses only, and yours is not one of them. Two-factor authentication is \
                 required as well. Ask one of the admins, and set up a second factor in your account."
            }
        }
    }

    /// That of a workspace together with that of its organization.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let is_address_allowed = self.is_address_allowed() && other.is_address_allowed();
        Self::new(is_address_allowed, self.missing_assurance().max(other.missing_assurance()))
    }
}

/// What a restriction depends on besides the organization or workspace.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Circumstances {
    /// The caller's.
    pub(crate) address: IpAddr,
    /// Of the sign-in.
    pub(crate) proofs: Proofs,
    pub(crate) now: Timestamp,
}

/// What an organization or a workspace requires besides permissions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AccessConditions<'a> {
    /// Whether the list of addresses applies.
    pub(crate) restricts_addresses: bool,
    /// As it is stored.
    pub(crate) allowed_addresses: &'a str,
    pub(crate) mfa: MfaRequirement,
}

impl AccessConditions<'_> {
    pub(crate) fn restriction(&self, circumstances: &Circumstances) -> Restriction {
        let Circumstances { address, proofs, now } = *circumstances;
        let is_address_allowed = AddressList::is_allowed(self.restricts_addresses, self.allowed_addresses, address);
        let is_satisfied = self.mfa.is_satisfied(proofs, now);
        Restriction::new(is_address_allowed, (!is_satisfied).then_some(self.mfa.minimum))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proof::ProofMethod;

    const NOW: Timestamp = Timestamp::from_microseconds(1_000_000);

    fn restriction(address: &str, method: ProofMethod, mfa: MfaRequirement) -> Restriction {
        let conditions = AccessConditions { restricts_addresses: true, allowed_addresses: r#"["192.0.2.7"]"#, mfa };
        let proofs = Proofs::of(ProofMethod::Password).with(method);
        conditions.restriction(&Circumstances { address: address.parse().unwrap(), proofs, now: NOW })
    }

    #[test]
    fn restricts_by_address_and_by_assurance() {
        let two = MfaRequirement { is_enforced: true, minimum: Assurance::TwoFactors, enforced_from: NOW };
        let passkey = MfaRequirement { minimum: Assurance::PhishingResistant, ..two };
        let later = MfaRequirement { enforced_from: Timestamp::from_microseconds(1_000_001), ..two };
        let off = MfaRequirement { is_enforced: false, ..two };
        let (inside, outside) = ("192.0.2.7", "192.0.2.8");
        for (address, method, mfa, expected) in [
            (inside, ProofMethod::Password, off, Restriction::None),
            (outside, ProofMethod::Password, off, Restriction::AddressNotAllowed),
            (inside, ProofMethod::Password, two, Restriction::MfaRequired(Assurance::TwoFactors)),
            (outside, ProofMethod::Password, two, Restriction::Both(Assurance::TwoFactors)),
            (inside, ProofMethod::Password, later, Restriction::None),
            (inside, ProofMethod::Authenticator, two, Restriction::None),
            (inside, ProofMethod::BackupCode, two, Restriction::None),
            (inside, ProofMethod::Passkey, two, Restriction::None),
            (inside, ProofMethod::Authenticator, passkey, Restriction::MfaRequired(Assurance::PhishingResistant)),
            (inside, ProofMethod::Passkey, passkey, Restriction::None),
            (inside, ProofMethod::Impersonation, passkey, Restriction::None),
        ] {
            assert_eq!(restriction(address, method, mfa), expected, "{address} {method:?} {mfa:?}");
        }
    }

    #[test]
    fn combines_organization_and_workspace() {
        use Assurance::{PhishingResistant, TwoFactors};
        use Restriction::{AddressNotAllowed, Both, MfaRequired, None};
        for (one, other, expected) in [
            (None, None, None),
            (None, AddressNotAllowed, AddressNotAllowed),
            (AddressNotAllowed, MfaRequired(TwoFactors), Both(TwoFactors)),
            (MfaRequired(TwoFactors), MfaRequired(PhishingResistant), MfaRequired(PhishingResistant)),
            (Both(PhishingResistant), MfaRequired(TwoFactors), Both(PhishingResistant)),
        ] {
            assert_eq!(one.and(other), expected);
            assert_eq!(other.and(one), expected);
        }
    }
}
