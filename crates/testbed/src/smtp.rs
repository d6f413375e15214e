//! A real mail server on loopback, which refuses, hangs, puts off and forgets as it is told.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};

/// A running mail server; it ends when it is dropped.
pub struct MailServer {
    process: Child,
    says: BufReader<ChildStdout>,
    /// On loopback.
    pub port: u16,
    /// Whose certificate it shows: for `localhost`.
    pub certificate: PathBuf,
    _folder: tempfile::TempDir,
}

impl MailServer {
    /// Starts one that behaves so: `refuses`, `greylists`, `full`, `hangs`, `drops`, `asks` who one is, `tls` from the first
    /// byte, `plain`; or any other word for one that takes everything.
    ///
    /// # Panics
    /// When it cannot be started: `scripts/test` installs what it needs.
    pub fn start(manner: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
        let certificate = folder.path().join("certificate.pem");
        std::fs::write(&certificate, made.cert.pem()).unwrap();
        std::fs::write(folder.path().join("key.pem"), made.signing_key.serialize_pem()).unwrap();
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/src/smtp.py");
        let python = std::env::var("VESTIBULE_TEST_PYTHON").unwrap_or_else(|_| "/usr/bin/python3".to_owned());
        let process = Command::new(python).arg(script).arg(folder.path()).arg(manner).stdout(Stdio::piped()).spawn();
        let mut process = process.unwrap();
        let mut says = BufReader::new(process.stdout.take().unwrap());
        let mut line = String::new();
        says.read_line(&mut line).unwrap();
        let port = line.trim().strip_prefix("port ").expect("the mail server starts").parse().unwrap();
        Self { process, says, port, certificate, _folder: folder }
    }

    /// The message id of the next mail it takes.
    ///
    /// # Panics
    /// When it has ended.
    pub fn took(&mut self) -> String {
        let mut line = String::new();
        self.says.read_line(&mut line).unwrap();
        line.trim().strip_prefix("took ").expect("a mail was taken").trim_matches(['<', '>']).to_owned()
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
