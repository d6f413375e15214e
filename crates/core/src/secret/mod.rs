//! Tokens and codes that are sent to users. They are never stored in plain text, never shown by `Debug`, and compared
//! in constant time.

mod keys;

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::id::{AttemptId, InvitationId, NoticeId};
use crate::random::Randomness;

pub use keys::{Keys, MasterKey};

/// The text is no well-formed token. There are no details, so that nothing of a secret leaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidToken;

/// The value of the session cookie: 256 random bits.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct SessionToken([u8; 32]);

impl SessionToken {
    pub fn new(random: &dyn Randomness) -> Self {
        Self(random.bytes())
    }

    /// The stored form. Plain SHA-256 is enough for a high-entropy secret (OWASP ASVS 6.5.2).
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.0).into()
    }

    /// The cookie's value: 43 characters, base64url.
    pub fn reveal(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }
}

impl FromStr for SessionToken {
    type Err = InvalidToken;

    fn from_str(text: &str) -> Result<Self, InvalidToken> {
        decode(text.as_bytes()).map(Self)
    }
}

/// From the bytes of a cookie, which may not be UTF-8.
impl TryFrom<&[u8]> for SessionToken {
    type Error = InvalidToken;

    fn try_from(bytes: &[u8]) -> Result<Self, InvalidToken> {
        decode(bytes).map(Self)
    }
}

impl fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionToken(…)")
    }
}

/// Length of each of an invitation's two secrets, in bytes.
const SECRET_LENGTH: usize = 24;
const PREFIX: &str = "inv_";

/// One of an invitation's two secrets.
pub type InvitationSecret = [u8; SECRET_LENGTH];

/// The token of an invitation: the invitation's id, a secret, and in the mailed form a second secret, which proves that
/// the bearer received the mail.
///
/// Its text is `inv_` and 43 characters of base64url. The mailed form adds a dot and 32 more.
#[derive(Clone)]
pub struct InvitationToken {
    invitation: InvitationId,
    secret: InvitationSecret,
    mailbox_proof: Option<InvitationSecret>,
}

impl InvitationToken {
    /// A token without a mailbox proof. [`Keys`] computes the secrets.
    pub const fn new(invitation: InvitationId, secret: InvitationSecret) -> Self {
        Self { invitation, secret, mailbox_proof: None }
    }

    /// Adds the second secret, which only the mail has.
    #[must_use]
    pub const fn with_mailbox_proof(mut self, proof: InvitationSecret) -> Self {
        self.mailbox_proof = Some(proof);
        self
    }

    /// The invitation that it claims to be for.
    pub const fn invitation(&self) -> InvitationId {
        self.invitation
    }

    /// Whether it is the mailed form, with the mailbox proof.
    pub const fn is_mailed(&self) -> bool {
        self.mailbox_proof.is_some()
    }

    /// Whether the secrets are those of the correct token. A missing mailbox proof is not compared.
    pub fn matches(&self, expected: &Self) -> bool {
        let is_secret_equal = self.secret.ct_eq(&expected.secret);
        let is_proof_equal = match (&self.mailbox_proof, &expected.mailbox_proof) {
            (Some(proof), Some(expected)) => proof.ct_eq(expected),
            (Some(_), None) => 0.into(),
            (None, _) => 1.into(),
        };
        (is_secret_equal & is_proof_equal).into()
    }

    /// The token's text.
    pub fn reveal(&self) -> String {
        let mut bytes = [0; 8 + SECRET_LENGTH];
        bytes[..8].copy_from_slice(&self.invitation.get().to_be_bytes());
        bytes[8..].copy_from_slice(&self.secret);
        let mut text = String::with_capacity(PREFIX.len() + 43 + 1 + 32);
        text.push_str(PREFIX);
        URL_SAFE_NO_PAD.encode_string(bytes, &mut text);
        if let Some(proof) = &self.mailbox_proof {
            text.push('.');
            URL_SAFE_NO_PAD.encode_string(proof, &mut text);
        }
        text
    }
}

impl FromStr for InvitationToken {
    type Err = InvalidToken;

    fn from_str(text: &str) -> Result<Self, InvalidToken> {
        let text = text.strip_prefix(PREFIX).ok_or(InvalidToken)?;
        let (text, mailbox_proof) = match text.split_once('.') {
            Some((text, proof)) => (text, Some(decode(proof.as_bytes())?)),
            None => (text, None),
        };
        let bytes: [u8; 8 + SECRET_LENGTH] = decode(text.as_bytes())?;
        let (id, secret) = bytes.split_first_chunk::<8>().ok_or(InvalidToken)?;
        let secret = secret.try_into().map_err(|_| InvalidToken)?;
        Ok(Self { invitation: i64::from_be_bytes(*id).into(), secret, mailbox_proof })
    }
}

impl fmt::Debug for InvitationToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "InvitationToken({}, …)", self.invitation)
    }
}

/// The six digits in a mail. They are easy to guess, so attempts are limited, and a code is valid in one session only.
#[derive(Clone)]
pub struct VerificationCode([u8; 6]);

impl VerificationCode {
    /// The last six decimal digits of `number`. For a random number, all codes are equally likely to within 2^-44.
    pub(crate) fn from_number(number: u64) -> Self {
        let mut rest = number;
        let mut digits = [0; 6];
        for digit in digits.iter_mut().rev() {
            *digit = b'0' + u8::try_from(rest % 10).unwrap_or(0);
            rest /= 10;
        }
        Self(digits)
    }

    pub(crate) fn matches(&self, expected: &Self) -> bool {
        self.0.ct_eq(&expected.0).into()
    }

    /// The digits.
    pub fn reveal(&self) -> String {
        self.0.iter().map(|digit| char::from(*digit)).collect()
    }
}

impl FromStr for VerificationCode {
    type Err = InvalidToken;

    /// Ignores spaces and dashes between the digits.
    fn from_str(text: &str) -> Result<Self, InvalidToken> {
        let is_separator = |c: &char| c.is_whitespace() || matches!(c, '-' | '\u{2010}'..='\u{2015}');
        let digits = text.chars().take(40).filter(|c| !is_separator(c));
        let digits: Vec<u8> = digits
            .map(|c| u8::try_from(c).ok().filter(u8::is_ascii_digit).ok_or(InvalidToken))
            .collect::<Result<_, _>>()?;
        digits.try_into().map(Self).map_err(|_| InvalidToken)
    }
}

impl fmt::Debug for VerificationCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("VerificationCode(…)")
    }
}

/// A code as the user submitted it. Text that is no code counts as a wrong code.
#[derive(Clone, Debug)]
pub struct SubmittedCode(Option<VerificationCode>);

impl SubmittedCode {
    pub fn from_input(text: &str) -> Self {
        Self(text.parse().ok())
    }

    pub(crate) fn matches(&self, expected: &VerificationCode) -> bool {
        self.0.as_ref().is_some_and(|code| code.matches(expected))
    }
}

/// The token of a magic link or of a password reset: the attempt's id and a 256-bit secret.
#[derive(Clone)]
pub struct AttemptToken {
    attempt: AttemptId,
    secret: [u8; 32],
}

impl AttemptToken {
    pub(crate) const fn new(attempt: AttemptId, secret: [u8; 32]) -> Self {
        Self { attempt, secret }
    }

    /// The attempt that it claims to be of.
    pub const fn attempt(&self) -> AttemptId {
        self.attempt
    }

    pub(crate) fn matches(&self, expected: &Self) -> bool {
        self.attempt == expected.attempt && bool::from(self.secret.ct_eq(&expected.secret))
    }

    /// The token's text: 80 hexadecimal digits.
    pub fn reveal(&self) -> String {
        let mut bytes = self.attempt.get().to_be_bytes().to_vec();
        bytes.extend_from_slice(&self.secret);
        HEXLOWER.encode(&bytes)
    }
}

impl FromStr for AttemptToken {
    type Err = InvalidToken;

    fn from_str(text: &str) -> Result<Self, InvalidToken> {
        let mut bytes = [0; 40];
        if HEXLOWER.decode_len(text.len()) != Ok(bytes.len()) {
            return Err(InvalidToken);
        }
        HEXLOWER.decode_mut(text.as_bytes(), &mut bytes).map_err(|_| InvalidToken)?;
        let (id, secret) = bytes.split_first_chunk::<8>().ok_or(InvalidToken)?;
        let secret = secret.try_into().map_err(|_| InvalidToken)?;
        Ok(Self { attempt: i64::from_be_bytes(*id).into(), secret })
    }
}

impl fmt::Debug for AttemptToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AttemptToken({}, …)", self.attempt)
    }
}

/// The token with which an invitee unsubscribes from an organization's mail. It is part of a URL's path, since mail
/// programs unsubscribe by URL (RFC 8058), and is good for nothing else.
#[derive(Clone)]
pub struct UnsubscribeToken {
    invitation: InvitationId,
    secret: InvitationSecret,
}

impl UnsubscribeToken {
    pub(crate) const fn new(invitation: InvitationId, secret: InvitationSecret) -> Self {
        Self { invitation, secret }
    }

    /// The invitation that it claims to be for.
    pub const fn invitation(&self) -> InvitationId {
        self.invitation
    }

    pub(crate) fn matches(&self, expected: &Self) -> bool {
        self.invitation == expected.invitation && bool::from(self.secret.ct_eq(&expected.secret))
    }

    /// The token's text: 43 characters, base64url.
    pub fn reveal(&self) -> String {
        let mut bytes = self.invitation.get().to_be_bytes().to_vec();
        bytes.extend_from_slice(&self.secret);
        URL_SAFE_NO_PAD.encode(&bytes)
    }
}

impl FromStr for UnsubscribeToken {
    type Err = InvalidToken;

    fn from_str(text: &str) -> Result<Self, InvalidToken> {
        let bytes: [u8; 8 + SECRET_LENGTH] = decode(text.as_bytes())?;
        let (id, secret) = bytes.split_first_chunk::<8>().ok_or(InvalidToken)?;
        Ok(Self { invitation: i64::from_be_bytes(*id).into(), secret: secret.try_into().map_err(|_| InvalidToken)? })
    }
}

impl fmt::Debug for UnsubscribeToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UnsubscribeToken({}, …)", self.invitation)
    }
}

/// The token in the link of a security notice: the notice's id and a 256-bit secret. It ends all sessions of the user,
/// once, and is good for nothing else.
#[derive(Clone)]
pub struct NoticeToken {
    notice: NoticeId,
    secret: [u8; 32],
}

impl NoticeToken {
    pub(crate) const fn new(notice: NoticeId, secret: [u8; 32]) -> Self {
        Self { notice, secret }
    }

    /// The notice that it claims to be of.
    pub const fn notice(&self) -> NoticeId {
        self.notice
    }

    pub(crate) fn matches(&self, expected: &Self) -> bool {
        self.notice == expected.notice && bool::from(self.secret.ct_eq(&expected.secret))
    }

    /// The token's text: 54 characters, base64url.
    pub fn reveal(&self) -> String {
        let mut bytes = self.notice.get().to_be_bytes().to_vec();
        bytes.extend_from_slice(&self.secret);
        URL_SAFE_NO_PAD.encode(&bytes)
    }
}

impl FromStr for NoticeToken {
    type Err = InvalidToken;

    fn from_str(text: &str) -> Result<Self, InvalidToken> {
        let bytes: [u8; 40] = decode(text.as_bytes())?;
        let (id, secret) = bytes.split_first_chunk::<8>().ok_or(InvalidToken)?;
        Ok(Self { notice: i64::from_be_bytes(*id).into(), secret: secret.try_into().map_err(|_| InvalidToken)? })
    }
}

impl fmt::Debug for NoticeToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NoticeToken({}, …)", self.notice)
    }
}

fn decode<const LENGTH: usize>(text: &[u8]) -> Result<[u8; LENGTH], InvalidToken> {
    let mut bytes = [0; LENGTH];
    match URL_SAFE_NO_PAD.decode_slice(text, &mut bytes) {
        Ok(length) if length == LENGTH => Ok(bytes),
        _ => Err(InvalidToken),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SeededRandomness;
    use proptest::prelude::*;

    #[test]
    fn session_token_round_trips_and_is_hidden_from_debug() {
        let token = SessionToken::new(&SeededRandomness::new(1));
        let text = token.reveal();
        assert_eq!(text.len(), 43);
        assert_eq!(text.parse::<SessionToken>().unwrap().digest(), token.digest());
        assert!(!format!("{token:?}").contains(&text));
    }

    #[test]
    fn only_the_mailed_form_has_a_mailbox_proof() {
        let expected = InvitationToken::new(7.into(), [1; SECRET_LENGTH]).with_mailbox_proof([2; SECRET_LENGTH]);
        let mailed: InvitationToken = expected.reveal().parse().unwrap();
        let bare: InvitationToken = expected.reveal().split_once('.').unwrap().0.parse().unwrap();
        assert!(mailed.matches(&expected) && mailed.is_mailed());
        assert!(bare.matches(&expected) && !bare.is_mailed());
        assert!(!mailed.matches(&InvitationToken::new(7.into(), [1; SECRET_LENGTH])));
        assert!(
            !InvitationToken::new(7.into(), [1; SECRET_LENGTH])
                .with_mailbox_proof([3; SECRET_LENGTH])
                .matches(&expected)
        );
        assert!(!InvitationToken::new(7.into(), [9; SECRET_LENGTH]).matches(&expected));
    }

    #[test]
    fn verification_code_parser_ignores_separators() {
        let code = VerificationCode::from_number(18_446_744_073_709_000_042);
        assert_eq!(code.reveal(), "000042");
        for typed in ["000042", " 000 042\n", "000-042", "000\u{2013}042", "0 0 0 0 4 2"] {
            assert!(typed.parse::<VerificationCode>().unwrap().matches(&code), "{typed:?}");
        }
        for invalid in ["", "00004", "0000420", "00004a", "０００042", "000043"] {
            assert!(invalid.parse::<VerificationCode>().map_or(true, |typed| !typed.matches(&code)), "{invalid:?}");
        }
        assert!(!format!("{code:?}").contains("42"));
    }

    #[test]
    fn other_tokens_round_trip_and_are_hidden_from_debug() {
        let token = AttemptToken::new(7.into(), [3; 32]);
        assert!(token.reveal().parse::<AttemptToken>().unwrap().matches(&token));
        assert!(
            !AttemptToken::new(8.into(), [3; 32]).matches(&token)
                && !AttemptToken::new(7.into(), [4; 32]).matches(&token)
        );
        assert!(!format!("{token:?}").contains("0303"));
        let token = UnsubscribeToken::new(7.into(), [3; SECRET_LENGTH]);
        assert!(token.reveal().parse::<UnsubscribeToken>().unwrap().matches(&token));
        assert!(!UnsubscribeToken::new(8.into(), [3; SECRET_LENGTH]).matches(&token));
        assert!(!format!("{token:?}").contains("AwMD"));
        let token = NoticeToken::new(7.into(), [3; 32]);
        assert!(token.reveal().len() == 54 && token.reveal().parse::<NoticeToken>().unwrap().matches(&token));
        assert!(!NoticeToken::new(8.into(), [3; 32]).matches(&token));
        assert!(!NoticeToken::new(7.into(), [4; 32]).matches(&token));
        assert!(!format!("{token:?}").contains("AwMD"));
    }

    proptest! {
        #[test]
        fn code_and_attempt_parsers_accept_any_text_without_panic(text in "[0-9a-f]{0,90}|[A-Za-z0-9_-]{43}|.*") {
            let _ = text.parse::<VerificationCode>();
            let _ = text.parse::<UnsubscribeToken>();
            if let Ok(token) = text.parse::<AttemptToken>() {
                prop_assert_eq!(token.reveal(), text);
            }
        }

        #[test]
        fn token_parsers_accept_any_text_without_panic(text in "(inv_)?[A-Za-z0-9_.-]{0,90}|.*") {
            let _ = text.parse::<SessionToken>();
            if let Ok(token) = text.parse::<InvitationToken>() {
                prop_assert_eq!(token.reveal(), text);
            }
        }
    }
}
