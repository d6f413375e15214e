//! The tokens of invitations to sign up.

use std::fmt;
use std::str::FromStr;

use super::{InvalidToken, InvitationSecret, InvitationToken};
use crate::id::DeploymentInvitationId;

const PREFIX: &str = "dpl_";
const INVITATION_PREFIX: &str = "inv_";

/// The token of an invitation to sign up. It has the parts of an [`InvitationToken`], and a prefix of its own.
#[derive(Clone)]
pub struct DeploymentInvitationToken(InvitationToken);

impl DeploymentInvitationToken {
    /// A token without a mailbox proof. [`Keys`](super::Keys) computes the secrets.
    pub(crate) fn new(invitation: DeploymentInvitationId, secret: InvitationSecret) -> Self {
        Self(InvitationToken::new(invitation.get().into(), secret))
    }

    /// Adds the second secret, which only the mail has.
    #[must_use]
    pub(crate) fn with_mailbox_proof(self, proof: InvitationSecret) -> Self {
        Self(self.0.with_mailbox_proof(proof))
    }

    /// The invitation that it claims to be for.
    pub fn invitation(&self) -> DeploymentInvitationId {
        self.0.invitation().get().into()
    }

    /// Whether it is the mailed form, with the mailbox proof.
    pub const fn is_mailed(&self) -> bool {
        self.0.is_mailed()
    }

    /// Whether the secrets are those of the correct token. A missing mailbox proof is not compared.
    pub(crate) fn matches(&self, expected: &Self) -> bool {
        self.0.matches(&expected.0)
    }

    /// The token's text.
    pub fn reveal(&self) -> String {
        self.0.reveal().replacen(INVITATION_PREFIX, PREFIX, 1)
    }
}

impl FromStr for DeploymentInvitationToken {
    type Err = InvalidToken;

    fn from_str(text: &str) -> Result<Self, InvalidToken> {
        let rest = text.strip_prefix(PREFIX).ok_or(InvalidToken)?;
        format!("{INVITATION_PREFIX}{rest}").parse().map(Self)
    }
}

impl fmt::Debug for DeploymentInvitationToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DeploymentInvitationToken({}, …)", self.invitation())
    }
}

/// A token with which a person signs up.
#[derive(Clone, Debug)]
pub enum SignUpToken {
    /// Of an invitation to an organization.
    Organization(InvitationToken),
    /// Of an invitation to sign up.
    Deployment(DeploymentInvitationToken),
}

impl SignUpToken {
    /// The token's text.
    pub(crate) fn reveal(&self) -> String {
        match self {
            Self::Organization(token) => token.reveal(),
            Self::Deployment(token) => token.reveal(),
        }
    }
}

impl FromStr for SignUpToken {
    type Err = InvalidToken;

    fn from_str(text: &str) -> Result<Self, InvalidToken> {
        if text.starts_with(PREFIX) { text.parse().map(Self::Deployment) } else { text.parse().map(Self::Organization) }
    }
}

impl From<InvitationToken> for SignUpToken {
    fn from(token: InvitationToken) -> Self {
        Self::Organization(token)
    }
}
