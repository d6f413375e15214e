//! What an operator can set, as the service needs it. Where the values come from (file, environment, flags) is the
//! binary's business; a `Settings` is complete and valid by construction.

use std::net::{IpAddr, Ipv6Addr};
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;

use crate::language::Language;

/// Every setting the service reads, a struct a section.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The name people see in mails and pages.
    pub name: String,
    /// Whether development conveniences are on.
    pub mode: Mode,
    /// Where browsers and mails find this server. Links are built from this and nothing else (decision 20).
    pub public_url: PublicUrl,
    /// Origins besides the public URL's own whose pages may call with cookies.
    pub allowed_origins: Vec<String>,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// HTTP connections at once, at the most.
    pub connections: usize,
    /// Commands that share one commit at the most, where one process writes.
    pub writes_per_commit: usize,
    /// Who may make an account.
    pub sign_up: SignUpMode,
    /// Whether a newcomer proves their address before there is an account. An invitation's mail proves it too.
    pub verify_addresses: bool,
    /// Whether strangers are told which addresses and user names have an account.
    pub tell_identifiers: bool,
    /// How long sessions and sign-ins live.
    pub sessions: Sessions,
    /// How session tokens live.
    pub tokens: Tokens,
    /// How passwords are held and guessed at.
    pub passwords: Passwords,
    /// How invitations live.
    pub invitations: Invitations,
    /// Which permissions roles may hold.
    pub roles: Roles,
    /// How many organizations there may be, and how long they can be brought back.
    pub organizations: Organizations,
    /// How many members there may be.
    pub seats: Seats,
    /// How mail leaves.
    pub mail: Mail,
    /// Where images are.
    pub images: Images,
}

/// `production`, or `staging` with its development session in query and header (decision 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Secrets travel in cookies only.
    Production,
    /// A session may also travel as `?__dev_session__=` and `X-Development-Session`.
    Staging,
}

/// Who may make an account. Whoever is invited always may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignUpMode {
    /// Everybody.
    Public,
    /// Nobody else.
    Restricted,
    /// Nobody else, but others may ask for it.
    Waitlist,
}

/// An absolute http or https URL without path, query, fragment or credentials, and without a slash at its end. It is
/// spelled as browsers spell an origin: in lower case, and without the port that the scheme implies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl(String);

impl PublicUrl {
    /// Reads a URL as an operator writes it; one slash at the end is forgiven.
    ///
    /// Errors: a sentence that says what is missing.
    pub fn parse(text: &str) -> Result<Self, String> {
        let lower = text.strip_suffix('/').unwrap_or(text).to_ascii_lowercase();
        let parts = lower.split_once("://").filter(|(scheme, _)| matches!(*scheme, "https" | "http"));
        let Some((scheme, authority)) = parts else {
            return Err("it must begin with https:// or http://".to_owned());
        };
        let Some((host, port)) = host_and_port(authority) else {
            return Err("after the scheme it holds a host and perhaps a port, and nothing else".to_owned());
        };
        let implied = if scheme == "https" { 443 } else { 80 };
        Ok(Self(match port.filter(|port| *port != implied) {
            Some(port) => format!("{scheme}://{host}:{port}"),
            None => format!("{scheme}://{host}"),
        }))
    }

    /// The URL; a path can be put right behind it. It is also the origin that browsers send.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether cookies may demand a secure connection.
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https://")
    }

    /// Its host, as names in mail may end with: `localhost` for an address in brackets.
    pub fn host_in_names(&self) -> &str {
        let authority = self.0.split_once("://").map_or("", |(_, authority)| authority);
        match authority.split(':').next() {
            Some(host) if !host.is_empty() && !host.starts_with('[') => host,
            _ => "localhost",
        }
    }

    /// Whether only this machine can reach it.
    pub fn is_loopback(&self) -> bool {
        let authority = self.0.split_once("://").map_or("", |(_, authority)| authority);
        let host = host_and_port(authority).map(|(host, _)| host).unwrap_or_default();
        let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
        host == "localhost" || host.ends_with(".localhost") || address.is_ok_and(|address| address.is_loopback())
    }
}

fn host_and_port(authority: &str) -> Option<(String, Option<u16>)> {
    let (host, rest) = if let Some(bracketed) = authority.strip_prefix('[') {
        let (address, rest) = bracketed.split_once(']')?;
        (format!("[{}]", address.parse::<Ipv6Addr>().ok()?), rest)
    } else {
        let (host, rest) = authority.split_at(authority.find(':').unwrap_or(authority.len()));
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
        (host.bytes().all(is_plain).then(|| host.to_owned())?, rest)
    };
    let digits = rest.strip_prefix(':');
    let port = digits.filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit())).and_then(|d| d.parse().ok());
    (!host.is_empty() && (rest.is_empty() || port.is_some())).then_some((host, port))
}

/// How long sessions and sign-ins live.
#[derive(Clone, Copy, Debug)]
pub struct Sessions {
    /// A session unused for this long has ended (ASVS 7.3.1).
    pub idle: Duration,
    /// A sign-in is over after this long, used or not (ASVS 7.3.2).
    pub absolute: Duration,
}

/// How session tokens live: what a backend of the operator's checks without asking anybody.
#[derive(Clone, Copy, Debug)]
pub struct Tokens {
    /// How long one holds. A right that is lost is in it so much longer, and no longer.
    pub lifetime: Duration,
    /// How many days a key signs, before the next one does.
    pub key_days: u16,
}

/// How passwords are held and guessed at.
#[derive(Clone, Copy, Debug)]
pub struct Passwords {
    /// The fewest characters a new password may have.
    pub minimum_length: usize,
    /// How many are hashed at once; each takes about 19 MiB while it runs.
    pub parallel_hashes: usize,
    /// Sign-ins that may be tried for one account, and for one client address, within [`Passwords::window`].
    pub attempts_per_account: u32,
    /// See [`Passwords::attempts_per_account`].
    pub attempts_per_address: u32,
    /// The span in which attempts are counted.
    pub window: Duration,
}

/// How invitations live.
#[derive(Clone, Debug)]
pub struct Invitations {
    /// Days an invitation stays open when the inviter names none (decision 11).
    pub days: u16,
    /// So many days before an invitation runs out its invitee is reminded; empty for never.
    pub remind: Vec<u16>,
}

/// Which permissions roles may hold, besides those that this service understands itself.
#[derive(Clone, Debug, Default)]
pub struct Roles {
    /// The catalogue; empty for any.
    pub permissions: Vec<String>,
    /// Entries that stay valid where they are held, and can be given to nobody any more.
    pub archived: Vec<String>,
}

/// How many organizations there may be, and how long they can be brought back.
#[derive(Clone, Copy, Debug)]
pub struct Organizations {
    /// The most that one user may found; 0 for as many as they like.
    pub per_user: u32,
    /// The most workspaces of one organization; 0 for as many as it likes.
    pub workspaces: u32,
    /// Days in which a deleted one can be restored; 0 erases at once.
    pub days_to_restore: u16,
    /// Whether an admin of an organization may do in all its workspaces what their admins may.
    pub admins_in_workspaces: bool,
}

impl Organizations {
    /// The most organizations one user may found: a bound that excludes nothing when there is none.
    pub fn most_per_user(&self) -> i64 {
        most(self.per_user)
    }

    /// The most workspaces of one organization, likewise.
    pub fn most_workspaces(&self) -> i64 {
        most(self.workspaces)
    }
}

/// How many members there may be.
#[derive(Clone, Copy, Debug)]
pub struct Seats {
    /// In an organization; 0 for as many as come.
    pub organization: u32,
    /// In a workspace; 0 for as many as come.
    pub workspace: u32,
    /// Whether a pending invitation into an organization holds a seat, so that whoever is invited finds one.
    pub held_by_invitations: bool,
}

impl Seats {
    /// Whether there is a bound on any.
    pub fn has_bound(&self) -> bool {
        self.organization > 0 || self.workspace > 0
    }

    /// The most members an organization may have: a bound that excludes nothing when there is none.
    pub fn most_in_organization(&self) -> i64 {
        most(self.organization)
    }

    /// The same for a workspace.
    pub fn most_in_workspace(&self) -> i64 {
        most(self.workspace)
    }
}

fn most(seats: u32) -> i64 {
    if seats == 0 { i64::MAX } else { i64::from(seats) }
}

/// How mail leaves.
#[derive(Clone, Debug)]
pub struct Mail {
    /// The address mails come from.
    pub from: String,
    /// What carries them.
    pub transport: Transport,
    /// The page a mailed invitation opens; the token is appended as a fragment. `None` is the server's own `/invite`.
    pub invitation_page: Option<String>,
    /// Words of the operator's own: a folder as `Templates::in_folder` reads it.
    pub templates: Option<PathBuf>,
    /// The language of those of whom no other is known.
    pub language: Language,
    /// Where reports of undelivered mail are put, one a file.
    pub bounces: Option<PathBuf>,
    /// What signs reports of undelivered mail that come by HTTP; `None` takes none.
    pub bounce_secret: Option<Secret>,
}

impl Mail {
    /// Whether mails can come from this: an address such as `hall@example.com`, or `Name <address>`, in one line.
    pub fn is_sender(text: &str) -> bool {
        !text.contains(char::is_control) && text.parse::<lettre::message::Mailbox>().is_ok()
    }
}

/// What carries a mail away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transport {
    /// One `.eml` a mail in this folder.
    File(PathBuf),
    /// A mail server.
    Smtp(Box<Smtp>),
    /// Nothing: an invitation's delivery says `not_sent`. An admin can hand its token on, to somebody whose address was
    /// proved before; proving one takes mail (decision 13).
    None,
}

/// A mail server, and how to speak to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Smtp {
    /// Its name; its certificate has to be for it.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Who may listen.
    pub security: Security,
    /// Who we are there, if it asks.
    pub credentials: Option<(String, Secret)>,
    /// An authority that is trusted besides the system's: a PEM file.
    pub trusted_certificate: Option<PathBuf>,
    /// How long one mail may take.
    pub patience: Duration,
}

/// Who may listen on the way to a mail server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// Nobody: TLS is asked for before anything else is said (STARTTLS, port 587), and nothing is sent without.
    StartTls,
    /// Nobody: TLS from the first byte (port 465).
    Tls,
    /// Everybody on the way.
    None,
}

impl Security {
    /// The port that goes with it.
    pub const fn port(self) -> u16 {
        match self {
            Self::StartTls => 587,
            Self::Tls => 465,
            Self::None => 25,
        }
    }
}

/// Where images are, and where browsers find them.
#[derive(Clone, Debug)]
pub struct Images {
    /// Where they are written.
    pub place: ImagePlace,
    /// What stands before an image's name in its URL, with a slash at its end; `None` for this server's own `/images/`.
    pub public_url: Option<String>,
}

/// Where images are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImagePlace {
    /// A folder of this machine, or one that all processes see.
    Folder(PathBuf),
    /// A bucket that speaks S3.
    Bucket(Bucket),
}

/// A bucket that speaks S3.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// Its name.
    pub name: String,
    /// What stands before the names in it; perhaps empty.
    pub folder: String,
    /// Its region, unless the environment says.
    pub region: Option<String>,
    /// Where it is, unless at Amazon.
    pub endpoint: Option<String>,
    /// The key's id and its secret, unless the environment or the machine's role gives them.
    pub key: Option<(String, Secret)>,
}

/// A text that `Debug` does not show.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Hides it.
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hidden(…)")
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            name: "Vestibule".to_owned(),
            mode: Mode::Production,
            public_url: PublicUrl("http://127.0.0.1:8080".to_owned()),
            allowed_origins: Vec::new(),
            trusted_proxies: Vec::new(),
            connections: 900,
            writes_per_commit: 64,
            sign_up: SignUpMode::Public,
            verify_addresses: false,
            tell_identifiers: false,
            sessions: Sessions { idle: Duration::from_hours(7 * 24), absolute: Duration::from_hours(30 * 24) },
            tokens: Tokens { lifetime: Duration::from_secs(30), key_days: 30 },
            passwords: Passwords {
                minimum_length: 8,
                parallel_hashes: 2,
                attempts_per_account: 10,
                attempts_per_address: 100,
                window: Duration::from_mins(15),
            },
            invitations: Invitations { days: 7, remind: Vec::new() },
            roles: Roles::default(),
            organizations: Organizations {
                per_user: 0,
                workspaces: 0,
                days_to_restore: 30,
                admins_in_workspaces: true,
            },
            seats: Seats { organization: 0, workspace: 0, held_by_invitations: true },
            mail: Mail {
                from: "vestibule@localhost".to_owned(),
                transport: Transport::None,
                invitation_page: None,
                templates: None,
                language: Language::English,
                bounces: None,
                bounce_secret: None,
            },
            images: Images { place: ImagePlace::Folder(PathBuf::from("images")), public_url: None },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_url_is_an_origin_and_nothing_more() {
        assert_eq!(PublicUrl::parse("https://Join.Example.com/").unwrap().as_str(), "https://join.example.com");
        assert!(PublicUrl::parse("http://[::1]:8080").is_ok());
        for wrong in
            ["", "example.com", "https://", "ftp://x", "https://a/b", "https://u@h", "https://h?x", "https://h#x"]
        {
            assert!(PublicUrl::parse(wrong).is_err(), "{wrong:?}");
        }
        for wrong in ["https://:443", "https://h:", "https://h:65536", "https://h:+1", "https://[::1", "https://a:1:2"]
        {
            assert!(PublicUrl::parse(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_public_url_is_spelled_as_browsers_spell_an_origin() {
        for (written, origin) in [
            ("https://example.com:443", "https://example.com"),
            ("http://example.com:80/", "http://example.com"),
            ("https://example.com:80", "https://example.com:80"),
            ("HTTP://[0:0::1]:8080", "http://[::1]:8080"),
        ] {
            assert_eq!(PublicUrl::parse(written).unwrap().as_str(), origin);
        }
    }

    #[test]
    fn loopback_is_what_only_this_machine_reaches() {
        for url in ["http://localhost:1", "http://app.localhost", "http://127.8.0.1", "http://[::1]:8080"] {
            assert!(PublicUrl::parse(url).unwrap().is_loopback(), "{url}");
        }
        for url in ["http://0.0.0.0:8080", "https://localhost.example.com", "http://[::]"] {
            assert!(!PublicUrl::parse(url).unwrap().is_loopback(), "{url}");
        }
    }

    #[test]
    fn a_sender_is_one_address_perhaps_with_a_name() {
        assert!(Mail::is_sender(&Settings::default().mail.from));
        assert!(Mail::is_sender("Vestibule <hall@example.com>"));
        for wrong in ["", "Vestibule", "a@example.com, b@example.com", "a@example.com\r\nBcc: b@example.com"] {
            assert!(!Mail::is_sender(wrong), "{wrong:?}");
        }
    }
}
