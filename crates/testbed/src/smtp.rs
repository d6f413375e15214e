//! A real SMTP server on loopback with configurable behaviour.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};

/// A running mail server. Dropping it stops the server.
pub struct MailServer {
    process: Child,
    stdout: BufReader<ChildStdout>,
    /// The port on loopback.
    pub port: u16,
    /// The server's self-signed certificate for `localhost` and 127.0.0.1.
    pub certificate: PathBuf,
    _folder: tempfile::TempDir,
}

impl MailServer {
    /// Starts a server. `behaviour` is `refuses`, `greylists`, `full`, `hangs`, `stalls` (on the first mail only),
    /// `drops`, `auth` (requires credentials), `tls` (implicit TLS) or `plain` (no TLS). With any other word the server
    /// accepts every mail over STARTTLS.
    ///
    /// # Panics
    /// If the server does not start. `scripts/test` installs what it needs.
    pub fn start(behaviour: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
        let certificate = folder.path().join("certificate.pem");
        std::fs::write(&certificate, made.cert.pem()).unwrap();
        std::fs::write(folder.path().join("key.pem"), made.signing_key.serialize_pem()).unwrap();
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/src/smtp.py");
        let python = std::env::var("VESTIBULE_TEST_PYTHON").unwrap_or_else(|_| "/usr/bin/python3".to_owned());
        let process = Command::new(python).arg(script).arg(folder.path()).arg(behaviour).stdout(Stdio::piped()).spawn();
        let mut process = process.unwrap();
        let mut stdout = BufReader::new(process.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let port = line.trim().strip_prefix("port ").expect("the mail server prints its port").parse().unwrap();
        Self { process, stdout, port, certificate, _folder: folder }
    }

    /// Waits for the next accepted mail and returns its message id.
    ///
    /// # Panics
    /// If the server has ended.
    pub fn received_message_id(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        line.trim().strip_prefix("received ").expect("the server accepts a mail").trim_matches(['<', '>']).to_owned()
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
