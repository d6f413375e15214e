//! Proof-of-work challenges, which are signed and not stored, and the tokens that their solutions are redeemed for.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use data_encoding::HEXLOWER;
use subtle::ConstantTimeEq;

use super::{InvalidToken, decode, decode_hex};
use crate::time::Timestamp;

/// How long a challenge can be redeemed.
pub(crate) const CHALLENGE_LIFETIME: Duration = Duration::from_mins(10);

const ID_BYTES: usize = 16;
const PAYLOAD_BYTES: usize = ID_BYTES + 8 + 2;
const MAC_BYTES: usize = 32;

/// The random id of a challenge.
pub(crate) type ChallengeId = [u8; ID_BYTES];

/// A challenge: what its signature covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Challenge {
    pub(crate) id: ChallengeId,
    pub expires_at: Timestamp,
    /// The number of hashes to find.
    pub count: u16,
}

/// A challenge with a signature that was not verified yet. It is no secret.
#[derive(Clone, PartialEq, Eq)]
pub struct SignedChallenge {
    challenge: Challenge,
    mac: [u8; MAC_BYTES],
}

impl Challenge {
    /// The bytes that are signed.
    pub(super) fn payload(&self) -> [u8; PAYLOAD_BYTES] {
        let mut payload = [0; PAYLOAD_BYTES];
        let (id, rest) = payload.split_at_mut(ID_BYTES);
        let (expires_at, count) = rest.split_at_mut(8);
        id.copy_from_slice(&self.id);
        expires_at.copy_from_slice(&self.expires_at.as_microseconds().to_be_bytes());
        count.copy_from_slice(&self.count.to_be_bytes());
        payload
    }

    fn from_payload(payload: &[u8; PAYLOAD_BYTES]) -> Option<Self> {
        let (id, rest) = payload.split_first_chunk::<ID_BYTES>()?;
        let (expires_at, rest) = rest.split_first_chunk::<8>()?;
        let (count, _) = rest.split_first_chunk::<2>()?;
        let expires_at = Timestamp::from_microseconds(i64::from_be_bytes(*expires_at));
        Some(Self { id: *id, expires_at, count: u16::from_be_bytes(*count) })
    }
}

impl SignedChallenge {
    pub(super) const fn new(challenge: Challenge, mac: [u8; MAC_BYTES]) -> Self {
        Self { challenge, mac }
    }

    /// What it claims to be, unverified.
    pub(super) const fn claimed(&self) -> &Challenge {
        &self.challenge
    }

    /// Returns the challenge if it was signed with `expected`.
    pub(super) fn verified(&self, expected: &[u8; MAC_BYTES]) -> Option<Challenge> {
        bool::from(self.mac.ct_eq(expected)).then_some(self.challenge)
    }
}

/// 78 characters, base64url.
impl fmt::Display for SignedChallenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode([self.challenge.payload().as_slice(), &self.mac].concat()))
    }
}

impl fmt::Debug for SignedChallenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SignedChallenge({:?}, …)", self.challenge)
    }
}

impl FromStr for SignedChallenge {
    type Err = InvalidToken;

    fn from_str(text: &str) -> Result<Self, InvalidToken> {
        let bytes: [u8; PAYLOAD_BYTES + MAC_BYTES] = decode(text.as_bytes())?;
        let (payload, mac) = bytes.split_first_chunk::<PAYLOAD_BYTES>().ok_or(InvalidToken)?;
        let challenge = Challenge::from_payload(payload).ok_or(InvalidToken)?;
        Ok(Self { challenge, mac: mac.try_into().map_err(|_| InvalidToken)? })
    }
}

/// The token of a solved challenge, which admits one attempt: the challenge's id and a 128-bit secret.
#[derive(Clone)]
pub struct ChallengeToken {
    id: ChallengeId,
    secret: [u8; 16],
}

impl ChallengeToken {
    pub(super) const fn new(id: ChallengeId, secret: [u8; 16]) -> Self {
        Self { id, secret }
    }

    /// The challenge that it claims to be of.
    pub(crate) const fn id(&self) -> &ChallengeId {
        &self.id
    }

    pub(crate) fn matches(&self, expected: &Self) -> bool {
        self.id == expected.id && bool::from(self.secret.ct_eq(&expected.secret))
    }

    /// The token's text: id and secret, each of 32 hexadecimal digits, and a colon between them.
    pub fn reveal(&self) -> String {
        format!("{}:{}", HEXLOWER.encode(&self.id), HEXLOWER.encode(&self.secret))
    }
}

impl FromStr for ChallengeToken {
    type Err = InvalidToken;

    fn from_str(text: &str) -> Result<Self, InvalidToken> {
        let (id, secret) = text.split_once(':').ok_or(InvalidToken)?;
        Ok(Self { id: decode_hex(id)?, secret: decode_hex(secret)? })
    }
}

impl fmt::Debug for ChallengeToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ChallengeToken(…)")
    }
}

/// The token that a client sent with an attempt, if it sent one. Text that is no token counts as a wrong one.
#[derive(Clone, Debug, Default)]
pub enum SubmittedChallenge {
    #[default]
    Missing,
    Invalid,
    Token(ChallengeToken),
}

impl SubmittedChallenge {
    /// An empty text counts as missing.
    pub fn from_input(text: Option<&str>) -> Self {
        match text {
            None | Some("") => Self::Missing,
            Some(text) => text.parse().map_or(Self::Invalid, Self::Token),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::{Keys, MasterKey};

    const CHALLENGE: Challenge =
        Challenge { id: [7; 16], expires_at: Timestamp::from_microseconds(1_700_000_000_000_000), count: 32 };

    #[test]
    fn verifies_signed_challenges_only() {
        let (keys, others) = (Keys::new(&MasterKey::new([1; 32])), Keys::new(&MasterKey::new([2; 32])));
        let text = keys.sign_challenge(CHALLENGE).to_string();
        assert_eq!(text.len(), 78);
        let signed: SignedChallenge = text.parse().unwrap();
        assert_eq!(keys.verify_challenge(&signed), Some(CHALLENGE));
        assert_eq!(others.verify_challenge(&signed), None);
        let easier = SignedChallenge::new(Challenge { count: 1, ..CHALLENGE }, signed.mac);
        assert_eq!(keys.verify_challenge(&easier), None);
    }

    #[test]
    fn tokens_round_trip_and_differ_by_challenge_and_key() {
        let (keys, others) = (Keys::new(&MasterKey::new([1; 32])), Keys::new(&MasterKey::new([2; 32])));
        let token: ChallengeToken = keys.challenge_token([7; 16]).reveal().parse().unwrap();
        assert!(token.matches(&keys.challenge_token([7; 16])));
        assert!(!token.matches(&others.challenge_token([7; 16])));
        assert!(!token.matches(&keys.challenge_token([8; 16])));
        assert!(!format!("{token:?}").contains("07"));
    }

    proptest::proptest! {
        #[test]
        fn parsers_never_panic_and_accept_only_their_own_form(text in "[0-9a-fA-F:_-]{0,100}|\\PC{0,90}") {
            if let Ok(token) = text.parse::<ChallengeToken>() {
                assert_eq!(token.reveal(), text);
            }
            if let Ok(signed) = text.parse::<SignedChallenge>() {
                assert_eq!(signed.to_string(), text);
            }
            assert!(text.is_empty() == matches!(SubmittedChallenge::from_input(Some(&text)), SubmittedChallenge::Missing));
        }

        #[test]
        fn altered_challenges_are_refused(position in 0_usize..78, replacement in "[A-Za-z0-9_-]") {
            let keys = Keys::new(&MasterKey::new([1; 32]));
            let text = keys.sign_challenge(CHALLENGE).to_string();
            let mut altered = text.clone();
            altered.replace_range(position..=position, &replacement);
            let verified = altered.parse().ok().and_then(|signed| keys.verify_challenge(&signed));
            assert_eq!(verified.is_some(), altered == text, "{altered}");
        }
    }
}
