//! A temporary directory for the database of a preview.

use std::fs;
use std::path::{Path, PathBuf};

use vestibule_core::random::{Randomness, SystemRandomness};
use vestibule_core::settings::{ImageStorage, Transport};
use vestibule_db::{DatabaseLocation, create_private_dir};

use crate::error::AppError;
use crate::settings::LoadedSettings;

/// A new directory of this process, deleted on drop.
pub(super) struct TemporaryDir(PathBuf);

impl TemporaryDir {
    pub(super) fn create() -> Result<Self, AppError> {
        let mut random = [0; 8];
        SystemRandomness.fill(&mut random);
        let dir = std::env::temp_dir().join(format!("vestibule-preview-{:016x}", u64::from_le_bytes(random)));
        create_private_dir(&dir).map_err(|error| AppError::DatabaseDir { dir: dir.clone(), error })?;
        Ok(Self(dir))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for TemporaryDir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Moves everything that a server writes to the directory, and replaces what it would read of a real installation.
pub(super) fn isolate(loaded: &mut LoadedSettings, dir: &TemporaryDir) {
    let dir = dir.path();
    loaded.database = DatabaseLocation::File(dir.join("preview.db"));
    loaded.database_password_file = None;
    loaded.key_file = dir.join("master.key");
    loaded.operator_socket = None;
    loaded.mail_file_dir = dir.join("mail");
    loaded.bounce_secret_file = None;
    loaded.image_secret_key_file = None;
    loaded.provider_secret_files = Vec::new();
    let settings = &mut loaded.settings;
    settings.mail.transport = Transport::File(loaded.mail_file_dir.clone());
    settings.images.storage = ImageStorage::Directory(dir.join("images"));
    settings.breached_passwords_file = None;
}
