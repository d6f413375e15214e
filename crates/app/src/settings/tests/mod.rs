//! Loading settings: precedence of sources, defaults, and that every setting has an effect.

mod application;
mod branding;
mod limits;
mod messages;
mod reference;
mod social;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use vestibule_core::settings::{Branding, Color, ImageStorage, Transport};

use super::table::settings;
use super::*;

fn environment(variables: &[(&str, &str)]) -> Environment {
    Environment {
        variables: variables.iter().map(|(name, value)| (name.into(), value.into())).collect(),
        data_dir: Some(PathBuf::from("/data")),
        cpus: 6,
    }
}

/// A directory with the settings file `v.toml`, deleted on drop.
struct SettingsFile(PathBuf);

impl SettingsFile {
    fn new(text: &str) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let dir = std::env::temp_dir().join(format!("vestibule-settings-{}-{number}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        fs::write(dir.join("v.toml"), text).unwrap();
        Self(dir)
    }

    fn flags(&self) -> Flags {
        Flags { config: Some(self.0.join("v.toml").to_str().unwrap().to_owned()), ..Flags::default() }
    }
}

impl Drop for SettingsFile {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn load_file(text: &str) -> Result<LoadedSettings, Vec<String>> {
    let file = SettingsFile::new(text);
    load(&file.flags(), &environment(&[])).map_err(|problems| {
        let dir = format!("{}/", file.0.display());
        problems.iter().map(|problem| problem.to_string().replace(&dir, "")).collect()
    })
}

fn load_variables(variables: &[(&str, &str)]) -> Result<LoadedSettings, Vec<String>> {
    load(&Flags::default(), &environment(variables)).map_err(|problems| messages(&problems))
}

fn messages(problems: &[SettingError]) -> Vec<String> {
    problems.iter().map(ToString::to_string).collect()
}

#[test]
fn uses_defaults_if_nothing_is_set() {
    let loaded = load_variables(&[]).unwrap();
    assert_eq!(loaded.database.file(), Some(Path::new("/data/vestibule/vestibule.db")));
    assert_eq!(loaded.key_file, Path::new("/data/vestibule/master.key"));
    assert_eq!(loaded.operator_socket.as_deref(), Some(Path::new("/data/vestibule/vestibule.db.sock")));
    assert_eq!(loaded.mail_file_dir, Path::new("/data/vestibule/mail"));
    assert_eq!(loaded.settings.public_url.as_str(), "http://127.0.0.1:8080");
    assert_eq!(loaded.settings.passwords.max_concurrent_hashes, 6);
    assert!(loaded.values.iter().all(|value| value.origin == Origin::Default));
    assert_eq!(loaded.values.len(), settings().count());
    assert!(loaded.warnings.is_empty());
}

/// Tests of the service use `Settings::default`, so it must not differ from the defaults of the table.
#[test]
fn defaults_of_table_and_service_are_equal() {
    let mut expected = Settings::default();
    expected.passwords.max_concurrent_hashes = 6;
    expected.mail.transport = Transport::File("/data/vestibule/mail".into());
    expected.images.storage = ImageStorage::Directory("/data/vestibule/images".into());
    let (table, service) = (format!("{:#?}", load_variables(&[]).unwrap().settings), format!("{expected:#?}"));
    for (table, service) in table.lines().zip(service.lines()) {
        assert_eq!(table, service, "the default in the table differs from `Settings::default`");
    }
    assert_eq!(table, service);
}

#[test]
fn tokens_are_for_the_public_url_unless_their_audience_is_set() {
    let audience = |variables: &[(&str, &str)]| {
        let mut loaded = load_variables(variables).unwrap();
        loaded.set_bound_address(([127, 0, 0, 1], 4321).into());
        loaded.settings.tokens.audience
    };
    let public = ("VESTIBULE_PUBLIC_URL", "https://join.example.com");
    assert_eq!(audience(&[]), ["http://127.0.0.1:4321"]);
    assert_eq!(audience(&[public]), ["https://join.example.com"]);
    assert_eq!(
        audience(&[public, ("VESTIBULE_TOKENS_AUDIENCE", "api, https://b.example")]),
        ["api", "https://b.example"]
    );
    assert_eq!(audience(&[("VESTIBULE_TOKENS_AUDIENCE", "api")]), ["api"]);
    assert!(audience(&[("VESTIBULE_TOKENS_AUDIENCE", "")]).is_empty());
    for invalid in ["[tokens]\naudience = ['']", "[tokens]\naudience = ['a b']", "[tokens]\naudience = 'a'"] {
        assert!(load_file(invalid).is_err(), "{invalid}");
    }
}

#[test]
fn mail_is_written_to_files_while_the_server_is_local() {
    let transport = |variables: &[(&str, &str)]| load_variables(variables).unwrap().settings.mail.transport;
    let public = ("VESTIBULE_PUBLIC_URL", "https://join.example.com");
    assert_eq!(transport(&[public]), Transport::None);
    assert!(matches!(transport(&[public, ("VESTIBULE_MAIL_TRANSPORT", "file")]), Transport::File(_)));
    assert_eq!(transport(&[("VESTIBULE_MAIL_TRANSPORT", "none")]), Transport::None);
}

#[test]
fn flags_override_environment_and_environment_overrides_file() {
    let file = SettingsFile::new(
        "listen = '127.0.0.1:1'\nname = 'File'\ndatabase = 'file.db'\n[invitations]\nexpiry_days = 3",
    );
    let variables = [("VESTIBULE_LISTEN", "127.0.0.1:2"), ("VESTIBULE_NAME", "Environment")];
    let flags = Flags { listen: Some("127.0.0.1:3".to_owned()), ..file.flags() };
    let loaded = load(&flags, &environment(&variables)).unwrap();
    assert_eq!(loaded.listen, SocketAddr::from(([127, 0, 0, 1], 3)).into());
    assert_eq!(loaded.settings.name, "Environment");
    assert_eq!(loaded.settings.invitations.expiry_days, 3);
    assert_eq!(loaded.settings.public_url.as_str(), "http://127.0.0.1:3", "derived from the effective value");
    assert_eq!(loaded.origin("listen"), &Origin::Flag("--listen"));
    assert_eq!(loaded.origin("name"), &Origin::EnvVar("VESTIBULE_NAME".to_owned()));
    assert_eq!(loaded.origin("invitations.expiry_days"), &Origin::File(file.0.join("v.toml"), 5));
    assert_eq!(loaded.origin("mode"), &Origin::Default);

    let config = [("VESTIBULE_CONFIG", file.0.join("v.toml").to_str().unwrap().to_owned())];
    let config = environment(&config.each_ref().map(|(name, value)| (*name, value.as_str())));
    let loaded = load(&Flags::default(), &config).unwrap();
    assert_eq!(loaded.settings.name, "File");
    let other = SettingsFile::new("name = 'Other'");
    let loaded = load(&other.flags(), &config).unwrap();
    assert_eq!(loaded.settings.name, "Other");
}

#[test]
fn paths_in_file_are_relative_to_file() {
    let file = SettingsFile::new("database = 'here/v.db'\nkey_file = '/keys/k'\nmail.transport = 'file'");
    let loaded = load(&file.flags(), &environment(&[])).unwrap();
    assert_eq!(loaded.database.file(), Some(&*file.0.join("here/v.db")));
    assert_eq!(loaded.key_file, Path::new("/keys/k"));
    assert_eq!(loaded.settings.mail.transport, Transport::File(file.0.join("here/mail")));
    let loaded = load_variables(&[("VESTIBULE_DATABASE", "v.db")]).unwrap();
    assert_eq!((loaded.database.file(), loaded.key_file.as_path()), (Some(Path::new("v.db")), Path::new("master.key")));
}

#[test]
fn parse_database_reports_flag_and_hides_password() {
    assert_eq!(parse_database("v.db", Origin::Flag("--from")).unwrap().file(), Some(Path::new("v.db")));
    let error = parse_database("postgres://u:secret@h/d?sslmode=x", Origin::Flag("--from")).unwrap_err().to_string();
    assert!(error.starts_with("database is \"postgres://…\" (flag --from): sslmode is one of"), "{error}");
}

#[test]
fn database_url_is_not_resolved_as_path_and_password_is_hidden() {
    let file = SettingsFile::new(
        "database = 'postgres://hall:p4ssw0rd@db.example/v?sslmode=require'\ndatabase_password_file = 'pw'",
    );
    let loaded = load(&file.flags(), &environment(&[])).unwrap();
    assert_eq!(loaded.database.to_string(), "postgres://hall@db.example:5432/v");
    assert_eq!(loaded.database_password_file, Some(file.0.join("pw")));
    assert_eq!(loaded.key_file, Path::new("/data/vestibule/master.key"));
    let printed = format!("{} {:?} {:?}", effective(&loaded), loaded.values, loaded.database);
    assert!(!printed.contains("p4ssw0rd"), "{printed}");
}

#[test]
fn lists_are_replaced_and_origins_normalized() {
    let file = SettingsFile::new("allowed_origins = ['https://a.example']\ntrusted_proxies = ['10.0.0.0/8', '::1']");
    let variables = [("VESTIBULE_ALLOWED_ORIGINS", "https://B.example:443/, http://localhost:3000,")];
    let loaded = load(&file.flags(), &environment(&variables)).unwrap();
    assert_eq!(loaded.settings.allowed_origins, ["https://b.example", "http://localhost:3000"]);
    assert_eq!(loaded.settings.trusted_proxies.len(), 2);
    let cleared = load(&file.flags(), &environment(&[("VESTIBULE_ALLOWED_ORIGINS", "")])).unwrap();
    assert!(cleared.settings.allowed_origins.is_empty());
}

#[test]
fn bound_port_appears_in_default_public_url_only() {
    let mut loaded = load_variables(&[("VESTIBULE_LISTEN", "127.0.0.1:0")]).unwrap();
    loaded.set_bound_address(([127, 0, 0, 1], 4711).into());
    assert_eq!(loaded.settings.public_url.as_str(), "http://127.0.0.1:4711");
    let mut loaded = load_variables(&[("VESTIBULE_PUBLIC_URL", "https://x.example")]).unwrap();
    loaded.set_bound_address(([127, 0, 0, 1], 4711).into());
    assert_eq!(loaded.settings.public_url.as_str(), "https://x.example");
}

/// Returns the variables without which a setting has no effect: it is about SMTP, or about a bucket.
fn prerequisites(setting: &Setting) -> BTreeMap<String, String> {
    let variables: &[(&str, &str)] = match setting.path {
        "mail.transport" => &[("VESTIBULE_MAIL_HOST", "localhost")],
        "session_cookie.domain" | "passkeys.rp_id" => &[("VESTIBULE_PUBLIC_URL", "https://join.example.com")],
        "mail.host" | "mail.security" | "mail.port" | "mail.user" | "mail.ca_file" => {
            &[("VESTIBULE_MAIL_TRANSPORT", "smtp"), ("VESTIBULE_MAIL_HOST", "localhost")]
        }
        "images.region" | "images.endpoint" | "images.access_key_id" => {
            &[("VESTIBULE_IMAGES_STORAGE", "s3://example-images")]
        }
        _ => &[],
    };
    variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// Loads the settings with the prerequisites of `setting` and with `value` for the setting itself.
fn load_with(setting: &Setting, value: Option<&str>) -> LoadedSettings {
    let mut variables = prerequisites(setting);
    variables.extend(value.map(|value| (setting.env_var(), value.to_owned())));
    let variables: Vec<_> = variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    load_variables(&variables).unwrap_or_else(|problems| panic!("{}: {problems:?}", setting.path))
}

#[test]
fn accepts_every_example_in_environment_and_file() {
    for setting in settings() {
        let loaded = load_with(setting, Some(setting.example));
        assert_eq!(loaded.origin(setting.path), &Origin::EnvVar(setting.env_var()));
        let host = match setting.path {
            "mail.transport" => "\nmail.host = 'localhost'",
            "session_cookie.domain" | "passkeys.rp_id" => "\npublic_url = 'https://join.example.com'",
            _ => "",
        };
        let line = format!("{} = {}{host}", setting.path, setting.raw_value(setting.example));
        let loaded = load_file(&line).unwrap_or_else(|problems| panic!("{line}: {problems:?}"));
        assert!(matches!(loaded.origin(setting.path), Origin::File(_, 1)));
    }
}

/// Settings that only the binary reads: they change a field of `LoadedSettings` other than `settings`.
const BINARY_SETTINGS: [&str; 15] = [
    "database",
    "database_password_file",
    "database_max_connections",
    "key_file",
    "operator_socket",
    "listen",
    "listen_mode",
    "metrics.listen",
    "log",
    "log_format",
    "mail.password_file",
    "mail.bounce_secret_file",
    "images.secret_key_file",
    "domains.resolver",
    "http_client.ca_file",
];

/// Returns a valid value that is not the default. This is the example, except where the default is the best example.
fn non_default_value(setting: &Setting) -> &'static str {
    match setting.path {
        "listen" => "127.0.0.1:9000",
        "mode" => "staging",
        _ => setting.example,
    }
}

/// Formats the fields of `LoadedSettings` that the service does not get, and that are not about the loading itself.
fn binary_settings(loaded: &LoadedSettings) -> String {
    let LoadedSettings {
        settings: _,
        database,
        database_password_file,
        postgres,
        key_file,
        operator_socket,
        mail_file_dir,
        mail_password_file,
        bounce_secret_file,
        image_secret_key_file,
        provider_secret_files,
        http_ca_file,
        dns_resolver,
        listen,
        listen_mode,
        platform_listen,
        metrics_listen,
        log,
        log_format,
        warnings: _,
        values: _,
    } = loaded;
    format!(
        "{:?}",
        (
            (database, database_password_file, postgres, key_file, operator_socket, mail_file_dir, mail_password_file),
            (
                bounce_secret_file,
                image_secret_key_file,
                provider_secret_files,
                http_ca_file,
                dns_resolver,
                listen,
                listen_mode,
                platform_listen,
                metrics_listen,
                log,
                log_format
            ),
        )
    )
}

/// Fails for a setting that is parsed and dropped.
#[test]
fn every_setting_reaches_the_service() {
    for path in BINARY_SETTINGS {
        assert!(Setting::find(path).is_some(), "BINARY_SETTINGS contains {path}, which is not a setting");
    }
    let mut problems = Vec::new();
    for setting in settings() {
        let (path, value) = (setting.path, non_default_value(setting));
        let (before, after) = (load_with(setting, None), load_with(setting, Some(value)));
        let printed = |loaded: &LoadedSettings| loaded.value(path).map(|value| value.value.to_string());
        if printed(&before) == printed(&after) {
            problems.push(format!("{path}: {value} is the default; change the example, or extend non_default_value"));
        } else if BINARY_SETTINGS.contains(&path) {
            if binary_settings(&before) == binary_settings(&after) {
                problems.push(format!("{path} = {value} changes nothing that the binary reads"));
            }
        } else if format!("{:?}", before.settings) == format!("{:?}", after.settings) {
            problems.push(format!(
                "{path} = {value} does not change the settings of the service; if only the binary reads it, extend \
                 BINARY_SETTINGS"
            ));
        }
    }
    assert!(problems.is_empty(), "{problems:#?}");
}
