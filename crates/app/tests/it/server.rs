//! The binary as a process of its own, and the plainest of HTTP clients.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

pub(crate) fn vestibule(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vestibule"));
    command.args(arguments).env_clear().stdin(Stdio::null());
    command
}

pub(crate) fn run(arguments: &[&str]) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = vestibule(arguments).output().unwrap();
    (status.code(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

/// A folder that is fresh for each test of this name.
pub(crate) fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    folder
}

/// A server of its own; ended with the test, whatever becomes of it.
pub(crate) struct Server(pub(crate) Child);

impl Server {
    pub(crate) fn start(folder: &Path) -> (Self, Vec<String>) {
        let database = folder.join("v.db");
        Self::with(&["--listen", "127.0.0.1:0", "--database", database.to_str().unwrap()], "Its database is")
    }

    pub(crate) fn demo(folder: &Path) -> (Self, Vec<String>) {
        Self::with(&["demo", "--listen", "127.0.0.1:0", "--dir", folder.to_str().unwrap()], "Every call there is")
    }

    /// Starts it, and reads what it says up to the line that begins with `last`.
    pub(crate) fn with(arguments: &[&str], last: &str) -> (Self, Vec<String>) {
        Self::spawned(&mut vestibule(arguments), last)
    }

    /// The same for a command with surroundings of its own.
    pub(crate) fn spawned(command: &mut Command, last: &str) -> (Self, Vec<String>) {
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
        panic!("it did not start: {lines:?} {stderr}");
    }

    pub(crate) fn end(mut self) {
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

/// What came back: the status, the head's lines, and the body.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    /// The value of the session's cookie, if it is set.
    pub(crate) fn session(&self) -> Option<&str> {
        let (_, rest) = self.head.split_once("session_id=")?;
        rest.split(';').next()
    }

    /// The text behind the first such key.
    pub(crate) fn text(&self, key: &str) -> &str {
        let (_, rest) = self.body.split_once(&format!("\"{key}\":\"")).unwrap_or_else(|| panic!("{key}: {self:?}"));
        rest.split('"').next().unwrap()
    }
}

/// Asks once, on a connection of its own. Error: nobody answered, or not to the end.
pub(crate) fn ask(host: &str, request: &str, cookie: Option<&str>, form: &str) -> io::Result<Answer> {
    let mut connection = TcpStream::connect(host)?;
    let cookie = cookie.map_or(String::new(), |cookie| format!("Cookie: session_id={cookie}\r\n"));
    let length = form.len();
    write!(
        connection,
        "{request} HTTP/1.1\r\nHost: {host}\r\n{cookie}Content-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {length}\r\nConnection: close\r\n\r\n{form}"
    )?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer)?;
    let cut_short = || io::Error::from(io::ErrorKind::UnexpectedEof);
    let (head, body) = answer.split_once("\r\n\r\n").ok_or_else(cut_short)?;
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(cut_short)?;
    if !body.ends_with('}') {
        return Err(cut_short());
    }
    Ok(Answer { status, head: head.to_owned(), body: body.to_owned() })
}
