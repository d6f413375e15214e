//! Proofs of identity, and what a call that requires a recent one returns without it.

/// How a user proved who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProofMethod {
    Password,
    /// A mailed code.
    EmailOtp,
    MagicLink,
    /// The user has just created the account.
    SignUp,
    /// Not at all: somebody else is signed in as the user, for support.
    Impersonation,
}

vestibule_db::text_enum!(
    ProofMethod: Password = "password",
    EmailOtp = "email_otp",
    MagicLink = "magic_link",
    SignUp = "sign_up",
    Impersonation = "impersonation",
);

/// How the caller can re-authenticate, as part of a `REAUTHENTICATION_REQUIRED` error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequiredProof {
    /// The methods that the caller can use. If empty, they must sign out and sign in again.
    pub methods: Vec<ProofMethod>,
    /// The normalized address that the call would add to the account. The client must show it to the user.
    pub address: Option<String>,
}
