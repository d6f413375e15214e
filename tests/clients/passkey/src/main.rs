//! A password manager. It reads lines of JSON with `create` or `get`, the options of a ceremony, and prints the credential
//! of each as a browser would. Its argument is the origin of the page.

use std::io::{BufRead, Write};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use passkey::authenticator::{Authenticator, UiHint, UserCheck, UserValidationMethod};
use passkey::client::{Client, DefaultClientData};
use passkey::crypto::rust_crypto::RustCryptoBackend;
use passkey::types::Passkey;
use passkey::types::ctap2::{Aaguid, Ctap2Error};
use serde_json::{Value, json};
use url::Url;

/// A user who is always there and unlocks the device.
struct Present;

#[async_trait::async_trait]
impl UserValidationMethod for Present {
    type PasskeyItem = Passkey;

    async fn check_user<'a>(
        &self,
        _hint: UiHint<'a, Passkey>,
        presence: bool,
        verification: bool,
    ) -> Result<UserCheck, Ctap2Error> {
        Ok(UserCheck { presence, verification })
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

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let origin = std::env::args().nth(1).expect("the origin of the page as the argument");
    let origin = Url::parse(&origin).unwrap();
    let authenticator = Authenticator::new(Aaguid::new_empty(), None::<Passkey>, Present, RustCryptoBackend);
    let mut client = Client::new(authenticator).allows_insecure_localhost(true);
    for line in std::io::stdin().lock().lines() {
        let mut ceremony: Value = serde_json::from_str(&line.unwrap()).unwrap();
        let credential = if let Some(options) = ceremony.get("create") {
            let options = serde_json::from_value(json!({"publicKey": options})).unwrap();
            serde_json::to_value(client.register(&origin, options, DefaultClientData).await.unwrap())
        } else {
            let options = ceremony["get"].take();
            let mut options = options.as_object().expect("create or get").clone();
            // The crate takes an empty list for one without this passkey.
            options.remove("allowCredentials");
            let options = serde_json::from_value(json!({"publicKey": options})).unwrap();
            serde_json::to_value(client.authenticate(&origin, options, DefaultClientData).await.unwrap())
        };
        println!("{}", as_browsers_write(credential.unwrap()));
        std::io::stdout().flush().unwrap();
    }
}
