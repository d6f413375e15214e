//! A PostgreSQL server for one test, which may kill it or give it a certificate.

use std::path::{Path, PathBuf};

use crate::process::run_script;

/// A running server. Dropping it stops the server.
#[derive(Debug)]
pub struct PostgresServer {
    folder: PathBuf,
    url: String,
}

impl PostgresServer {
    /// Starts a new server with its data in this folder.
    pub fn start(folder: &Path) -> Self {
        make_readable(folder);
        let url = script(folder, "start", &[]);
        Self { folder: folder.to_owned(), url }
    }

    /// Starts a streaming standby of this server in another folder.
    #[must_use]
    pub fn start_standby(&self, folder: &Path) -> Self {
        make_readable(folder);
        let url = script(folder, "standby", &[&self.folder]);
        Self { folder: folder.to_owned(), url }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns address and port.
    pub fn address(&self) -> &str {
        self.url.split_once('@').unwrap().1.split('/').next().unwrap()
    }

    /// Promotes a standby to primary.
    pub fn promote(&self) {
        script(&self.folder, "promote", &[]);
    }

    /// Kills all processes of the server.
    pub fn kill(&self) {
        script(&self.folder, "kill", &[]);
    }

    /// Enables TLS with this certificate and key, both PEM files.
    pub fn enable_tls(&self, certificate: &Path, key: &Path) {
        script(&self.folder, "certify", &[certificate, key]);
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        script(&self.folder, "stop", &[]);
    }
}

/// Makes a folder readable for the user that runs the server, who may differ from the one that runs the tests.
pub(crate) fn make_readable(folder: &Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::create_dir_all(folder).unwrap();
    for folder in [folder, folder.parent().unwrap()] {
        let _ = std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755));
    }
}

fn script(folder: &Path, task: &str, arguments: &[&Path]) -> String {
    let arguments: Vec<_> = arguments.iter().map(|path| path.as_os_str()).collect();
    run_script("postgres", task, folder, &arguments)
}
