//! A PostgreSQL server of a test's own, for what cannot be done to the suite's: killing it, or giving it a certificate.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The server, as long as it is not dropped.
#[derive(Debug)]
pub struct OwnServer {
    folder: PathBuf,
    url: String,
}

impl OwnServer {
    /// A new one in this folder.
    pub fn start(folder: &Path) -> Self {
        open_to_others(folder);
        let url = script(folder, "start", &[]);
        Self { folder: folder.to_owned(), url }
    }

    /// A streaming standby of it, in another folder.
    #[must_use]
    pub fn standby(&self, folder: &Path) -> Self {
        open_to_others(folder);
        let url = script(folder, "standby", &[&self.folder]);
        Self { folder: folder.to_owned(), url }
    }

    /// Where it is.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its address and port.
    pub fn address(&self) -> &str {
        self.url.split_once('@').unwrap().1.split('/').next().unwrap()
    }

    /// Makes a standby a primary.
    pub fn promote(&self) {
        script(&self.folder, "promote", &[]);
    }

    /// Ends it and all its processes at once.
    pub fn kill(&self) {
        script(&self.folder, "kill", &[]);
    }

    /// Lets it speak TLS with this certificate and its key, both files in PEM.
    pub fn certify(&self, certificate: &Path, key: &Path) {
        script(&self.folder, "certify", &[certificate, key]);
    }
}

impl Drop for OwnServer {
    fn drop(&mut self) {
        script(&self.folder, "stop", &[]);
    }
}

/// Whoever runs the server has to reach its folder.
fn open_to_others(folder: &Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::create_dir_all(folder).unwrap();
    for folder in [folder, folder.parent().unwrap()] {
        let _ = std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755));
    }
}

fn script(folder: &Path, task: &str, more: &[&Path]) -> String {
    let output = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/postgres"))
        .arg(task)
        .arg(folder)
        .args(more)
        // What is killed has to have been on the disk, here and on the standby.
        .env("VESTIBULE_POSTGRES_FSYNC", "on")
        .env("VESTIBULE_POSTGRES_COMMIT", "remote_apply")
        .output()
        .unwrap();
    assert!(output.status.success(), "{task}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}
