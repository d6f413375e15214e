//! Where images are: a folder, a bucket, or memory for tests.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

use super::ImageName;
use super::bucket::Bucket;
use super::folder::Folder;
use crate::background_pool::BackgroundPool;
use crate::error::Result;
use crate::settings::ImagePlace;

/// Variables of the process, by which a bucket and who may use it can be set: those whose names begin with `AWS_`.
pub type Environment = HashMap<String, String>;

/// Keeps images, and decodes one at a time: each takes up to a hundred megabytes while it is decoded.
#[derive(Debug)]
pub struct ImageStore {
    place: Backend,
    pub(crate) decoding: BackgroundPool,
}

#[derive(Debug)]
enum Backend {
    Folder(Folder),
    Bucket(Box<Bucket>),
    Memory(Mutex<HashMap<String, Bytes>>),
}

/// Why images cannot be kept there.
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
    /// Opens the place. A folder is made when it is missing, for its owner only; a bucket is not asked before the first
    /// image.
    pub fn open(place: &ImagePlace, environment: Environment) -> Result<Self, StoreError> {
        Ok(Self::at(match place {
            ImagePlace::Folder(folder) => Backend::Folder(Folder::open(folder)?),
            ImagePlace::Bucket(bucket) => Backend::Bucket(Box::new(Bucket::open(bucket, environment)?)),
        }))
    }

    /// In memory, for tests.
    pub fn in_memory() -> Self {
        Self::at(Backend::Memory(Mutex::default()))
    }

    fn at(place: Backend) -> Self {
        Self { place, decoding: BackgroundPool::new("decoding", 1, usize::MAX) }
    }

    /// The image, or nothing. Error: `IMAGES_NOT_AVAILABLE`.
    pub async fn read(&self, name: &ImageName) -> Result<Option<Bytes>> {
        match &self.place {
            Backend::Folder(folder) => folder.read(name).await,
            Backend::Bucket(bucket) => bucket.read(name).await,
            Backend::Memory(images) => Ok(locked(images).get(name.as_str()).cloned()),
        }
    }

    pub(crate) async fn write(&self, name: &ImageName, bytes: Vec<u8>) -> Result<()> {
        let bytes = Bytes::from(bytes);
        match &self.place {
            Backend::Folder(folder) => folder.write(name, bytes).await,
            Backend::Bucket(bucket) => bucket.write(name, bytes).await,
            Backend::Memory(images) => {
                locked(images).insert(name.as_str().to_owned(), bytes);
                Ok(())
            }
        }
    }

    pub(crate) async fn remove(&self, name: &ImageName) -> Result<()> {
        match &self.place {
            Backend::Folder(folder) => folder.remove(name).await,
            Backend::Bucket(bucket) => bucket.remove(name).await,
            Backend::Memory(images) => {
                locked(images).remove(name.as_str());
                Ok(())
            }
        }
    }
}

fn locked(images: &Mutex<HashMap<String, Bytes>>) -> MutexGuard<'_, HashMap<String, Bytes>> {
    images.lock().unwrap_or_else(PoisonError::into_inner)
}
