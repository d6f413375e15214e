//! The commands as an operator runs them: exit codes, stdout and stderr.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;

use vestibule_testbed::smtp::MailServer;
use vestibule_testbed::{Database, Engine};

use crate::server::{Server, fresh_dir, run, send_request, vestibule};

#[test]
fn exits_with_2_for_invalid_command_line_and_1_for_invalid_setting() {
    assert_eq!(run(&["serv"]).0, Some(2));
    assert_eq!(run(&["--port", "80"]).0, Some(2));
    let (code, stdout, stderr) = run(&["--listen", "here", "--public-url", "there", "--database", "v.db"]);
    assert_eq!((code, stdout.as_str(), stderr.lines().count()), (Some(1), "", 2), "{stderr}");
    assert!(stderr.lines().all(|line| line.starts_with("vestibule: ") && line.contains("for example: --")));
}

#[test]
fn prints_help_version_and_reference_to_stdout() {
    for arguments in [&["--help"][..], &["--version"], &["settings"], &["demo", "--help"]] {
        let (code, stdout, stderr) = run(arguments);
        assert_eq!((code, stderr.as_str()), (Some(0), ""), "{arguments:?}");
        assert!(!stdout.is_empty());
    }
    let (_, stdout, _) = run(&["settings", "--database", "v.db"]);
    assert!(stdout.starts_with("database = \"v.db\" # flag --database\n"), "{stdout}");
}

/// Writes a settings file for a mail server. Returns its directory and path.
fn mail_settings(name: &str, server: &MailServer) -> (std::path::PathBuf, String) {
    let dir = fresh_dir(name);
    std::fs::create_dir_all(&dir).unwrap();
    let file = dir.join("v.toml");
    let text = format!(
        "database = \"v.db\"\n[mail]\ntransport = \"smtp\"\nhost = \"localhost\"\nport = {}\nca_file = \"{}\"\n",
        server.port,
        server.certificate.display()
    );
    std::fs::write(&file, text).unwrap();
    (dir, file.to_str().unwrap().to_owned())
}

#[test]
fn doctor_reports_successful_and_failed_checks() {
    let mut server = MailServer::start("starttls");
    let (_, file) = mail_settings("doctor", &server);
    let (code, stdout, stderr) = run(&["doctor", "--config", &file, "--mail-to", "you@example.com"]);
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
    for line in
        ["settings: valid", "does not exist yet", "all templates are valid", "mail: connected to", "test message sent"]
    {
        assert!(stdout.contains(line), "{line:?} is not in {stdout}");
    }
    assert!(server.received_message_id().starts_with("doctor-"));
    let (code, _, stderr) = run(&["doctor", "--config", &file, "--mail-to", "nobody"]);
    assert!(code == Some(1) && stderr.contains("--mail-to is \"nobody\""), "{stderr}");
    drop(server);
    let (code, _, stderr) = run(&["doctor", "--config", &file]);
    assert!(code == Some(1) && stderr.contains("mail.ca_file"), "{stderr}");
    let refusing = MailServer::start("refuses");
    let (_, file) = mail_settings("doctor-refused", &refusing);
    let (code, _, stderr) = run(&["doctor", "--config", &file, "--mail-to", "you@example.com"]);
    assert!(code == Some(1) && stderr.contains("550") && !stderr.contains("you@"), "{stderr}");
}

#[test]
fn lists_exports_and_previews_mail_templates() {
    let dir = fresh_dir("mails");
    let (templates, previews) = (dir.join("templates"), dir.join("previews"));
    let (_, stdout, _) = run(&["mail", "list"]);
    let templates_count = vestibule_core::mail::EmailTemplate::TEMPLATES.len();
    let languages_count = vestibule_core::language::Language::ALL.len();
    assert_eq!(stdout.lines().count(), languages_count * templates_count + 1, "all, and the layout: {stdout}");
    assert_eq!(run(&["mail", "export", templates.to_str().unwrap()]).0, Some(0));
    assert!(templates.join("de/invitation.txt").exists() && templates.join("layout.html").exists());
    let database = dir.join("v.db");
    let preview = ["mail", "preview", previews.to_str().unwrap(), "--database", database.to_str().unwrap()];
    assert_eq!(run(&preview).0, Some(0));
    assert_eq!(std::fs::read_dir(&previews).unwrap().count(), 2 * languages_count * templates_count);
    assert!(!database.exists());
    for entry in std::fs::read_dir(&previews).unwrap() {
        let path = entry.unwrap().path();
        let mail = std::fs::read_to_string(&path).unwrap();
        let is_html = path.extension().is_some_and(|extension| extension == "html");
        assert!(mail.starts_with(if is_html { "<!doctype html>" } else { "Subject: " }), "{}", path.display());
        for placeholder in ["{{", "{%", "{ $", "undefined"] {
            assert!(!mail.contains(placeholder), "{placeholder} in {}", path.display());
        }
    }
}

/// Returns the values of the attributes of a page that lead elsewhere.
fn links(html: &str) -> impl Iterator<Item = &str> {
    let values = ["href=\"", "src=\"", "srcset=\"", "action=\""].into_iter();
    values.flat_map(|attribute| html.split(attribute).skip(1).filter_map(|rest| rest.split('"').next()))
}

#[test]
fn previews_every_page_in_every_language() {
    let dir = fresh_dir("pages");
    let (code, stdout, stderr) = run(&["pages", "preview", "--out", dir.to_str().unwrap()]);
    assert_eq!(code, Some(0), "{stderr}");
    let names = |language: &str| {
        let entries = std::fs::read_dir(dir.join(language)).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    let pages = names("en");
    let languages = vestibule_core::language::Language::ALL;
    assert!(stdout.starts_with(&format!("{} pages written", pages.len() * languages.len())), "{stdout}");
    for name in ["domains", "requests", "invite-review", "invite-result", "invite-new", "sign-in", "account"] {
        assert!(pages.contains(&format!("{name}.html")), "{name}: {pages:?}");
    }
    let mut files = vec![dir.join("index.html")];
    for language in languages {
        assert_eq!(names(language.tag()), pages);
        files.extend(pages.iter().map(|page| dir.join(language.tag()).join(page)));
    }
    for file in files {
        let html = std::fs::read_to_string(&file).unwrap();
        let folder = file.parent().unwrap();
        if let Some(tag) = folder.file_name().and_then(|name| name.to_str()).filter(|_| folder != dir) {
            assert!(html.contains(&format!("<html lang=\"{tag}\"")), "{}", file.display());
        }
        for placeholder in ["{ $", "{{", "{%", "<script"] {
            assert!(!html.contains(placeholder), "{placeholder} in {}", file.display());
        }
        for link in links(&html).filter(|link| !link.contains(':')) {
            let path = link.split(['#', '?']).next().unwrap();
            assert!(path.is_empty() || folder.join(path).is_file(), "{link} in {}", file.display());
        }
    }
    let page = |name: &str| std::fs::read_to_string(dir.join("de").join(name)).unwrap();
    assert!(page("domains.html").contains("_vestibule-verification"), "the record of a domain to be verified");
    assert!(page("requests.html").contains("kiara@nordwind-cafe.example"));
    assert!(page("invite-result.html").contains("ben@lindgren-tea.example"));
}

#[test]
fn occupied_port_fails_before_creating_files() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let (address, dir) = (taken.local_addr().unwrap().to_string(), fresh_dir("taken"));
    let database = dir.join("v.db");
    let (code, stdout, stderr) = run(&["serve", "--listen", &address, "--database", database.to_str().unwrap()]);
    assert_eq!((code, stdout.as_str()), (Some(1), ""));
    assert!(stderr.contains(&format!("listen is {address}, but another program is listening there")), "{stderr}");
    assert!(!dir.exists());
}

#[test]
fn prints_addresses_and_shuts_down_gracefully_on_signal() {
    for signal in ["-TERM", "-INT"] {
        let dir = fresh_dir(&format!("ends{signal}"));
        let (mut server, lines) = Server::start(&dir);
        let [listening, _, database] = &lines[..] else { panic!("{lines:?}") };
        assert!(listening.starts_with("Listening on http://127.0.0.1:"), "{listening}");
        assert!(!listening.ends_with(":0"), "prints the bound port");
        assert!(database.ends_with("v.db"), "{database}");
        // Idle connections, with or without an earlier request, do not delay the shutdown.
        let address = server.host();
        let _idle = TcpStream::connect(address).unwrap();
        let mut keep_alive = TcpStream::connect(address).unwrap();
        write!(keep_alive, "GET /session HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        let mut status_line = [0; 12];
        keep_alive.read_exact(&mut status_line).unwrap();
        assert_eq!(&status_line, b"HTTP/1.1 200");
        server.signal(signal);
        let (code, stderr) = server.wait();
        assert_eq!(code, Some(0), "{stderr}");
        assert!(!stderr.contains("vestibule: "), "{stderr}");
    }
}

/// Sends the request of a printed curl command. Returns status and body.
fn curl(line: &str) -> (u16, String) {
    let words: Vec<_> = line.split(' ').collect();
    let cookie = words.iter().position(|word| *word == "--cookie").map(|at| words[at + 1]);
    let (host, path) = words.last().unwrap().strip_prefix("http://").unwrap().split_once('/').unwrap();
    let cookie = cookie.map(|cookie| cookie.strip_prefix("session_id=").unwrap());
    let response = send_request(host, &format!("GET /{path}"), cookie, "").unwrap();
    (response.status, response.body)
}

#[test]
fn demo_prints_curl_commands_with_the_stated_results() {
    let dir = fresh_dir("demo");
    let (server, lines) = Server::demo(&dir);
    let curls: Vec<_> = lines.iter().filter(|line| line.starts_with("curl ")).collect();
    let [owner, member, anonymous] = curls[..] else { panic!("{lines:?}") };
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
    assert_eq!(curl(anonymous).0, 401);
    assert_eq!(lines.iter().filter(|line| line.starts_with("  ") && line.contains('@')).count(), 7);
    assert!(std::fs::read_dir(dir.join("mail")).unwrap().count() > 10);

    // A second demo does not touch a running one, and resets the directory of one that has stopped.
    let (code, _, stderr) = run(&["demo", "--listen", "127.0.0.1:0", "--dir", dir.to_str().unwrap()]);
    assert_eq!(code, Some(1));
    assert!(stderr.contains("which another vestibule process has locked"), "{stderr}");
    assert_eq!(curl(owner).0, 200);
    server.stop();
    let (again, lines) = Server::demo(&dir);
    assert!(!lines.iter().any(|line| line == owner));
    again.stop();
}

#[test]
fn demo_lets_the_application_of_its_flag_call_the_api() {
    let start = |url: &str| {
        let dir = fresh_dir("demo-app-url");
        let arguments = ["demo", "--listen", "127.0.0.1:0", "--dir", dir.to_str().unwrap(), "--app-url", url];
        Server::spawn(&mut vestibule(&arguments), "API reference: ")
    };
    let (mut server, lines) = start("http://127.0.0.1:3000");
    assert!(lines.iter().any(|line| line == "Your application: http://127.0.0.1:3000"), "{lines:?}");
    let request = "GET /session HTTP/1.1\r\nOrigin: http://127.0.0.1:3000\r\nX-Unused:";
    let response = send_request(server.host(), request, None, "").unwrap();
    assert!(response.head.contains("access-control-allow-origin: http://127.0.0.1:3000\r\n"), "{response:?}");
    server.signal("-TERM");
    let (code, log) = server.wait();
    assert_eq!((code, log.matches("app.url").count()), (Some(0), 0), "{log}");

    // The demo logs the warnings about its settings, as the server does.
    let (mut server, _) = start("http://localhost:3000");
    server.signal("-TERM");
    let (_, log) = server.wait();
    assert!(log.contains("app.url is http://localhost:3000, which is another site than public_url"), "{log}");

    let (code, stdout, stderr) = run(&["demo", "--app-url", "app.example.com"]);
    assert_eq!((code, stdout.as_str()), (Some(1), ""));
    assert!(stderr.contains("(flag --app-url)") && !stderr.contains("VESTIBULE_"), "{stderr}");
    assert_eq!(run(&["serve", "--app-url", "http://127.0.0.1:3000"]).0, Some(2), "a flag of the demo alone");
}

#[test]
fn demo_refuses_a_unix_socket() {
    let dir = fresh_dir("demo-socket");
    let socket = format!("unix:{}", dir.with_extension("sock").display());
    let (code, stdout, stderr) = run(&["demo", "--listen", &socket, "--dir", dir.to_str().unwrap()]);
    assert_eq!((code, stdout.as_str()), (Some(1), ""));
    assert!(stderr.contains(&format!("--listen is {socket}, but the demo listens on a port")), "{stderr}");
    assert!(!dir.exists());
}

#[test]
fn demo_rejects_directory_with_foreign_files() {
    let dir = fresh_dir("not-a-demo");
    std::fs::create_dir_all(&dir).unwrap();
    std::fs::write(dir.join("demo.db"), "unrelated").unwrap();
    let (code, _, stderr) = run(&["demo", "--listen", "127.0.0.1:0", "--dir", dir.to_str().unwrap()]);
    assert_eq!(code, Some(1));
    assert!(stderr.contains("which contains files that no demo created"), "{stderr}");
    assert_eq!(std::fs::read_to_string(dir.join("demo.db")).unwrap(), "unrelated");
    assert_eq!(std::fs::read_dir(&dir).unwrap().count(), 1);
    let mut without_dir = vestibule(&["demo", "--listen", "127.0.0.1:0", "--dir", ""]);
    let output = without_dir.current_dir(&dir).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(std::fs::read_dir(&dir).unwrap().count(), 1);
    assert_eq!(std::fs::read_to_string(dir.join("demo.db")).unwrap(), "unrelated");
}

#[test]
fn database_requires_its_own_key_and_is_locked_by_one_process() {
    use std::os::unix::fs::PermissionsExt;

    let (first, second) = (fresh_dir("key-first"), fresh_dir("key-second"));
    let (server, _) = Server::start(&first);
    for file in ["v.db", "v.db-wal", "master.key"] {
        let mode = std::fs::metadata(first.join(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
    let start = |dir: &Path| run(&["--listen", "127.0.0.1:0", "--database", dir.join("v.db").to_str().unwrap()]);
    assert!(start(&first).2.contains("which another vestibule process has locked"));
    server.stop();
    Server::start(&second).0.stop();
    std::fs::copy(second.join("master.key"), first.join("master.key")).unwrap();
    let (code, _, stderr) = start(&first);
    assert_eq!(code, Some(1));
    assert!(stderr.contains("which is not the key of the database"), "{stderr}");
    std::fs::remove_file(second.join("master.key")).unwrap();
    assert!(start(&second).2.contains("has data that needs its key"));
    std::fs::write(second.join("v.db"), "not a database").unwrap();
    assert!(start(&second).2.contains("which is not a Vestibule database"));
}

#[test]
fn copies_database_to_postgres_and_back() {
    let dir = fresh_dir("copy-database");
    let (demo, lines) = Server::demo(&dir);
    let owner_curl = lines.iter().find(|line| line.starts_with("curl ")).unwrap();
    let before = curl(&format!("{owner_curl}?status=all")).1;
    demo.stop();
    let (file, back) = (dir.join("demo.db"), dir.join("back.db"));
    let server = Database::create_on(Engine::Postgres);
    let (file, back, url) = (file.to_str().unwrap(), back.to_str().unwrap(), server.url());

    let check = run(&["migrate", "--check", "--database", &url]);
    assert!(check.1.contains("would apply 0001 foundation"), "{check:?}");
    let (code, stdout, stderr) = run(&["copy-database", "--from", file, "--to", &url]);
    assert_eq!((code, stderr.as_str()), (Some(0), ""), "{stdout}");
    assert!(stdout.contains("the checksums of both databases match"), "{stdout}");
    let check = run(&["migrate", "--check", "--database", &url]);
    assert!(check.1.contains("the schema is up to date"), "{check:?}");
    let (code, _, stderr) = run(&["copy-database", "--from", file, "--to", &url]);
    assert_eq!(code, Some(1));
    assert!(stderr.contains("where the table deployments has rows"), "{stderr}");
    assert_eq!(run(&["copy-database", "--from", &url, "--to", back]).0, Some(0));
    let (code, _, stderr) =
        run(&["copy-database", "--from", "nowhere.db", "--to", dir.join("made.db").to_str().unwrap()]);
    assert_eq!(code, Some(1));
    assert!(stderr.contains("--from is nowhere.db, which does not exist") && !dir.join("made.db").exists(), "{stderr}");

    for database in [url.as_str(), back] {
        let (server, _) = Server::spawn(
            vestibule(&["--listen", "127.0.0.1:0", "--database", database])
                .env("VESTIBULE_KEY_FILE", dir.join("master.key"))
                .env("VESTIBULE_MAIL_TRANSPORT", "none"),
            "Mail: disabled",
        );
        let host = server.host();
        let (_, path) = owner_curl.rsplit_once("/organizations").unwrap();
        let line = owner_curl.rsplit_once("http://").unwrap().0;
        let after = curl(&format!("{line}http://{host}/organizations{path}?status=all")).1;
        let data =
            |body: &str| body.split_once("\"data\":").unwrap().1.split_once("\"session\":").unwrap().0.to_owned();
        assert_eq!(data(&after), data(&before));
        server.stop();
    }
}
