//! The binary from outside: its exit codes, and what it says where.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;

use vestibule_testbed::smtp::MailServer;
use vestibule_testbed::{Database, Engine};

use crate::server::{Server, ask, folder, run, vestibule};

#[test]
fn a_wrong_command_line_is_2_and_a_wrong_setting_is_1() {
    assert_eq!(run(&["serv"]).0, Some(2));
    assert_eq!(run(&["--port", "80"]).0, Some(2));
    let (code, stdout, stderr) = run(&["--listen", "here", "--public-url", "there", "--database", "v.db"]);
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
    let (_, stdout, _) = run(&["settings", "--database", "v.db"]);
    assert!(stdout.starts_with("database = \"v.db\" # the flag --database\n"), "{stdout}");
}

/// A settings file for a mail server, in a folder of its own.
fn posting(name: &str, server: &MailServer) -> (std::path::PathBuf, String) {
    let folder = folder(name);
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("v.toml");
    let text = format!(
        "database = \"v.db\"\n[mail]\ntransport = \"smtp\"\nhost = \"localhost\"\nport = {}\ntrusted_certificate = \"{}\"\n",
        server.port,
        server.certificate.display()
    );
    std::fs::write(&file, text).unwrap();
    (folder, file.to_str().unwrap().to_owned())
}

#[test]
fn the_doctor_says_what_holds_and_what_does_not() {
    let mut server = MailServer::start("starttls");
    let (_, file) = posting("doctor", &server);
    let (code, stdout, stderr) = run(&["doctor", "--config", &file, "--mail-to", "you@example.com"]);
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
    for line in ["settings: every one", "is not there yet", "every template", "takes us in", "mail: sent"] {
        assert!(stdout.contains(line), "{line:?} is not in {stdout}");
    }
    assert!(server.received_message_id().starts_with("doctor-"));
    let (code, _, stderr) = run(&["doctor", "--config", &file, "--mail-to", "nobody"]);
    assert!(code == Some(1) && stderr.contains("--mail-to is \"nobody\""), "{stderr}");
    drop(server);
    let (code, _, stderr) = run(&["doctor", "--config", &file]);
    assert!(code == Some(1) && stderr.contains("trusted_certificate"), "{stderr}");
    let refusing = MailServer::start("refuses");
    let (_, file) = posting("doctor-refused", &refusing);
    let (code, _, stderr) = run(&["doctor", "--config", &file, "--mail-to", "you@example.com"]);
    assert!(code == Some(1) && stderr.contains("550") && !stderr.contains("you@"), "{stderr}");
}

#[test]
fn mails_are_listed_written_out_and_looked_at() {
    let folder = folder("mails");
    let (words, looks) = (folder.join("words"), folder.join("looks"));
    let (_, stdout, _) = run(&["mail", "list"]);
    assert_eq!(stdout.lines().count(), 21, "{stdout}");
    assert_eq!(run(&["mail", "export", words.to_str().unwrap()]).0, Some(0));
    assert!(words.join("de/invitation.txt").exists() && words.join("layout.html").exists());
    let database = folder.join("v.db");
    let preview = ["mail", "preview", looks.to_str().unwrap(), "--database", database.to_str().unwrap()];
    assert_eq!(run(&preview).0, Some(0));
    assert_eq!(std::fs::read_dir(&looks).unwrap().count(), 40);
    assert!(!database.exists());
}

#[test]
fn the_outbox_is_there_to_look_at() {
    let folder = folder("outbox");
    std::fs::create_dir_all(&folder).unwrap();
    let database = folder.join("v.db");
    let at = ["--database", database.to_str().unwrap()];
    let (code, stdout, stderr) = run(&["outbox", "list", at[0], at[1]]);
    assert_eq!((code, stdout.as_str()), (Some(0), "The outbox is empty: every mail has left\n"), "{stderr}");
    let (code, stdout, _) = run(&["outbox", "retry", "all", at[0], at[1]]);
    assert!(code == Some(0) && stdout.starts_with("0 will be tried"), "{stdout}");
    let (code, _, stderr) = run(&["outbox", "drop", "12", at[0], at[1]]);
    assert!(code == Some(1) && stderr.contains("JOB_NOT_FOUND"), "{stderr}");
    assert_eq!(run(&["outbox", "retry", "x", at[0], at[1]]).0, Some(1));
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
        // Connections that ask nothing, or have asked and are kept open, keep nobody from ending.
        let address = listens.rsplit_once('/').unwrap().1;
        let _idle = TcpStream::connect(address).unwrap();
        let mut kept = TcpStream::connect(address).unwrap();
        write!(kept, "GET /session HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        let mut beginning = [0; 12];
        kept.read_exact(&mut beginning).unwrap();
        assert_eq!(&beginning, b"HTTP/1.1 200");
        server.signal(signal);
        let status = server.0.wait().unwrap();
        let mut stderr = String::new();
        server.0.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        assert_eq!(status.code(), Some(0), "{stderr}");
        assert!(!stderr.contains("vestibule: "), "{stderr}");
    }
}

/// What a printed curl gets, as status and body.
fn curl(line: &str) -> (u16, String) {
    let words: Vec<_> = line.split(' ').collect();
    let cookie = words.iter().position(|word| *word == "--cookie").map(|at| words[at + 1]);
    let (host, path) = words.last().unwrap().strip_prefix("http://").unwrap().split_once('/').unwrap();
    let cookie = cookie.map(|cookie| cookie.strip_prefix("session_id=").unwrap());
    let answer = ask(host, &format!("GET /{path}"), cookie, "").unwrap();
    (answer.status, answer.body)
}

#[test]
fn the_demo_prints_three_curls_that_answer_as_it_says() {
    let folder = folder("demo");
    let (server, lines) = Server::demo(&folder);
    let curls: Vec<_> = lines.iter().filter(|line| line.starts_with("curl ")).collect();
    let [owner, member, nobody] = curls[..] else { panic!("{lines:?}") };
    let (status, body) = curl(owner);
    assert_eq!(status, 200, "{body}");
    for found in
        ["hana@karlin-market.example", "\"expired\":true", "\"inviter\":null", "\"workspace\":null", "\"Warehouse\""]
    {
        assert!(body.contains(found), "{found}: {body}");
    }
    assert_eq!(curl(&format!("{owner}?status=all")).1.matches("\"delivery\"").count(), 13);
    for (status, ended) in [(200, "accepted"), (200, "discarded"), (200, "declined")] {
        let (found, body) = curl(&format!("{owner}?status={ended}"));
        assert_eq!((found, body.contains("\"email\"")), (status, true), "{ended}");
    }
    assert_eq!(curl(member).0, 403);
    assert_eq!(curl(nobody).0, 401);
    assert_eq!(lines.iter().filter(|line| line.starts_with("  ") && line.contains('@')).count(), 7);
    assert!(std::fs::read_dir(folder.join("mail")).unwrap().count() > 10);

    // A second demo leaves the running one alone, and empties the folder of one that has ended.
    let (code, _, stderr) = run(&["demo", "--listen", "127.0.0.1:0", "--dir", folder.to_str().unwrap()]);
    assert_eq!(code, Some(1));
    assert!(stderr.contains("which another vestibule process has open"), "{stderr}");
    assert_eq!(curl(owner).0, 200);
    server.end();
    let (again, lines) = Server::demo(&folder);
    assert!(!lines.iter().any(|line| line == owner));
    again.end();
}

#[test]
fn the_demo_touches_nothing_it_did_not_make() {
    let folder = folder("not-a-demo");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("demo.db"), "somebody's").unwrap();
    let (code, _, stderr) = run(&["demo", "--listen", "127.0.0.1:0", "--dir", folder.to_str().unwrap()]);
    assert_eq!(code, Some(1));
    assert!(stderr.contains("which has things in it that no demo made"), "{stderr}");
    assert_eq!(std::fs::read_to_string(folder.join("demo.db")).unwrap(), "somebody's");
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
    let mut nowhere = vestibule(&["demo", "--listen", "127.0.0.1:0", "--dir", ""]);
    let output = nowhere.current_dir(&folder).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
    assert_eq!(std::fs::read_to_string(folder.join("demo.db")).unwrap(), "somebody's");
}

#[test]
fn a_database_is_opened_with_its_own_key_by_one_process() {
    use std::os::unix::fs::PermissionsExt;

    let (first, second) = (folder("key-first"), folder("key-second"));
    let (server, _) = Server::start(&first);
    for file in ["v.db", "v.db-wal", "master.key"] {
        let mode = std::fs::metadata(first.join(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
    let start = |folder: &Path| run(&["--listen", "127.0.0.1:0", "--database", folder.join("v.db").to_str().unwrap()]);
    assert!(start(&first).2.contains("which another vestibule process has open"));
    server.end();
    Server::start(&second).0.end();
    std::fs::copy(second.join("master.key"), first.join("master.key")).unwrap();
    let (code, _, stderr) = start(&first);
    assert_eq!(code, Some(1));
    assert!(stderr.contains("which is not the key that database"), "{stderr}");
    std::fs::remove_file(second.join("master.key")).unwrap();
    assert!(start(&second).2.contains("has data that needs its key"));
    std::fs::write(second.join("v.db"), "not a database").unwrap();
    assert!(start(&second).2.contains("which is not a database of Vestibule"));
}

#[test]
fn a_company_moves_to_a_server_and_back() {
    let folder = folder("moves");
    let (demo, lines) = Server::demo(&folder);
    let curl_of_the_owner = lines.iter().find(|line| line.starts_with("curl ")).unwrap();
    let before = curl(&format!("{curl_of_the_owner}?status=all")).1;
    demo.end();
    let (file, back) = (folder.join("demo.db"), folder.join("back.db"));
    let server = Database::create_on(Engine::Postgres);
    let (file, back, url) = (file.to_str().unwrap(), back.to_str().unwrap(), server.url());

    let check = run(&["migrate", "--check", "--database", &url]);
    assert!(check.1.contains("would run 0001 foundation"), "{check:?}");
    let (code, stdout, stderr) = run(&["move", "--from", file, "--to", &url]);
    assert_eq!((code, stderr.as_str()), (Some(0), ""), "{stdout}");
    assert!(stdout.contains("all of them the same on both sides"), "{stdout}");
    let check = run(&["migrate", "--check", "--database", &url]);
    assert!(check.1.contains("has the newest schema"), "{check:?}");
    let (code, _, stderr) = run(&["move", "--from", file, "--to", &url]);
    assert_eq!(code, Some(1));
    assert!(stderr.contains("where deployments has rows already"), "{stderr}");
    assert_eq!(run(&["move", "--from", &url, "--to", back]).0, Some(0));
    let (code, _, stderr) = run(&["move", "--from", "nowhere.db", "--to", folder.join("made.db").to_str().unwrap()]);
    assert_eq!(code, Some(1));
    assert!(
        stderr.contains("--from is nowhere.db, which is not there") && !folder.join("made.db").exists(),
        "{stderr}"
    );

    for database in [url.as_str(), back] {
        let (server, lines) = Server::spawned(
            vestibule(&["--listen", "127.0.0.1:0", "--database", database])
                .env("VESTIBULE_KEY_FILE", folder.join("master.key"))
                .env("VESTIBULE_MAIL_TRANSPORT", "none"),
            "No mail is sent",
        );
        let host = lines[0].rsplit_once('/').unwrap().1;
        let (_, path) = curl_of_the_owner.rsplit_once("/organizations").unwrap();
        let line = curl_of_the_owner.rsplit_once("http://").unwrap().0;
        let after = curl(&format!("{line}http://{host}/organizations{path}?status=all")).1;
        let data =
            |body: &str| body.split_once("\"data\":").unwrap().1.split_once("\"session\":").unwrap().0.to_owned();
        assert_eq!(data(&after), data(&before));
        server.end();
    }
}
