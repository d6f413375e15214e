//! The settings of the service. The binary loads them from file, environment and flags, and guarantees that they are
//! complete and valid.

mod application;
mod audit;
mod branding;
mod challenge;
mod claims;
mod color;
mod host;
mod http_client;
mod images;
mod join_policy;
mod mail;
mod organizations;
mod passkeys;
mod platform;
mod public_url;
mod rate_limits;
mod second_factors;
mod session_cookie;
mod social;
mod tokens;
mod webhooks;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;

pub use application::{Application, PageUrl};
pub use audit::AuditLog;
pub use branding::{BrandImage, BrandImageError, BrandImageFormat, Branding, ImageContent, ImageFile, LOGO_PATH};
pub use challenge::{Challenge, ChallengeMode};
pub use claims::{ClaimTemplate, Placeholder};
pub use color::{Color, InvalidColor};
pub use host::is_host;
pub(crate) use host::{is_host_name, is_ipv4_like};
pub use http_client::{AllowedHost, HttpClient, TrustedCertificates};
pub use images::{Bucket, IMAGES_PATH, ImageStorage, Images};
pub use join_policy::JoinPolicy;
pub use mail::{Mail, Security, Smtp, Transport};
pub use organizations::{Domains, Organizations, Seats, Workspaces};
pub use passkeys::Passkeys;
pub use platform::Platform;
pub use public_url::{ClientName, PublicUrl};
pub use rate_limits::RateLimits;
pub use second_factors::SecondFactorSettings;
pub use session_cookie::{INVITATION_COOKIE, SECURE_INVITATION_COOKIE, SessionCookie};
pub use social::{ClientCredential, Social, SocialProvider};
pub use tokens::Tokens;
pub use webhooks::Webhooks;

/// Every setting of the service, with a struct for each section. `Default` must equal the defaults of the binary's
/// table, which a test of the binary compares.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The product name in mail and on pages.
    pub name: String,
    pub mode: Mode,
    /// The URL under which browsers reach this server. All links are built from it, never from the `Host` header.
    pub public_url: PublicUrl,
    /// Origins, besides those of `public_url` and `app.url`, that may send requests with cookies. Use
    /// [`Self::is_allowed_origin`].
    pub allowed_origins: Vec<String>,
    /// Proxies whose [`Settings::forwarded_header`] is trusted.
    pub trusted_proxies: Vec<IpNet>,
    /// Whether a client of the Unix socket is a trusted proxy.
    pub trusts_unix_socket: bool,
    pub forwarded_header: ForwardedHeader,
    pub hsts: Hsts,
    /// Clients that get `/docs/` and `/openapi.json`, by their address; empty for all.
    pub docs: AllowedNetworks,
    /// Clients that get `/health/live` and `/health/ready`, by their address; empty for all.
    pub health: AllowedNetworks,
    /// Clients that get the metrics at their own address.
    pub metrics: AllowedNetworks,
    /// The API for backends.
    pub platform: Platform,
    /// The requests that the server sends.
    pub http_client: HttpClient,
    /// The maximum number of client connections.
    pub max_connections: usize,
    /// The maximum number of commands that share a commit on SQLite.
    pub max_writes_per_commit: usize,
    /// The operator's own application.
    pub app: Application,
    pub branding: Branding,
    pub sign_up: SignUpMode,
    /// Whether new users must verify their email address before the account is created. A mailed invitation token also
    /// proves the address.
    pub verify_addresses: bool,
    /// Whether anyone may query which email addresses and user names have an account.
    pub reveal_account_existence: bool,
    pub accounts: Accounts,
    pub sessions: Sessions,
    pub session_cookie: SessionCookie,
    pub tokens: Tokens,
    pub passwords: Passwords,
    pub reauthentication: Reauthentication,
    pub second_factors: SecondFactorSettings,
    pub passkeys: Passkeys,
    pub social: Social,
    pub challenge: Challenge,
    /// The list of breached passwords of Have I Been Pwned, sorted by hash; new passwords must not be in it.
    pub breached_passwords_file: Option<PathBuf>,
    pub invitations: Invitations,
    pub roles: Roles,
    pub organizations: Organizations,
    pub workspaces: Workspaces,
    pub domains: Domains,
    pub seats: Seats,
    pub rate_limits: RateLimits,
    pub mail: Mail,
    pub images: Images,
    pub audit: AuditLog,
    pub webhooks: Webhooks,
}

impl Settings {
    /// Returns the origins, besides that of `public_url`, that may send requests with cookies.
    pub fn other_origins(&self) -> impl Iterator<Item = &str> {
        let app = self.app.url.iter().map(|url| url.origin().as_str());
        app.chain(self.allowed_origins.iter().map(String::as_str))
    }

    /// Returns whether the pages of an origin may send requests with cookies, and be the target of redirects. `origin`
    /// must be in lower case and without the default port, as browsers send it.
    pub fn is_allowed_origin(&self, origin: &str) -> bool {
        let is_listed =
            std::iter::once(self.public_url.origin()).chain(self.other_origins()).any(|allowed| allowed == origin);
        is_listed || origin.strip_prefix("http://").is_some_and(|host| self.public_url.is_loopback_alias(host))
    }

    /// Returns the value of `Strict-Transport-Security`: a year, if the public URL is https.
    pub fn strict_transport_security(&self) -> Option<&'static str> {
        match (self.public_url.is_https(), self.hsts.include_subdomains) {
            (true, true) => Some("max-age=31536000; includeSubDomains"),
            (true, false) => Some("max-age=31536000"),
            (false, _) => None,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Session tokens are accepted in cookies only.
    Production,
    /// Session tokens are also accepted as `?__dev_session__=` and `X-Development-Session`.
    Staging,
}

/// The header in which trusted proxies name the client. The other one is ignored: a client can send it, and a proxy
/// that does not know it passes it on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForwardedHeader {
    XForwardedFor,
    /// RFC 7239.
    Forwarded,
}

impl ForwardedHeader {
    /// Returns its name, in lower case.
    pub const fn name(self) -> &'static str {
        match self {
            Self::XForwardedFor => "x-forwarded-for",
            Self::Forwarded => "forwarded",
        }
    }

    /// Returns the header that is ignored.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::XForwardedFor => Self::Forwarded,
            Self::Forwarded => Self::XForwardedFor,
        }
    }
}

/// Who may sign up. An invitee always may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignUpMode {
    /// Anyone.
    Public,
    /// Only invitees.
    Restricted,
    /// Only invitees; others may join the waitlist.
    Waitlist,
}

#[derive(Clone, Copy, Debug)]
pub struct Accounts {
    /// How long a user may take to verify an address that they have added. Then it is removed.
    pub claim_lifetime: Duration,
    /// For this long after it was verified, an address that was added to an account with a verified address cannot
    /// reset its password or sign in by mail; 0 for no delay.
    pub new_address_recovery_delay: Duration,
}

impl Default for Accounts {
    fn default() -> Self {
        Self { claim_lifetime: Duration::from_hours(24), new_address_recovery_delay: Duration::from_hours(72) }
    }
}

#[derive(Clone, Copy, Debug)]
pub struct Sessions {
    /// A session expires when it has not been used for this long (ASVS 7.3.1).
    pub idle_timeout: Duration,
    /// A sign-in expires after this time, even if it is used (ASVS 7.3.2).
    pub max_lifetime: Duration,
    /// Whether a user gets a notice when somebody signs in as them, for support.
    pub notify_impersonation: bool,
}

impl Default for Sessions {
    fn default() -> Self {
        Self {
            idle_timeout: Duration::from_hours(7 * 24),
            max_lifetime: Duration::from_hours(30 * 24),
            notify_impersonation: true,
        }
    }
}

/// HTTP Strict Transport Security (RFC 6797), which is sent if the public URL is https.
#[derive(Clone, Copy, Debug, Default)]
pub struct Hsts {
    /// Whether it covers all subdomains of the public URL's host. Then all of them must support https.
    pub include_subdomains: bool,
}

/// The networks of the clients that may use a part of the server.
#[derive(Clone, Debug, Default)]
pub struct AllowedNetworks {
    /// Empty for all clients.
    pub allowed_networks: Vec<IpNet>,
}

impl AllowedNetworks {
    pub fn allows(&self, client: IpAddr) -> bool {
        self.allowed_networks.is_empty() || contains_client(&self.allowed_networks, client)
    }
}

/// Whether one of the networks contains the address of a client.
pub(crate) fn contains_client(networks: &[IpNet], client: IpAddr) -> bool {
    // On a dual-stack socket, an IPv4 client has an IPv4-mapped IPv6 address.
    let client = client.to_canonical();
    // ::/0 contains the address of unknown clients.
    !client.is_unspecified() && networks.iter().any(|network| network.contains(&client))
}

#[derive(Clone, Copy, Debug)]
pub struct Passwords {
    /// The minimum length of a new password, in characters.
    pub minimum_length: usize,
    /// The maximum number of concurrent hashes. Each uses about 19 MiB.
    pub max_concurrent_hashes: usize,
    /// The rate limit of sign-in attempts for one account, per `rate_limit_window`.
    pub attempts_per_account: u32,
    /// The rate limit of sign-in attempts from one client address, per `rate_limit_window`.
    pub attempts_per_address: u32,
    pub rate_limit_window: Duration,
}

#[derive(Clone, Copy, Debug)]
pub struct Reauthentication {
    /// Changes of sign-in methods and other sensitive changes need a proof of identity that is younger than this
    /// (ASVS 7.5.1). Never 0: every proof would be too old.
    pub max_age: Duration,
}

#[derive(Clone, Debug)]
pub struct Invitations {
    /// Days until an invitation expires, unless the inviter chooses another number.
    pub expiry_days: u16,
    /// Numbers of days before expiry at which a reminder is sent.
    pub reminder_days: Vec<u16>,
    /// The maximum number of pending invitations of an organization, expired ones included; 0 for unlimited.
    pub max_pending: u32,
}

/// The operator's own permissions, besides `organization:…` and `workspace:…`, and the maximum numbers of roles.
#[derive(Clone, Debug)]
pub struct Roles {
    /// Permissions that a role may grant; empty for any.
    pub permissions: Vec<String>,
    /// Permissions that stay valid for those who have them, and that can no longer be granted to anyone.
    pub archived_permissions: Vec<String>,
    /// The maximum number of an organization's own roles.
    pub max_per_organization: u32,
    /// The maximum number of a workspace's own roles.
    pub max_per_workspace: u32,
    /// The maximum number of roles of a member in the organization, and in each workspace.
    pub max_per_member: u32,
}

/// A string that `Debug` does not print.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: String) -> Self {
        Self(text)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            name: "Vestibule".to_owned(),
            mode: Mode::Production,
            public_url: PublicUrl::default(),
            allowed_origins: Vec::new(),
            trusted_proxies: Vec::new(),
            trusts_unix_socket: false,
            forwarded_header: ForwardedHeader::XForwardedFor,
            hsts: Hsts::default(),
            docs: AllowedNetworks::default(),
            health: AllowedNetworks::default(),
            metrics: AllowedNetworks::default(),
            platform: Platform::default(),
            http_client: HttpClient::default(),
            max_connections: 900,
            max_writes_per_commit: 64,
            app: Application::default(),
            branding: Branding::default(),
            sign_up: SignUpMode::Public,
            verify_addresses: false,
            reveal_account_existence: false,
            accounts: Accounts::default(),
            sessions: Sessions::default(),
            session_cookie: SessionCookie::default(),
            tokens: Tokens {
                audience: vec!["http://127.0.0.1:8080".to_owned()],
                lifetime: Duration::from_secs(30),
                key_rotation_days: 30,
                claims: Arc::default(),
                templates: BTreeMap::new(),
            },
            passwords: Passwords {
                minimum_length: 8,
                max_concurrent_hashes: 2,
                attempts_per_account: 10,
                attempts_per_address: 100,
                rate_limit_window: Duration::from_mins(15),
            },
            reauthentication: Reauthentication { max_age: Duration::from_mins(10) },
            second_factors: SecondFactorSettings::default(),
            passkeys: Passkeys::default(),
            social: Social::default(),
            challenge: Challenge::default(),
            breached_passwords_file: None,
            invitations: Invitations { expiry_days: 7, reminder_days: Vec::new(), max_pending: 100_000 },
            roles: Roles {
                permissions: Vec::new(),
                archived_permissions: Vec::new(),
                max_per_organization: 100,
                max_per_workspace: 100,
                max_per_member: 20,
            },
            organizations: Organizations {
                is_enabled: true,
                max_per_user: 0,
                max_workspaces: 0,
                deletion_grace_days: 30,
                admins_manage_workspaces: true,
            },
            workspaces: Workspaces::default(),
            domains: Domains { default_joining: JoinPolicy::Auto },
            seats: Seats { max_per_organization: 0, max_per_workspace: 0, count_pending_invitations: true },
            rate_limits: RateLimits::default(),
            mail: Mail::default(),
            audit: AuditLog::default(),
            webhooks: Webhooks::default(),
            images: Images { storage: ImageStorage::Directory(PathBuf::from("images")), public_url: None },
        }
    }
}
