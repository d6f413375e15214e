//! Passkeys: credentials of WebAuthn, by which a user signs in without a password and without another factor.
//!
//! A challenge belongs to the session that asked for it, to one ceremony, and unless it is for a sign-in to one user. It
//! is spent before anything else of an answer is looked at, so an answer is tried once.

mod challenge;
mod check;
pub(crate) mod sql;

use std::ops::Deref;

use data_encoding::BASE64URL_NOPAD;
use vestibule_db::{Cell, Column, Value};

use crate::error::Result;
use crate::execution::Context;
use crate::id::UserId;
use crate::webauthn::{CredentialDescriptor, Transport};

pub use crate::names::PasskeyName;
pub(crate) use challenge::{require_available, spend, start};
pub(crate) use check::{CheckedPasskey, check, invalid, record_use};
pub use sql::Passkey;

/// What a challenge is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ChallengeUse {
    Registration,
    SignIn,
    Reauthentication,
}

vestibule_db::text_enum!(
    ChallengeUse: Registration = "registration",
    SignIn = "sign_in",
    Reauthentication = "reauthentication",
);

/// How a browser can reach the authenticator of a passkey. Stored as names, separated by spaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transports(Vec<Transport>);

impl Transports {
    /// The stored text.
    pub(crate) fn to_text(transports: &[Transport]) -> String {
        transports.iter().map(|transport| transport.as_str()).collect::<Vec<_>>().join(" ")
    }
}

impl Deref for Transports {
    type Target = [Transport];

    fn deref(&self) -> &[Transport] {
        &self.0
    }
}

impl Column for Transports {
    fn read(cell: Cell<'_>) -> Option<Self> {
        let Value::Text(text) = cell else { return None };
        Some(Self(Transport::known(text.split(' '))))
    }
}

impl Passkey {
    /// How a browser can reach its authenticator, in the words of WebAuthn.
    pub fn transports(&self) -> impl Iterator<Item = &str> {
        self.transports.iter().map(|transport| transport.as_str())
    }

    /// `multi_device` if it may be synchronized, and otherwise `single_device`.
    pub const fn device_type(&self) -> &'static str {
        if self.backup_eligible { "multi_device" } else { "single_device" }
    }

    /// The id of the credential in base64url, as browsers write it.
    pub fn credential_text(&self) -> String {
        BASE64URL_NOPAD.encode(&self.credential_id)
    }

    fn descriptor(&self) -> CredentialDescriptor {
        CredentialDescriptor::new(&self.credential_id, &self.transports)
    }
}

/// What an authenticator stores of the account, and returns when the user signs in.
pub(crate) fn user_handle(user: UserId) -> [u8; 8] {
    user.get().to_be_bytes()
}

/// The credentials of a user, for the options of a ceremony.
pub(crate) async fn descriptors(cx: &mut Context<'_>, user: UserId) -> Result<Vec<CredentialDescriptor>> {
    Ok(list(cx, user).await?.iter().map(Passkey::descriptor).collect())
}

/// The passkeys of a user, oldest first.
pub(crate) async fn list(cx: &mut Context<'_>, user: UserId) -> Result<Vec<Passkey>> {
    Ok(cx.tx.all(sql::OF_USER, (user,)).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transports_are_read_as_they_were_stored() {
        for transports in [Vec::new(), vec![Transport::Usb, Transport::SmartCard], Transport::ALL.to_vec()] {
            let text = Transports::to_text(&transports);
            assert_eq!(Transports::read(Value::Text(&text)), Some(Transports(transports)));
        }
        assert_eq!(Transports::read(Value::Text("usb telepathy")), Some(Transports(vec![Transport::Usb])));
    }
}
