//! The tokens in the mail of an invitation.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq;

use super::{InvalidToken, decode, join, split};
use crate::id::InvitationId;

/// Length of each of an invitation's two secrets, in bytes.
pub(super) const SECRET_LENGTH: usize = 24;
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
    /// A token without a mailbox proof. [`Keys`](super::Keys) computes the secrets.
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
        let (invitation, secret) = split(&bytes)?;
        Ok(Self { invitation, secret, mailbox_proof })
    }
}

impl fmt::Debug for InvitationToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "InvitationToken({}, …)", self.invitation)
    }
}

/// The token with which an invitee unsubscribes from an organization's mail, which is all that it allows. It is
/// part of a URL's path, since mail programs unsubscribe by URL (RFC 8058).
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
        URL_SAFE_NO_PAD.encode(join(self.invitation.get(), &self.secret))
    }
}

impl FromStr for UnsubscribeToken {
    type Err = InvalidToken;

    fn from_str(text: &str) -> Result<Self, InvalidToken> {
        let bytes: [u8; 8 + SECRET_LENGTH] = decode(text.as_bytes())?;
        let (invitation, secret) = split(&bytes)?;
        Ok(Self { invitation, secret })
    }
}

impl fmt::Debug for UnsubscribeToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UnsubscribeToken({}, …)", self.invitation)
    }
}
