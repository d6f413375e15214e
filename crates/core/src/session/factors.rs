//! The factors of a sign-in. Only this module decides whether a second one is required, and only it creates sign-ins
//! for the user themselves.

use super::pending::{MAX_TRIES, PENDING_LIFETIME, PendingSignIn, Strategy};
use super::sql::{factors as sql, sso};
use super::{
    Proved, SignInSource, SsoConnection, break_glass, ensure, extend_attempts_until, insert_sign_in, rotate_token,
};
use crate::assurance::SecondFactorPolicy;
use crate::error::{Code, Problem, Result};
use crate::execution::Context;
use crate::id::{AttemptId, UserId};
use crate::proof::{ProofMethod, Proofs};
use crate::secret::SessionToken;
use crate::user::sql::second_factors::{FIND, FactorState};

/// The number of sign-ins of one session that may wait for the second factor.
const MAX_PENDING: i64 = 5;

/// What a pending sign-in shows of its first factor.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NewPending<'a> {
    /// That of the verification; `None` for a new one.
    pub(crate) id: Option<AttemptId>,
    pub(crate) strategy: Strategy,
    /// The normalized address that was used; empty for a user name.
    pub(crate) address: &'a str,
    pub(crate) source: SignInSource<'a>,
}

/// What the first factor led to.
#[derive(Debug)]
pub(crate) enum FirstFactorOutcome {
    SignedIn(SessionToken),
    /// The second factor is still to be proved. The session token is new, too.
    Pending(SessionToken, PendingSignIn),
}

/// Signs a user in within the caller's session, or a new one, and activates the sign-in; or, if a second factor is
/// required, stores that they have proved the first one. The session token is always replaced, which prevents session
/// fixation (OWASP ASVS 7.2.4). The sign-in of a 21st user ends the oldest one, and the pending one of a sixth user the
/// oldest pending one. A connection is added to a sign-in that the user has in the session.
///
/// # Errors
/// `USER_ALREADY_SIGNED_IN`; `IMPERSONATION_NOT_ALLOWED` for an impersonator.
pub(crate) async fn prove_first_factor(
    cx: &mut Context<'_>,
    user: UserId,
    proof: ProofMethod,
    new: NewPending<'_>,
) -> Result<FirstFactorOutcome> {
    cx.refuse_impersonator()?;
    if let Some(connection) = new.source.connection
        && let Some(token) = add_connection(cx, user, proof, connection).await?
    {
        return Ok(FirstFactorOutcome::SignedIn(token));
    }
    let factors = cx.tx.one(FIND, (user,)).await?;
    if !asks_for_second_factor(&factors) {
        let proved = Proved { method: proof, proofs: Proofs::of(proof), connection: new.source.connection };
        return insert_sign_in(cx, user, proved, None).await.map(FirstFactorOutcome::SignedIn);
    }
    let token = match ensure(cx).await? {
        Some(token) => token,
        None => rotate_token(cx).await?,
    };
    let pending = insert_pending(cx, user, proof, new).await?;
    Ok(FirstFactorOutcome::Pending(token, pending))
}

/// Makes the sign-in that a user has in the caller's session one through a connection as well, and the active one: people
/// come from an organization that requires it of them while they are signed in. A sign-in has one connection, so another
/// one is replaced, with what its identity provider has reported. `None` without a sign-in of the user themselves.
async fn add_connection(
    cx: &mut Context<'_>,
    user: UserId,
    method: ProofMethod,
    connection: SsoConnection,
) -> Result<Option<SessionToken>> {
    let Some(session) = cx.session_id() else { return Ok(None) };
    let Some((sign_in,)) = cx.tx.optional(sql::SIGN_IN_OF_USER, (session, user, cx.now)).await? else {
        return Ok(None);
    };
    let Some(found) = cx.tx.optional(sql::PROOFS, (session, sign_in, user, cx.now)).await? else { return Ok(None) };
    let sql::ProofsRow { stored, proofs } = found;
    let proofs = proofs.without(ProofMethod::EnterpriseSso).without(ProofMethod::EnterpriseSsoMfa).with(method);
    let added = sso::AddedConnection {
        session,
        sign_in,
        user,
        method,
        stored: &stored,
        proofs: &proofs.to_text(),
        connection: connection.id,
        sso_organization: connection.organization,
        now: cx.now,
    };
    cx.tx.optional(sso::ADD_CONNECTION, added).await?.ok_or(Code::UserAlreadySignedIn)?;
    cx.tx.execute(super::sql::SET_ACTIVE_SIGN_IN, (session, sign_in, cx.now)).await?;
    let token = rotate_token(cx).await?;
    // Without the connection that it had, the sign-in may open that organization to an admin only.
    break_glass::report(cx, None).await?;
    Ok(Some(token))
}

fn asks_for_second_factor(state: &FactorState) -> bool {
    match state.second_factor_policy {
        SecondFactorPolicy::Enforced => !state.second_factors.is_empty(),
        SecondFactorPolicy::None | SecondFactorPolicy::Optional => false,
    }
}

/// Stores a pending sign-in of the caller's session, which must exist.
async fn insert_pending(
    cx: &mut Context<'_>,
    user: UserId,
    proof: ProofMethod,
    new: NewPending<'_>,
) -> Result<PendingSignIn> {
    let session = cx.session_id().ok_or_else(|| Problem::internal("a pending sign-in requires a session"))?;
    if cx.tx.optional(sql::SIGN_IN_OF_USER, (session, user, cx.now)).await?.is_some() {
        return Err(Code::UserAlreadySignedIn.into());
    }
    cx.tx.execute(sql::DELETE_OLDEST_PENDING, (session, user, MAX_PENDING - 1)).await?;
    let (id, expires_at) = (new.id.unwrap_or_else(|| cx.id()), cx.now.plus(PENDING_LIFETIME));
    let (connection, sso_organization) = SsoConnection::to_stored(new.source.connection);
    let row = sql::NewPendingRow {
        id,
        session,
        user,
        strategy: new.strategy,
        address: new.address,
        proved_by: proof,
        expires_at,
        now: cx.now,
        connection,
        sso_organization,
        provider: new.source.provider,
    };
    cx.tx.execute(sql::INSERT_PENDING, row).await?;
    extend_attempts_until(cx, expires_at).await?;
    Ok(cx.tx.one(sql::FIND_PENDING, (session, id, cx.now, MAX_TRIES)).await?.into())
}

/// Signs in the user of a pending sign-in of the caller's session, after the second factor was proved. Succeeds once.
///
/// # Errors
/// `BAD_SIGN_IN_ATTEMPT` if it has ended or was completed; those of [`prove_first_factor`].
pub(crate) async fn prove_second_factor(
    cx: &mut Context<'_>,
    pending: &PendingSignIn,
    method: ProofMethod,
) -> Result<SessionToken> {
    if !method.is_second_factor() {
        return Err(Problem::internal("a first factor stands for the second one"));
    }
    let session = cx.session_id().ok_or(Code::BadSignInAttempt)?;
    let spent = cx.tx.optional(sql::SPEND_PENDING, (session, pending.id, cx.now)).await?;
    let spent = spent.filter(|spent| spent.user_id == pending.user_id).ok_or(Code::BadSignInAttempt)?;
    let proofs = Proofs::of(spent.proved_by).with(method);
    insert_sign_in(cx, spent.user_id, Proved { method, proofs, connection: spent.connection() }, None).await
}

/// Signs in a user with a passkey, which needs no other factor. A pending sign-in of the user in this session is
/// completed by it, and is still one through its identity provider.
///
/// # Errors
/// Those of [`prove_first_factor`].
pub(crate) async fn create_passkey_sign_in(cx: &mut Context<'_>, user: UserId) -> Result<SessionToken> {
    let method = ProofMethod::Passkey;
    let mut proved = Proved { method, proofs: Proofs::of(method), connection: None };
    if let Some(session) = cx.session_id() {
        let spent = cx.tx.optional(sql::DELETE_PENDING_IN_SESSION, (session, user)).await?;
        if let Some(spent) = spent.filter(|spent| spent.expires_at > cx.now && spent.connection_id.is_some()) {
            proved.proofs = proved.proofs.with(spent.proved_by);
            proved.connection = spent.connection();
        }
    }
    insert_sign_in(cx, user, proved, None).await
}

/// Adds a proof to the active sign-in, as the last one. The caller replaces the session token. `address` is the one that
/// the proof allows to link, as the user has seen it; it may be empty.
///
/// # Errors
/// `UNAUTHORIZED`; `IMPERSONATION_NOT_ALLOWED`.
pub(crate) async fn add_proof(cx: &mut Context<'_>, method: ProofMethod, address: &str) -> Result<()> {
    cx.refuse_impersonator()?;
    let (user, sign_in) = (cx.user()?, cx.sign_in()?);
    let session = cx.session_id().ok_or(Code::Unauthorized)?;
    let found = cx.tx.optional(sql::PROOFS, (session, sign_in, user, cx.now)).await?;
    let sql::ProofsRow { stored, proofs } = found.ok_or(Code::Unauthorized)?;
    let before = proofs.assurance();
    let proofs = proofs.with(method);
    let added = sql::AddedProof {
        session,
        sign_in,
        user,
        method,
        address,
        stored: &stored,
        proofs: &proofs.to_text(),
        now: cx.now,
    };
    cx.tx.optional(sql::ADD_PROOF, added).await?.ok_or(Code::Unauthorized)?;
    if let Some(session) = &mut cx.session {
        session.proofs = Some(proofs);
    }
    break_glass::report(cx, Some(before)).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assurance::SecondFactors;

    #[test]
    fn a_second_factor_is_asked_for_if_the_user_has_one_and_enforces_it() {
        let authenticator = SecondFactors { authenticator: true, ..SecondFactors::default() };
        let passkey = SecondFactors { passkey: true, ..SecondFactors::default() };
        // Without a factor they replace, codes would lock the user out once they are used up.
        let codes = SecondFactors { backup_codes: true, ..SecondFactors::default() };
        for (second_factors, has_one) in
            [(authenticator, true), (passkey, true), (codes, false), (SecondFactors::default(), false)]
        {
            for (second_factor_policy, is_enforced) in [
                (SecondFactorPolicy::None, false),
                (SecondFactorPolicy::Optional, false),
                (SecondFactorPolicy::Enforced, true),
            ] {
                let state = FactorState { second_factors, second_factor_policy };
                assert_eq!(asks_for_second_factor(&state), has_one && is_enforced, "{state:?}");
            }
        }
    }
}
