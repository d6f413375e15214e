//! PgBouncer, the connection pooler, in front of the test server.

use std::ffi::OsStr;
use std::sync::atomic::{AtomicU32, Ordering};

use tempfile::TempDir;

use crate::postgres_server::make_readable;
use crate::process::run_script;

/// A running PgBouncer with an empty database behind it. Dropping it stops PgBouncer.
#[derive(Debug)]
pub struct PgBouncer {
    folder: TempDir,
    url: String,
}

impl PgBouncer {
    /// Starts it with these settings of the section `[pgbouncer]`.
    pub fn start(settings: &[&str]) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let database = format!("pooled_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::SeqCst));
        crate::on_server(&crate::server(), &format!("CREATE DATABASE {database}"));
        let folder = tempfile::tempdir().unwrap();
        make_readable(folder.path());
        let port = crate::server_address().port().to_string();
        let arguments: Vec<_> =
            std::iter::once(port.as_str()).chain(settings.iter().copied()).map(OsStr::new).collect();
        let port = run_script("pgbouncer", "start", folder.path(), &arguments);
        Self { folder, url: format!("postgres://postgres@127.0.0.1:{port}/{database}") }
    }

    /// The URL of the database behind it.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for PgBouncer {
    fn drop(&mut self) {
        run_script("pgbouncer", "stop", self.folder.path(), &[]);
    }
}
