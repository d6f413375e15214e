//! A session belongs to a browser. It holds one sign-in per user, of which one is active.
//!
//! Every transaction loads or revalidates its session, so that ending a session, a sign-in or an account takes effect
//! with the next request on every process.

mod break_glass;
mod factors;
mod id_token;
mod pending;
mod profile;
mod restrictions;
mod select_token;
mod show;
mod sign_ins;
mod sign_out;
mod source;
pub(crate) mod sql;
mod switch_organization;
mod switch_sign_in;
mod validity;

use std::time::Duration;

use crate::caller::{CurrentSession, load_session};
use crate::error::{Code, Problem, Result};
use crate::event::{ImpersonationStarted, SessionCreated};
use crate::execution::Context;
use crate::id::{ApiKeyId, MembershipId, SignInId, UserId, WorkspaceMembershipId};
use crate::proof::{ProofMethod, Proofs};
use crate::secret::SessionToken;
use crate::time::Timestamp;

pub(crate) use factors::{
    FirstFactorOutcome, NewPending, add_proof, create_passkey_sign_in, prove_first_factor, prove_second_factor,
};
pub(crate) use id_token::{find_id_token, store_id_token};
pub use pending::{PendingSignIn, SessionAttempt, Strategy};
pub(crate) use pending::{end_pending_sign_ins, find_pending, find_tried, record_try};
pub use profile::PendingProfile;
pub(crate) use profile::{
    NewProfile, extend_profile, find_profile, insert_profile, sql as profile_sql, take_profile, take_profile_of_attempt,
};
pub use select_token::SelectToken;
pub(crate) use show::show;
pub use show::{SessionDetails, Show, ShowCacheable, SignInDetails};
pub use sign_ins::{ListLastUsed, ListSignIns, SignInCursor, SignInsPage};
pub(crate) use sign_ins::{
    end_all_sign_ins, end_impersonations_by_key, end_other_sign_ins, end_pending_sign_ins_of_connection, end_sign_in,
    end_sign_ins_of_connection,
};
pub use sign_out::SignOut;
pub(crate) use source::{SignInSource, SsoConnection};
pub use sql::{SignIn, SignInRole, SignInWorkspaceRole};
pub use switch_organization::SwitchOrganization;
pub use switch_sign_in::SwitchSignIn;

/// The maximum number of users who are signed in within one session.
const MAX_SIGN_INS: i64 = 20;
/// How long a person is signed in as a user, for support.
pub const IMPERSONATION_LIFETIME: Duration = Duration::from_mins(20);

/// A person who is signed in as a user, for support.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Impersonator {
    pub(crate) user: UserId,
    /// The API key that let them.
    pub(crate) key: ApiKeyId,
}

/// Signs a person in as a user, who is not asked for any proof. The sign-in ends after [`IMPERSONATION_LIFETIME`], and
/// does not make the session last longer.
///
/// # Errors
/// Those of [`prove_first_factor`].
pub(crate) async fn create_impersonated_sign_in(
    cx: &mut Context<'_>,
    user: UserId,
    impersonator: Impersonator,
) -> Result<SessionToken> {
    let method = ProofMethod::Impersonation;
    let proved = Proved { method, proofs: Proofs::of(method), connection: None };
    insert_sign_in(cx, user, proved, Some(impersonator)).await
}

/// How the user of a new sign-in has proved who they are.
#[derive(Clone, Copy, Debug)]
struct Proved {
    /// The last one of the proofs.
    method: ProofMethod,
    proofs: Proofs,
    /// The connection whose identity provider has proved it.
    connection: Option<SsoConnection>,
}

/// Signs a user in within the caller's session, or a new one, and activates the sign-in. It does not ask for a second
/// factor, so it is private: see [`factors`].
async fn insert_sign_in(
    cx: &mut Context<'_>,
    user: UserId,
    proved: Proved,
    impersonator: Option<Impersonator>,
) -> Result<SessionToken> {
    cx.refuse_impersonator()?;
    let token = SessionToken::new(cx.random());
    let lifetime = cx.executor.settings.sessions.max_lifetime;
    let lifetime = if impersonator.is_some() { lifetime.min(IMPERSONATION_LIFETIME) } else { lifetime };
    let expires_at = cx.now.plus(lifetime);
    let existing = cx.session.as_ref().map(|session| (session.id, session.expires_at));
    let session = existing.map_or_else(|| cx.id(), |(session, _)| session);
    let statement = if existing.is_some() { sql::ROTATE_TOKEN } else { sql::INSERT };
    let session_expires_at =
        existing.filter(|_| impersonator.is_some()).map_or(expires_at, |(_, expires_at)| expires_at);
    cx.tx.execute(statement, (session, &token.digest(), cx.now, session_expires_at)).await?;
    cx.tx.execute(sql::DELETE_EXPIRED_SIGN_IN, (session, user, cx.now)).await?;
    let (address, sign_in) = (cx.caller.address_text(), cx.id());
    let (connection, sso_organization) = SsoConnection::to_stored(proved.connection);
    let row = sql::NewSignIn {
        id: sign_in,
        session,
        user,
        address: &address,
        user_agent: &cx.caller.user_agent,
        proved_by: proved.method,
        proofs: &proved.proofs.to_text(),
        expires_at,
        now: cx.now,
        impersonator: impersonator.map(|impersonator| impersonator.user),
        impersonator_key: impersonator.map(|impersonator| impersonator.key),
        connection,
        sso_organization,
    };
    if cx.tx.optional(sql::INSERT_SIGN_IN, row).await?.is_none() {
        return Err(Code::UserAlreadySignedIn.into());
    }
    if existing.is_some() {
        for ended in cx.tx.all(sql::DELETE_OLDEST_SIGN_INS, (session, MAX_SIGN_INS)).await? {
            sign_ins::emit_ended(cx, &ended);
        }
    }
    cx.tx.execute(sql::SET_ACTIVE_SIGN_IN, (session, sign_in, cx.now)).await?;
    cx.session = load_session(&mut cx.tx, &token, cx.now, &cx.executor.settings).await?;
    match impersonator {
        None => {
            let method = proved.method.as_str();
            cx.emit(SessionCreated { user_id: user, sign_in_id: sign_in, method, expires_at });
        }
        Some(Impersonator { user: impersonator_id, .. }) => {
            cx.emit(ImpersonationStarted { user_id: user, sign_in_id: sign_in, impersonator_id, expires_at });
        }
    }
    break_glass::report(cx, None).await?;
    Ok(token)
}

/// Replaces the token of the caller's session, which ends at the same time as before.
pub(crate) async fn rotate_token(cx: &mut Context<'_>) -> Result<SessionToken> {
    let session = cx.session.as_ref().ok_or(Code::Unauthorized)?;
    let (id, expires_at) = (session.id, session.expires_at);
    let token = SessionToken::new(cx.random());
    cx.tx.execute(sql::ROTATE_TOKEN, (id, &token.digest(), cx.now, expires_at)).await?;
    cx.session = load_session(&mut cx.tx, &token, cx.now, &cx.executor.settings).await?;
    Ok(token)
}

/// Creates a session if the caller has none, because a verification attempt belongs to a session. Returns the token of
/// a new session.
pub(crate) async fn ensure(cx: &mut Context<'_>) -> Result<Option<SessionToken>> {
    if cx.session.is_some() {
        return Ok(None);
    }
    let token = SessionToken::new(cx.random());
    let expires_at = cx.now.plus(cx.executor.settings.sessions.max_lifetime);
    cx.tx.execute(sql::INSERT, (cx.id(), &token.digest(), cx.now, expires_at)).await?;
    cx.session = load_session(&mut cx.tx, &token, cx.now, &cx.executor.settings).await?;
    Ok(Some(token))
}

/// Stores until when the caller's session has open attempts to show.
pub(crate) async fn extend_attempts_until(cx: &mut Context<'_>, until: Timestamp) -> Result<()> {
    if let Some(session) = cx.session.as_mut() {
        session.attempts_until = session.attempts_until.max(until);
        let id = session.id;
        cx.tx.execute(sql::EXTEND_ATTEMPTS_UNTIL, (id, until)).await?;
    }
    Ok(())
}

/// Maps `FORBIDDEN` to `NOT_A_MEMBER`, for calls that switch the active organization or workspace.
pub(crate) fn forbidden_as_not_a_member(problem: Problem) -> Problem {
    if problem.code() == Code::Forbidden { Code::NotAMember.into() } else { problem }
}

/// Makes an organization the active one of the sign-in, and the user's default unless somebody else is signed in as the
/// user; `None` for none. Clears the active workspace.
pub(crate) async fn set_active_organization(cx: &mut Context<'_>, membership: Option<MembershipId>) -> Result<()> {
    let user = cx.user()?;
    if let Some((session, sign_in)) = cx.session.as_ref().and_then(CurrentSession::signed_in) {
        cx.tx.execute(sql::SET_ACTIVE_ORGANIZATION, (session, sign_in, membership, cx.now)).await?;
    }
    if !cx.is_impersonated() {
        cx.tx.execute(sql::SET_DEFAULT_ORGANIZATION, (user, membership, cx.now)).await?;
    }
    Ok(())
}

/// Makes an organization, and a workspace of it, the active ones of a sign-in in the caller's session that has no
/// active organization, and the default of its user if they have none. A new member is then there, and so are their
/// session tokens. The statements are deferred.
pub(crate) fn activate_if_none(
    cx: &mut Context<'_>,
    (user, sign_in): (UserId, SignInId),
    organization: MembershipId,
    workspace: Option<WorkspaceMembershipId>,
) -> Result<()> {
    if let Some(session) = cx.session_id() {
        cx.tx.defer(sql::ACTIVATE_IF_NONE, (session, sign_in, organization, workspace, cx.now))?;
    }
    Ok(cx.tx.defer(sql::SET_DEFAULT_IF_NONE, (user, organization, workspace, cx.now))?)
}
