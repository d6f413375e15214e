//! The checks of ID tokens (`OpenID` Connect Core 1.0, sections 3.1.3.6 and 3.1.3.7).

use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use serde_json::{Map, Value};
use subtle::ConstantTimeEq;

use super::discovery::{Metadata, is_guid};
use super::error::{OidcError, OidcErrorKind};
use super::jws::{Algorithm, Jws};
use super::keys::KeySet;
use crate::identity_provider::ProviderKind;
use crate::time::Timestamp;

/// The end of the year 2999.
const MAX_SECONDS: i64 = 32_503_680_000;
/// The tolerated difference between the provider's clock and ours.
const CLOCK_SKEW: Duration = Duration::from_mins(2);
/// A token is issued when the code is exchanged.
const MAX_AGE: Duration = Duration::from_mins(10);
const MAX_AUDIENCES: usize = 50;
/// In bytes (section 2).
const MAX_SUBJECT: usize = 255;
/// What Google's older tokens have instead of its issuer.
const GOOGLE_ALIAS: &str = "accounts.google.com";

/// What a token must fit.
pub(super) struct Expected<'a> {
    pub(super) metadata: &'a Metadata,
    pub(super) kind: ProviderKind,
    pub(super) client_id: &'a str,
    pub(super) allowed_tenants: &'a [String],
    pub(super) nonce: &'a str,
    pub(super) access_token: &'a str,
    pub(super) now: Timestamp,
}

/// A verified ID token.
#[derive(Debug)]
pub(super) struct IdToken {
    /// The real issuer, never a template.
    pub(super) issuer: String,
    /// The claim `sub`.
    pub(super) sub: String,
    /// What identifies the person at the issuer: `sub`, or of Microsoft the ids of tenant and object, since its `sub`
    /// differs between clients.
    pub(super) subject: String,
    pub(super) claims: Map<String, Value>,
}

pub(super) fn verify(token: &str, keys: &KeySet, expected: &Expected<'_>) -> Result<IdToken, OidcError> {
    let jws = Jws::parse(token)?;
    let (claims, key) = jws.verify(keys)?;
    let tenant = text(&claims, "tid");
    let issuer = issuer(&claims, tenant, expected)?;
    if !expected.metadata.is_key_issuer(key.issuer.as_deref(), issuer, tenant) {
        return Err(OidcErrorKind::WrongIssuer.because("the key signs for the token's issuer"));
    }
    check_tenant(tenant, expected.allowed_tenants)?;
    check_audience(&claims, expected.client_id)?;
    check_times(&claims, expected.now)?;
    let nonce = text(&claims, "nonce").unwrap_or_default();
    if !bool::from(nonce.as_bytes().ct_eq(expected.nonce.as_bytes())) {
        return Err(OidcErrorKind::WrongNonce.because("nonce is the one of the authorization request"));
    }
    check_access_token(&claims, jws.algorithm, expected.access_token)?;
    let missing = |rule| OidcErrorKind::SubjectMissing.because(rule);
    // PostgreSQL stores no NUL.
    let is_subject = |sub: &&str| (1..=MAX_SUBJECT).contains(&sub.len()) && !sub.contains(char::is_control);
    let sub = text(&claims, "sub").filter(is_subject);
    let sub = sub.ok_or_else(|| missing("sub is a text of at most 255 characters"))?.to_owned();
    let subject = if expected.kind == ProviderKind::Microsoft {
        let tenant = tenant.filter(|tenant| is_guid(tenant)).ok_or_else(|| missing("tid is the id of a tenant"))?;
        let object = text(&claims, "oid").filter(|object| is_guid(object));
        let object = object.ok_or_else(|| missing("oid is the id of a user"))?;
        format!("{}:{}", tenant.to_ascii_lowercase(), object.to_ascii_lowercase())
    } else {
        sub.clone()
    };
    Ok(IdToken { issuer: issuer.to_owned(), sub, subject, claims })
}

fn text<'a>(claims: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    claims.get(name).and_then(Value::as_str)
}

fn issuer<'a>(
    claims: &'a Map<String, Value>,
    tenant: Option<&str>,
    expected: &Expected<'a>,
) -> Result<&'a str, OidcError> {
    let wrong = || OidcErrorKind::WrongIssuer.because("iss is the provider's issuer");
    let issuer = text(claims, "iss").ok_or_else(wrong)?;
    let is_alias = expected.kind == ProviderKind::Google && issuer == GOOGLE_ALIAS;
    if is_alias && expected.metadata.issuer.strip_prefix("https://") == Some(GOOGLE_ALIAS) {
        return Ok(&expected.metadata.issuer);
    }
    if expected.metadata.is_issuer(issuer, tenant) { Ok(issuer) } else { Err(wrong()) }
}

fn check_tenant(tenant: Option<&str>, allowed: &[String]) -> Result<(), OidcError> {
    let is_allowed =
        allowed.is_empty() || tenant.is_some_and(|tenant| allowed.iter().any(|a| a.eq_ignore_ascii_case(tenant)));
    if is_allowed { Ok(()) } else { Err(OidcErrorKind::TenantNotAllowed.because("tid is an allowed tenant")) }
}

fn check_audience(claims: &Map<String, Value>, client_id: &str) -> Result<(), OidcError> {
    let wrong = |rule| OidcErrorKind::WrongAudience.because(rule);
    let audiences = match claims.get("aud") {
        Some(Value::Array(audiences)) if audiences.len() <= MAX_AUDIENCES => audiences.as_slice(),
        Some(audience @ Value::String(_)) => std::slice::from_ref(audience),
        _ => return Err(wrong("aud is a text or a list of texts")),
    };
    if !audiences.iter().all(Value::is_string) {
        return Err(wrong("aud is a text or a list of texts"));
    }
    if !audiences.iter().any(|audience| audience == client_id) {
        return Err(wrong("aud has the client id"));
    }
    match claims.get("azp") {
        None | Some(Value::Null) if audiences.len() == 1 => Ok(()),
        Some(authorized) if authorized == client_id => Ok(()),
        _ => Err(wrong("azp is the client id, and is not missing if aud has several values")),
    }
}

/// A time in whole seconds. `None` for anything but a number of our millennium.
#[expect(clippy::cast_possible_truncation, reason = "a cast of a float saturates")]
fn seconds(claims: &Map<String, Value>, name: &str) -> Option<i64> {
    let number = claims.get(name)?.as_number()?;
    let seconds = number.as_i64().or_else(|| number.as_f64().map(|seconds| seconds as i64))?;
    (0..MAX_SECONDS).contains(&seconds).then_some(seconds)
}

fn check_times(claims: &Map<String, Value>, now: Timestamp) -> Result<(), OidcError> {
    let earliest = now.minus(CLOCK_SKEW).unix_seconds();
    let latest = now.plus(CLOCK_SKEW).unix_seconds();
    let oldest = now.minus(CLOCK_SKEW).minus(MAX_AGE).unix_seconds();
    let invalid = |rule| OidcErrorKind::IdTokenInvalid.because(rule);
    let expires_at = seconds(claims, "exp").ok_or_else(|| invalid("exp is a number"))?;
    let issued_at = seconds(claims, "iat").ok_or_else(|| invalid("iat is a number"))?;
    if expires_at <= earliest {
        return Err(OidcErrorKind::Expired.because("exp is in the future"));
    }
    if issued_at > latest {
        return Err(OidcErrorKind::IssuedInFuture.because("iat is not in the future"));
    }
    if issued_at < oldest {
        return Err(OidcErrorKind::Expired.because("iat is at most ten minutes ago"));
    }
    if claims.contains_key("nbf") {
        let not_before = seconds(claims, "nbf").ok_or_else(|| invalid("nbf is a number"))?;
        if not_before > latest {
            return Err(OidcErrorKind::IssuedInFuture.because("nbf is not in the future"));
        }
    }
    Ok(())
}

/// Section 3.1.3.6: the left half of a hash of the access token. The claim is optional.
fn check_access_token(claims: &Map<String, Value>, algorithm: Algorithm, access_token: &str) -> Result<(), OidcError> {
    let Some(claimed) = claims.get("at_hash") else { return Ok(()) };
    let digest = ring::digest::digest(algorithm.digest(), access_token.as_bytes());
    let half = digest.as_ref().get(..digest.as_ref().len() / 2).unwrap_or_default();
    if claimed.as_str() == Some(BASE64URL_NOPAD.encode(half).as_str()) {
        return Ok(());
    }
    Err(OidcErrorKind::WrongAtHash.because("at_hash is of the access token"))
}
