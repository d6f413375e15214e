//! Tokens and codes that are sent to users. They are never stored in plain text, never shown by `Debug`, and compared
//! in constant time.

mod api_key;
mod authorization;
mod challenge;
mod deployment_invitation;
mod factor;
mod invitation;
mod keys;
mod notice;
mod notification;
mod random_token;
mod sealed;
mod session;
mod totp;
mod verification;
mod webhook;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use data_encoding::HEXLOWER;

pub use api_key::{ApiKeyDigest, ApiKeyToken, is_like_api_key};
pub use authorization::OneTimeSecrets;
pub(crate) use challenge::{CHALLENGE_LIFETIME, ChallengeId};
pub use challenge::{Challenge, ChallengeToken, SignedChallenge, SubmittedChallenge};
pub use deployment_invitation::{DeploymentInvitationToken, SignUpToken};
pub use factor::{BackupCode, SubmittedFactorCode};
pub use invitation::{InvitationSecret, InvitationToken, UnsubscribeToken};
pub use keys::{Keys, MasterKey};
pub use notice::NoticeToken;
pub use notification::NotificationToken;
pub use random_token::{HandoffId, SessionTicket, SetupToken};
pub use session::SessionToken;
pub use totp::TotpSecret;
pub use verification::{AttemptToken, SubmittedCode, VerificationCode};
pub use webhook::WebhookSecret;

/// The text is no well-formed token. There are no details, so that nothing of a secret leaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidToken;

/// Decodes base64url without padding.
fn decode<const LENGTH: usize>(text: &[u8]) -> Result<[u8; LENGTH], InvalidToken> {
    let mut bytes = [0; LENGTH];
    match URL_SAFE_NO_PAD.decode_slice(text, &mut bytes) {
        Ok(length) if length == LENGTH => Ok(bytes),
        _ => Err(InvalidToken),
    }
}

/// Decodes lower-case hexadecimal digits.
fn decode_hex<const LENGTH: usize>(text: &str) -> Result<[u8; LENGTH], InvalidToken> {
    let mut bytes = [0; LENGTH];
    if HEXLOWER.decode_len(text.len()) != Ok(LENGTH) {
        return Err(InvalidToken);
    }
    HEXLOWER.decode_mut(text.as_bytes(), &mut bytes).map_err(|_| InvalidToken)?;
    Ok(bytes)
}

/// The bytes of a token that names a row: the row's id, then the secret.
fn join(id: i64, secret: &[u8]) -> Vec<u8> {
    [id.to_be_bytes().as_slice(), secret].concat()
}

/// Splits the bytes that [`join`] makes.
fn split<Id: From<i64>, const LENGTH: usize>(bytes: &[u8]) -> Result<(Id, [u8; LENGTH]), InvalidToken> {
    let (id, secret) = bytes.split_first_chunk::<8>().ok_or(InvalidToken)?;
    Ok((i64::from_be_bytes(*id).into(), secret.try_into().map_err(|_| InvalidToken)?))
}

#[cfg(test)]
mod tests;
