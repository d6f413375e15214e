//! Secrets that travel: the session's token and the invitation's. None of them is stored, printed, or compared in a time
//! that tells how much of it was right.

mod keys;

pub use keys::*;

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::id::{AttemptId, InvitationId};
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
        URL_SAFE_NO_PAD.encode(self.0)
    }
}

impl FromStr for SessionToken {
    type Err = NotAToken;

    fn from_str(text: &str) -> Result<Self, NotAToken> {
        decode(text.as_bytes()).map(Self)
    }
}

/// As it stands in a cookie, which may be in any encoding or none.
impl TryFrom<&[u8]> for SessionToken {
    type Error = NotAToken;

    fn try_from(bytes: &[u8]) -> Result<Self, NotAToken> {
        decode(bytes).map(Self)
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
    /// The token that names an invitation. [`crate::secret::Keys`] makes the secrets.
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
        let mut text = String::with_capacity(PREFIX.len() + 43 + 1 + 32);
        text.push_str(PREFIX);
        URL_SAFE_NO_PAD.encode_string(bytes, &mut text);
        if let Some(proving) = &self.proving {
            text.push('.');
            URL_SAFE_NO_PAD.encode_string(proving, &mut text);
        }
        text
    }
}

impl FromStr for InvitationToken {
    type Err = NotAToken;

    fn from_str(text: &str) -> Result<Self, NotAToken> {
        let text = text.strip_prefix(PREFIX).ok_or(NotAToken)?;
        let (naming, proving) = match text.split_once('.') {
            Some((naming, proving)) => (naming, Some(decode(proving.as_bytes())?)),
            None => (text, None),
        };
        let bytes: [u8; 8 + SECRET] = decode(naming.as_bytes())?;
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

/// The six digits that a mail holds. They are few, so tries are counted, and each belongs to one attempt of one browser.
#[derive(Clone)]
pub struct VerificationCode([u8; 6]);

impl VerificationCode {
    /// One of a million, each as likely as the others to within 2^-44.
    pub(crate) fn of_number(number: u64) -> Self {
        let mut rest = number;
        let mut digits = [0; 6];
        for digit in digits.iter_mut().rev() {
            *digit = b'0' + u8::try_from(rest % 10).unwrap_or(0);
            rest /= 10;
        }
        Self(digits)
    }

    /// Whether it is the right one.
    pub(crate) fn is(&self, right: &Self) -> bool {
        self.0.ct_eq(&right.0).into()
    }

    /// Its digits, for the mail.
    pub fn reveal(&self) -> String {
        self.0.iter().map(|digit| char::from(*digit)).collect()
    }
}

impl FromStr for VerificationCode {
    type Err = NotAToken;

    /// People type spaces and dashes between digits, and paste more.
    fn from_str(text: &str) -> Result<Self, NotAToken> {
        let is_between = |c: &char| c.is_whitespace() || matches!(c, '-' | '\u{2010}'..='\u{2015}');
        let digits = text.chars().take(40).filter(|c| !is_between(c));
        let digits: Vec<u8> = digits
            .map(|c| u8::try_from(c).ok().filter(u8::is_ascii_digit).ok_or(NotAToken))
            .collect::<Result<_, _>>()?;
        digits.try_into().map(Self).map_err(|_| NotAToken)
    }
}

impl fmt::Debug for VerificationCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("VerificationCode(…)")
    }
}

/// What somebody has typed as a code. What is no code at all is a wrong one, and counted.
#[derive(Clone, Debug)]
pub struct TypedCode(Option<VerificationCode>);

impl TypedCode {
    /// Reads it; no text is refused.
    pub fn read(text: &str) -> Self {
        Self(text.parse().ok())
    }

    /// Whether it is the right one.
    pub(crate) fn is(&self, right: &VerificationCode) -> bool {
        self.0.as_ref().is_some_and(|typed| typed.is(right))
    }
}

/// What a link of an attempt carries, or whoever proved an address by one: 256 bits, as the contract has it in hex, and
/// before them the attempt's id.
#[derive(Clone)]
pub struct AttemptToken {
    attempt: AttemptId,
    secret: [u8; 32],
}

impl AttemptToken {
    pub(crate) const fn new(attempt: AttemptId, secret: [u8; 32]) -> Self {
        Self { attempt, secret }
    }

    /// Which attempt it claims to be of.
    pub const fn attempt(&self) -> AttemptId {
        self.attempt
    }

    /// Whether it is the right one.
    pub(crate) fn is(&self, right: &Self) -> bool {
        self.attempt == right.attempt && bool::from(self.secret.ct_eq(&right.secret))
    }

    /// Its text: 80 hexadecimal digits.
    pub fn reveal(&self) -> String {
        let mut bytes = self.attempt.get().to_be_bytes().to_vec();
        bytes.extend_from_slice(&self.secret);
        HEXLOWER.encode(&bytes)
    }
}

impl FromStr for AttemptToken {
    type Err = NotAToken;

    fn from_str(text: &str) -> Result<Self, NotAToken> {
        let mut bytes = [0; 40];
        if HEXLOWER.decode_len(text.len()) != Ok(bytes.len()) {
            return Err(NotAToken);
        }
        HEXLOWER.decode_mut(text.as_bytes(), &mut bytes).map_err(|_| NotAToken)?;
        let (id, secret) = bytes.split_first_chunk::<8>().ok_or(NotAToken)?;
        let secret = secret.try_into().map_err(|_| NotAToken)?;
        Ok(Self { attempt: i64::from_be_bytes(*id).into(), secret })
    }
}

impl fmt::Debug for AttemptToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AttemptToken({}, …)", self.attempt)
    }
}

/// What the invitee of an invitation refuses further mail of its organization with. It stands in a URL's path, since that
/// is how mail programs unsubscribe (RFC 8058), and can do nothing else.
#[derive(Clone)]
pub struct UnsubscribeToken {
    invitation: InvitationId,
    secret: InvitationSecret,
}

impl UnsubscribeToken {
    pub(crate) const fn new(invitation: InvitationId, secret: InvitationSecret) -> Self {
        Self { invitation, secret }
    }

    /// Of which invitation it claims to be.
    pub const fn invitation(&self) -> InvitationId {
        self.invitation
    }

    /// Whether it is the right one.
    pub(crate) fn is(&self, right: &Self) -> bool {
        self.invitation == right.invitation && bool::from(self.secret.ct_eq(&right.secret))
    }

    /// Its text: 43 characters of base64url.
    pub fn reveal(&self) -> String {
        let mut bytes = self.invitation.get().to_be_bytes().to_vec();
        bytes.extend_from_slice(&self.secret);
        URL_SAFE_NO_PAD.encode(&bytes)
    }
}

impl FromStr for UnsubscribeToken {
    type Err = NotAToken;

    fn from_str(text: &str) -> Result<Self, NotAToken> {
        let bytes: [u8; 8 + SECRET] = decode(text.as_bytes())?;
        let (id, secret) = bytes.split_first_chunk::<8>().ok_or(NotAToken)?;
        Ok(Self { invitation: i64::from_be_bytes(*id).into(), secret: secret.try_into().map_err(|_| NotAToken)? })
    }
}

impl fmt::Debug for UnsubscribeToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RefusalToken({}, …)", self.invitation)
    }
}

fn decode<const LENGTH: usize>(text: &[u8]) -> Result<[u8; LENGTH], NotAToken> {
    let mut bytes = [0; LENGTH];
    match URL_SAFE_NO_PAD.decode_slice(text, &mut bytes) {
        Ok(length) if length == LENGTH => Ok(bytes),
        _ => Err(NotAToken),
    }
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

    #[test]
    fn a_code_is_read_as_people_type_it() {
        let code = VerificationCode::of_number(18_446_744_073_709_000_042);
        assert_eq!(code.reveal(), "000042");
        for typed in ["000042", " 000 042\n", "000-042", "000\u{2013}042", "0 0 0 0 4 2"] {
            assert!(typed.parse::<VerificationCode>().unwrap().is(&code), "{typed:?}");
        }
        for wrong in ["", "00004", "0000420", "00004a", "０００042", "000043"] {
            assert!(wrong.parse::<VerificationCode>().map_or(true, |typed| !typed.is(&code)), "{wrong:?}");
        }
        assert!(!format!("{code:?}").contains("42"));
    }

    #[test]
    fn the_other_tokens_are_read_back_and_never_printed() {
        let token = AttemptToken::new(7.into(), [3; 32]);
        assert!(token.reveal().parse::<AttemptToken>().unwrap().is(&token));
        assert!(!AttemptToken::new(8.into(), [3; 32]).is(&token) && !AttemptToken::new(7.into(), [4; 32]).is(&token));
        assert!(!format!("{token:?}").contains("0303"));
        let token = UnsubscribeToken::new(7.into(), [3; SECRET]);
        assert!(token.reveal().parse::<UnsubscribeToken>().unwrap().is(&token));
        assert!(!UnsubscribeToken::new(8.into(), [3; SECRET]).is(&token));
        assert!(!format!("{token:?}").contains("AwMD"));
    }

    proptest! {
        #[test]
        fn no_text_makes_the_other_parsers_panic(text in "[0-9a-f]{0,90}|[A-Za-z0-9_-]{43}|.*") {
            let _ = text.parse::<VerificationCode>();
            let _ = text.parse::<UnsubscribeToken>();
            if let Ok(token) = text.parse::<AttemptToken>() {
                prop_assert_eq!(token.reveal(), text);
            }
        }

        #[test]
        fn no_text_makes_the_parsers_panic(text in "(inv_)?[A-Za-z0-9_.-]{0,90}|.*") {
            let _ = text.parse::<SessionToken>();
            if let Ok(token) = text.parse::<InvitationToken>() {
                prop_assert_eq!(token.reveal(), text);
            }
        }
    }
}
