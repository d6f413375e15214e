//! How people prove who they are, and what a call that needs a recent proof answers without one.

/// How a person proved who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProofMethod {
    Password,
    /// A mailed code.
    EmailOtp,
    MagicLink,
    /// They have just created the account.
    SignUp,
    Passkey,
    Totp,
}

vestibule_db::text_enum!(
    ProofMethod: Password = "password",
    EmailOtp = "email_otp",
    MagicLink = "magic_link",
    SignUp = "sign_up",
    Passkey = "passkey",
    Totp = "totp",
);

/// The part of a `REAUTHENTICATION_REQUIRED` error that tells what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequiredProof {
    /// The ways that are open to the caller. If empty, they must sign out and sign in again.
    pub methods: Vec<ProofMethod>,
    /// The normalized address that the call would add to the account. The person must be told of it.
    pub address: Option<String>,
}
