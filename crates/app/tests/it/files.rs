//! The modes of the files that the server creates, and the secret files that it refuses.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::server::{Server, fresh_dir, send_request, vestibule};

/// Runs the binary with a umask that restricts nothing.
fn with_open_umask(arguments: &[&str]) -> Command {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", "umask 0; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_vestibule")]);
    command.args(arguments).env_clear();
    command
}

/// All files and directories below `dir`, with their modes.
fn modes(dir: &Path) -> Vec<(PathBuf, u32, bool)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let metadata = path.metadata().unwrap();
        found.push((path.clone(), metadata.permissions().mode() & 0o7777, metadata.is_dir()));
        if metadata.is_dir() {
            found.extend(modes(&path));
        }
    }
    found
}

fn assert_private(dir: &Path, names: &[&str]) {
    let modes = modes(dir);
    for (path, mode, is_dir) in &modes {
        assert_eq!(*mode, if *is_dir { 0o700 } else { 0o600 }, "{}: {mode:04o}", path.display());
    }
    for name in names {
        assert!(modes.iter().any(|(path, ..)| path.ends_with(name)), "{name} is missing in {modes:?}");
    }
}

/// A PNG image of one black pixel.
const PNG: &[u8] = b"\x89\x50\x4e\x47\x0d\x0a\x1a\x0a\x00\x00\x00\x0d\x49\x48\x44\x52\x00\x00\x00\x01\x00\x00\x00\x01\
    \x08\x00\x00\x00\x00\x3a\x7e\x9b\x55\x00\x00\x00\x0a\x49\x44\x41\x54\x78\xda\x63\x60\x00\x00\x00\
    \x02\x00\x01\xe5\x27\xde\xfc\x00\x00\x00\x00\x49\x45\x4e\x44\xae\x42\x60\x82";

fn upload_picture(host: &str, cookie: &str) {
    use std::io::{Read, Write};

    let mut body = b"--part\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x\"\r\n\r\n".to_vec();
    body.extend_from_slice(PNG);
    body.extend_from_slice(b"\r\n--part--\r\n");
    let mut connection = std::net::TcpStream::connect(host).unwrap();
    write!(
        connection,
        "POST /me/profile-picture HTTP/1.1\r\nHost: {host}\r\nCookie: session_id={cookie}\r\n\
         Content-Type: multipart/form-data; boundary=part\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    )
    .unwrap();
    connection.write_all(&body).unwrap();
    let mut response = String::new();
    connection.read_to_string(&mut response).unwrap();
    assert!(response.starts_with("HTTP/1.1 200"), "{response}");
}

#[test]
fn every_created_file_is_private_whatever_the_umask_is() {
    let dir = fresh_dir("private-files");
    let database = dir.join("data/v.db");
    let arguments = ["serve", "--listen", "127.0.0.1:0", "--database", database.to_str().unwrap()];
    let (server, _) = Server::spawn(&mut with_open_umask(&arguments), "Database: ");
    let host = server.host();
    let form = "email=ada%40example.com&password=engine-of-1837&first_name=Ada&last_name=L";
    let response = send_request(host, "POST /auth/signup", None, form).unwrap();
    let cookie = response.session().unwrap();
    upload_picture(host, cookie);
    let created = send_request(host, "POST /organizations", Some(cookie), "name=Acme").unwrap();
    let path = format!("POST /organizations/{}/invitations", created.text("id"));
    assert_eq!(send_request(host, &path, Some(cookie), "email=nina%40example.com").unwrap().status, 200);
    let mail_dir = database.parent().unwrap().join("mail");
    let deadline = Instant::now() + Duration::from_mins(1);
    while !mail_dir.exists() || fs::read_dir(&mail_dir).unwrap().count() == 0 {
        assert!(Instant::now() < deadline, "the server writes no mail");
        std::thread::yield_now();
    }
    assert_private(&dir, &["v.db", "v.db-wal", "v.db-shm", "v.db.lock", "master.key", "mail", "images"]);
    server.stop();
    assert!(modes(&dir.join("data/images")).len() == 1, "the picture is stored");

    let copy = dir.join("copies/v.db");
    let arguments = ["copy-database", "--from", database.to_str().unwrap(), "--to", copy.to_str().unwrap()];
    let output = with_open_umask(&arguments).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_private(&dir, &["copies/v.db"]);
}

#[test]
fn demo_files_are_private() {
    let dir = fresh_dir("private-demo");
    let arguments = ["demo", "--listen", "127.0.0.1:0", "--dir", dir.to_str().unwrap()];
    let (server, _) = Server::spawn(&mut with_open_umask(&arguments), "API reference: ");
    assert_private(&dir, &["demo.db", "demo.db.lock", "made-by-vestibule-demo"]);
    server.stop();
}

#[test]
fn existing_files_are_restricted_at_the_start() {
    let dir = fresh_dir("restricted-files");
    let (server, _) = Server::start(&dir);
    server.stop();
    for name in ["v.db", "v.db.lock"] {
        fs::set_permissions(dir.join(name), fs::Permissions::from_mode(0o644)).unwrap();
    }
    let (server, _) = Server::start(&dir);
    for name in ["v.db", "v.db.lock", "v.db-wal", "v.db-shm"] {
        let mode = dir.join(name).metadata().unwrap().permissions().mode() & 0o7777;
        assert_eq!(mode & 0o007, 0, "{name}: {mode:04o}");
    }
    server.stop();
}

#[test]
fn start_refuses_weak_and_exposed_secret_files() {
    let dir = fresh_dir("secret-files");
    fs::create_dir_all(&dir).unwrap();
    let secret = dir.join("secret");
    let (database, key) = (dir.join("v.db"), dir.join("secret-url"));
    for (setting, content, mode, found) in [
        ("MAIL_BOUNCE_SECRET_FILE", "", 0o600, "is empty"),
        ("MAIL_BOUNCE_SECRET_FILE", "x", 0o600, "contains only 1 bytes"),
        ("MAIL_BOUNCE_SECRET_FILE", "a-secret-of-twenty-four-b", 0o644, "its mode is 0644"),
        ("MAIL_PASSWORD_FILE", "", 0o600, "is empty"),
        ("MAIL_PASSWORD_FILE", "open-sesame", 0o604, "its mode is 0604"),
        ("DATABASE_PASSWORD_FILE", "open-sesame", 0o666, "its mode is 0666"),
        ("IMAGES_SECRET_KEY_FILE", "two\nlines", 0o600, "not one line"),
    ] {
        fs::write(&secret, content).unwrap();
        fs::set_permissions(&secret, fs::Permissions::from_mode(mode)).unwrap();
        let mut command = vestibule(&["--listen", "127.0.0.1:0"]);
        let database = match setting {
            "DATABASE_PASSWORD_FILE" => "postgres://vestibule@127.0.0.1:1/v",
            _ => database.to_str().unwrap(),
        };
        command.env("VESTIBULE_DATABASE", database).env("VESTIBULE_KEY_FILE", &key);
        command
            .env("VESTIBULE_MAIL_TRANSPORT", "smtp")
            .env("VESTIBULE_MAIL_HOST", "localhost")
            .env("VESTIBULE_MAIL_USER", "u");
        command.env("VESTIBULE_IMAGES_STORAGE", "s3://bucket").env("VESTIBULE_IMAGES_ACCESS_KEY_ID", "id");
        command.env("VESTIBULE_IMAGES_REGION", "eu-central-1");
        command.env(format!("VESTIBULE_{setting}"), &secret);
        let output = command.output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{stderr}");
        assert!(stderr.contains(found) && stderr.contains(&format!("VESTIBULE_{setting}")), "{setting}: {stderr}");
        assert!(!stderr.contains("open-sesame") && !stderr.contains("a-secret-of"), "{stderr}");
    }
}

/// The user and the group of the server in a pod. Nothing else has them.
const POD_USER: u32 = 54_321;
const POD_GROUP: u32 = 54_322;

/// Mounts a secret as Kubernetes does: the file is a link to a file in a directory that a link selects.
fn mount_secret(dir: &Path, content: &str, mode: u32) -> PathBuf {
    let _ = fs::remove_dir_all(dir);
    fs::create_dir_all(dir.join("..2026_11_29")).unwrap();
    let file = dir.join("..2026_11_29/secret");
    fs::write(&file, content).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
    symlink("..2026_11_29", dir.join("..data")).unwrap();
    symlink("..data/secret", dir.join("secret")).unwrap();
    dir.join("secret")
}

/// Runs `doctor` with one mounted secret.
fn doctor(dir: &Path, setting: &str, secret: &Path) -> Command {
    let mut command = vestibule(&["doctor"]);
    command.env("VESTIBULE_DATABASE", dir.join("v.db")).env("VESTIBULE_MAIL_TRANSPORT", "smtp");
    command.env("VESTIBULE_MAIL_HOST", "127.0.0.1").env("VESTIBULE_MAIL_PORT", "1").env("VESTIBULE_MAIL_USER", "u");
    command.env(format!("VESTIBULE_{}", setting.to_uppercase().replace('.', "_")), secret);
    command
}

fn output(command: &mut Command) -> String {
    let output = command.output().unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// Only root can create files of root, so the rest of this test runs only if root runs it, as CI does.
#[test]
fn secrets_mounted_as_files_of_root_may_be_read_by_the_group() {
    let dir = fresh_dir("mounted-secrets");
    fs::create_dir_all(&dir).unwrap();
    let is_root = dir.metadata().unwrap().uid() == 0;
    let in_pod = |command: &mut Command| output(command.uid(POD_USER).gid(POD_GROUP));
    let key = "0123456789abcdef".repeat(4);
    for (setting, content) in [("key_file", key.as_str()), ("mail.password_file", "open-sesame")] {
        let owned_by = |owner: u32, mode: u32| {
            let secret = mount_secret(&dir.join("mount"), content, mode);
            if is_root {
                chown(&secret, Some(owner), Some(POD_GROUP)).unwrap();
            }
            doctor(&dir, setting, &secret)
        };
        let assert_refused = |found: &str, parts: &[&str]| {
            assert!(found.contains(&format!("{setting} is ")) && !found.contains(content), "{found}");
            assert!(parts.iter().all(|part| found.contains(part)), "{parts:?}: {found}");
        };
        let assert_read = |found: &str| assert!(!found.contains(&format!("{setting} is ")), "{found}");
        assert_refused(&output(&mut owned_by(POD_USER, 0o440)), &["0440", "chmod 600", "file of root"]);
        assert_refused(&output(&mut owned_by(POD_USER, 0o640)), &["0640", "chmod 600"]);
        if !is_root {
            continue;
        }
        assert_refused(&output(&mut owned_by(0, 0o644)), &["0644", "the user 0", "defaultMode: 0440", "fsGroup"]);
        assert_refused(&output(&mut owned_by(0, 0o660)), &["0660"]);
        for (owner, mode) in [(0, 0o440), (0, 0o640), (0, 0o400), (POD_USER, 0o400), (POD_USER, 0o600)] {
            assert_read(&output(&mut owned_by(owner, mode)));
        }
        // As in a pod: the server is not root, and reads the secrets by its group.
        chown(&dir, Some(POD_USER), Some(POD_GROUP)).unwrap();
        assert_read(&in_pod(&mut owned_by(0, 0o440)));
        assert_read(&in_pod(&mut owned_by(POD_USER, 0o400)));
        assert_refused(&in_pod(&mut owned_by(0, 0o400)), &["defaultMode: 0440", "fsGroup"]);
    }
}
