//! The token of a security notice.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq;

use super::{InvalidToken, decode, join, split};
use crate::id::NoticeId;

/// The token in the link of a security notice: the notice's id and a 256-bit secret. It ends all sessions of the user
/// once, which is all that it allows.
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
        URL_SAFE_NO_PAD.encode(join(self.notice.get(), &self.secret))
    }
}

impl FromStr for NoticeToken {
    type Err = InvalidToken;

    fn from_str(text: &str) -> Result<Self, InvalidToken> {
        let bytes: [u8; 40] = decode(text.as_bytes())?;
        let (notice, secret) = split(&bytes)?;
        Ok(Self { notice, secret })
    }
}

impl fmt::Debug for NoticeToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NoticeToken({}, …)", self.notice)
    }
}
