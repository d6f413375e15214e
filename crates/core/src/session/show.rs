//! The session with its sign-ins and open attempts.

use std::collections::HashMap;
use std::hash::Hash;

use super::pending::{SessionAttempt, load_attempts};
use super::restrictions::{access_conditions, admins};
use super::sql::{self, SignIn, SignInRole, SignInWorkspaceRole};
use super::validity::validity;
use crate::cache::Validity;
use crate::caller::CurrentSession;
use crate::error::{Code, Result};
use crate::execution::{Context, Query};
use crate::grouping::group_by;
use crate::id::SignInId;
use crate::language::Language;
use crate::permission::{Circumstances, Requirement};
use crate::time::Timestamp;
use crate::user::{self, PublicUser};

/// Shows the caller's session; `None` without one. Writes nothing.
#[derive(Debug)]
pub struct Show;

/// A session with its sign-ins.
#[derive(Clone, Debug)]
pub struct SessionDetails {
    pub session: CurrentSession,
    /// Active sign-ins, oldest first.
    pub sign_ins: Vec<SignInDetails>,
    /// Open attempts to sign in or up, newest last: clients continue with the last one.
    pub attempts: Vec<SessionAttempt>,
    /// Whether the roles that are shown depend on the caller's IP address.
    pub(crate) depends_on_address: bool,
    /// When the next grace period ends, after which roles may be hidden.
    pub(crate) restricted_from: Option<Timestamp>,
}

/// A sign-in with its user and the roles in its active organization and workspace. Without the roles if these do not
/// allow the caller's IP address, or require another or a stronger sign-in.
#[derive(Clone, Debug)]
pub struct SignInDetails {
    pub sign_in: SignIn,
    pub user: PublicUser,
    /// The language that the user has chosen.
    pub language: Option<Language>,
    pub roles: Vec<SignInRole>,
    pub workspace_roles: Vec<SignInWorkspaceRole>,
    /// The person who is signed in as the user, for support.
    pub impersonator: Option<PublicUser>,
}

impl SessionDetails {
    /// The active sign-in.
    pub fn active(&self) -> Option<&SignInDetails> {
        let active: SignInId = self.session.sign_in_id.filter(|_| self.session.user_id.is_some())?;
        self.sign_ins.iter().find(|shown| shown.sign_in.id == active)
    }
}

impl Query for Show {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[];
    type Out = Option<SessionDetails>;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Option<SessionDetails>> {
        show(cx).await
    }
}

/// Shows the caller's session with the time that the result may be cached for; `None` if it may not be.
#[derive(Debug)]
pub struct ShowCacheable;

impl Query for ShowCacheable {
    const REQUIRES: Requirement = Requirement::Nothing;
    const ERRORS: &'static [Code] = &[];
    type Out = (Option<SessionDetails>, Option<Validity>);

    async fn run(&self, cx: &mut Context<'_>) -> Result<Self::Out> {
        let shown = show(cx).await?;
        let validity = match &shown {
            Some(shown) => validity(cx, shown).await?,
            None => None,
        };
        Ok((shown, validity))
    }
}

/// Loads the caller's session as this transaction has left it.
pub(crate) async fn show(cx: &mut Context<'_>) -> Result<Option<SessionDetails>> {
    let Some(session) = cx.session.clone() else {
        return Ok(None);
    };
    let sign_ins = cx.tx.all(sql::SIGN_INS, (session.id, cx.now)).await?;
    // Without an active organization or workspace there are no roles to load.
    let roles = if sign_ins.iter().any(|sign_in| sign_in.organization_membership_id.is_some()) {
        cx.tx.all(sql::ROLES, (session.id,)).await?
    } else {
        Vec::new()
    };
    let workspace_roles = if sign_ins.iter().any(|sign_in| sign_in.workspace_membership_id.is_some()) {
        cx.tx.all(sql::WORKSPACE_ROLES, (session.id,)).await?
    } else {
        Vec::new()
    };
    let attempts = if session.attempts_until > cx.now { load_attempts(cx, session.id).await? } else { Vec::new() };
    let (address, now) = (cx.caller.address, cx.now);
    let depends_on_address =
        access_conditions(&roles, &workspace_roles).any(|conditions| conditions.restricts_addresses);
    let grace_periods =
        access_conditions(&roles, &workspace_roles).filter_map(|conditions| conditions.mfa.starts_after(now));
    let restricted_from = grace_periods.min();
    let admins = admins(&roles);
    let circumstances = |proofs, sso_organization| Circumstances { address, proofs, sso_organization, now };
    let is_readable = |role: &SignInRole| {
        let conditions = role.access_conditions(admins.contains(&role.membership_id));
        conditions.restriction(&circumstances(role.proofs, role.sso_organization_id)).is_none()
    };
    let is_workspace_readable = |role: &SignInWorkspaceRole| {
        let circumstances = circumstances(role.proofs, role.sso_organization_id);
        let conditions = role.access_conditions(admins.contains(&role.organization_membership_id));
        conditions.iter().all(|conditions| conditions.restriction(&circumstances).is_none())
    };
    let mut roles = group_by(roles, |role| Some(role.membership_id));
    let mut workspace_roles = group_by(workspace_roles, |role| Some(role.membership_id));
    let mut impersonators = HashMap::new();
    for impersonator in sign_ins.iter().filter_map(|sign_in| sign_in.impersonator_id) {
        let profile = cx.tx.optional(user::sql::PUBLIC_PROFILE, (impersonator,)).await?;
        impersonators.extend(profile.map(|profile| (impersonator, profile)));
    }
    let sign_ins = sign_ins.into_iter().map(|row| {
        let language = row.language;
        let (sign_in, user) = row.into_parts();
        SignInDetails {
            roles: readable(&mut roles, &sign_in.organization_membership_id, is_readable),
            workspace_roles: readable(&mut workspace_roles, &sign_in.workspace_membership_id, is_workspace_readable),
            user,
            language,
            impersonator: sign_in.impersonator_id.and_then(|id| impersonators.get(&id).cloned()),
            sign_in,
        }
    });
    Ok(Some(SessionDetails { sign_ins: sign_ins.collect(), attempts, depends_on_address, restricted_from, session }))
}

/// The roles of a membership that the caller may read.
fn readable<K: Eq + Hash, R>(
    roles: &mut HashMap<K, Vec<R>>,
    membership: &K,
    is_readable: impl Fn(&R) -> bool,
) -> Vec<R> {
    let mut roles = roles.remove(membership).unwrap_or_default();
    roles.retain(is_readable);
    roles
}
