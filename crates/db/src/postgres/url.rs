//! The URL of a PostgreSQL database. It is never shown with its password.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::str::FromStr;

use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};

use super::tls::Verification;

/// A URL as libpq reads it: `postgres://user:password@host:port/name`, with several hosts if needed, and parameters
/// such as `sslmode` after a `?`. Unlike in libpq, `sslmode` is `verify-full` by default, unless every host is on this
/// machine: `prefer` would send queries and answers unencrypted if an attacker on the network says so (ASVS 12.3.1).
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresUrl {
    pub(super) config: Config,
    pub(super) verification: Verification,
    pub(super) root_certificates: Option<PathBuf>,
}

/// Why a URL is invalid. The message does not repeat the URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidPostgresUrl(String);

impl fmt::Display for InvalidPostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for InvalidPostgresUrl {}

impl PostgresUrl {
    /// Whether a text has the scheme of PostgreSQL URLs. It may be invalid otherwise.
    pub fn has_scheme(text: &str) -> bool {
        ["postgres://", "postgresql://"].iter().any(|scheme| text.starts_with(scheme))
    }

    /// Sets the password if the URL has none.
    #[must_use]
    pub fn with_default_password(mut self, password: &str) -> Self {
        if self.config.get_password().is_none() {
            self.config.password(password);
        }
        self
    }

    pub fn user(&self) -> Option<&str> {
        self.config.get_user()
    }

    /// Sets options for every connection, in libpq's form: `-c search_path=name`.
    #[must_use]
    pub fn with_options(mut self, options: &str) -> Self {
        self.config.options(options);
        self
    }
}

impl FromStr for PostgresUrl {
    type Err = InvalidPostgresUrl;

    fn from_str(text: &str) -> Result<Self, InvalidPostgresUrl> {
        let invalid = |reason: &str| InvalidPostgresUrl(reason.to_owned());
        if !Self::has_scheme(text) {
            return Err(invalid("it does not begin with postgres://"));
        }
        // Certificate verification is read here: the driver supports fewer modes than libpq.
        let (before, parameters) = text.split_once('?').unwrap_or((text, ""));
        if parameters.contains('@') {
            // More likely the end of a password than a parameter.
            return Err(invalid("a ? or @ of its user, password or parameters has to be written %3F or %40"));
        }
        let (mut mode, mut root_certificates, mut remaining) = (None, None, Vec::new());
        for parameter in parameters.split('&').filter(|parameter| !parameter.is_empty()) {
            match parameter.split_once('=') {
                Some(("sslmode", value)) => mode = Some(value),
                Some(("sslrootcert", "system")) => root_certificates = None,
                Some(("sslrootcert", value)) => root_certificates = Some(decode_path(value)?),
                _ => remaining.push(parameter),
            }
        }
        let rest = if remaining.is_empty() { before.to_owned() } else { format!("{before}?{}", remaining.join("&")) };
        let mut config = Config::from_str(&rest).map_err(|error| {
            // The driver's message names the parameter and never its value.
            invalid(&std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string))
        })?;
        if config.get_hosts().iter().any(|host| matches!(host, Host::Tcp(host) if host.contains('@'))) {
            return Err(invalid("a @ of its user or password has to be written %40"));
        }
        if config.get_hosts().is_empty() {
            return Err(invalid("it names no host"));
        }
        let default_mode = if is_local(&config) { "prefer" } else { "verify-full" };
        let (tls, verification) = match (mode.unwrap_or(default_mode), &root_certificates) {
            ("disable", _) => (SslMode::Disable, Verification::None),
            ("prefer" | "allow", _) => (SslMode::Prefer, Verification::None),
            ("require", None) => (SslMode::Require, Verification::None),
            // As in libpq, a root certificate implies that it is verified.
            ("verify-ca", _) | ("require", Some(_)) => (SslMode::Require, Verification::Authority),
            ("verify-full", _) => (SslMode::Require, Verification::Full),
            _ => return Err(invalid("sslmode is one of disable, prefer, require, verify-ca and verify-full")),
        };
        config.ssl_mode(tls);
        if config.get_application_name().is_none() {
            config.application_name("vestibule");
        }
        Ok(Self { config, verification, root_certificates })
    }
}

/// Whether every host of a configuration is on this machine: a Unix socket or a loopback address.
fn is_local(config: &Config) -> bool {
    let is_local_host = |host: &Host| match host {
        Host::Tcp(host) => {
            host.eq_ignore_ascii_case("localhost")
                || host.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback())
        }
        #[cfg(unix)]
        Host::Unix(_) => true,
    };
    // An address replaces the name of its host for the connection.
    config.get_hosts().iter().all(is_local_host) && config.get_hostaddrs().iter().all(IpAddr::is_loopback)
}

fn decode_path(value: &str) -> Result<PathBuf, InvalidPostgresUrl> {
    let path = percent_encoding::percent_decode_str(value).decode_utf8();
    path.map(|path| PathBuf::from(path.as_ref()))
        .map_err(|_| InvalidPostgresUrl("sslrootcert is not a path".to_owned()))
}

/// Omits the password and the parameters.
impl fmt::Display for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("postgres://")?;
        if let Some(user) = self.config.get_user() {
            write!(f, "{user}@")?;
        }
        let ports = self.config.get_ports();
        for (index, host) in self.config.get_hosts().iter().enumerate() {
            let port = ports.get(index).or_else(|| ports.first());
            f.write_str(if index == 0 { "" } else { "," })?;
            match host {
                Host::Tcp(host) => f.write_str(host)?,
                #[cfg(unix)]
                Host::Unix(folder) => write!(f, "{}", folder.display())?,
            }
            if let Some(port) = port {
                write!(f, ":{port}")?;
            }
        }
        match self.config.get_dbname() {
            Some(name) => write!(f, "/{name}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn displays_urls_without_passwords() {
        for (url, shown) in [
            ("postgres://hall:secret@db.example:6432/vestibule", "postgres://hall@db.example:6432/vestibule"),
            ("postgresql://hall:se%40cret@one,two/v?connect_timeout=3", "postgres://hall@one:5432,two:5432/v"),
            ("postgres://hall:secret@%2Frun%2Fpostgresql/v", "postgres://hall@/run/postgresql:5432/v"),
            ("postgres:///v?host=/run/postgresql&user=hall&password=secret", "postgres://hall@/run/postgresql/v"),
        ] {
            let parsed: PostgresUrl = url.parse().unwrap();
            assert_eq!(parsed.to_string(), shown);
            assert_eq!(format!("{parsed:?}"), shown);
        }
    }

    #[test]
    fn connections_to_other_machines_are_encrypted_and_verified_by_default() {
        for (hosts, parameters, tls) in [
            ("", "host=/run/postgresql", SslMode::Prefer),
            ("%2Frun%2Fpostgresql", "", SslMode::Prefer),
            ("localhost:6432", "", SslMode::Prefer),
            ("LocalHost", "", SslMode::Prefer),
            ("127.8.0.1", "", SslMode::Prefer),
            ("[::1]", "", SslMode::Prefer),
            ("127.0.0.1,localhost", "", SslMode::Prefer),
            ("db.example", "", SslMode::Require),
            ("db", "connect_timeout=3", SslMode::Require),
            ("10.0.0.1", "", SslMode::Require),
            ("[2001:db8::1]", "", SslMode::Require),
            ("localhost.example", "", SslMode::Require),
            ("127.0.0.1.example", "", SslMode::Require),
            ("localhost,db.example", "", SslMode::Require),
            ("localhost", "hostaddr=10.0.0.1", SslMode::Require),
            ("0.0.0.0", "", SslMode::Require),
        ] {
            let url: PostgresUrl = format!("postgres://{hosts}/d?{parameters}").parse().unwrap();
            assert_eq!(url.config.get_ssl_mode(), tls, "{hosts} {parameters}");
            let verification = if tls == SslMode::Require { Verification::Full } else { Verification::None };
            assert_eq!(url.verification, verification, "{hosts} {parameters}");
        }
    }

    #[test]
    fn reads_sslmode_like_libpq() {
        for (parameters, tls, verification) in [
            ("?sslmode=prefer", SslMode::Prefer, Verification::None),
            ("?sslrootcert=/a.pem", SslMode::Require, Verification::Full),
            ("?sslmode=disable", SslMode::Disable, Verification::None),
            ("?sslmode=require", SslMode::Require, Verification::None),
            ("?sslmode=require&sslrootcert=/a%20b.pem", SslMode::Require, Verification::Authority),
            ("?sslmode=verify-ca&connect_timeout=3", SslMode::Require, Verification::Authority),
            ("?connect_timeout=3&sslmode=verify-full", SslMode::Require, Verification::Full),
        ] {
            let url: PostgresUrl = format!("postgres://h/d{parameters}").parse().unwrap();
            assert_eq!((url.config.get_ssl_mode(), url.verification), (tls, verification), "{parameters}");
        }
    }

    #[test]
    fn errors_do_not_repeat_the_url() {
        for url in [
            "mysql://h/d",
            "postgres://",
            "postgres:///d",
            "postgres://u:secret@h:port/d",
            "postgres://u:secret@h/d?sslmode=secret",
            "postgres://u:secret@h/d?secret=1",
            "postgres://u:secret@h/d?connect_timeout=secret",
            "postgres://u:secret@h/d?sslrootcert=%ff",
            "postgres://u:%ff@h/%ff",
            "postgres://u:sec?ret@h/d?sslmode=verify-full",
            "postgres://u:secret@t@h/d",
            "postgres://u:secret@h/d?user=a@b",
        ] {
            let message = PostgresUrl::from_str(url).unwrap_err().to_string();
            assert!(!message.is_empty() && !message.contains("secret@") && !message.contains("u:"), "{url}: {message}");
        }
    }

    #[test]
    fn password_of_the_url_takes_precedence() {
        let url: PostgresUrl = "postgres://h/d".parse().unwrap();
        assert_eq!(url.with_default_password("from the file").config.get_password(), Some(&b"from the file"[..]));
        let url: PostgresUrl = "postgres://u:own@h/d".parse().unwrap();
        assert_eq!(url.with_default_password("from the file").config.get_password(), Some(&b"own"[..]));
    }
}
