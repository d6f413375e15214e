//! A folder that images are kept in, one file each.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use tokio::task::spawn_blocking;

use super::ImageName;
use super::store::StoreError;
use crate::error::{Code, Problem, Result};

/// The folder.
#[derive(Debug)]
pub(super) struct Folder(PathBuf);

impl Folder {
    /// The folder of this path. It is made when it is missing, for its owner only.
    pub(crate) fn open(path: &Path) -> Result<Self, StoreError> {
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        let opened = builder.create(path).and_then(|()| std::path::absolute(path));
        opened.map(Self).map_err(|error| StoreError::new(format!("{}: {error}", path.display())))
    }

    /// The image, or nothing. Error: `IMAGES_NOT_AVAILABLE`, as with the other two.
    pub(crate) async fn read(&self, name: &ImageName) -> Result<Option<Bytes>> {
        let path = self.0.join(name.as_str());
        run_blocking(move || none_if_missing(std::fs::read(path))).await.map(|found| found.map(Bytes::from))
    }

    /// Writes it, and returns once it is on the disk, name and all. A crash in between leaves a part of it under a name that
    /// nothing was given yet, and that is cleared away like any that came to be used by nothing.
    pub(crate) async fn write(&self, name: &ImageName, bytes: Bytes) -> Result<()> {
        let (folder, path) = (self.0.clone(), self.0.join(name.as_str()));
        run_blocking(move || {
            let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
            file.write_all(&bytes)?;
            file.sync_all()?;
            sync_directory(&folder)
        })
        .await
    }

    /// Removes it, if it is there.
    pub(crate) async fn remove(&self, name: &ImageName) -> Result<()> {
        let path = self.0.join(name.as_str());
        run_blocking(move || none_if_missing(std::fs::remove_file(path))).await.map(|_| ())
    }
}

/// A folder's own bytes are its names: on Unix they are written like a file's.
fn sync_directory(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

fn none_if_missing<T>(outcome: io::Result<T>) -> io::Result<Option<T>> {
    match outcome {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

async fn run_blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> Result<T> {
    let done = spawn_blocking(work).await.map_err(Problem::internal)?;
    done.map_err(|error| Problem::with_source(Code::ImagesNotAvailable, error.to_string()))
}
