//! The URLs that browsers are sent to: to sign in at a provider, and to sign out there.

use std::sync::Arc;

use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha256};

use super::cache::ProviderCache;
use super::client::{Client, encode};
use super::error::OidcError;
use super::github;
use crate::Executor;
use crate::identity_provider::ProviderKind;
use crate::query_params::set_query_params;
use crate::secret::OneTimeSecrets;

/// In bytes: an address, or a user name of a provider.
const MAX_LOGIN_HINT: usize = 254;

/// Returns the URL of a provider's sign-in page.
pub async fn authorization_url(
    executor: &Executor,
    client: &Client<'_>,
    secrets: &OneTimeSecrets,
    login_hint: Option<&str>,
) -> Result<String, OidcError> {
    build_authorization_url(&executor.identity_providers, client, secrets, login_hint).await
}

pub(super) async fn build_authorization_url(
    cache: &Arc<ProviderCache>,
    client: &Client<'_>,
    secrets: &OneTimeSecrets,
    login_hint: Option<&str>,
) -> Result<String, OidcError> {
    let is_github = client.kind == ProviderKind::GitHub;
    let endpoint = if is_github {
        github::Endpoints::new(client.url).metadata().authorization_endpoint
    } else {
        cache.get(&client.source()).await?.metadata.authorization_endpoint.clone()
    };
    let scopes = scopes(client.kind, client.scopes);
    let challenge = BASE64URL_NOPAD.encode(&Sha256::digest(secrets.code_verifier.as_bytes()));
    let mut params = vec![
        ("response_type", "code"),
        ("client_id", client.client_id),
        ("redirect_uri", client.redirect_uri.as_str()),
        ("scope", scopes.as_str()),
        ("state", secrets.state.as_str()),
        ("code_challenge", challenge.as_str()),
        ("code_challenge_method", "S256"),
    ];
    if !is_github {
        params.push(("nonce", secrets.nonce.as_str()));
    }
    if client.kind == ProviderKind::Apple {
        // Apple demands it for every scope.
        params.push(("response_mode", "form_post"));
    }
    if let Some(hint) = login_hint.filter(|hint| !hint.is_empty() && hint.len() <= MAX_LOGIN_HINT) {
        params.push((if is_github { "login" } else { "login_hint" }, hint));
    }
    Ok(with_params(&endpoint, &params))
}

/// The configured scopes, or those that a sign-in needs. `openid` is always among those of an `OpenID` provider.
fn scopes(kind: ProviderKind, configured: &[String]) -> String {
    let default = match kind {
        ProviderKind::GitHub => "read:user user:email",
        ProviderKind::Apple => "openid email name",
        ProviderKind::Google | ProviderKind::Microsoft | ProviderKind::GitLab | ProviderKind::OpenId => {
            "openid email profile"
        }
    };
    if configured.is_empty() {
        return default.to_owned();
    }
    let has_openid = kind == ProviderKind::GitHub || configured.iter().any(|scope| scope == "openid");
    if has_openid { configured.join(" ") } else { format!("openid {}", configured.join(" ")) }
}

/// Returns the URL that ends the person's session at the provider (`OpenID` Connect RP-Initiated Logout 1.0). `None` if
/// the provider has none or cannot be reached.
pub async fn logout_url(
    executor: &Executor,
    client: &Client<'_>,
    id_token: Option<&str>,
    return_to: &str,
    state: &str,
) -> Option<String> {
    build_logout_url(&executor.identity_providers, client, id_token, return_to, state).await
}

pub(super) async fn build_logout_url(
    cache: &Arc<ProviderCache>,
    client: &Client<'_>,
    id_token: Option<&str>,
    return_to: &str,
    state: &str,
) -> Option<String> {
    if client.kind == ProviderKind::GitHub {
        return None;
    }
    let provider = cache.get(&client.source()).await.ok()?;
    let endpoint = provider.metadata.end_session_endpoint.as_deref()?;
    let mut params = vec![("client_id", client.client_id), ("post_logout_redirect_uri", return_to), ("state", state)];
    params.extend(id_token.map(|token| ("id_token_hint", token)));
    Some(with_params(endpoint, &params))
}

fn with_params(url: &str, params: &[(&str, &str)]) -> String {
    let encoded: Vec<(&str, String)> = params.iter().map(|(name, value)| (*name, encode(value))).collect();
    let params: Vec<(&str, &str)> = encoded.iter().map(|(name, value)| (*name, value.as_str())).collect();
    set_query_params(url, &params)
}
