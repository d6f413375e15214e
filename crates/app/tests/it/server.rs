//! The binary as a child process, and a minimal HTTP client.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread::JoinHandle;

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

/// What a command has printed, and how it ended.
pub(crate) struct Printed {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    /// Without the security log, which an operator command writes itself if no server runs.
    pub(crate) stderr: String,
}

impl Printed {
    /// Runs a command to its end.
    pub(crate) fn from_command(command: &mut Command) -> Self {
        let Output { status, stdout, stderr } = command.output().unwrap();
        let stderr = String::from_utf8(stderr).unwrap();
        let notes: Vec<_> = stderr.lines().filter(|line| !line.contains(" vestibule::security: ")).collect();
        Self { code: status.code(), stdout: String::from_utf8(stdout).unwrap(), stderr: notes.join("\n") }
    }
}

/// Returns the path of a directory that does not exist yet. `name` must be unique among the tests.
pub(crate) fn fresh_dir(name: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&dir);
    dir
}

/// A running server, killed on drop.
pub(crate) struct Server {
    process: Child,
    host: String,
    /// Reads stderr to its end, so that the server never blocks on a full pipe. `None` after `wait`.
    log: Option<JoinHandle<String>>,
}

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
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (stdout, mut stderr) = (process.stdout.take().unwrap(), process.stderr.take().unwrap());
        let log = std::thread::spawn(move || {
            let mut bytes = Vec::new();
            let _ = stderr.read_to_end(&mut bytes);
            String::from_utf8_lossy(&bytes).into_owned()
        });
        let mut server = Self { process, host: String::new(), log: Some(log) };
        let mut lines = Vec::new();
        for line in BufReader::new(stdout).lines().map(Result::unwrap) {
            let is_last = line.starts_with(last);
            if let Some(host) = line.strip_prefix("Listening on http://") {
                host.clone_into(&mut server.host);
            }
            lines.push(line);
            if is_last {
                return (server, lines);
            }
        }
        panic!("the server did not start: {lines:?} {:?}", server.wait());
    }

    /// Returns the address and port; empty at a Unix socket.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    pub(crate) fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Waits until the server ends. Returns its exit code and its log.
    pub(crate) fn wait(&mut self) -> (Option<i32>, String) {
        let status = self.process.wait().unwrap();
        (status.code(), self.log.take().map(|log| log.join().unwrap()).unwrap_or_default())
    }

    /// Stops the server gracefully and asserts that it succeeds.
    pub(crate) fn stop(mut self) {
        self.signal("-TERM");
        let (code, log) = self.wait();
        assert_eq!(code, Some(0), "{log}");
    }

    pub(crate) fn signal(&self, signal: &str) {
        assert!(Command::new("kill").args([signal, &self.id().to_string()]).status().unwrap().success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
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
    let cookie = cookie.map_or(String::new(), |cookie| format!("Cookie: session_id={cookie}\r\n"));
    send_request_with(host, request, &cookie, form)
}

/// Sends a request with these header lines.
pub(crate) fn send_request_with(host: &str, request: &str, headers: &str, form: &str) -> io::Result<Response> {
    let mut connection = TcpStream::connect(host)?;
    let length = form.len();
    write!(
        connection,
        "{request} HTTP/1.1\r\nHost: {host}\r\n{headers}Content-Type: application/x-www-form-urlencoded\r\n\
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
