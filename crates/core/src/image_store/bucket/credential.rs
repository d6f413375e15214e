//! What requests to a bucket are signed with: the key that is set, or else what the environment or the machine gives.

use reqsign_aws_v4::{
    AssumeRoleWithWebIdentityCredentialProvider, Credential, ECSCredentialProvider, EnvCredentialProvider,
    IMDSv2CredentialProvider, StaticCredentialProvider,
};
use reqsign_core::{Context, Error, FileRead, ProvideCredential, Result};

use crate::image_store::store::Environment;
use crate::settings::Secret;

/// Who gives the credential. It is one of them from the start, so that what is wrong with it can be said; a chain of all would
/// end with the machine, which is hardly ever meant where something else is set.
#[derive(Debug)]
pub(super) enum CredentialProvider {
    /// The settings.
    Set(StaticCredentialProvider),
    /// `AWS_ACCESS_KEY_ID` and what belongs to it.
    ByEnvironment(EnvCredentialProvider),
    /// A token in a file, for which there is a role: service accounts of Kubernetes.
    ForToken(AssumeRoleWithWebIdentityCredentialProvider),
    /// The container's agent: tasks of ECS, identities of pods.
    ByContainer(ECSCredentialProvider),
    /// The machine.
    ByMachine(IMDSv2CredentialProvider),
}

impl CredentialProvider {
    pub(crate) fn of(key: Option<&(String, Secret)>, region: &str, environment: &Environment) -> Self {
        let says = |name: &str| environment.get(name).is_some_and(|value| !value.is_empty());
        if let Some((id, secret)) = key {
            return Self::Set(StaticCredentialProvider::new(id, secret.as_str()));
        }
        if says("AWS_ACCESS_KEY_ID") && says("AWS_SECRET_ACCESS_KEY") {
            return Self::ByEnvironment(EnvCredentialProvider::new());
        }
        if says("AWS_WEB_IDENTITY_TOKEN_FILE") {
            let for_token = AssumeRoleWithWebIdentityCredentialProvider::new();
            return Self::ForToken(for_token.with_region(region.to_owned()).with_regional_sts_endpoint());
        }
        if says("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") || says("AWS_CONTAINER_CREDENTIALS_FULL_URI") {
            return Self::ByContainer(ECSCredentialProvider::new());
        }
        Self::ByMachine(IMDSv2CredentialProvider::new())
    }
}

impl ProvideCredential for CredentialProvider {
    type Credential = Credential;

    async fn provide_credential(&self, context: &Context) -> Result<Option<Credential>> {
        match self {
            Self::Set(given) => given.provide_credential(context).await,
            Self::ByEnvironment(given) => given.provide_credential(context).await,
            Self::ForToken(given) => given.provide_credential(context).await,
            Self::ByContainer(given) => given.provide_credential(context).await,
            Self::ByMachine(given) => given.provide_credential(context).await,
        }
    }
}

/// The files that credentials are in: small ones of this machine.
#[derive(Debug)]
pub(super) struct Files;

impl FileRead for Files {
    async fn file_read(&self, path: &str) -> Result<Vec<u8>> {
        let read = tokio::task::spawn_blocking({
            let path = path.to_owned();
            move || std::fs::read(path)
        });
        let unreadable = |error: &dyn std::fmt::Display| Error::config_invalid(format!("{path}: {error}"));
        read.await.map_err(|error| unreadable(&error))?.map_err(|error| unreadable(&error))
    }
}
