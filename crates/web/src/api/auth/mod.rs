//! Sign-up, sign-in, verification and password reset.

mod callback;
pub(crate) mod complete_profile;
pub(crate) mod forgot_password;
pub(crate) mod identifier;
pub(crate) mod identify;
pub(crate) mod magic_link;
pub(crate) mod oauth2;
pub(crate) mod passkey;
pub(crate) mod sign_in;
pub(crate) mod sign_up;
pub(crate) mod sso;
pub(crate) mod verification;
