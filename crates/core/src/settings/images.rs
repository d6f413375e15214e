//! Where images are stored.

use std::path::PathBuf;

use super::Secret;

#[derive(Clone, Debug)]
pub struct Images {
    pub storage: ImageStorage,
    /// The URL prefix of images, with a trailing slash; `None` for `/images/` of this server.
    pub public_url: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImageStorage {
    /// A directory, which all processes must share.
    Directory(PathBuf),
    Bucket(Bucket),
}

/// An S3-compatible bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    pub name: String,
    /// The prefix of all object keys; may be empty.
    pub prefix: String,
    /// `None` uses the environment.
    pub region: Option<String>,
    /// `None` uses the environment, or Amazon S3.
    pub endpoint: Option<String>,
    /// Access key ID and secret access key; `None` uses the environment or the role of the machine.
    pub key: Option<(String, Secret)>,
}
