//! Second factors: authenticators, passkeys, and what a browser is asked for.

use serde::Serialize;
use utoipa::ToSchema;
use vestibule_core::id::{AuthenticatorId, PasskeyId, UserId};
use vestibule_core::passkey::Passkey;
use vestibule_core::second_factor::Authenticator;
use vestibule_core::time::Timestamp;

/// A user's authenticator app.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Authenticator)]
pub(crate) struct AuthenticatorResponse {
    id: AuthenticatorId,
    created_at: Timestamp,
    updated_at: Timestamp,
    user_id: UserId,
    /// Always `null`: only `POST /me/authenticator` shows the secret.
    #[schema(value_type = Option<String>)]
    otp_url: Option<()>,
}

impl From<Authenticator> for AuthenticatorResponse {
    fn from(authenticator: Authenticator) -> Self {
        let Authenticator { id, user_id, created_at, updated_at } = authenticator;
        Self { id, created_at, updated_at, user_id, otp_url: None }
    }
}

/// A user's passkey.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Passkey)]
pub(crate) struct PasskeyResponse {
    id: PasskeyId,
    user_id: UserId,
    name: String,
    /// Base64url.
    #[schema(pattern = "^[A-Za-z0-9_-]+$")]
    credential_id: String,
    /// How a browser reaches the authenticator, as far as it told: `internal`, `hybrid`, `usb`, `nfc`, `ble`,
    /// `smart-card`.
    transports: Vec<String>,
    /// `multi_device` if it may be synchronized between devices, otherwise `single_device`.
    device_type: &'static str,
    /// Whether it may be synchronized between devices.
    backup_eligible: bool,
    /// Whether it was synchronized when it was last used.
    backed_up: bool,
    last_used_at: Option<Timestamp>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl From<Passkey> for PasskeyResponse {
    fn from(passkey: Passkey) -> Self {
        Self {
            id: passkey.id,
            user_id: passkey.user_id,
            credential_id: passkey.credential_text(),
            transports: passkey.transports().map(str::to_owned).collect(),
            device_type: passkey.device_type(),
            name: passkey.name,
            backup_eligible: passkey.backup_eligible,
            backed_up: passkey.backed_up,
            last_used_at: passkey.last_used_at,
            created_at: passkey.created_at,
            updated_at: passkey.updated_at,
        }
    }
}

/// What to ask a browser for.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PasskeyOptions {
    /// The JSON form of the `publicKey` options of WebAuthn Level 3, in which bytes are base64url:
    /// `PublicKeyCredentialCreationOptionsJSON` for a new passkey, otherwise `PublicKeyCredentialRequestOptionsJSON`.
    #[schema(value_type = Object)]
    options: serde_json::Value,
}

impl PasskeyOptions {
    pub(crate) fn new(options: &impl Serialize) -> Self {
        // Plain data, whose serialization does not fail.
        Self { options: serde_json::to_value(options).unwrap_or_default() }
    }
}
