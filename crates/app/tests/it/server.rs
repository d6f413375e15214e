//! The binary as a child process, and a minimal HTTP client.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

/// Returns a command without any inherited environment variables.
pub(crate) fn vestibule(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vestibule"));
    command.args(arguments).env_clear().stdin(Stdio::null());
    command
}

/// Runs a command to its end. Returns exit code, stdout and stderr.
pub(crate) fn run(arguments: &[&str]) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = vestibule(arguments).output().unwrap();
    (status.code(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

/// Returns the path of a directory that does not exist yet. `name` must be unique among the tests.
pub(crate) fn fresh_dir(name: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&dir);
    dir
}

/// A running server, killed on drop.
pub(crate) struct Server(pub(crate) Child);

impl Server {
    pub(crate) fn start(dir: &Path) -> (Self, Vec<String>) {
        let database = dir.join("v.db");
        Self::start_with(&["--listen", "127.0.0.1:0", "--database", database.to_str().unwrap()], "Database: ")
    }

    pub(crate) fn demo(dir: &Path) -> (Self, Vec<String>) {
        Self::start_with(&["demo", "--listen", "127.0.0.1:0", "--dir", dir.to_str().unwrap()], "API reference: ")
    }

    fn start_with(arguments: &[&str], last: &str) -> (Self, Vec<String>) {
        Self::spawn(&mut vestibule(arguments), last)
    }

    /// Starts a server. Returns the lines it prints, up to the line that starts with `last`.
    pub(crate) fn spawn(command: &mut Command, last: &str) -> (Self, Vec<String>) {
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut server = Self(child);
        let mut lines = Vec::new();
        for line in BufReader::new(server.0.stdout.take().unwrap()).lines().map(Result::unwrap) {
            let is_last = line.starts_with(last);
            lines.push(line);
            if is_last {
                return (server, lines);
            }
        }
        let mut stderr = String::new();
        server.0.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        panic!("the server did not start: {lines:?} {stderr}");
    }

    /// Stops the server gracefully and asserts that it succeeds.
    pub(crate) fn stop(mut self) {
        self.signal("-TERM");
        assert_eq!(self.0.wait().unwrap().code(), Some(0));
    }

    pub(crate) fn signal(&self, signal: &str) {
        assert!(Command::new("kill").args([signal, &self.0.id().to_string()]).status().unwrap().success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    /// Status line and headers.
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Response {
    /// Returns the session cookie, if the response sets it.
    pub(crate) fn session(&self) -> Option<&str> {
        let (_, rest) = self.head.split_once("session_id=")?;
        rest.split(';').next()
    }

    /// Returns the value of the first JSON string with this key.
    pub(crate) fn text(&self, key: &str) -> &str {
        let (_, rest) = self.body.split_once(&format!("\"{key}\":\"")).unwrap_or_else(|| panic!("{key}: {self:?}"));
        rest.split('"').next().unwrap()
    }
}

/// Sends a request on a new connection. Returns an error if there is no complete response.
pub(crate) fn send_request(host: &str, request: &str, cookie: Option<&str>, form: &str) -> io::Result<Response> {
    let mut connection = TcpStream::connect(host)?;
    let cookie = cookie.map_or(String::new(), |cookie| format!("Cookie: session_id={cookie}\r\n"));
    let length = form.len();
    write!(
        connection,
        "{request} HTTP/1.1\r\nHost: {host}\r\n{cookie}Content-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {length}\r\nConnection: close\r\n\r\n{form}"
    )?;
    let mut response = String::new();
    connection.read_to_string(&mut response)?;
    let incomplete = || io::Error::from(io::ErrorKind::UnexpectedEof);
    let (head, body) = response.split_once("\r\n\r\n").ok_or_else(incomplete)?;
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(incomplete)?;
    if !body.ends_with('}') {
        return Err(incomplete());
    }
    Ok(Response { status, head: head.to_owned(), body: body.to_owned() })
}
