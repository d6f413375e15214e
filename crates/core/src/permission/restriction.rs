//! What organizations and workspaces require of their members besides permissions: an address, single sign-on, and how
//! strongly they have signed in.

use std::net::IpAddr;

use super::AddressList;
use crate::assurance::{Assurance, MfaRequirement};
use crate::error::{Code, PASSKEY_REQUIRED};
use crate::id::OrganizationId;
use crate::proof::{ProofMethod, Proofs};
use crate::time::Timestamp;

/// Whether an organization `$organization` requires that its user `$user` signs in through its identity provider, as a
/// column. Most organizations do not, and are not looked up.
macro_rules! requires_sso {
    ($organization:literal, $user:literal) => {
        concat!(
            "CASE WHEN ",
            $organization,
            ".requires_sso = 1 AND EXISTS (SELECT 1 FROM members_requiring_sso q WHERE q.organization_id = ",
            $organization,
            ".id AND q.user_id = ",
            $user,
            ") THEN 1 ELSE 0 END AS requires_sso"
        )
    };
}

/// The connection of the organization `$1` through which the user `$2` has to sign in: one whose domain fulfils `$domain`
/// or is that of one of their verified addresses, or where they have an identity; then any, if another connection of the
/// organization knows them. `$domain` ends with `OR`, and `$unless` begins with `AND`, unless they are empty.
macro_rules! required_connection {
    ($domain:literal, $unless:literal) => {
        concat!(
            "SELECT r.id
           FROM (SELECT c.id AS id,
                        CASE WHEN EXISTS (SELECT 1 FROM connection_domains cd
                                            JOIN domains d ON d.organization_id = cd.organization_id AND d.id = cd.domain_id
                                                 AND d.verified_at IS NOT NULL
                                           WHERE cd.organization_id = $1 AND cd.connection_id = c.id
                                             AND (", $domain, " EXISTS (SELECT 1 FROM email_addresses e
                                                          WHERE e.user_id = $2 AND e.domain = d.domain
                                                            AND e.verified_at IS NOT NULL)))
                               OR EXISTS (SELECT 1 FROM identities i WHERE i.connection_id = c.id AND i.user_id = $2)
                             THEN 1
                             WHEN EXISTS (SELECT 1 FROM identities i
                                            JOIN enterprise_connections k ON k.id = i.connection_id AND k.organization_id = $1
                                           WHERE i.user_id = $2)
                             THEN 2
                             ELSE 0 END AS reason
                   FROM enterprise_connections c
                  WHERE c.organization_id = $1 AND c.is_required = 1 AND c.is_enabled = 1) r
          WHERE r.reason > 0 ", $unless, "
          ORDER BY r.reason, r.id LIMIT 1"
        )
    };
}

pub(crate) use {required_connection, requires_sso};

/// Why a member cannot use an organization or a workspace now. There may be several reasons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Restriction {
    is_address_allowed: bool,
    requires_sso: bool,
    missing_assurance: Option<Assurance>,
}

impl Restriction {
    pub const NONE: Self = Self { is_address_allowed: true, requires_sso: false, missing_assurance: None };

    pub const fn is_none(self) -> bool {
        self.is_address_allowed && !self.requires_sso && self.missing_assurance.is_none()
    }

    /// Whether access from the caller's address is allowed.
    pub const fn is_address_allowed(self) -> bool {
        self.is_address_allowed
    }

    /// Whether the member has to sign in through the organization's identity provider.
    pub const fn requires_sso(self) -> bool {
        self.requires_sso
    }

    /// The assurance that the caller's sign-in lacks.
    pub const fn missing_assurance(self) -> Option<Assurance> {
        self.missing_assurance
    }

    /// Whether a stronger sign-in is all that is missing.
    pub const fn is_mfa_only(self) -> bool {
        self.is_address_allowed && !self.requires_sso && self.missing_assurance.is_some()
    }

    /// Whether the member can do what is missing: the address is allowed, and another or a stronger sign-in is enough.
    pub const fn can_be_met(self) -> bool {
        self.is_address_allowed && !self.is_none()
    }

    /// What it is and what the member can do about it, for people. Empty without one.
    pub const fn message(self) -> &'static str {
        match (self.is_address_allowed, self.requires_sso, self.missing_assurance) {
            (true, false, None) => "",
            (true, true, _) => Code::SsoRequired.message(),
            (true, false, Some(Assurance::PhishingResistant)) => PASSKEY_REQUIRED,
            (true, false, Some(_)) => Code::MfaRequired.message(),
            (false, false, None) => Code::AddressNotAllowed.message(),
            (false, true, _) => {
                "Access is allowed from certain IP addresses only, and yours is not one of them. Single sign-on is required \
                 as well. Ask one of the admins, and sign in with the organization's identity provider."
            }
            (false, false, Some(_)) => {
                "Access is allowed from certain IP addresses only, and yours is not one of them. Two-factor authentication is \
                 required as well. Ask one of the admins, and set up a second factor in your account."
            }
        }
    }

    /// That of a workspace together with that of its organization.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            is_address_allowed: self.is_address_allowed && other.is_address_allowed,
            requires_sso: self.requires_sso || other.requires_sso,
            missing_assurance: self.missing_assurance.max(other.missing_assurance),
        }
    }
}

/// What a restriction depends on besides the organization or workspace.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Circumstances {
    /// The caller's.
    pub(crate) address: IpAddr,
    /// Of the sign-in.
    pub(crate) proofs: Proofs,
    /// The organization through whose identity provider the user has signed in.
    pub(crate) sso_organization: Option<OrganizationId>,
    pub(crate) now: Timestamp,
}

impl Circumstances {
    /// Whether the sign-in is at least this strong in an organization. A second factor that an identity provider reports
    /// counts in its own organization only, and not as one that resists phishing.
    pub(crate) fn reaches(&self, minimum: Assurance, organization: OrganizationId) -> bool {
        let has_factor_of_provider =
            self.sso_organization == Some(organization) && self.proofs.contains(ProofMethod::EnterpriseSsoMfa);
        self.proofs.assurance() >= minimum || (has_factor_of_provider && minimum <= Assurance::TwoFactors)
    }
}

/// What an organization or a workspace requires besides permissions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AccessConditions<'a> {
    /// It, or that of the workspace.
    pub(crate) organization: OrganizationId,
    /// Whether the list of addresses applies.
    pub(crate) restricts_addresses: bool,
    /// As it is stored.
    pub(crate) allowed_addresses: &'a str,
    /// Whether the member has to sign in through the organization's identity provider. `false` for a workspace: its
    /// organization's conditions have it.
    pub(crate) requires_sso: bool,
    /// Whether the member is an admin of the organization. An admin also gets in with two factors of their own, in case
    /// the identity provider fails.
    pub(crate) is_admin: bool,
    pub(crate) mfa: MfaRequirement,
}

impl AccessConditions<'_> {
    pub(crate) fn restriction(&self, circumstances: &Circumstances) -> Restriction {
        let Circumstances { address, proofs, sso_organization, now } = *circumstances;
        let organization = self.organization;
        let is_address_allowed = AddressList::is_allowed(self.restricts_addresses, self.allowed_addresses, address);
        // An API key has let an impersonator in, and they can prove nothing as the user.
        if proofs.is_impersonation() {
            return Restriction { is_address_allowed, ..Restriction::NONE };
        }
        let breaks_glass = self.is_admin && proofs.assurance() >= Assurance::TwoFactors;
        let requires_sso = self.requires_sso && sso_organization != Some(organization) && !breaks_glass;
        let minimum = self.mfa.minimum_at(now);
        let missing_assurance = minimum.filter(|minimum| !circumstances.reaches(*minimum, organization));
        Restriction { is_address_allowed, requires_sso, missing_assurance }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_microseconds(1_000_000);
    const OFF: MfaRequirement =
        MfaRequirement { is_enforced: false, minimum: Assurance::TwoFactors, enforced_from: NOW };
    const NONE: Restriction = Restriction::NONE;
    const REFUSED: Restriction = Restriction { is_address_allowed: false, ..NONE };
    const SSO: Restriction = Restriction { requires_sso: true, ..NONE };

    const fn missing(minimum: Assurance) -> Restriction {
        Restriction { missing_assurance: Some(minimum), ..NONE }
    }

    fn circumstances(address: &str, proofs: Proofs, sso_organization: Option<i64>) -> Circumstances {
        let sso_organization = sso_organization.map(OrganizationId::from);
        Circumstances { address: address.parse().unwrap(), proofs, sso_organization, now: NOW }
    }

    fn conditions(mfa: MfaRequirement) -> AccessConditions<'static> {
        AccessConditions {
            organization: 7.into(),
            restricts_addresses: true,
            allowed_addresses: r#"["192.0.2.7"]"#,
            requires_sso: false,
            is_admin: false,
            mfa,
        }
    }

    fn restriction(address: &str, method: ProofMethod, mfa: MfaRequirement) -> Restriction {
        let proofs = Proofs::of(ProofMethod::Password).with(method);
        conditions(mfa).restriction(&circumstances(address, proofs, None))
    }

    #[test]
    fn restricts_by_address_and_by_assurance() {
        use Assurance::{PhishingResistant, TwoFactors};
        let two = MfaRequirement { is_enforced: true, ..OFF };
        let passkey = MfaRequirement { minimum: PhishingResistant, ..two };
        let later = MfaRequirement { enforced_from: Timestamp::from_microseconds(1_000_001), ..two };
        let (inside, outside) = ("192.0.2.7", "192.0.2.8");
        for (address, method, mfa, expected) in [
            (inside, ProofMethod::Password, OFF, NONE),
            (outside, ProofMethod::Password, OFF, REFUSED),
            (inside, ProofMethod::Password, two, missing(TwoFactors)),
            (outside, ProofMethod::Password, two, missing(TwoFactors).and(REFUSED)),
            (inside, ProofMethod::Password, later, NONE),
            (inside, ProofMethod::Authenticator, two, NONE),
            (inside, ProofMethod::BackupCode, two, NONE),
            (inside, ProofMethod::Passkey, two, NONE),
            (inside, ProofMethod::Social, two, missing(TwoFactors)),
            (inside, ProofMethod::EnterpriseSsoMfa, two, missing(TwoFactors)),
            (inside, ProofMethod::Authenticator, passkey, missing(PhishingResistant)),
            (inside, ProofMethod::Passkey, passkey, NONE),
            (inside, ProofMethod::Impersonation, passkey, NONE),
        ] {
            assert_eq!(restriction(address, method, mfa), expected, "{address} {method:?} {mfa:?}");
        }
    }

    #[test]
    fn single_sign_on_is_that_of_the_organization_or_an_admins_two_factors() {
        use ProofMethod::{Authenticator, EnterpriseSso, Impersonation, Passkey, Password, Social};
        for (methods, sso_organization, is_admin, expected) in [
            (&[Password][..], None, false, SSO),
            (&[Password], None, true, SSO),
            (&[Social], None, true, SSO),
            (&[Password, Authenticator], None, false, SSO),
            (&[Passkey], None, false, SSO),
            (&[Password, Authenticator], None, true, NONE),
            (&[Passkey], None, true, NONE),
            (&[EnterpriseSso], Some(7), false, NONE),
            (&[EnterpriseSso], Some(8), false, SSO),
            (&[EnterpriseSso], Some(8), true, SSO),
            (&[Impersonation], None, false, NONE),
        ] {
            let proofs = methods.iter().fold(Proofs::default(), |proofs, method| proofs.with(*method));
            let conditions = AccessConditions { requires_sso: true, is_admin, ..conditions(OFF) };
            let found = conditions.restriction(&circumstances("192.0.2.7", proofs, sso_organization));
            assert_eq!(found, expected, "{methods:?} {sso_organization:?} {is_admin}");
        }
    }

    #[test]
    fn second_factor_of_a_provider_counts_in_its_organization() {
        use Assurance::{PhishingResistant, TwoFactors};
        use ProofMethod::{EnterpriseSso, EnterpriseSsoMfa};
        for (method, sso_organization, minimum, expected) in [
            (EnterpriseSsoMfa, 7, TwoFactors, NONE),
            (EnterpriseSsoMfa, 7, PhishingResistant, missing(PhishingResistant)),
            (EnterpriseSsoMfa, 8, TwoFactors, missing(TwoFactors)),
            (EnterpriseSso, 7, TwoFactors, missing(TwoFactors)),
        ] {
            let mfa = MfaRequirement { is_enforced: true, minimum, enforced_from: NOW };
            let circumstances = circumstances("192.0.2.7", Proofs::of(method), Some(sso_organization));
            assert_eq!(
                conditions(mfa).restriction(&circumstances),
                expected,
                "{method:?} {sso_organization} {minimum:?}"
            );
        }
    }

    #[test]
    fn combines_organization_and_workspace() {
        use Assurance::{PhishingResistant, TwoFactors};
        let all = Restriction { missing_assurance: Some(TwoFactors), ..SSO.and(REFUSED) };
        for (one, other, expected) in [
            (NONE, NONE, NONE),
            (NONE, REFUSED, REFUSED),
            (SSO, NONE, SSO),
            (missing(TwoFactors), missing(PhishingResistant), missing(PhishingResistant)),
            (SSO.and(REFUSED), missing(TwoFactors), all),
            (all, missing(PhishingResistant), Restriction { missing_assurance: Some(PhishingResistant), ..all }),
        ] {
            assert_eq!(one.and(other), expected);
            assert_eq!(other.and(one), expected);
        }
    }

    #[test]
    fn says_first_what_comes_first() {
        let both = |one: Restriction, other| one.and(other).message();
        let mfa = missing(Assurance::TwoFactors);
        assert_eq!(NONE.message(), "");
        assert_eq!(SSO.and(mfa).message(), Code::SsoRequired.message());
        assert!(both(REFUSED, SSO).contains("Single sign-on"));
        assert!(both(REFUSED, mfa).contains("Two-factor"));
        assert!(SSO.can_be_met() && mfa.can_be_met() && !REFUSED.and(SSO).can_be_met() && !NONE.can_be_met());
        assert!(mfa.is_mfa_only() && !mfa.and(SSO).is_mfa_only() && !mfa.and(REFUSED).is_mfa_only());
    }
}
