//! Setting up and removing the caller's authenticator app.

use std::fmt;
use std::sync::Arc;

use super::{Added, begin_change, finish_change, refresh};
use crate::error::{Code, Problem, Result};
use crate::event::{AuthenticatorAdded, AuthenticatorRemoved};
use crate::execution::{Caller, Command, Context, Executor, Query, Reply};
use crate::id::{AuthenticatorId, UserId};
use crate::permission::Requirement;
use crate::proof::ProofMethod;
use crate::reauthentication::{record_proof, require_recent_second_factor};
use crate::secret::{SubmittedFactorCode, TotpSecret};
use crate::security_log::{Audit, Change};
use crate::security_notice::{NoticeKind, notify};
use crate::time::Timestamp;
use crate::totp::Authenticator;
use crate::user::sql::PUBLIC_PROFILE;
use crate::{backup_code, rate_limit, totp};

/// Starts to set up an authenticator app, in place of one that was started before. It is in use once two of its codes
/// were submitted, within an hour.
///
/// # Errors
/// `UNAUTHORIZED`; `REAUTHENTICATION_REQUIRED`.
#[derive(Debug)]
pub struct StartAuthenticator;

/// An authenticator that is being set up. The secret is shown only once.
pub struct NewAuthenticator {
    pub id: AuthenticatorId,
    /// In base32.
    pub secret: String,
    /// For a QR code.
    pub otp_url: String,
    pub created_at: Timestamp,
}

impl fmt::Debug for NewAuthenticator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NewAuthenticator({}, …)", self.id)
    }
}

impl Command for StartAuthenticator {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] = &[Code::ReauthenticationRequired];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = NewAuthenticator;

    async fn run(&self, cx: &mut Context<'_>) -> Result<NewAuthenticator> {
        let user = begin_change(cx).await?;
        let secret = TotpSecret::new(cx.random());
        let otp_url = otp_url(cx, user, &secret, None).await?;
        let id = totp::start(cx, user, &secret).await?;
        Ok(NewAuthenticator { id, secret: secret.reveal().to_string(), otp_url, created_at: cx.now })
    }
}

/// The URL that apps read from a QR code: with the name of the installation and of the account. Without a given name, it
/// is the primary address of the user or, without one, their user name.
pub(super) async fn otp_url(
    cx: &mut Context<'_>,
    user: UserId,
    secret: &TotpSecret,
    account: Option<&str>,
) -> Result<String> {
    let profile = cx.tx.one(PUBLIC_PROFILE, (user,)).await?;
    let own = profile.email.or(profile.username).unwrap_or_default();
    let url = secret.otp_url(&cx.executor.settings.name, account.unwrap_or(&own));
    Ok(url.map_err(|_| Problem::internal("the URL of an authenticator could not be made"))?.to_string())
}

/// The codes of [`verify_authenticator`].
pub const VERIFY_AUTHENTICATOR_ERRORS: &[Code] = &[
    Code::ImpersonationNotAllowed,
    Code::Unauthorized,
    Code::ReauthenticationRequired,
    Code::TooManyRequests,
    Code::AuthenticatorNotFound,
    Code::InvalidAuthenticatorCodes,
];

/// Two codes of an authenticator that is being set up.
#[derive(Debug)]
pub struct VerifyAuthenticator {
    pub id: AuthenticatorId,
    /// Consecutive ones.
    pub codes: [SubmittedFactorCode; 2],
    pub signs_out_others: bool,
}

/// Takes the authenticator that the caller has started to set up into use, in place of the one that they used before.
/// The caller's sign-in is proved with two factors from then on, and has a new session token. The attempt is counted
/// before the codes are checked.
///
/// # Errors
/// [`VERIFY_AUTHENTICATOR_ERRORS`]: `AUTHENTICATOR_NOT_FOUND` also for another user's, for one that is in use already,
/// and an hour after it was started.
pub async fn verify_authenticator(
    executor: &Arc<Executor>,
    caller: &Caller,
    submitted: VerifyAuthenticator,
) -> Reply<Added<Authenticator>> {
    // An unattended browser cannot use up the attempts.
    let checked = executor.query(caller, &CheckRecentProof).await;
    if let Err(problem) = checked.result {
        return Reply { session: checked.session, ..Reply::failed(problem) };
    }
    let recorded = executor.run(caller, rate_limit::RecordSecondFactor).await;
    match recorded.result {
        Ok(_) => executor.run(caller, Verify(submitted)).await,
        Err(problem) => Reply { session: recorded.session, ..Reply::failed(problem) },
    }
}

/// Requires a recent proof, which the command requires again in its transaction.
struct CheckRecentProof;

impl Query for CheckRecentProof {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] = &[Code::ReauthenticationRequired];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = ();

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        require_recent_second_factor(cx).await
    }
}

#[derive(Debug)]
struct Verify(VerifyAuthenticator);

impl Command for Verify {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] =
        &[Code::ReauthenticationRequired, Code::AuthenticatorNotFound, Code::InvalidAuthenticatorCodes];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = Added<Authenticator>;

    fn audit(&self) -> Audit {
        Audit::Change(Change::AuthenticatorAdded)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<Added<Authenticator>> {
        let VerifyAuthenticator { id, codes, signs_out_others } = &self.0;
        let user = begin_change(cx).await?;
        let replaced = totp::verify(cx, user, *id, codes).await?;
        rate_limit::clear_second_factor_attempts(cx, user).await?;
        report_added(cx, user, *id, replaced).await?;
        refresh(cx, user).await?;
        let token = record_proof(cx, ProofMethod::Authenticator, "").await?.token;
        finish_change(cx, user, *signs_out_others).await?;
        let added = totp::find(cx, user).await?;
        let factor = added.ok_or_else(|| Problem::internal("the authenticator that was verified is missing"))?;
        Ok(Added { factor, token })
    }
}

/// Notifies the user that an authenticator is in use, and emits it with the removal of the one that it has replaced.
pub(super) async fn report_added(
    cx: &mut Context<'_>,
    user: UserId,
    id: AuthenticatorId,
    replaced: Option<AuthenticatorId>,
) -> Result<()> {
    notify(cx, user, NoticeKind::AuthenticatorAdded, "").await?;
    if let Some(replaced) = replaced {
        cx.emit(AuthenticatorRemoved { user_id: user, authenticator_id: replaced });
    }
    cx.emit(AuthenticatorAdded { user_id: user, authenticator_id: id });
    Ok(())
}

/// Removes an authenticator of the caller and, if it was in use, their backup codes. Without a passkey, sign-ins ask for
/// no second factor any more.
///
/// # Errors
/// `UNAUTHORIZED`; `REAUTHENTICATION_REQUIRED`; `AUTHENTICATOR_NOT_FOUND`, also for another user's.
#[derive(Debug)]
pub struct DeleteAuthenticator {
    pub id: AuthenticatorId,
    pub signs_out_others: bool,
}

impl Command for DeleteAuthenticator {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] = &[Code::ReauthenticationRequired, Code::AuthenticatorNotFound];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = ();

    fn audit(&self) -> Audit {
        Audit::Change(Change::AuthenticatorRemoved)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let user = begin_change(cx).await?;
        let deleted = cx.tx.optional(totp::sql::DELETE, (user, self.id)).await?;
        let deleted = deleted.ok_or(Code::AuthenticatorNotFound)?;
        if deleted.verified_at.is_some() {
            finish_removal(cx, user, deleted.id).await?;
        } else {
            cx.subject.is_unchanged = true;
        }
        finish_change(cx, user, self.signs_out_others).await
    }
}

/// Deletes the backup codes of a user whose authenticator was deleted, and notifies them.
pub(super) async fn finish_removal(cx: &mut Context<'_>, user: UserId, id: AuthenticatorId) -> Result<()> {
    backup_code::delete_all(cx, user).await?;
    notify(cx, user, NoticeKind::AuthenticatorRemoved, "").await?;
    cx.emit(AuthenticatorRemoved { user_id: user, authenticator_id: id });
    refresh(cx, user).await
}
