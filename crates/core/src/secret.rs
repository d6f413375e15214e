//! Secrets that travel: the session's token and the invitation's. None of them is stored, printed, or compared in a time
//! that tells how much of it was right.

use std::fmt;
use std::str::FromStr;

use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::id::InvitationId;
use crate::random::Randomness;

/// What was given is not a token of this kind; nothing more is said about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAToken;

/// The value of the session's cookie: 256 random bits (decision 1).
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct SessionToken([u8; 32]);

impl SessionToken {
    /// A new token.
    pub fn new(random: &dyn Randomness) -> Self {
        Self(random.bytes())
    }

    /// What the database holds. Plain SHA-256 is enough for a secret that nobody can guess (ASVS 6.5.2).
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.0).into()
    }

    /// The cookie's value: 43 characters of base64url.
    pub fn reveal(&self) -> String {
        BASE64URL_NOPAD.encode(&self.0)
    }
}

impl FromStr for SessionToken {
    type Err = NotAToken;

    fn from_str(text: &str) -> Result<Self, NotAToken> {
        decode(text).map(Self)
    }
}

impl fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionToken(…)")
    }
}

/// Bytes of each of an invitation's two secrets: 192 bits.
const SECRET: usize = 24;
const PREFIX: &str = "inv_";

/// One of an invitation's two secrets.
pub type InvitationSecret = [u8; SECRET];

/// An invitation's token as somebody presents it: which invitation, the secret that names it, and, when it comes from
/// the mail, the second secret that proves the mailbox (decisions 12 and 13).
///
/// Its text is `inv_` and 43 characters of base64url; the mailed form adds a dot and 32 more.
#[derive(Clone)]
pub struct InvitationToken {
    invitation: InvitationId,
    naming: InvitationSecret,
    proving: Option<InvitationSecret>,
}

impl InvitationToken {
    /// The token that names an invitation. [`crate::keys::Keys`] makes the secrets.
    pub const fn naming(invitation: InvitationId, naming: InvitationSecret) -> Self {
        Self { invitation, naming, proving: None }
    }

    /// The same with the mail's secret.
    #[must_use]
    pub const fn proving(mut self, proving: InvitationSecret) -> Self {
        self.proving = Some(proving);
        self
    }

    /// Which invitation it claims to be for.
    pub const fn invitation(&self) -> InvitationId {
        self.invitation
    }

    /// Whether it carries the mail's secret.
    pub const fn is_mailed(&self) -> bool {
        self.proving.is_some()
    }

    /// Whether this is what the right token says; without the mail's secret, the naming half alone.
    pub fn matches(&self, right: &Self) -> bool {
        let named = self.naming.ct_eq(&right.naming);
        let proved = match (&self.proving, &right.proving) {
            (Some(given), Some(right)) => given.ct_eq(right),
            (Some(_), None) => 0.into(),
            (None, _) => 1.into(),
        };
        (named & proved).into()
    }

    /// Its text, for the one place that may show it.
    pub fn reveal(&self) -> String {
        let mut bytes = [0; 8 + SECRET];
        bytes[..8].copy_from_slice(&self.invitation.get().to_be_bytes());
        bytes[8..].copy_from_slice(&self.naming);
        let mut text = format!("{PREFIX}{}", BASE64URL_NOPAD.encode(&bytes));
        if let Some(proving) = &self.proving {
            text.push('.');
            text.push_str(&BASE64URL_NOPAD.encode(proving));
        }
        text
    }
}

impl FromStr for InvitationToken {
    type Err = NotAToken;

    fn from_str(text: &str) -> Result<Self, NotAToken> {
        let text = text.strip_prefix(PREFIX).ok_or(NotAToken)?;
        let (naming, proving) = match text.split_once('.') {
            Some((naming, proving)) => (naming, Some(decode(proving)?)),
            None => (text, None),
        };
        let bytes: [u8; 8 + SECRET] = decode(naming)?;
        let (id, secret) = bytes.split_first_chunk::<8>().ok_or(NotAToken)?;
        let naming = secret.try_into().map_err(|_| NotAToken)?;
        Ok(Self { invitation: i64::from_be_bytes(*id).into(), naming, proving })
    }
}

impl fmt::Debug for InvitationToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "InvitationToken({}, …)", self.invitation)
    }
}

fn decode<const LENGTH: usize>(text: &str) -> Result<[u8; LENGTH], NotAToken> {
    let mut bytes = [0; LENGTH];
    // The length is asked first: the decoder wants a buffer that fits, and a stranger's text may have any length.
    if BASE64URL_NOPAD.decode_len(text.len()) != Ok(LENGTH) {
        return Err(NotAToken);
    }
    BASE64URL_NOPAD.decode_mut(text.as_bytes(), &mut bytes).map_err(|_| NotAToken)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SeededRandomness;
    use proptest::prelude::*;

    #[test]
    fn a_session_token_is_read_back_and_never_printed() {
        let token = SessionToken::new(&SeededRandomness::new(1));
        let text = token.reveal();
        assert_eq!(text.len(), 43);
        assert_eq!(text.parse::<SessionToken>().unwrap().digest(), token.digest());
        assert!(!format!("{token:?}").contains(&text));
    }

    #[test]
    fn the_mailed_form_adds_a_proof_that_the_bare_one_lacks() {
        let right = InvitationToken::naming(7.into(), [1; SECRET]).proving([2; SECRET]);
        let mailed: InvitationToken = right.reveal().parse().unwrap();
        let bare: InvitationToken = right.reveal().split_once('.').unwrap().0.parse().unwrap();
        assert!(mailed.matches(&right) && mailed.is_mailed());
        assert!(bare.matches(&right) && !bare.is_mailed());
        assert!(!mailed.matches(&InvitationToken::naming(7.into(), [1; SECRET])));
        assert!(!InvitationToken::naming(7.into(), [1; SECRET]).proving([3; SECRET]).matches(&right));
        assert!(!InvitationToken::naming(7.into(), [9; SECRET]).matches(&right));
    }

    proptest! {
        #[test]
        fn no_text_makes_the_parsers_panic(text in "(inv_)?[A-Za-z0-9_.-]{0,90}|.*") {
            let _ = text.parse::<SessionToken>();
            if let Ok(token) = text.parse::<InvitationToken>() {
                prop_assert_eq!(token.reveal(), text);
            }
        }
    }
}
