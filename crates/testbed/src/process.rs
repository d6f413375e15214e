//! Child processes, the ports they listen on, and the files of the repository that they need.

use std::ffi::OsStr;
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A child process in a process group of its own. Dropping it kills the group: the process and those that it started.
#[derive(Debug)]
pub struct ProcessGroup(pub Child);

impl ProcessGroup {
    /// # Errors
    /// The program cannot be started.
    pub fn spawn(command: &mut Command) -> io::Result<Self> {
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(command, 0);
        command.spawn().map(Self)
    }
}

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        #[cfg(unix)]
        let _ = Command::new("kill").args(["-KILL", "--", &format!("-{}", self.0.id())]).status();
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Returns a port on which nothing listens, another one for each call. It is below the ephemeral range, so that no
/// outgoing connection takes it.
pub fn free_port() -> u16 {
    const PORTS: std::ops::Range<u16> = 20_000..32_000;
    static START: OnceLock<u64> = OnceLock::new();
    static CALLS: AtomicUsize = AtomicUsize::new(0);
    // Test binaries that run at the same time begin at different ports.
    let start = START.get_or_init(|| RandomState::new().hash_one(std::process::id()));
    let skipped = usize::try_from(start % PORTS.len() as u64).unwrap();
    let mut ports = PORTS.map(|_| {
        let index = (skipped + CALLS.fetch_add(1, Ordering::Relaxed)) % PORTS.len();
        PORTS.clone().nth(index).unwrap()
    });
    ports.find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok()).expect("no port is free")
}

/// Returns the folder of the repository.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Returns the path of a file or folder that `scripts/requirements` has installed.
///
/// # Panics
/// If it does not exist.
pub fn requirement(path: &str) -> PathBuf {
    let path = repository().join("target/requirements").join(path);
    assert!(path.exists(), "{} is missing: scripts/requirements installs it", path.display());
    path
}

/// Returns the files with one of these extensions below this folder of `examples/`, without installed packages and
/// builds.
pub fn example_sources(folder: &str, extensions: &[&str]) -> Vec<PathBuf> {
    let (mut files, mut folders) = (Vec::new(), vec![repository().join("examples").join(folder)]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            let extension = path.extension().and_then(OsStr::to_str).unwrap_or_default();
            if path.is_dir() {
                if !["node_modules", "dist", "target"].contains(&name) && !name.starts_with('.') {
                    folders.push(path);
                }
            } else if extensions.contains(&extension) && name != "next-env.d.ts" {
                files.push(path);
            }
        }
    }
    files
}

/// Runs a task of a script of `scripts/` that starts and stops servers in `folder`. Returns what it prints.
#[cfg(unix)]
pub(crate) fn run_script(name: &str, task: &str, folder: &Path, arguments: &[&OsStr]) -> String {
    let output = Command::new(repository().join("scripts").join(name))
        .arg(task)
        .arg(folder)
        .args(arguments)
        // A commit must survive a kill, on this server and on the standby.
        .env("VESTIBULE_POSTGRES_FSYNC", "on")
        .env("VESTIBULE_POSTGRES_COMMIT", "remote_apply")
        .output()
        .unwrap();
    assert!(output.status.success(), "{name} {task}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}
