//! A virtual authenticator for passkeys in the browser (WebAuthn Level 3, 11.2). It confirms every request at once, also
//! that of the list of saved accounts.

use fantoccini::wd::WebDriverCompatibleCommand;
use http::Method;
use serde_json::{Value, json};
use url::{ParseError, Url};

use crate::browser::Browser;

/// A device that stores passkeys. It stays while the browser opens other pages.
#[derive(Debug)]
pub struct VirtualAuthenticator<'a> {
    browser: &'a Browser,
    id: String,
}

/// What the device is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Device {
    /// The one that the browser runs on. A browser has one at most.
    Platform,
    SecurityKey,
}

/// A command of the extension.
#[derive(Debug)]
struct Command {
    method: Method,
    /// Below the path of authenticators.
    path: String,
    body: Option<Value>,
}

impl WebDriverCompatibleCommand for Command {
    fn endpoint(&self, base_url: &Url, session_id: Option<&str>) -> Result<Url, ParseError> {
        base_url.join(&format!("session/{}/webauthn/authenticator{}", session_id.unwrap_or_default(), self.path))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (self.method.clone(), self.body.as_ref().map(Value::to_string))
    }
}

impl Browser {
    /// Adds a device that verifies its user.
    pub async fn add_authenticator(&self, device: Device) -> VirtualAuthenticator<'_> {
        let body = json!({
            "protocol": "ctap2",
            "transport": if device == Device::Platform { "internal" } else { "usb" },
            "hasResidentKey": true,
            "hasUserVerification": true,
            "isUserConsenting": true,
            "isUserVerified": true,
        });
        let added = Command { method: Method::POST, path: String::new(), body: Some(body) };
        let id = self.driver.issue_cmd(added).await.unwrap();
        VirtualAuthenticator { browser: self, id: id.as_str().unwrap().to_owned() }
    }
}

impl VirtualAuthenticator<'_> {
    async fn run(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        let command = Command { method, path: format!("/{}{path}", self.id), body };
        self.browser.driver.issue_cmd(command).await.unwrap()
    }

    /// The stored passkeys.
    pub async fn credentials(&self) -> Vec<Value> {
        let credentials = self.run(Method::GET, "/credentials", None).await;
        credentials.as_array().unwrap().clone()
    }

    /// Sets whether the next user is verified, as by a fingerprint.
    pub async fn set_user_verified(&self, is_verified: bool) {
        self.run(Method::POST, "/uv", Some(json!({"isUserVerified": is_verified}))).await;
    }

    /// Sets whether a person is there to confirm. If not, requests wait.
    pub async fn set_user_present(&self, is_present: bool) {
        self.browser.devtools("WebAuthn.enable", json!({})).await;
        let parameters = json!({"authenticatorId": self.id, "enabled": is_present});
        self.browser.devtools("WebAuthn.setAutomaticPresenceSimulation", parameters).await;
    }

    /// Removes the device with its passkeys.
    pub async fn remove(self) {
        self.run(Method::DELETE, "", None).await;
    }
}
