//! Credentials for signing bucket requests: from the settings, the environment, or the machine's metadata service.

use reqsign_aws_v4::{
    AssumeRoleWithWebIdentityCredentialProvider, Credential, ECSCredentialProvider, EnvCredentialProvider,
    IMDSv2CredentialProvider, StaticCredentialProvider,
};
use reqsign_core::{Context, Error, FileRead, ProvideCredential, Result};

use crate::image_store::store::Environment;
use crate::settings::Secret;

/// The source of the credentials. It is chosen once at the start, so that its errors can be reported: a chain of all
/// sources would end with the metadata service, whose error would hide the actual one.
#[derive(Debug)]
pub(super) enum CredentialProvider {
    Static(StaticCredentialProvider),
    /// `AWS_ACCESS_KEY_ID` and related variables.
    Environment(EnvCredentialProvider),
    /// A role for a token in a file, such as a Kubernetes service account.
    WebIdentity(AssumeRoleWithWebIdentityCredentialProvider),
    /// The container agent of ECS tasks and EKS pods.
    Container(ECSCredentialProvider),
    /// The metadata service of an EC2 instance.
    Instance(IMDSv2CredentialProvider),
}

impl CredentialProvider {
    pub(crate) fn new(key: Option<&(String, Secret)>, region: &str, environment: &Environment) -> Self {
        let is_set = |name: &str| environment.get(name).is_some_and(|value| !value.is_empty());
        if let Some((id, secret)) = key {
            return Self::Static(StaticCredentialProvider::new(id, secret.as_str()));
        }
        if is_set("AWS_ACCESS_KEY_ID") && is_set("AWS_SECRET_ACCESS_KEY") {
            return Self::Environment(EnvCredentialProvider::new());
        }
        if is_set("AWS_WEB_IDENTITY_TOKEN_FILE") {
            let provider = AssumeRoleWithWebIdentityCredentialProvider::new();
            return Self::WebIdentity(provider.with_region(region.to_owned()).with_regional_sts_endpoint());
        }
        if is_set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") || is_set("AWS_CONTAINER_CREDENTIALS_FULL_URI") {
            return Self::Container(ECSCredentialProvider::new());
        }
        Self::Instance(IMDSv2CredentialProvider::new())
    }
}

impl ProvideCredential for CredentialProvider {
    type Credential = Credential;

    async fn provide_credential(&self, context: &Context) -> Result<Option<Credential>> {
        match self {
            Self::Static(provider) => provider.provide_credential(context).await,
            Self::Environment(provider) => provider.provide_credential(context).await,
            Self::WebIdentity(provider) => provider.provide_credential(context).await,
            Self::Container(provider) => provider.provide_credential(context).await,
            Self::Instance(provider) => provider.provide_credential(context).await,
        }
    }
}

/// Reads credential files, off the async threads.
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
