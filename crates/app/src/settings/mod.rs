//! Loading settings from defaults, a TOML file, environment variables and flags. A later source overrides an earlier
//! one.
//!
//! [`table`] lists every setting once. The file and environment parsers, the suggestions for misspelled names and the
//! reference are derived from it, so a new setting needs one entry there and a field in [`Settings`].

mod check;
mod duration;
mod error;
mod file;
mod load;
mod parse;
mod reference;
mod setting;
mod site;
mod social;
mod suggest;
mod table;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use vestibule_core::settings::{PublicUrl, Settings};
use vestibule_db::{DatabaseLocation, PostgresOptions, PostgresUrl};

use crate::listener::ListenAddress;
pub(crate) use duration::parse as parse_duration;
pub(crate) use error::{Origin, SettingError};
pub(crate) use load::{Environment, load};
pub(crate) use reference::{effective, reference};
use setting::Setting;
pub(crate) use social::ProviderSecretFile;

/// Returns the environment variable of a setting, or an empty string if `path` is not a setting.
pub(crate) fn env_var(path: &str) -> String {
    Setting::find(path).map(Setting::env_var).unwrap_or_default()
}

/// The environment variables that switch off every limit on what users create and send.
pub(crate) fn unlimited_variables() -> impl Iterator<Item = (String, String)> {
    let is_limit =
        |setting: &&Setting| setting.section() == Some("rate_limits") || setting.path == "invitations.max_pending";
    table::settings().filter(is_limit).map(|setting| (setting.env_var(), "0".to_owned()))
}

/// The validated value of every setting.
#[derive(Debug)]
pub(crate) struct LoadedSettings {
    /// The settings of the service. The other fields are settings that only the binary reads.
    pub(crate) settings: Settings,
    pub(crate) database: DatabaseLocation,
    pub(crate) database_password_file: Option<PathBuf>,
    pub(crate) postgres: PostgresOptions,
    pub(crate) key_file: PathBuf,
    /// The socket of a server on SQLite for operator commands; `None` for none.
    pub(crate) operator_socket: Option<PathBuf>,
    /// The directory of the transport `file`; set for every transport.
    pub(crate) mail_file_dir: PathBuf,
    pub(crate) mail_password_file: Option<PathBuf>,
    pub(crate) bounce_secret_file: Option<PathBuf>,
    pub(crate) image_secret_key_file: Option<PathBuf>,
    /// The files with the secrets of `social.providers`.
    pub(crate) provider_secret_files: Vec<ProviderSecretFile>,
    pub(crate) http_ca_file: Option<PathBuf>,
    /// `None` uses the DNS servers of the system.
    pub(crate) dns_resolver: Option<SocketAddr>,
    pub(crate) listen: ListenAddress,
    /// The permissions of the Unix socket of `listen`.
    pub(crate) listen_mode: u32,
    /// The address of the API for backends; `None` if it is off.
    pub(crate) platform_listen: Option<ListenAddress>,
    /// The address of the metrics; `None` if it is off.
    pub(crate) metrics_listen: Option<ListenAddress>,
    /// A filter that [`crate::telemetry::parse_filter`] accepts.
    pub(crate) log: String,
    pub(crate) log_format: LogFormat,
    /// Valid but probably unintended combinations, one sentence each.
    pub(crate) warnings: Vec<String>,
    /// The value of each setting and its origin, in the order of the table.
    pub(crate) values: Vec<SettingValue>,
}

impl LoadedSettings {
    /// Returns where the setting got its value; `Default` if `path` is not a setting.
    pub(crate) fn origin(&self, path: &str) -> &Origin {
        self.value(path).map_or(&Origin::Default, |value| &value.origin)
    }

    fn value(&self, path: &str) -> Option<&SettingValue> {
        self.values.iter().find(|value| value.setting.path == path)
    }

    /// Replaces `listen` by the address that was bound, because port 0 binds any free port. Updates `public_url` and
    /// `tokens.audience` too, unless they are set.
    pub(crate) fn set_bound_address(&mut self, address: SocketAddr) {
        if let (Origin::Default, Ok(url)) = (self.origin("public_url"), PublicUrl::parse(&format!("http://{address}")))
        {
            if *self.origin("tokens.audience") == Origin::Default {
                self.settings.tokens.audience = vec![url.as_str().to_owned()];
            }
            self.settings.public_url = url;
        }
        self.listen = address.into();
    }

    /// Returns placeholders; `load` overwrites every field with the values of the table.
    fn placeholder() -> Self {
        Self {
            settings: Settings::default(),
            database: DatabaseLocation::File(PathBuf::new()),
            database_password_file: None,
            postgres: PostgresOptions::default(),
            key_file: PathBuf::new(),
            operator_socket: None,
            mail_file_dir: PathBuf::new(),
            mail_password_file: None,
            bounce_secret_file: None,
            image_secret_key_file: None,
            provider_secret_files: Vec::new(),
            http_ca_file: None,
            dns_resolver: None,
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into(),
            listen_mode: 0o660,
            platform_listen: None,
            metrics_listen: None,
            log: String::new(),
            log_format: LogFormat::Text,
            warnings: Vec::new(),
            values: Vec::new(),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogFormat {
    Text,
    /// One JSON object on each line.
    Json,
}

/// The flags that override file and environment.
#[derive(Clone, Debug, Default, PartialEq, Eq, clap::Args)]
pub(crate) struct Flags {
    #[arg(long, value_name = "PATH", help = "Settings file [env: VESTIBULE_CONFIG]")]
    pub(crate) config: Option<String>,
    #[arg(long, value_name = "PATH|URL", help = "SQLite file or postgres:// URL [env: VESTIBULE_DATABASE]")]
    pub(crate) database: Option<String>,
    #[arg(
        long,
        value_name = "ADDRESS:PORT|unix:PATH",
        help = "Address and port, or Unix socket, to listen on [env: VESTIBULE_LISTEN]"
    )]
    pub(crate) listen: Option<String>,
    #[arg(long, value_name = "URL", help = "URL for browsers and links [env: VESTIBULE_PUBLIC_URL]")]
    pub(crate) public_url: Option<String>,
    /// A flag of `demo` alone.
    #[arg(skip)]
    pub(crate) app_url: Option<String>,
}

/// The value of a setting from one source.
#[derive(Clone, Debug)]
pub(crate) struct SettingValue {
    setting: &'static Setting,
    value: RawValue,
    origin: Origin,
}

/// An unparsed value. `Display` writes it as TOML, except for `Unsupported`, and omits the password of a database URL.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum RawValue {
    Text(String),
    Number(String),
    Boolean(bool),
    List(Vec<String>),
    Table(serde_json::Map<String, serde_json::Value>),
    /// A TOML value of a type that no setting has, as a description for the error message.
    Unsupported(String),
}

impl fmt::Display for RawValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => toml::Value::from(redact(text).as_ref()).fmt(f),
            Self::Number(text) | Self::Unsupported(text) => f.write_str(text),
            Self::Boolean(value) => value.fmt(f),
            Self::List(items) => toml::Value::from(items.clone()).fmt(f),
            // TOML has no null.
            Self::Table(table) => match toml::Value::try_from(table) {
                Ok(table) => table.fmt(f),
                Err(_) => write!(f, "{}", serde_json::Value::from(table.clone())),
            },
        }
    }
}

impl fmt::Debug for RawValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Parses a database location from a source other than a setting, such as a flag of another command.
///
/// # Errors
/// `InvalidValue`.
pub(crate) fn parse_database(text: &str, origin: Origin) -> Result<DatabaseLocation, SettingError> {
    let invalid =
        || SettingError::InvalidValue { setting: Setting::database(), origin, value: RawValue::Text(text.to_owned()) };
    parse::database(text).ok_or_else(invalid)
}

/// Removes the password from a database URL. An invalid URL is omitted completely, because any part of it could be the
/// password.
fn redact(text: &str) -> Cow<'_, str> {
    if !PostgresUrl::has_scheme(text) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.parse::<PostgresUrl>().map_or_else(|_| "postgres://…".to_owned(), |url| url.to_string()))
}
