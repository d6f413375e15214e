//! Where settings come from: built-in defaults, a TOML file, the environment, flags; later ones over earlier ones.
//!
//! [`table`] names every setting once. Reading the file and the environment, the search for unknown names and the
//! commented reference are all made from it, so a new setting is one entry there and nothing else.

mod check;
mod duration;
mod error;
mod file;
mod load;
mod nearest;
mod read;
mod reference;
mod setting;
mod table;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use vestibule_core::db::{Place, PostgresOptions, PostgresUrl};
use vestibule_core::settings::{PublicUrl, Settings};

pub(crate) use error::{Origin, SettingError};
pub(crate) use load::{Surroundings, load};
pub(crate) use reference::{effective, reference};
use setting::Setting;

/// The environment variable of the setting of this name; an unknown name has none.
pub(crate) fn variable(path: &str) -> String {
    Setting::named(path).map(Setting::variable).unwrap_or_default()
}

/// Everything an operator can set, complete and within its limits.
#[derive(Debug)]
pub(crate) struct Loaded {
    /// What the service itself reads.
    pub(crate) settings: Settings,
    /// Where everything is stored.
    pub(crate) database: Place,
    /// The file with the password that the database's URL does not have.
    pub(crate) database_password_file: Option<PathBuf>,
    /// How a PostgreSQL database is used.
    pub(crate) postgres: PostgresOptions,
    /// The file that holds the master key.
    pub(crate) key_file: PathBuf,
    /// Where mail goes when the transport is `file`; also set when it is not.
    pub(crate) mail_folder: PathBuf,
    /// The file with the password for the mail server.
    pub(crate) mail_password_file: Option<PathBuf>,
    /// The file with the secret that signs reports of undelivered mail.
    pub(crate) bounce_secret_file: Option<PathBuf>,
    /// The file with the secret of the bucket's key.
    pub(crate) images_secret_file: Option<PathBuf>,
    /// The DNS server that is asked; `None` for the system's.
    pub(crate) resolver: Option<SocketAddr>,
    /// The address to listen on; port 0 means any free one.
    pub(crate) listen: SocketAddr,
    /// A filter that [`crate::telemetry`] can read.
    pub(crate) log: String,
    /// How log lines are written.
    pub(crate) log_format: LogFormat,
    /// Sentences about what is allowed and yet seldom meant.
    pub(crate) warnings: Vec<String>,
    /// The value that won for each setting, in the table's order.
    pub(crate) given: Vec<Given>,
}

impl Loaded {
    /// Where the setting of this name got its value; an unknown name counts as a default.
    pub(crate) fn origin(&self, name: &str) -> &Origin {
        self.winner(name).map_or(&Origin::Default, |given| &given.origin)
    }

    fn winner(&self, name: &str) -> Option<&Given> {
        self.given.iter().find(|given| given.setting.path == name)
    }

    /// Takes note of the port that was bound, which differs from `listen` when that asked for any free one.
    pub(crate) fn bound_to(&mut self, address: SocketAddr) {
        if let (Origin::Default, Ok(url)) = (self.origin("public_url"), PublicUrl::parse(&format!("http://{address}")))
        {
            self.settings.public_url = url;
        }
        self.listen = address;
    }

    /// Nothing in here is a default of ours: every field is set from the table before anybody reads it.
    fn blank() -> Self {
        Self {
            settings: Settings::default(),
            database: Place::File(PathBuf::new()),
            database_password_file: None,
            postgres: PostgresOptions::default(),
            key_file: PathBuf::new(),
            mail_folder: PathBuf::new(),
            mail_password_file: None,
            bounce_secret_file: None,
            images_secret_file: None,
            resolver: None,
            listen: (Ipv4Addr::LOCALHOST, 0).into(),
            log: String::new(),
            log_format: LogFormat::Text,
            warnings: Vec::new(),
            given: Vec::new(),
        }
    }
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// What the command line sets; it stands above file and environment.
#[derive(Clone, Debug, Default, PartialEq, Eq, clap::Args)]
pub(crate) struct Flags {
    /// The settings file (or `VESTIBULE_CONFIG`)
    #[arg(long, value_name = "PATH")]
    pub(crate) config: Option<String>,
    /// The SQLite file, made when it is not there, or a postgres:// URL (or `VESTIBULE_DATABASE`)
    #[arg(long, value_name = "PATH|URL")]
    pub(crate) database: Option<String>,
    /// The address and port to listen on (or `VESTIBULE_LISTEN`)
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(crate) listen: Option<String>,
    /// Where browsers and mails find this server (or `VESTIBULE_PUBLIC_URL`)
    #[arg(long, value_name = "URL")]
    pub(crate) public_url: Option<String>,
}

/// One value for one setting, and where it was found.
#[derive(Clone, Debug)]
pub(crate) struct Given {
    setting: &'static Setting,
    written: Written,
    origin: Origin,
}

/// A value as somebody wrote it. Its `Display` is TOML, except for what no setting takes, and never shows the password
/// of a URL.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Written {
    Text(String),
    Number(String),
    List(Vec<String>),
    /// Of a kind that no setting takes: words that say what it is.
    Other(String),
}

impl fmt::Display for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => toml::Value::from(shown(text).as_ref()).fmt(f),
            Self::Number(words) | Self::Other(words) => f.write_str(words),
            Self::List(items) => toml::Value::from(items.clone()).fmt(f),
        }
    }
}

impl fmt::Debug for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The place of a database, as somebody wrote it elsewhere than in a setting. Error: `Wrong`.
pub(crate) fn read_database(text: &str, at: Origin) -> Result<Place, SettingError> {
    let wrong = || SettingError::Wrong { setting: Setting::database(), at, found: Written::Text(text.to_owned()) };
    read::place(text).ok_or_else(wrong)
}

/// A text without the password, should it be the URL of a database. A wrong one is not shown at all: who knows which part
/// of it was meant to be the password.
fn shown(text: &str) -> Cow<'_, str> {
    if !PostgresUrl::is_meant(text) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.parse::<PostgresUrl>().map_or_else(|_| "postgres://…".to_owned(), |url| url.to_string()))
}
