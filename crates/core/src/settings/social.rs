//! The providers of social sign-in.

use super::Secret;
use crate::identity_provider::{ProviderId, ProviderKind};

/// The providers that people can sign in with, in the order in which pages offer them.
#[derive(Clone, Debug, Default)]
pub struct Social {
    pub providers: Vec<SocialProvider>,
}

impl Social {
    pub fn find(&self, id: &ProviderId) -> Option<&SocialProvider> {
        self.providers.iter().find(|provider| provider.id == *id)
    }
}

/// A provider that the settings enable.
#[derive(Clone, Debug)]
pub struct SocialProvider {
    pub id: ProviderId,
    pub kind: ProviderKind,
    /// Its name on buttons.
    pub name: String,
    /// The issuer, from which its discovery document is loaded; of GitHub the address of its pages. Of Microsoft it ends
    /// in the tenant, `common` or `organizations`.
    pub url: String,
    pub client_id: String,
    pub credential: ClientCredential,
    pub scopes: Vec<String>,
    /// Whether people without an account can create one with it, as far as `sign_up` lets them.
    pub allows_sign_up: bool,
    /// Whether the tokens of the provider are stored, for backends that call it.
    pub keeps_tokens: bool,
    /// Ids of the Microsoft tenants whose people can sign in; empty for all.
    pub allowed_tenants: Vec<String>,
}

/// How the service proves to a provider who it is.
#[derive(Clone, Debug)]
pub enum ClientCredential {
    Secret(Secret),
    /// A key of Apple, with which short-lived secrets are signed.
    AppleKey {
        team_id: String,
        key_id: String,
        /// PKCS #8, as PEM.
        key: Secret,
    },
    /// A public client: PKCE alone protects the code.
    Public,
}
