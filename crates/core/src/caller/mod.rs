//! The sender of a request: session token, API key or setup link, address and language; and the session, key or link that
//! they stand for.

mod browser;
mod impersonator_span;
pub(crate) mod sql;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use vestibule_db::Tx;

use crate::error::Result;
use crate::id::{SessionId, SignInId};
use crate::language::Language;
use crate::secret::{ApiKeyDigest, Keys, SessionToken, SetupToken};
use crate::settings::Settings;
use crate::time::Timestamp;

pub use browser::{browser, browser_name, device};
pub use impersonator_span::ImpersonatorSpan;
pub use sql::{CurrentApiKey, CurrentSession, CurrentSetupLink};

/// The stored `last_seen_at` may lag by this much, or by a quarter of the idle timeout if that is shorter. So a session
/// in use costs a write only this often.
const MAX_TOUCH_INTERVAL: Duration = Duration::from_mins(2);

/// The address of a client whose address is not known: the unspecified address, which no host has (RFC 4291, 2.5.2). IP
/// allowlists do not allow it, and limits by address do not count it: clients that cannot be told apart would use up
/// each other's limit, and one of them could lock out all.
pub const UNKNOWN_ADDRESS: IpAddr = IpAddr::V6(Ipv6Addr::UNSPECIFIED);

/// What is stored of an idempotency key and its request: keyed hashes.
#[derive(Clone, Debug)]
pub struct Idempotency {
    pub(crate) key: [u8; 32],
    pub(crate) request: [u8; 32],
}

impl Idempotency {
    pub(crate) fn new(keys: &Keys, key: &str, target: &str, body: &[u8]) -> Self {
        let body = HEXLOWER.encode(&Sha256::digest(body));
        Self {
            key: keys.idempotency_digest("idempotency key of an API key", key),
            request: keys.idempotency_digest("request of an API key", &format!("{target} {body}")),
        }
    }
}

/// The sender of a request.
#[derive(Clone, Debug)]
pub struct Caller {
    /// `None` in the API for backends, which reads no session.
    pub token: Option<SessionToken>,
    /// Only in the API for backends.
    pub api_key: Option<ApiKeyDigest>,
    /// Only on the pages of a setup link. The caller then acts by the link, no matter who is signed in.
    pub setup_token: Option<SetupToken>,
    /// The idempotency key of a request of the API for backends.
    pub idempotency: Option<Idempotency>,
    /// The client's address, or [`UNKNOWN_ADDRESS`]. Behind a trusted proxy, the address that the proxy forwards.
    pub address: IpAddr,
    /// The `User-Agent` header, cut to 400 bytes.
    pub user_agent: String,
    /// The preferred language of the request.
    pub language: Language,
    /// The id of the request, as in its log lines.
    pub request_id: Option<u64>,
    /// Whether it is the operator, by the command line.
    pub is_operator: bool,
    /// Names the impersonator in the request's span.
    pub impersonator_span: ImpersonatorSpan,
}

impl Caller {
    /// Formats the address for people and logs.
    pub fn address_text(&self) -> String {
        address_text(self.address)
    }

    /// A caller without a session, on this machine: for workers and tests.
    pub const fn anonymous() -> Self {
        Self {
            token: None,
            api_key: None,
            setup_token: None,
            idempotency: None,
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            user_agent: String::new(),
            language: Language::English,
            request_id: None,
            is_operator: false,
            impersonator_span: ImpersonatorSpan::none(),
        }
    }

    /// The operator, by the command line.
    pub fn operator() -> Self {
        Self { is_operator: true, ..Self::anonymous() }
    }
}

/// How [`UNKNOWN_ADDRESS`] is written where an address is stored or logged.
pub const UNKNOWN_ADDRESS_TEXT: &str = "unknown";

/// Formats a client's address, or [`UNKNOWN_ADDRESS_TEXT`].
pub(crate) fn address_text(address: IpAddr) -> String {
    if address.is_unspecified() { UNKNOWN_ADDRESS_TEXT.to_owned() } else { address.to_string() }
}

/// The part of a session that every response carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionStub {
    pub id: SessionId,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl CurrentSession {
    pub fn stub(&self) -> SessionStub {
        SessionStub { id: self.id, created_at: self.created_at, updated_at: self.updated_at }
    }

    /// The session and its active sign-in, if there is one.
    pub(crate) fn signed_in(&self) -> Option<(SessionId, SignInId)> {
        self.sign_in_id.map(|sign_in| (self.id, sign_in))
    }

    /// Whether the stored `last_seen_at` is due to be updated.
    pub(crate) fn is_touch_due(&self, now: Timestamp, settings: &Settings) -> bool {
        now.since(self.last_seen_at) >= touch_interval(settings)
    }
}

/// How much the stored time of an API key's last use may lag.
pub(crate) const KEY_USE_PRECISION: Duration = Duration::from_mins(1);

/// When the use of a key that was last used at `last_used` is due to be stored.
pub(crate) fn key_use_due_at(last_used: Timestamp) -> Timestamp {
    last_used.plus(KEY_USE_PRECISION)
}

/// When a session that was last seen at `last_seen` is due to be touched, if it has not ended by then.
pub(crate) fn touch_due_at(last_seen: Timestamp, settings: &Settings) -> Timestamp {
    last_seen.plus(touch_interval(settings))
}

fn touch_interval(settings: &Settings) -> Duration {
    MAX_TOUCH_INTERVAL.min(settings.sessions.idle_timeout / 4)
}

/// Loads the session of this token. `None` if it does not exist or has ended.
pub(crate) async fn load_session(
    tx: &mut Tx<'_>,
    token: &SessionToken,
    now: Timestamp,
    settings: &Settings,
) -> Result<Option<CurrentSession>> {
    Ok(tx.optional(sql::CURRENT, (&token.digest(), now, now.minus(settings.sessions.idle_timeout))).await?)
}

/// Stores that the session was used, if the stored time is old enough.
pub(crate) fn touch(tx: &mut Tx<'_>, session: &CurrentSession, now: Timestamp, settings: &Settings) -> Result<()> {
    if !session.is_touch_due(now, settings) {
        return Ok(());
    }
    tx.defer(sql::TOUCH, (session.id, now))?;
    if let Some(sign_in) = session.sign_in_id {
        tx.defer(sql::TOUCH_SIGN_IN, (session.id, sign_in, now))?;
    }
    Ok(())
}

/// Loads an API key, unless it was revoked or has expired.
pub(crate) async fn load_api_key(tx: &mut Tx<'_>, key: &ApiKeyDigest, now: Timestamp) -> Result<Option<CurrentApiKey>> {
    Ok(tx.optional(sql::API_KEY, (key.as_bytes(), now)).await?)
}

/// Loads a setup link, unless it was revoked or has expired, or its creator is no longer an admin of the organization.
pub(crate) async fn load_setup_link(
    tx: &mut Tx<'_>,
    token: &SetupToken,
    now: Timestamp,
) -> Result<Option<CurrentSetupLink>> {
    Ok(tx.optional(sql::SETUP_LINK, (&token.digest(), now)).await?)
}
