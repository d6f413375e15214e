//! Tokens that are 256 random bits, and name a row by their digest.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::{InvalidToken, decode};
use crate::random::Randomness;

/// What a token is for. One of another kind does not parse where it has a prefix, and does not compile elsewhere.
pub trait TokenKind {
    /// For `Debug`.
    const NAME: &'static str;
    /// What its text begins with.
    const PREFIX: &'static str;
}

/// A token of a kind.
pub struct RandomToken<K>(Zeroizing<[u8; 32]>, PhantomData<K>);

/// The kind of [`SessionTicket`].
pub enum Ticket {}
/// The kind of [`HandoffId`].
pub enum Handoff {}
/// The kind of [`SetupToken`].
pub enum Setup {}

/// A ticket, which is exchanged for a sign-in once.
pub type SessionTicket = RandomToken<Ticket>;
/// The one-time id of an identity provider's response that came without the session's cookie.
pub type HandoffId = RandomToken<Handoff>;
/// The token of a setup link.
pub type SetupToken = RandomToken<Setup>;

impl TokenKind for Ticket {
    const NAME: &'static str = "SessionTicket";
    const PREFIX: &'static str = "";
}

impl TokenKind for Handoff {
    const NAME: &'static str = "HandoffId";
    const PREFIX: &'static str = "";
}

impl TokenKind for Setup {
    const NAME: &'static str = "SetupToken";
    const PREFIX: &'static str = "vsl_";
}

impl<K: TokenKind> RandomToken<K> {
    pub(crate) fn new(random: &dyn Randomness) -> Self {
        Self(Zeroizing::new(random.bytes()), PhantomData)
    }

    /// The stored form. Plain SHA-256 is enough for a high-entropy secret (OWASP ASVS 6.5.2).
    pub(crate) fn digest(&self) -> [u8; 32] {
        Sha256::digest(*self.0).into()
    }

    /// The token's text: its prefix and 43 characters of base64url.
    pub fn reveal(&self) -> String {
        format!("{}{}", K::PREFIX, URL_SAFE_NO_PAD.encode(*self.0))
    }
}

impl<K> Clone for RandomToken<K> {
    fn clone(&self) -> Self {
        Self(self.0.clone(), PhantomData)
    }
}

impl<K: TokenKind> FromStr for RandomToken<K> {
    type Err = InvalidToken;

    fn from_str(text: &str) -> Result<Self, InvalidToken> {
        let text = text.strip_prefix(K::PREFIX).ok_or(InvalidToken)?;
        decode(text.as_bytes()).map(|bytes| Self(Zeroizing::new(bytes), PhantomData))
    }
}

impl<K: TokenKind> fmt::Debug for RandomToken<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}(…)", K::NAME)
    }
}
