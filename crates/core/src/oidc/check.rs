//! The test of a connection's configuration, without signing anybody in. Its answer has codes, never what a host said.

use serde_json::{Map, Value};

use super::cache::{fetch_document, fetch_keys};
use super::client::{Client, Form};
use super::discovery::{Metadata, is_issuer};
use super::error::OidcErrorKind;
use super::token;
use super::transport::Transport;
use crate::Executor;
use crate::identity_provider::ProviderKind;
use crate::settings::{ClientCredential, Secret};
use crate::time::Timestamp;

/// No provider has issued it.
const CODE: &str = "vestibule-connection-test";
const VERIFIER: &str = "vestibule-connection-test-vestibule-connection-test";

/// The outcome of each check. Those after a failure are false.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is the outcome of one check")]
pub struct ConnectionCheck {
    pub issuer_valid: bool,
    pub discovery_reachable: bool,
    pub discovery_valid: bool,
    pub authorization_endpoint: bool,
    pub token_endpoint: bool,
    pub keys: bool,
    /// Whether the provider knows the client and its secret. `None` if its answer does not say.
    pub client_accepted: Option<bool>,
    /// The field of each failed check, with the reason.
    pub errors: Vec<(&'static str, OidcErrorKind)>,
}

impl ConnectionCheck {
    pub fn is_success(&self) -> bool {
        self.errors.is_empty()
    }

    fn fail(&mut self, check: &'static str, kind: OidcErrorKind) {
        self.errors.push((check, kind));
    }
}

/// Checks a configuration. At most three requests are sent, and nothing is cached.
pub async fn test_connection(
    executor: &Executor,
    issuer: &str,
    client_id: &str,
    secret: Option<&str>,
    redirect_uri: &str,
) -> ConnectionCheck {
    let credential = match secret {
        Some(secret) => ClientCredential::Secret(Secret::new(secret.to_owned())),
        None => ClientCredential::Public,
    };
    let client = Client {
        kind: ProviderKind::OpenId,
        url: issuer,
        client_id,
        credential: &credential,
        scopes: &[],
        allowed_tenants: &[],
        redirect_uri: redirect_uri.to_owned(),
        wanted_claims: Vec::new(),
    };
    check(&*executor.identity_providers.transport, &client, executor.now()).await
}

pub(super) async fn check(transport: &dyn Transport, client: &Client<'_>, now: Timestamp) -> ConnectionCheck {
    let mut result = ConnectionCheck::default();
    let is_allowed = |url: &str| transport.is_allowed(url);
    result.issuer_valid = is_issuer(client.url, &is_allowed);
    if !result.issuer_valid {
        result.fail("issuer_valid", OidcErrorKind::IssuerInvalid);
        return result;
    }
    let source = client.source();
    let body = match fetch_document(transport, &source).await {
        Ok(body) => body,
        Err(error) => {
            result.fail("discovery_reachable", error.kind());
            return result;
        }
    };
    result.discovery_reachable = true;
    result.authorization_endpoint = has_endpoint(&body, "authorization_endpoint", &is_allowed);
    result.token_endpoint = has_endpoint(&body, "token_endpoint", &is_allowed);
    let metadata = match Metadata::parse(&body, &source, &is_allowed) {
        Ok(metadata) => metadata,
        Err(error) => {
            result.fail("discovery_valid", error.kind());
            return result;
        }
    };
    result.discovery_valid = true;
    match fetch_keys(transport, &metadata).await {
        Ok(_) => result.keys = true,
        Err(error) => result.fail("keys", error.kind()),
    }
    check_client(transport, client, &metadata, now, &mut result).await;
    result
}

fn has_endpoint(body: &[u8], name: &str, is_allowed: &dyn Fn(&str) -> bool) -> bool {
    let document: Map<String, Value> = serde_json::from_slice(body).unwrap_or_default();
    document.get(name).and_then(Value::as_str).is_some_and(is_allowed)
}

/// Sends a code that the provider has not issued. The refusal says whether it knows the client.
async fn check_client(
    transport: &dyn Transport,
    client: &Client<'_>,
    metadata: &Metadata,
    now: Timestamp,
    result: &mut ConnectionCheck,
) {
    let mut form = Form::new(&[
        ("grant_type", "authorization_code"),
        ("code", CODE),
        ("redirect_uri", client.redirect_uri.as_str()),
        ("code_verifier", VERIFIER),
    ]);
    let response = match client.authenticate(&mut form, metadata, now) {
        Ok(header) => token::request(transport, &metadata.token_endpoint, form, header).await,
        Err(error) => Err(error),
    };
    match response.map(|response| token::refusal(&response)) {
        Ok(Some(OidcErrorKind::ClientRefused)) => {
            result.client_accepted = Some(false);
            result.fail("client_accepted", OidcErrorKind::ClientRefused);
        }
        Ok(Some(OidcErrorKind::CodeRefused)) => result.client_accepted = Some(true),
        // Such as `invalid_request`, which some providers answer for every code that they have not issued.
        Ok(_) => result.client_accepted = None,
        Err(error) => result.fail("client_accepted", error.kind()),
    }
}
