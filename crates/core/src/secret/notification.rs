//! The token that turns a kind of notification off.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq;

use super::{InvalidToken, decode, join, split};
use crate::id::UserId;
use crate::notification_kind::NotificationKind;

const SECRET_LENGTH: usize = 24;

/// The token with which a user turns one kind of notification off, which is all that it allows. It does not expire. It
/// is part of a URL's path, since mail programs unsubscribe by URL (RFC 8058).
#[derive(Clone)]
pub struct NotificationToken {
    user: UserId,
    kind: NotificationKind,
    secret: [u8; SECRET_LENGTH],
}

impl NotificationToken {
    /// Uses the first bytes of the digest.
    pub(crate) fn new(user: UserId, kind: NotificationKind, digest: [u8; 32]) -> Self {
        let mut secret = [0; SECRET_LENGTH];
        secret.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
        Self { user, kind, secret }
    }

    /// The user that it claims to be of.
    pub const fn user(&self) -> UserId {
        self.user
    }

    pub const fn kind(&self) -> NotificationKind {
        self.kind
    }

    pub(crate) fn matches(&self, expected: &Self) -> bool {
        self.user == expected.user && self.kind == expected.kind && bool::from(self.secret.ct_eq(&expected.secret))
    }

    /// The token's text: 44 characters, base64url.
    pub fn reveal(&self) -> String {
        let mut rest = vec![self.kind.to_byte()];
        rest.extend(self.secret);
        URL_SAFE_NO_PAD.encode(join(self.user.get(), &rest))
    }
}

impl FromStr for NotificationToken {
    type Err = InvalidToken;

    fn from_str(text: &str) -> Result<Self, InvalidToken> {
        let bytes: [u8; 8 + 1 + SECRET_LENGTH] = decode(text.as_bytes())?;
        let (user, rest): (_, [u8; 1 + SECRET_LENGTH]) = split(&bytes)?;
        let (kind, secret) = rest.split_first().ok_or(InvalidToken)?;
        let kind = NotificationKind::from_byte(*kind).ok_or(InvalidToken)?;
        Ok(Self { user, kind, secret: secret.try_into().map_err(|_| InvalidToken)? })
    }
}

impl fmt::Debug for NotificationToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NotificationToken({}, {}, …)", self.user, self.kind)
    }
}
