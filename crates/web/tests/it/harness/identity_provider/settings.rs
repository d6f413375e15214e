//! Settings with which an app uses a provider of the tests.

use p256::elliptic_curve::pkcs8::{EncodePrivateKey, LineEnding};
use vestibule_core::identity_provider::{ProviderId, ProviderKind};
use vestibule_core::settings::{ClientCredential, Secret, SocialProvider};

use super::{APPLE_KEY, APPLE_TEAM, CLIENT_ID, IdentityProvider, keys};

/// The settings of a social provider.
pub(crate) fn social_provider(id: &str, provider: &IdentityProvider) -> SocialProvider {
    let id: ProviderId = id.parse().unwrap();
    let kind = id.kind().unwrap();
    let (name, scopes): (_, &[&str]) = match kind {
        ProviderKind::Google => ("Google", &["openid", "email", "profile"]),
        ProviderKind::GitHub => ("GitHub", &["read:user", "user:email"]),
        ProviderKind::Microsoft => ("Microsoft", &["openid", "email", "profile"]),
        ProviderKind::GitLab => ("GitLab", &["openid", "email", "profile"]),
        ProviderKind::Apple => ("Apple", &["openid", "name", "email"]),
        ProviderKind::OpenId => ("Example", &["openid", "email", "profile"]),
    };
    let credential = match kind {
        ProviderKind::Apple => ClientCredential::AppleKey {
            team_id: APPLE_TEAM.to_owned(),
            key_id: APPLE_KEY.to_owned(),
            key: Secret::new(keys::p256_key().to_pkcs8_pem(LineEnding::LF).unwrap().to_string()),
        },
        _ => ClientCredential::Secret(Secret::new(provider.client_secret())),
    };
    SocialProvider {
        id,
        kind,
        name: name.to_owned(),
        url: provider.url(),
        client_id: CLIENT_ID.to_owned(),
        credential,
        scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
        allows_sign_up: true,
        keeps_tokens: false,
        allowed_tenants: Vec::new(),
    }
}
