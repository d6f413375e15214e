//! Image storage in a folder, one file per image.

use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use vestibule_db::{create_private_dir, private_file_options, warn_about_open_dir};

use super::ImageName;
use super::store::StoreError;
use crate::error::{Code, Problem, Result};

/// Files that are read or written at once, each on a thread. The runtime's own queue for such work has no bound, and
/// does not forget work whose caller hangs up.
const MAX_CONCURRENT_OPERATIONS: usize = 32;

#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    permits: Arc<Semaphore>,
}

impl Folder {
    /// Creates the folder if it is missing, readable by its owner only.
    pub(crate) fn open(path: &Path) -> Result<Self, StoreError> {
        let opened = create_private_dir(path).and_then(|()| std::path::absolute(path));
        warn_about_open_dir(path);
        let permits = Arc::new(Semaphore::new(MAX_CONCURRENT_OPERATIONS));
        opened
            .map(|path| Self { path, permits })
            .map_err(|error| StoreError::new(format!("{}: {error}", path.display())))
    }

    /// The image, or `None`.
    ///
    /// # Errors
    /// `IMAGES_NOT_AVAILABLE`, also from `write` and `remove`.
    pub(crate) async fn read(&self, name: &ImageName) -> Result<Option<Bytes>> {
        let path = self.path.join(name.as_str());
        self.run_blocking(move || none_if_missing(std::fs::read(path))).await.map(|found| found.map(Bytes::from))
    }

    /// Writes a file that only this user can read. Returns when it and its directory entry are on disk. After a crash
    /// in between, the partial file has a name that nothing refers to, and the cleanup deletes it.
    pub(crate) async fn write(&self, name: &ImageName, bytes: Bytes) -> Result<()> {
        let (folder, path) = (self.path.clone(), self.path.join(name.as_str()));
        self.run_blocking(move || {
            let mut file = private_file_options().create_new(true).open(path)?;
            file.write_all(&bytes)?;
            file.sync_all()?;
            sync_directory(&folder)
        })
        .await
    }

    /// Succeeds if the image does not exist.
    pub(crate) async fn remove(&self, name: &ImageName) -> Result<()> {
        let path = self.path.join(name.as_str());
        self.run_blocking(move || none_if_missing(std::fs::remove_file(path))).await.map(|_| ())
    }

    async fn run_blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> io::Result<T> + Send + 'static,
    ) -> Result<T> {
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(Problem::internal)?;
        let work = move || {
            let result = work();
            drop(permit);
            result
        };
        let result = spawn_blocking(work).await.map_err(Problem::internal)?;
        result.map_err(|error| Problem::with_source(Code::ImagesNotAvailable, error.to_string()))
    }
}

/// On Unix, a new directory entry is durable only after the directory was synced.
fn sync_directory(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

fn none_if_missing<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
