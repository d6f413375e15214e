//! Proofs of identity, and what a call that requires a recent one returns without it.

use vestibule_db::{Argument, Cell, Column, Kind, Value};

/// How a user proved who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProofMethod {
    Password,
    /// A mailed code.
    EmailOtp,
    MagicLink,
    /// The user has just created the account.
    SignUp,
    /// A code of an authenticator app.
    Authenticator,
    BackupCode,
    /// A passkey with user verification: possession of a device, and a PIN or a biometric.
    Passkey,
    /// A sign-in with a social provider.
    Social,
    /// A sign-in with the identity provider of an organization.
    EnterpriseSso,
    /// The same, and the provider reports a second factor, which the connection's settings let count in its organization.
    EnterpriseSsoMfa,
    /// No proof: another person is signed in as the user, for support.
    Impersonation,
}

vestibule_db::text_enum!(
    ProofMethod: Password = "password",
    EmailOtp = "email_otp",
    MagicLink = "magic_link",
    SignUp = "sign_up",
    Authenticator = "authenticator",
    BackupCode = "backup_code",
    Passkey = "passkey",
    Social = "social",
    EnterpriseSso = "enterprise_sso",
    EnterpriseSsoMfa = "enterprise_sso_mfa",
    Impersonation = "impersonation",
);

impl ProofMethod {
    const ALL: [Self; 11] = [
        Self::Password,
        Self::EmailOtp,
        Self::MagicLink,
        Self::SignUp,
        Self::Authenticator,
        Self::BackupCode,
        Self::Passkey,
        Self::Social,
        Self::EnterpriseSso,
        Self::EnterpriseSsoMfa,
        Self::Impersonation,
    ];

    const fn bit(self) -> u16 {
        1 << self as u16
    }

    /// Whether it proves a second factor.
    pub const fn is_second_factor(self) -> bool {
        matches!(self, Self::Authenticator | Self::BackupCode | Self::Passkey)
    }
}

/// How the user of a sign-in has proved who they are: at the sign-in and since. Stored as names, separated by spaces.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Proofs(u16);

impl Proofs {
    pub const fn of(method: ProofMethod) -> Self {
        Self(method.bit())
    }

    #[must_use]
    pub const fn with(self, method: ProofMethod) -> Self {
        Self(self.0 | method.bit())
    }

    #[must_use]
    pub const fn without(self, method: ProofMethod) -> Self {
        Self(self.0 & !method.bit())
    }

    pub const fn contains(self, method: ProofMethod) -> bool {
        self.0 & method.bit() != 0
    }

    pub const fn is_impersonation(self) -> bool {
        self.contains(ProofMethod::Impersonation)
    }

    pub fn iter(self) -> impl Iterator<Item = ProofMethod> {
        ProofMethod::ALL.into_iter().filter(move |method| self.contains(*method))
    }

    /// The names of RFC 8176 for the claim `amr` of a session token.
    pub fn authentication_methods(self) -> Vec<&'static str> {
        let has = |methods: &[ProofMethod]| methods.iter().any(|method| self.contains(*method));
        let codes =
            [ProofMethod::EmailOtp, ProofMethod::MagicLink, ProofMethod::Authenticator, ProofMethod::BackupCode];
        let all = [
            (has(&[ProofMethod::Password]), "pwd"),
            (has(&codes), "otp"),
            (has(&[ProofMethod::Passkey]), "pop"),
            (has(&[ProofMethod::Passkey]), "user"),
            (self.iter().any(ProofMethod::is_second_factor), "mfa"),
        ];
        all.into_iter().filter_map(|(is_in, name)| is_in.then_some(name)).collect()
    }

    /// The stored text.
    pub fn to_text(self) -> String {
        self.iter().map(ProofMethod::as_str).collect::<Vec<_>>().join(" ")
    }
}

impl Column for Proofs {
    fn read(cell: Cell<'_>) -> Option<Self> {
        let Value::Text(text) = cell else { return None };
        let known = text.split(' ').filter_map(|name| name.parse::<ProofMethod>().ok());
        Some(known.fold(Self::default(), Self::with))
    }
}

impl Argument for Proofs {
    type Input<'a> = &'a str;
    const KIND: Kind = Kind::Text;
    fn value(input: Self::Input<'_>) -> Value<'_> {
        Value::Text(input)
    }
}

/// How the caller can re-authenticate, as part of a `REAUTHENTICATION_REQUIRED` error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequiredProof {
    /// The methods that the caller can use. If empty, they must sign out and sign in again.
    pub methods: Vec<ProofMethod>,
    /// The normalized address that the call would add to the account. The client must show it to the user.
    pub address: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assurance::Assurance;

    fn proofs(methods: &[ProofMethod]) -> Proofs {
        methods.iter().fold(Proofs::default(), |proofs, method| proofs.with(*method))
    }

    #[test]
    fn assurance_follows_the_strongest_combination() {
        use Assurance::{OneFactor, PhishingResistant, TwoFactors};
        use ProofMethod::{
            Authenticator, BackupCode, EmailOtp, EnterpriseSso, EnterpriseSsoMfa, MagicLink, Passkey, Password, SignUp,
            Social,
        };
        for (methods, expected, amr) in [
            (&[Password][..], OneFactor, &["pwd"][..]),
            (&[EmailOtp], OneFactor, &["otp"]),
            (&[MagicLink], OneFactor, &["otp"]),
            (&[Password, EmailOtp], OneFactor, &["pwd", "otp"]),
            (&[SignUp], OneFactor, &[]),
            (&[Password, Authenticator], TwoFactors, &["pwd", "otp", "mfa"]),
            (&[MagicLink, BackupCode], TwoFactors, &["otp", "mfa"]),
            (&[Passkey], PhishingResistant, &["pop", "user", "mfa"]),
            (&[Password, Passkey], PhishingResistant, &["pwd", "pop", "user", "mfa"]),
            (&[Social], OneFactor, &[]),
            (&[EnterpriseSso], OneFactor, &[]),
            // It counts in the organization of the connection only.
            (&[EnterpriseSsoMfa], OneFactor, &[]),
            (&[EnterpriseSso, Authenticator], TwoFactors, &["otp", "mfa"]),
        ] {
            let set = proofs(methods);
            assert_eq!(set.assurance(), expected, "{methods:?}");
            assert_eq!(set.authentication_methods(), amr, "{methods:?}");
            assert_eq!(Proofs::read(Value::Text(&set.to_text())), Some(set));
        }
    }

    #[test]
    fn proof_can_be_taken_away() {
        use ProofMethod::{EnterpriseSso, EnterpriseSsoMfa, Password};
        assert_eq!(proofs(&[Password, EnterpriseSsoMfa]).without(EnterpriseSsoMfa), proofs(&[Password]));
        assert_eq!(proofs(&[Password]).without(EnterpriseSso), proofs(&[Password]));
    }

    #[test]
    fn ignores_stored_names_that_it_does_not_know() {
        assert_eq!(Proofs::read(Value::Text("password hologram")), Some(Proofs::of(ProofMethod::Password)));
        assert_eq!(Proofs::read(Value::Text("")), Some(Proofs::default()));
    }
}
