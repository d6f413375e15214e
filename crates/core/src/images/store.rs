//! Where images are: a folder, a bucket, or memory for tests.

use std::fmt;
use std::path::Path as FilePath;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{BackoffConfig, ClientOptions, ObjectStore, ObjectStoreExt, RetryConfig};

use super::ImageName;
use crate::aside::Aside;
use crate::error::{Code, Problem, Result};
use crate::settings::{Bucket, ImagePlace};

/// How long a bucket may take to answer, tries and all.
const ANSWER: Duration = Duration::from_secs(8);
const CONNECTING: Duration = Duration::from_secs(3);

/// Keeps images, and decodes one at a time: each takes up to a hundred megabytes while it is decoded.
#[derive(Debug)]
pub struct ImageStore {
    store: Arc<dyn ObjectStore>,
    folder: Path,
    pub(super) decoding: Aside,
}

/// Why images cannot be kept there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreError(String);

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for StoreError {}

impl ImageStore {
    /// Opens the place. A folder is made when it is missing, for its owner only; a bucket is not asked before the first
    /// image.
    pub fn open(place: &ImagePlace) -> Result<Self, StoreError> {
        match place {
            ImagePlace::Folder(folder) => Self::in_folder(folder),
            ImagePlace::Bucket(bucket) => Self::in_bucket(bucket),
        }
    }

    /// In memory, for tests.
    pub fn in_memory() -> Self {
        Self::new(Arc::new(InMemory::new()), "")
    }

    fn new(store: Arc<dyn ObjectStore>, folder: &str) -> Self {
        Self { store, folder: Path::from(folder), decoding: Aside::new("decoding", 1, usize::MAX) }
    }

    fn in_folder(folder: &FilePath) -> Result<Self, StoreError> {
        let failed = |error: String| StoreError(format!("{}: {error}", folder.display()));
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(folder).map_err(|error| failed(error.to_string()))?;
        let store = LocalFileSystem::new_with_prefix(folder).map_err(|error| failed(error.to_string()))?;
        Ok(Self::new(Arc::new(store.with_fsync(true)), ""))
    }

    fn in_bucket(bucket: &Bucket) -> Result<Self, StoreError> {
        // Its HTTP client takes what the process has agreed on; whoever was first with the same choice is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = AmazonS3Builder::from_env()
            .with_bucket_name(&bucket.name)
            // One object at a time needs no list of them, and not every store of this kind reads one.
            .with_disable_bulk_delete(true)
            .with_retry(RetryConfig { backoff: BackoffConfig::default(), max_retries: 3, retry_timeout: ANSWER })
            .with_client_options(
                ClientOptions::new().with_timeout(ANSWER).with_connect_timeout(CONNECTING).with_allow_http(true),
            );
        if let Some(region) = &bucket.region {
            builder = builder.with_region(region);
        }
        if let Some(endpoint) = &bucket.endpoint {
            builder = builder.with_endpoint(endpoint);
        }
        if let Some((key_id, secret)) = &bucket.key {
            builder = builder.with_access_key_id(key_id).with_secret_access_key(secret.as_str());
        }
        let store = builder.build().map_err(|error| StoreError(format!("s3://{}: {error}", bucket.name)))?;
        Ok(Self::new(Arc::new(store), &bucket.folder))
    }

    /// The image, or nothing. Error: `IMAGES_NOT_AVAILABLE`.
    pub async fn read(&self, name: &ImageName) -> Result<Option<Bytes>> {
        match self.store.get(&self.path(name.as_str())).await {
            Ok(found) => found.bytes().await.map(Some).map_err(away),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(away(error)),
        }
    }

    pub(super) async fn write(&self, name: &ImageName, bytes: Vec<u8>) -> Result<()> {
        self.store.put(&self.path(name.as_str()), bytes.into()).await.map(|_| ()).map_err(away)
    }

    pub(super) async fn remove(&self, name: &str) -> Result<()> {
        match self.store.delete(&self.path(name)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(away(error)),
        }
    }

    fn path(&self, name: &str) -> Path {
        self.folder.clone().join(name)
    }
}

#[expect(clippy::needless_pass_by_value, reason = "errors are handed over")]
fn away(error: object_store::Error) -> Problem {
    Problem::caused(Code::ImagesNotAvailable, error.to_string())
}
