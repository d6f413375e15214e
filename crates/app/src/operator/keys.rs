//! API keys: what operators can request of them.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use vestibule_core::api_key::NewApiKey;
use vestibule_core::id::ApiKeyId;
use vestibule_core::names::ApiKeyName;
use vestibule_core::service::Service;
use vestibule_core::{Caller, Code, Problem, api_key};

use super::actions::{Action, id};

/// See [`api_key::Create`].
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateKey {
    pub(crate) name: String,
    pub(crate) scopes: String,
    pub(crate) organization: Option<String>,
    pub(crate) lifetime_seconds: Option<u64>,
}

/// A key with its secret, for the terminal of the operator.
#[derive(Serialize, Deserialize)]
pub(crate) struct KeyCreated {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) scopes: String,
    pub(crate) secret: String,
}

impl From<NewApiKey> for KeyCreated {
    fn from(NewApiKey { key, secret }: NewApiKey) -> Self {
        let secret = secret.reveal().to_owned();
        Self { id: key.id.to_string(), name: key.name, scopes: key.scopes.to_string(), secret }
    }
}

impl Action for CreateKey {
    const NAME: &'static str = "create_api_key";
    type Output = KeyCreated;

    async fn run(self, service: &Service) -> Result<KeyCreated, Problem> {
        let scopes = self.scopes.parse().map_err(|_| Problem::field("scopes", "one of them is unknown."))?;
        let organization = self.organization.map(|id| id.parse()).transpose();
        let lifetime = self.lifetime_seconds.map(Duration::from_secs);
        let command = api_key::Create {
            name: ApiKeyName::parse("name", &self.name)?,
            scopes,
            organization: organization.map_err(|_| Problem::from(Code::OrganizationNotFound))?,
            expires_at: lifetime.map(|lifetime| service.now().plus(lifetime).whole_second()),
        };
        service.run(&Caller::operator(), command).await.result.map(Into::into)
    }
}

/// See [`api_key::Rotate`].
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RotateKey {
    #[serde(with = "id")]
    pub(crate) key: ApiKeyId,
    pub(crate) grace_seconds: u64,
}

impl Action for RotateKey {
    const NAME: &'static str = "rotate_api_key";
    type Output = KeyCreated;

    async fn run(self, service: &Service) -> Result<KeyCreated, Problem> {
        let command = api_key::Rotate { key: self.key, grace: Duration::from_secs(self.grace_seconds) };
        service.run(&Caller::operator(), command).await.result.map(Into::into)
    }

    fn target(&self) -> String {
        self.key.to_string()
    }
}

/// See [`api_key::Revoke`].
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RevokeKey {
    #[serde(with = "id")]
    pub(crate) key: ApiKeyId,
    pub(crate) suspends_invitations: bool,
    pub(crate) revokes_created_keys: bool,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct KeyRevoked {
    pub(crate) id: String,
    pub(crate) pending_invitations: i64,
    pub(crate) suspended_invitations: usize,
    pub(crate) revoked_created_keys: usize,
    /// Those that are still valid.
    pub(crate) created_keys: i64,
}

impl Action for RevokeKey {
    const NAME: &'static str = "revoke_api_key";
    type Output = KeyRevoked;

    async fn run(self, service: &Service) -> Result<KeyRevoked, Problem> {
        let Self { key, suspends_invitations, revokes_created_keys } = self;
        let command = api_key::Revoke { key, suspends_invitations, revokes_created_keys };
        let revoked = service.run(&Caller::operator(), command).await.result?;
        Ok(KeyRevoked {
            id: key.to_string(),
            pending_invitations: revoked.pending_invitations,
            suspended_invitations: revoked.suspended_invitations,
            revoked_created_keys: revoked.revoked_created_keys,
            created_keys: revoked.created_keys,
        })
    }

    fn target(&self) -> String {
        self.key.to_string()
    }
}
