//! Connections as admins see them, and as sign-ins use them.

use std::fmt;

use zeroize::Zeroizing;

use super::mapping::AttributeMapping;
use super::sql::{self, ConnectionDomain, ConnectionRow};
use crate::error::{Code, Problem, Result};
use crate::execution::Context;
use crate::id::{ConnectionId, OrganizationId};
use crate::secret::Keys;
use crate::settings::{ClientCredential, Secret, Settings};
use crate::time::Timestamp;

/// The scopes of a connection that names none.
pub const DEFAULT_SCOPES: &str = "openid profile email";
/// The scope without which no ID token is issued (OpenID Connect Core 1.0, section 3.1.2.1).
const OPENID: &str = "openid";
const MAX_SCOPES: usize = 30;
/// In bytes.
const MAX_SCOPES_LENGTH: usize = 1000;
/// The maximum length of a client id and of a client secret, in bytes.
const MAX_CREDENTIAL_LENGTH: usize = 1000;

/// A connection without its secret.
#[expect(clippy::struct_excessive_bools, reason = "independent settings")]
#[derive(Clone, Debug)]
pub struct Connection {
    pub id: ConnectionId,
    pub organization_id: OrganizationId,
    pub name: String,
    pub issuer: String,
    pub client_id: String,
    pub has_client_secret: bool,
    /// Separated by spaces.
    pub scopes: String,
    pub attribute_mapping: AttributeMapping,
    pub is_enabled: bool,
    /// Whether a person without an account or membership gets one.
    pub jit_enabled: bool,
    /// Whether members with an address of its domains must sign in through it.
    pub is_required: bool,
    /// Whether a second factor that the provider reports counts in the organization.
    pub trusts_mfa: bool,
    /// Changes with issuer, client and secret.
    pub version: i64,
    /// Verified domains only.
    pub domains: Vec<ConnectionDomain>,
    pub secret_expires_at: Option<Timestamp>,
    /// When an admin has signed in through this version.
    pub admin_signed_in_at: Option<Timestamp>,
    pub last_used_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl Connection {
    pub(super) fn new(row: ConnectionRow, domains: Vec<ConnectionDomain>) -> Self {
        Self {
            id: row.id,
            organization_id: row.organization_id,
            name: row.name,
            issuer: row.issuer,
            client_id: row.client_id,
            has_client_secret: row.client_secret.is_some(),
            scopes: row.scopes,
            attribute_mapping: AttributeMapping::from_stored(&row.attribute_mapping),
            is_enabled: row.is_enabled,
            jit_enabled: row.jit_enabled,
            is_required: row.is_required,
            trusts_mfa: row.trusts_mfa,
            version: row.version,
            domains,
            secret_expires_at: row.secret_expires_at,
            admin_signed_in_at: row.admin_signed_in_at,
            last_used_at: row.last_used_at,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }

    /// Loads a connection of an organization.
    ///
    /// # Errors
    /// `CONNECTION_NOT_FOUND`.
    pub(super) async fn load(cx: &mut Context<'_>, organization: OrganizationId, id: ConnectionId) -> Result<Self> {
        let row = cx.tx.optional(sql::FIND, (organization, id)).await?.ok_or(Code::ConnectionNotFound)?;
        let domains = cx.tx.all(sql::DOMAINS, (organization, id)).await?;
        Ok(Self::new(row, domains))
    }
}

/// A connection as a sign-in or a test uses it. `Debug` does not print the sealed secret.
#[expect(clippy::struct_excessive_bools, reason = "independent settings")]
#[derive(Clone)]
pub struct LiveConnection {
    pub id: ConnectionId,
    pub organization: OrganizationId,
    pub name: String,
    pub issuer: String,
    pub client_id: String,
    client_secret: Option<Vec<u8>>,
    pub scopes: Vec<String>,
    pub mapping: AttributeMapping,
    pub is_enabled: bool,
    pub jit_enabled: bool,
    pub is_required: bool,
    pub trusts_mfa: bool,
    pub version: i64,
    /// Its verified domains.
    pub domains: Vec<String>,
}

impl fmt::Debug for LiveConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (id, organization) = (&self.id, &self.organization);
        f.debug_struct("LiveConnection").field("id", id).field("organization", organization).finish_non_exhaustive()
    }
}

impl LiveConnection {
    async fn new(cx: &mut Context<'_>, row: ConnectionRow) -> Result<Self> {
        let domains = cx.tx.all(sql::DOMAINS, (row.organization_id, row.id)).await?;
        Ok(Self {
            id: row.id,
            organization: row.organization_id,
            name: row.name,
            issuer: row.issuer,
            client_id: row.client_id,
            client_secret: row.client_secret,
            scopes: row.scopes.split_ascii_whitespace().map(str::to_owned).collect(),
            mapping: AttributeMapping::from_stored(&row.attribute_mapping),
            is_enabled: row.is_enabled,
            jit_enabled: row.jit_enabled,
            is_required: row.is_required,
            trusts_mfa: row.trusts_mfa,
            version: row.version,
            domains: domains.into_iter().map(|domain| domain.domain).collect(),
        })
    }

    /// How the service proves to the provider who it is.
    ///
    /// # Errors
    /// `INTERNAL` if the stored secret cannot be opened.
    pub fn credential(&self, keys: &Keys) -> Result<ClientCredential> {
        match &self.client_secret {
            None => Ok(ClientCredential::Public),
            Some(sealed) => open(keys, self.id, sealed).map(ClientCredential::Secret),
        }
    }

    /// Whether the domain is one that its organization has verified and connected.
    pub fn has_domain(&self, domain: &str) -> bool {
        self.domains.iter().any(|own| own == domain)
    }
}

fn open(keys: &Keys, id: ConnectionId, sealed: &[u8]) -> Result<Secret> {
    let opened = keys.open_client_secret(id, sealed);
    let opened = opened.map_err(|_| Problem::internal("a stored client secret cannot be opened"))?;
    Ok(Secret::new((*opened).clone()))
}

/// Finds a connection that people can sign in with: it is enabled, and its organization exists.
///
/// # Errors
/// `CONNECTION_NOT_FOUND`, also after its organization was deleted; `CONNECTION_NOT_AVAILABLE` if it is disabled.
pub(crate) async fn find_live(cx: &mut Context<'_>, id: ConnectionId) -> Result<LiveConnection> {
    let found = find_any(cx, id).await?;
    if found.is_enabled { Ok(found) } else { Err(Code::ConnectionNotAvailable.into()) }
}

/// Like [`find_live`], for a test: the connection may be disabled.
///
/// # Errors
/// `CONNECTION_NOT_FOUND`.
pub(crate) async fn find_any(cx: &mut Context<'_>, id: ConnectionId) -> Result<LiveConnection> {
    let row = cx.tx.optional(sql::FIND_BY_ID, (id,)).await?.ok_or(Code::ConnectionNotFound)?;
    LiveConnection::new(cx, row).await
}

/// Finds the enabled connection of a verified domain.
pub(crate) async fn find_by_domain(cx: &mut Context<'_>, domain: &str) -> Result<Option<ConnectionId>> {
    Ok(cx.tx.optional(sql::BY_DOMAIN, (domain,)).await?.map(|(id,)| id))
}

/// Where the providers of an organization send browsers back to. It is registered at each of them. Each organization has its
/// own: a provider can send a browser on to that of another organization, and would otherwise get the code that it brings back
/// (RFC 9700, 4.4).
pub fn redirect_uri(settings: &Settings, organization: OrganizationId) -> String {
    format!("{}/auth/sso/oidc/callback/{organization}", settings.public_url.as_str())
}

/// Where providers send browsers to after a sign-out.
pub fn logout_redirect_uri(settings: &Settings) -> String {
    format!("{}/sign-in", settings.public_url.as_str())
}

/// The secret of a client. `Debug` does not print it.
#[derive(Clone)]
pub struct ClientSecret(Zeroizing<String>);

impl ClientSecret {
    /// # Errors
    /// `INVALID_FIELD`.
    pub fn parse(field: &str, text: &str) -> Result<Self> {
        check_credential(field, text)?;
        Ok(Self(Zeroizing::new(text.to_owned())))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn seal(&self, cx: &Context<'_>, id: ConnectionId) -> Result<Vec<u8>> {
        let sealed = cx.executor.keys.seal_client_secret(id, &self.0, cx.random());
        sealed.map_err(|_| Problem::internal("a client secret could not be sealed"))
    }
}

impl fmt::Debug for ClientSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientSecret(…)")
    }
}

/// The id that the provider has given to the service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientId(String);

impl ClientId {
    /// # Errors
    /// `REQUIRED_FIELD`; `INVALID_FIELD`.
    pub fn parse(field: &str, text: &str) -> Result<Self> {
        let text = text.trim();
        check_credential(field, text)?;
        Ok(Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The printable characters of RFC 6749, appendices A.1 and A.2.
fn check_credential(field: &str, text: &str) -> Result<()> {
    if text.is_empty() {
        return Err(Problem::required(field));
    }
    if text.len() > MAX_CREDENTIAL_LENGTH {
        return Err(Problem::field(field, format_args!("use at most {MAX_CREDENTIAL_LENGTH} characters.")));
    }
    if !text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return Err(Problem::field(field, "use printable ASCII characters only."));
    }
    Ok(())
}

/// The scopes that a connection asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionScopes(String);

impl ConnectionScopes {
    /// Parses scopes that are separated by spaces. Without any, they are [`DEFAULT_SCOPES`]; `openid` is added.
    ///
    /// # Errors
    /// `INVALID_FIELD`.
    pub fn parse(field: &str, text: &str) -> Result<Self> {
        if text.len() > MAX_SCOPES_LENGTH {
            return Err(Problem::field(field, format_args!("use at most {MAX_SCOPES_LENGTH} characters.")));
        }
        let mut scopes: Vec<&str> = Vec::new();
        for scope in text.split_whitespace() {
            // RFC 6749, section 3.3.
            let is_allowed = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\');
            if !scope.bytes().all(is_allowed) {
                return Err(Problem::field(field, "separate the scopes by spaces, as in openid profile email."));
            }
            if !scopes.contains(&scope) {
                scopes.push(scope);
            }
        }
        if scopes.len() > MAX_SCOPES {
            return Err(Problem::field(field, format_args!("use at most {MAX_SCOPES} scopes.")));
        }
        if scopes.is_empty() {
            return Ok(Self::default());
        }
        if !scopes.contains(&OPENID) {
            scopes.insert(0, OPENID);
        }
        Ok(Self(scopes.join(" ")))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for ConnectionScopes {
    fn default() -> Self {
        Self(DEFAULT_SCOPES.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_scopes() {
        for (text, expected) in [
            ("", DEFAULT_SCOPES),
            ("  ", DEFAULT_SCOPES),
            ("email", "openid email"),
            ("openid  groups openid", "openid groups"),
            ("api://x/.default openid", "api://x/.default openid"),
        ] {
            assert_eq!(ConnectionScopes::parse("scopes", text).unwrap().as_str(), expected, "{text:?}");
        }
        let long = "x".repeat(1001);
        let many = (0..31).map(|number| format!("s{number}")).collect::<Vec<_>>().join(" ");
        for wrong in ["a\"b", "a\\b", "sc\u{f6}pe", &long, &many] {
            assert_eq!(ConnectionScopes::parse("scopes", wrong).unwrap_err().code(), Code::InvalidField, "{wrong}");
        }
    }

    #[test]
    fn credentials_are_printable_and_short() {
        assert_eq!(ClientId::parse("client_id", " acme ").unwrap().as_str(), "acme");
        assert_eq!(ClientId::parse("client_id", " ").unwrap_err().code(), Code::RequiredField);
        assert!(ClientSecret::parse("secret", "a b~!").is_ok());
        let long = "x".repeat(1001);
        for wrong in ["a\nb", "\u{e9}", &long] {
            assert_eq!(ClientSecret::parse("secret", wrong).unwrap_err().code(), Code::InvalidField, "{wrong}");
        }
        assert_eq!(format!("{:?}", ClientSecret::parse("secret", "s3cret").unwrap()), "ClientSecret(…)");
    }
}
