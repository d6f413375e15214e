//! Passkeys of another implementation: the client and the authenticator of the crate `passkey`, which are those of a
//! password manager.

use std::pin::Pin;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use passkey::authenticator::{Authenticator, UiHint, UserCheck, UserValidationMethod};
use passkey::client::{Client, DefaultClientData};
use passkey::crypto::rust_crypto::RustCryptoBackend;
use passkey::types::Passkey;
use passkey::types::ctap2::{Aaguid, Ctap2Error};
use serde_json::{Value, json};
use url::Url;

use crate::harness::{PASSKEY_ORIGIN, TestApp, allow_passkeys, text};

/// A user who is always there and unlocks the device.
struct Present;

impl UserValidationMethod for Present {
    type PasskeyItem = Passkey;

    // As the attribute `async_trait` writes it.
    fn check_user<'a, 'life0, 'async_trait>(
        &'life0 self,
        _hint: UiHint<'a, Passkey>,
        presence: bool,
        verification: bool,
    ) -> Pin<Box<dyn Future<Output = Result<UserCheck, Ctap2Error>> + Send + 'async_trait>>
    where
        'a: 'async_trait,
        'life0: 'async_trait,
        Self: 'async_trait,
    {
        Box::pin(std::future::ready(Ok(UserCheck { presence, verification })))
    }

    fn is_presence_enabled(&self) -> bool {
        true
    }

    fn is_verification_enabled(&self) -> Option<bool> {
        Some(true)
    }
}

/// The crate writes bytes as lists of numbers, and browsers as base64url.
fn as_browsers_write(value: Value) -> Value {
    match value {
        Value::Array(items) if !items.is_empty() && items.iter().all(Value::is_u64) => {
            let bytes: Vec<u8> = serde_json::from_value(Value::Array(items)).unwrap();
            json!(URL_SAFE_NO_PAD.encode(bytes))
        }
        Value::Object(fields) => {
            Value::Object(fields.into_iter().map(|(name, value)| (name, as_browsers_write(value))).collect())
        }
        value => value,
    }
}

#[tokio::test]
async fn passkey_of_a_password_manager_is_added_and_signs_in() {
    let app = TestApp::with_settings(allow_passkeys).await;
    let ada = app.create_user("ada@example.com").await;
    let authenticator = Authenticator::new(Aaguid::new_empty(), None::<Passkey>, Present, RustCryptoBackend);
    let mut client = Client::new(authenticator).allows_insecure_localhost(true);
    let origin = Url::parse(PASSKEY_ORIGIN).unwrap();

    let begun = ada.post("/me/passkeys/register/begin", &[]).await.ok();
    let options = serde_json::from_value(json!({"publicKey": begun["options"]})).unwrap();
    let created = client.register(&origin, options, DefaultClientData).await.unwrap();
    let credential = as_browsers_write(serde_json::to_value(&created).unwrap());
    let added = ada.post_json("/me/passkeys/register/finish", &credential).await.ok();
    assert_eq!(added["passkey"]["credential_id"], credential["id"]);
    assert!(!text(&added["passkey"]["name"]).is_empty());

    let browser = app.anonymous();
    let begun = browser.post("/auth/passkey/login/begin", &[]).await.ok();
    // The crate takes an empty list for one without this passkey.
    let mut options = begun["options"].clone();
    options.as_object_mut().unwrap().remove("allowCredentials");
    let options = serde_json::from_value(json!({"publicKey": options})).unwrap();
    let used = client.authenticate(&origin, options, DefaultClientData).await.unwrap();
    let credential = as_browsers_write(serde_json::to_value(&used).unwrap());
    let session = browser.post_json("/auth/passkey/login/finish", &credential).await.ok();
    assert_eq!(session["active_signin"]["user"]["email"], "ada@example.com");
}
