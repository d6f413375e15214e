//! The binary from outside: its exit codes, and what it says where.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a helper that fails fails its test")]

use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

fn vestibule(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vestibule"));
    command.args(arguments).env_clear().stdin(Stdio::null());
    command
}

fn run(arguments: &[&str]) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = vestibule(arguments).output().unwrap();
    (status.code(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

/// A folder that is fresh for each test of this name.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    folder
}

/// A server of its own; ended with the test, whatever becomes of it.
struct Server(Child);

impl Server {
    fn start(folder: &Path) -> (Self, Vec<String>) {
        let database = folder.join("v.db");
        let child = vestibule(&["--listen", "127.0.0.1:0", "--database", database.to_str().unwrap()])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut server = Self(child);
        let lines = BufReader::new(server.0.stdout.take().unwrap()).lines().take(3).map(Result::unwrap).collect();
        (server, lines)
    }

    fn signal(&self, signal: &str) {
        assert!(Command::new("kill").args([signal, &self.0.id().to_string()]).status().unwrap().success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_wrong_command_line_is_2_and_a_wrong_setting_is_1() {
    assert_eq!(run(&["serv"]).0, Some(2));
    assert_eq!(run(&["--port", "80"]).0, Some(2));
    let (code, stdout, stderr) = run(&["--listen", "here", "--public-url", "there", "--database", "/tmp/v.db"]);
    assert_eq!((code, stdout.as_str(), stderr.lines().count()), (Some(1), "", 2), "{stderr}");
    assert!(stderr.lines().all(|line| line.starts_with("vestibule: ") && line.contains("write for example --")));
}

#[test]
fn help_version_and_reference_go_to_stdout() {
    for arguments in [&["--help"][..], &["--version"], &["settings"], &["demo", "--help"]] {
        let (code, stdout, stderr) = run(arguments);
        assert_eq!((code, stderr.as_str()), (Some(0), ""), "{arguments:?}");
        assert!(!stdout.is_empty());
    }
    let (_, stdout, _) = run(&["settings", "--database", "/tmp/v.db"]);
    assert!(stdout.starts_with("database = \"/tmp/v.db\" # the flag --database\n"), "{stdout}");
}

#[test]
fn a_taken_port_is_told_before_anything_is_made() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let (address, folder) = (taken.local_addr().unwrap().to_string(), folder("taken"));
    let database = folder.join("v.db");
    let (code, stdout, stderr) = run(&["serve", "--listen", &address, "--database", database.to_str().unwrap()]);
    assert_eq!((code, stdout.as_str()), (Some(1), ""));
    assert!(stderr.contains(&format!("listen is {address}, but another program listens there")), "{stderr}");
    assert!(!folder.exists());
}

#[test]
fn a_server_says_where_it_is_and_ends_in_order() {
    for signal in ["-TERM", "-INT"] {
        let folder = folder(&format!("ends{signal}"));
        let (mut server, lines) = Server::start(&folder);
        let [listens, _, database] = &lines[..] else { panic!("{lines:?}") };
        assert!(listens.starts_with("Vestibule listens on http://127.0.0.1:"), "{listens}");
        assert!(!listens.ends_with(":0"), "the port is the one that was bound");
        assert!(database.ends_with("v.db"), "{database}");
        // A connection that asks nothing keeps nobody from ending.
        let address = listens.rsplit_once('/').unwrap().1;
        let _idle = std::net::TcpStream::connect(address).unwrap();
        server.signal(signal);
        let status = server.0.wait().unwrap();
        let mut stderr = String::new();
        server.0.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        assert_eq!(status.code(), Some(0), "{stderr}");
        assert!(!stderr.contains("vestibule: "), "{stderr}");
    }
}
