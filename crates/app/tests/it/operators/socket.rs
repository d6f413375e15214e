//! The socket of a server on SQLite: who can use it, and what is in its way.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::CommandExt;
use std::path::Path;

use super::{Setup, command, sign_in, start_server};
use crate::server::{Server, fresh_dir};

/// The id of an unprivileged user on Linux.
const NOBODY: u32 = 65_534;

#[test]
fn socket_of_a_killed_server_is_replaced() {
    let mut setup = Setup::on_sqlite("operators-killed");
    let (dir, database, id) = (setup.dir.clone(), setup.database.clone(), setup.id.clone());
    setup.server.kill();
    assert!(setup.socket().exists());
    // No server listens, so the command opens the file.
    assert!(setup.ok(&["users", "disable", &id]).starts_with("Disabled user"));
    assert!(setup.socket().exists());
    let server = start_server(&dir, &database);
    assert!(setup.ok(&["users", "enable", &id]).starts_with("Enabled user"));
    assert_eq!(sign_in(server.host()).status, 200);
    // A second server on the same database does not take the socket away.
    let (code, _, stderr) = setup.run(&["serve", "--listen", "127.0.0.1:0"]);
    assert!(code == Some(1) && stderr.contains("another vestibule process has locked"), "{stderr}");
    assert!(setup.ok(&["users", "sign-out", &id]).starts_with("Ended 1 sign-in of user"));
    server.stop();
}

#[test]
fn bad_requests_are_answered_and_do_not_block_others() {
    let setup = Setup::on_sqlite("operators-bad");
    let ask = |request: &[u8]| {
        let mut stream = UnixStream::connect(setup.socket()).unwrap();
        stream.write_all(request).unwrap();
        let mut answer = String::new();
        BufReader::new(stream).read_line(&mut answer).unwrap();
        answer
    };
    for (request, code) in [
        (&b"\n"[..], "INVALID_REQUEST"),
        (b"GET / HTTP/1.1\n", "INVALID_REQUEST"),
        (b"{\"version\":2,\"action\":\"ping\",\"arguments\":{}}\n", "OTHER_VERSION"),
        (b"{\"version\":1,\"action\":\"drop_tables\",\"arguments\":{}}\n", "UNKNOWN_ACTION"),
        (b"{\"version\":1,\"action\":\"disable_user\",\"arguments\":{}}\n", "INVALID_REQUEST"),
        (b"{\"version\":1,\"action\":\"disable_user\",\"arguments\":{\"user\":\"1; DROP\"}}\n", "INVALID_REQUEST"),
        (b"{\"version\":1,\"action\":\"disable_user\",\"arguments\":{\"user\":\"1\"}}\n", "USER_NOT_FOUND"),
        (&vec![b'x'; 65 * 1024], "INVALID_REQUEST"),
    ] {
        let answer = ask(request);
        let shown = String::from_utf8_lossy(&request[..request.len().min(80)]);
        assert!(answer.starts_with("{\"version\":1,\"error\":{") && answer.contains(code), "{shown}: {answer}");
    }
    assert!(ask(b"{\"version\":1,\"action\":\"ping\",\"arguments\":{}}\n").contains("\"result\""));
    // A client that sends nothing uses one of several permits.
    let _silent: Vec<_> = (0..3).map(|_| UnixStream::connect(setup.socket()).unwrap()).collect();
    assert!(setup.ok(&["users", "disable", &setup.id]).starts_with("Disabled user"));
    setup.server.stop();
}

/// Root runs the tests of a container; another user cannot change to a third one.
fn is_root(dir: &Path) -> bool {
    std::fs::metadata(dir).unwrap().uid() == 0
}

#[test]
fn other_users_are_rejected_even_if_they_can_open_the_socket() {
    let setup = Setup::on_sqlite("operators-users");
    if !is_root(&setup.dir) {
        return;
    }
    let socket = setup.socket();
    // As if an operator had opened directory and socket to everybody. The test's other directories stay closed, so the
    // process starts where it needs no path.
    std::fs::set_permissions(&setup.dir, std::fs::Permissions::from_mode(0o755)).unwrap();
    std::fs::set_permissions(&socket, std::fs::Permissions::from_mode(0o666)).unwrap();
    let request = r#"{"version":1,"action":"ping","arguments":{}}"#;
    let script = format!(
        "import socket\ns=socket.socket(socket.AF_UNIX)\ns.connect('v.db.sock')\ns.send(b'{request}\\n')\nprint('answer', s.recv(100))"
    );
    let ask = |user: u32| {
        let mut python = std::process::Command::new("/usr/bin/python3");
        python.args(["-c", &script]).current_dir(&setup.dir).env_clear();
        python.uid(user).gid(user).output()
    };
    let Ok(as_root) = ask(0) else { return };
    assert!(String::from_utf8_lossy(&as_root.stdout).contains("result"), "{as_root:?}");
    let as_nobody = ask(NOBODY).unwrap();
    let (stdout, stderr) = (String::from_utf8_lossy(&as_nobody.stdout), String::from_utf8_lossy(&as_nobody.stderr));
    let is_rejected =
        stdout.contains("answer b''") || stderr.contains("ConnectionResetError") || stderr.contains("BrokenPipe");
    assert!(is_rejected, "{as_nobody:?}");
    setup.server.stop();
}

#[test]
fn unusable_socket_stops_server_only_if_its_path_was_set() {
    let dir = fresh_dir("operators-unusable");
    std::fs::create_dir_all(&dir).unwrap();
    let database = dir.join("v.db");
    let (database, socket) = (database.to_str().unwrap(), dir.join("v.db.sock"));
    std::fs::write(&socket, "not a socket").unwrap();
    let serve = ["--listen", "127.0.0.1:0", "--database", database];
    let with_socket = |socket: &str| {
        let output = command(&dir, &serve).env("VESTIBULE_OPERATOR_SOCKET", socket).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, stderr) = with_socket(socket.to_str().unwrap());
    assert!(code == Some(1) && stderr.contains("that is not a socket"), "{stderr}");
    let (code, stderr) = with_socket(dir.join("n".repeat(120)).to_str().unwrap());
    assert!(code == Some(1) && stderr.contains("longer than the system allows for a socket"), "{stderr}");
    let taken = dir.join("taken.sock");
    let _listener = UnixListener::bind(&taken).unwrap();
    let (code, stderr) = with_socket(taken.to_str().unwrap());
    assert!(code == Some(1) && stderr.contains("another server listens there"), "{stderr}");

    let (mut server, _) = Server::spawn(&mut command(&dir, &serve), "Mail: written to files");
    assert_eq!(std::fs::read_to_string(&socket).unwrap(), "not a socket");
    let disable = command(&dir, &["users", "disable", "1", "--database", database]).output().unwrap();
    let stderr = String::from_utf8(disable.stderr).unwrap();
    assert!(disable.status.code() == Some(1), "{stderr}");
    let empty = command(&dir, &["users", "disable", "1", "--database", database])
        .env("VESTIBULE_OPERATOR_SOCKET", "")
        .output()
        .unwrap();
    let stderr = String::from_utf8(empty.stderr).unwrap();
    assert!(
        stderr.contains("which a running server has locked") && stderr.contains("VESTIBULE_OPERATOR_SOCKET"),
        "{stderr}"
    );
    assert!(command(&dir, &["users", "list", "--database", database]).status().unwrap().success());
    server.signal("-TERM");
    let (code, log) = server.wait();
    assert!(code == Some(0) && log.contains("operator commands cannot reach this server"), "{log}");
}
