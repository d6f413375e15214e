//! People whom an identity provider has identified and who have no account with this identity yet. They complete their
//! profile and verify an address, or sign in to their account and connect the identity to it.

pub(crate) mod sql;

use std::time::Duration;

use super::extend_attempts_until;
use crate::email_address::EmailAddress;
use crate::error::{Code, Problem, Result};
use crate::execution::Context;
use crate::id::{AttemptId, AuthorizationRequestId, IdentityId, SessionId};
use crate::identity_provider::ProviderId;
use crate::secret::SignUpToken;
use crate::time::Timestamp;

pub use sql::PendingProfile;

/// How long a profile can be completed.
const LIFETIME: Duration = Duration::from_mins(30);
/// Profiles of one session that wait at a time. An older one is deleted.
const MAX_PER_SESSION: i64 = 5;

/// A profile to store.
#[derive(Debug)]
pub(crate) struct NewProfile<'a> {
    /// The request that identified the person.
    pub(crate) request: AuthorizationRequestId,
    pub(crate) provider: &'a ProviderId,
    pub(crate) issuer: &'a str,
    pub(crate) subject: &'a str,
    /// The address as the provider writes it; may be empty.
    pub(crate) email: &'a str,
    pub(crate) first_name: &'a str,
    pub(crate) last_name: &'a str,
    /// Sealed for the identity that it may become.
    pub(crate) tokens: Option<&'a [u8]>,
    /// Sealed for the request.
    pub(crate) invitation: Option<&'a [u8]>,
}

impl PendingProfile {
    /// The address that the provider has sent; `None` without a valid one.
    pub fn address(&self) -> Option<EmailAddress> {
        EmailAddress::parse(&self.email).ok()
    }

    /// The id of the identity that it may become. A request, its profile and its identity have one id, so what is sealed
    /// for one of them can be opened later.
    pub(crate) fn identity(&self) -> IdentityId {
        self.id.get().into()
    }

    /// Opens the token of the invitation that was passed along, if there is one.
    pub(crate) fn open_invitation(&self, cx: &Context<'_>) -> Result<Option<SignUpToken>> {
        let open = |sealed: &Vec<u8>| cx.executor.keys.open_invitation(self.id.get(), sealed);
        let opened = self.invitation.as_ref().map(open).transpose();
        opened.map_err(|_| Problem::internal("the token of an invitation cannot be opened"))
    }
}

/// Stores a profile of the caller's session.
///
/// # Errors
/// `INVALID_STATE` without a session.
pub(crate) async fn insert_profile(cx: &mut Context<'_>, new: &NewProfile<'_>) -> Result<AttemptId> {
    let session = cx.session_id().ok_or(Code::InvalidState)?;
    let expires_at = cx.now.plus(LIFETIME);
    cx.tx.execute(sql::DELETE_OLDEST, (session, MAX_PER_SESSION - 1)).await?;
    let id = new.request.get().into();
    let row = sql::NewRow {
        id,
        session,
        provider: new.provider,
        issuer: new.issuer,
        subject: new.subject,
        email: new.email,
        first_name: new.first_name,
        last_name: new.last_name,
        tokens: new.tokens,
        invitation: new.invitation,
        now: cx.now,
        expires_at,
    };
    cx.tx.execute(sql::INSERT, row).await?;
    extend_attempts_until(cx, expires_at).await?;
    Ok(id)
}

/// Finds a profile of the caller's session.
///
/// # Errors
/// `BAD_SIGN_IN_ATTEMPT`.
pub(crate) async fn find_profile(cx: &mut Context<'_>, id: AttemptId) -> Result<PendingProfile> {
    let session = cx.session_id().ok_or(Code::BadSignInAttempt)?;
    Ok(cx.tx.optional(sql::FIND, (session, id, cx.now)).await?.ok_or(Code::BadSignInAttempt)?)
}

/// Stores the verification that a profile waits for, and lets the profile last as long as it.
///
/// # Errors
/// `BAD_SIGN_IN_ATTEMPT`.
pub(crate) async fn extend_profile(
    cx: &mut Context<'_>,
    id: AttemptId,
    verification: AttemptId,
    expires_at: Timestamp,
) -> Result<()> {
    let session = cx.session_id().ok_or_else(|| Problem::internal("a profile belongs to a session"))?;
    let extended = cx.tx.optional(sql::EXTEND, (session, id, verification, expires_at, cx.now)).await?;
    extended.ok_or(Code::BadSignInAttempt)?;
    Ok(())
}

/// Deletes a profile of the caller's session that is about to be used. Succeeds once.
///
/// # Errors
/// `BAD_SIGN_IN_ATTEMPT`.
pub(crate) async fn take_profile(cx: &mut Context<'_>, id: AttemptId) -> Result<PendingProfile> {
    let session = cx.session_id().ok_or(Code::BadSignInAttempt)?;
    Ok(cx.tx.optional(sql::TAKE, (session, id, cx.now)).await?.ok_or(Code::BadSignInAttempt)?)
}

/// Deletes the profile of the caller's session that waited for a verification. `None` if there is none.
pub(crate) async fn take_profile_of_attempt(
    cx: &mut Context<'_>,
    verification: AttemptId,
) -> Result<Option<PendingProfile>> {
    match cx.session_id() {
        Some(session) => Ok(cx.tx.optional(sql::TAKE_OF_ATTEMPT, (session, verification, cx.now)).await?),
        None => Ok(None),
    }
}

/// The profiles of a session that wait, oldest first, without those whose address is being verified.
pub(super) async fn list_open(cx: &mut Context<'_>, session: SessionId) -> Result<Vec<PendingProfile>> {
    Ok(cx.tx.all(sql::OPEN, (session, cx.now)).await?)
}
