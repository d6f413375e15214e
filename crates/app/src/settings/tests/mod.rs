//! The whole way of settings: what wins over what, and that each arrives.

mod reference;
mod sentences;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use vestibule_core::settings::{ImagePlace, Mode, Transport};

use super::table::settings;
use super::*;

fn surroundings(environment: &[(&str, &str)]) -> Surroundings {
    Surroundings {
        environment: environment.iter().map(|(name, value)| (name.into(), value.into())).collect(),
        data_directory: Some(PathBuf::from("/data")),
        processors: 6,
    }
}

/// A settings file that goes away with the test.
struct File(PathBuf);

impl File {
    fn with(text: &str) -> Self {
        static MADE: AtomicUsize = AtomicUsize::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("vestibule-settings-{}-{number}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("v.toml"), text).unwrap();
        Self(folder)
    }

    fn flags(&self) -> Flags {
        Flags { config: Some(self.0.join("v.toml").to_str().unwrap().to_owned()), ..Flags::default() }
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn from_file(text: &str) -> Result<Loaded, Vec<String>> {
    let file = File::with(text);
    load(&file.flags(), &surroundings(&[])).map_err(|problems| {
        let folder = format!("{}/", file.0.display());
        problems.iter().map(|problem| problem.to_string().replace(&folder, "")).collect()
    })
}

fn from_environment(environment: &[(&str, &str)]) -> Result<Loaded, Vec<String>> {
    load(&Flags::default(), &surroundings(environment)).map_err(|problems| sentences(&problems))
}

fn sentences(problems: &[SettingError]) -> Vec<String> {
    problems.iter().map(ToString::to_string).collect()
}

#[test]
fn untouched_everything_is_a_default() {
    let loaded = from_environment(&[]).unwrap();
    assert_eq!(loaded.database.file(), Some(Path::new("/data/vestibule/vestibule.db")));
    assert_eq!(loaded.key_file, Path::new("/data/vestibule/master.key"));
    assert_eq!(loaded.mail_folder, Path::new("/data/vestibule/mail"));
    assert_eq!(loaded.settings.public_url.as_str(), "http://127.0.0.1:8080");
    assert_eq!(loaded.settings.passwords.parallel_hashes, 6);
    assert!(loaded.given.iter().all(|given| given.origin == Origin::Default));
    assert_eq!(loaded.given.len(), settings().count());
    assert!(loaded.warnings.is_empty());
}

#[test]
fn the_defaults_are_those_of_the_service() {
    let mut expected = Settings::default();
    expected.passwords.parallel_hashes = 6;
    expected.mail.transport = Transport::File("/data/vestibule/mail".into());
    expected.images.place = ImagePlace::Folder("/data/vestibule/images".into());
    assert_eq!(format!("{:?}", from_environment(&[]).unwrap().settings), format!("{expected:?}"));
}

#[test]
fn mail_goes_to_files_until_the_server_is_public() {
    let transport = |environment: &[(&str, &str)]| from_environment(environment).unwrap().settings.mail.transport;
    let public = ("VESTIBULE_PUBLIC_URL", "https://join.example.com");
    assert_eq!(transport(&[public]), Transport::None);
    assert!(matches!(transport(&[public, ("VESTIBULE_MAIL_TRANSPORT", "file")]), Transport::File(_)));
    assert_eq!(transport(&[("VESTIBULE_MAIL_TRANSPORT", "none")]), Transport::None);
}

#[test]
fn flags_win_over_the_environment_and_that_over_the_file() {
    let file = File::with("listen = '127.0.0.1:1'\nname = 'File'\ndatabase = 'file.db'\n[invitations]\ndays = 3");
    let environment = [("VESTIBULE_LISTEN", "127.0.0.1:2"), ("VESTIBULE_NAME", "Environment")];
    let flags = Flags { listen: Some("127.0.0.1:3".to_owned()), ..file.flags() };
    let loaded = load(&flags, &surroundings(&environment)).unwrap();
    assert_eq!(loaded.listen, ([127, 0, 0, 1], 3).into());
    assert_eq!(loaded.settings.name, "Environment");
    assert_eq!(loaded.settings.invitations.days, 3);
    assert_eq!(loaded.settings.public_url.as_str(), "http://127.0.0.1:3", "a default follows what won");
    assert_eq!(loaded.origin("listen"), &Origin::Flag("--listen"));
    assert_eq!(loaded.origin("name"), &Origin::Variable("VESTIBULE_NAME".to_owned()));
    assert_eq!(loaded.origin("invitations.days"), &Origin::File(file.0.join("v.toml"), 5));
    assert_eq!(loaded.origin("mode"), &Origin::Default);

    let config = [("VESTIBULE_CONFIG", file.0.join("v.toml").to_str().unwrap().to_owned())];
    let loaded = load(&Flags::default(), &surroundings(&config.each_ref().map(|(n, v)| (*n, v.as_str())))).unwrap();
    assert_eq!(loaded.settings.name, "File");
    let other = File::with("name = 'Other'");
    let loaded = load(&other.flags(), &surroundings(&config.each_ref().map(|(n, v)| (*n, v.as_str())))).unwrap();
    assert_eq!(loaded.settings.name, "Other");
}

#[test]
fn paths_in_the_file_are_beside_the_file() {
    let file = File::with("database = 'here/v.db'\nkey_file = '/keys/k'\nmail.transport = 'file'");
    let loaded = load(&file.flags(), &surroundings(&[])).unwrap();
    assert_eq!(loaded.database.file(), Some(&*file.0.join("here/v.db")));
    assert_eq!(loaded.key_file, Path::new("/keys/k"));
    assert_eq!(loaded.settings.mail.transport, Transport::File(file.0.join("here/mail")));
    let loaded = from_environment(&[("VESTIBULE_DATABASE", "v.db")]).unwrap();
    assert_eq!((loaded.database.file(), loaded.key_file.as_path()), (Some(Path::new("v.db")), Path::new("master.key")));
}

#[test]
fn a_database_is_read_alike_wherever_it_is_named() {
    assert_eq!(read_database("v.db", Origin::Flag("--from")).unwrap().file(), Some(Path::new("v.db")));
    let wrong = read_database("postgres://u:secret@h/d?sslmode=x", Origin::Flag("--from")).unwrap_err().to_string();
    assert!(wrong.starts_with("database is \"postgres://…\" (the flag --from), where sslmode is one of"), "{wrong}");
}

#[test]
fn a_server_is_no_path() {
    let file =
        File::with("database = 'postgres://hall:p4ssw0rd@db.example/v?sslmode=require'\ndatabase_password_file = 'pw'");
    let loaded = load(&file.flags(), &surroundings(&[])).unwrap();
    assert_eq!(loaded.database.to_string(), "postgres://hall@db.example:5432/v");
    assert_eq!(loaded.database_password_file, Some(file.0.join("pw")));
    assert_eq!(loaded.key_file, Path::new("/data/vestibule/master.key"));
    let shown = format!("{} {:?} {:?}", effective(&loaded), loaded.given, loaded.database);
    assert!(!shown.contains("p4ssw0rd"), "{shown}");
}

#[test]
fn lists_are_replaced_and_spelled_as_browsers_do() {
    let file = File::with("allowed_origins = ['https://a.example']\ntrusted_proxies = ['10.0.0.0/8', '::1']");
    let environment = [("VESTIBULE_ALLOWED_ORIGINS", "https://B.example:443/, http://localhost:3000,")];
    let loaded = load(&file.flags(), &surroundings(&environment)).unwrap();
    assert_eq!(loaded.settings.allowed_origins, ["https://b.example", "http://localhost:3000"]);
    assert_eq!(loaded.settings.trusted_proxies.len(), 2);
    let emptied = load(&file.flags(), &surroundings(&[("VESTIBULE_ALLOWED_ORIGINS", "")])).unwrap();
    assert!(emptied.settings.allowed_origins.is_empty());
}

#[test]
fn a_free_port_shows_in_the_public_url_unless_that_was_set() {
    let mut loaded = from_environment(&[("VESTIBULE_LISTEN", "127.0.0.1:0")]).unwrap();
    loaded.bound_to(([127, 0, 0, 1], 4711).into());
    assert_eq!(loaded.settings.public_url.as_str(), "http://127.0.0.1:4711");
    let mut loaded = from_environment(&[("VESTIBULE_PUBLIC_URL", "https://x.example")]).unwrap();
    loaded.bound_to(([127, 0, 0, 1], 4711).into());
    assert_eq!(loaded.settings.public_url.as_str(), "https://x.example");
}

#[test]
fn every_example_is_taken_from_environment_and_file() {
    for setting in settings() {
        let (variable, example) = (setting.variable(), setting.example);
        let loaded = from_environment(&[(&variable, example)]).unwrap_or_else(|problems| panic!("{problems:?}"));
        assert_eq!(loaded.origin(setting.path), &Origin::Variable(variable));
        let line = format!("{} = {}", setting.path, setting.written(example));
        let loaded = from_file(&line).unwrap_or_else(|problems| panic!("{line}: {problems:?}"));
        assert!(matches!(loaded.origin(setting.path), Origin::File(_, 1)));
    }
}

#[test]
fn every_setting_reaches_the_service() {
    let loaded = from_environment(&[
        ("VESTIBULE_MODE", "staging"),
        ("VESTIBULE_LOG_FORMAT", "json"),
        ("VESTIBULE_SESSIONS_IDLE", "30m"),
        ("VESTIBULE_SESSIONS_ABSOLUTE", "12h"),
        ("VESTIBULE_PASSWORDS_WINDOW", "45s"),
        ("VESTIBULE_MAIL_TRANSPORT", "file"),
        ("VESTIBULE_MAIL_FOLDER", "/m"),
        ("VESTIBULE_MAIL_INVITATION_PAGE", "https://app.example/join"),
    ])
    .unwrap();
    assert_eq!((loaded.settings.mode, loaded.log_format), (Mode::Staging, LogFormat::Json));
    assert_eq!(loaded.settings.sessions.idle, Duration::from_secs(1800));
    assert_eq!(loaded.settings.sessions.absolute, Duration::from_secs(43_200));
    assert_eq!(loaded.settings.passwords.window, Duration::from_secs(45));
    assert_eq!(loaded.settings.mail.transport, Transport::File("/m".into()));
    assert_eq!(loaded.settings.mail.invitation_page.as_deref(), Some("https://app.example/join"));
}
