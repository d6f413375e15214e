//! The image store: a folder, a bucket, or memory for tests.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

use super::ImageName;
use super::bucket::Bucket;
use super::folder::Folder;
use crate::background_pool::BackgroundPool;
use crate::error::Result;
use crate::metrics::PoolStatus;
use crate::settings::ImageStorage;

/// Environment variables whose names begin with `AWS_`: the region, endpoint and credentials of a bucket.
pub type Environment = HashMap<String, String>;

/// Uploads that wait to be decoded. The HTTP layer admits fewer.
const MAX_WAITING_UPLOADS: usize = 64;

/// Stores images. At most one is decoded at a time, because decoding takes up to a hundred megabytes.
#[derive(Debug)]
pub struct ImageStore {
    backend: Backend,
    pub(crate) decoding: BackgroundPool,
}

#[derive(Debug)]
enum Backend {
    Folder(Folder),
    Bucket(Box<Bucket>),
    Memory(Mutex<HashMap<String, Bytes>>),
}

/// Why the image store cannot be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreError(String);

impl StoreError {
    pub(crate) fn new(message: String) -> Self {
        Self(message)
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for StoreError {}

impl ImageStore {
    /// Opens the storage. A folder is created if it is missing, readable by its owner only. A bucket is not contacted
    /// before the first image.
    pub fn open(storage: &ImageStorage, environment: Environment) -> Result<Self, StoreError> {
        Ok(Self::with_backend(match storage {
            ImageStorage::Directory(folder) => Backend::Folder(Folder::open(folder)?),
            ImageStorage::Bucket(bucket) => Backend::Bucket(Box::new(Bucket::open(bucket, environment)?)),
        }))
    }

    /// For tests, and for processes that use no images.
    pub fn in_memory() -> Self {
        Self::with_backend(Backend::Memory(Mutex::default()))
    }

    fn with_backend(backend: Backend) -> Self {
        Self { backend, decoding: BackgroundPool::new("decoding", 1, MAX_WAITING_UPLOADS) }
    }

    /// The images that are decoded and wait for it.
    pub(crate) fn pool_status(&self) -> PoolStatus {
        self.decoding.status()
    }

    /// The image, or `None`.
    ///
    /// # Errors
    /// `IMAGES_NOT_AVAILABLE`.
    pub async fn read(&self, name: &ImageName) -> Result<Option<Bytes>> {
        match &self.backend {
            Backend::Folder(folder) => folder.read(name).await,
            Backend::Bucket(bucket) => bucket.read(name).await,
            Backend::Memory(images) => Ok(lock(images).get(name.as_str()).cloned()),
        }
    }

    pub(crate) async fn write(&self, name: &ImageName, bytes: Vec<u8>) -> Result<()> {
        let bytes = Bytes::from(bytes);
        match &self.backend {
            Backend::Folder(folder) => folder.write(name, bytes).await,
            Backend::Bucket(bucket) => bucket.write(name, bytes).await,
            Backend::Memory(images) => {
                lock(images).insert(name.as_str().to_owned(), bytes);
                Ok(())
            }
        }
    }

    pub(crate) async fn remove(&self, name: &ImageName) -> Result<()> {
        match &self.backend {
            Backend::Folder(folder) => folder.remove(name).await,
            Backend::Bucket(bucket) => bucket.remove(name).await,
            Backend::Memory(images) => {
                lock(images).remove(name.as_str());
                Ok(())
            }
        }
    }
}

fn lock(images: &Mutex<HashMap<String, Bytes>>) -> MutexGuard<'_, HashMap<String, Bytes>> {
    images.lock().unwrap_or_else(PoisonError::into_inner)
}
