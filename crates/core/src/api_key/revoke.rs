//! Revoking a key.

use std::collections::BTreeMap;

use super::{ApiKey, check_caller_covers, find, sql};
use crate::error::{Code, Result};
use crate::event::{ApiKeyDeleted, ApiKeyInvitationsSuspended, InvitationSuspended};
use crate::execution::{Command, Context};
use crate::id::{ApiKeyId, OrganizationId};
use crate::permission::Requirement;
use crate::scope::{Scope, ScopeRequirement};
use crate::security_log::{Audit, Change, Subject};
use crate::{invitation, session};

/// Organizations whose logs say that invitations of a revoked key are suspended.
const MAX_ORGANIZATIONS: i64 = 1000;

/// Revokes a key: it opens nothing any more when this commits, and the impersonations that it made possible end. Its
/// pending invitations and the keys that it created stay, unless the caller asks to suspend and to revoke them, which
/// they can also do later; an admin can then resend or discard each invitation.
///
/// # Errors
/// `API_KEY_NOT_FOUND`, also for a key that was revoked or has expired, unless its invitations or keys are concerned;
/// `KEY_EXCEEDS_YOURS`, also for a caller with a secret that was replaced.
#[derive(Debug)]
pub struct Revoke {
    pub key: ApiKeyId,
    pub suspends_invitations: bool,
    /// Whether the keys that it created, and those that they created, are revoked too, and their invitations suspended if
    /// those of the key are. A key has no more scopes than its creator, so the caller covers them as well.
    pub revokes_created_keys: bool,
}

/// The outcome of [`Revoke`].
#[derive(Debug)]
pub struct Revoked {
    pub key: ApiKey,
    /// The pending invitations that the key made, and with [`Revoke::revokes_created_keys`] the keys that it created.
    pub pending_invitations: i64,
    pub suspended_invitations: usize,
    pub revoked_created_keys: usize,
    /// The keys that it created, and those that they created, which are still valid.
    pub created_keys: i64,
}

impl Command for Revoke {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[Code::ApiKeyNotFound, Code::KeyExceedsYours];
    const SCOPE: ScopeRequirement = ScopeRequirement::One(Scope::KeysWrite);
    type Out = Revoked;

    fn audit(&self) -> Audit {
        Audit::Change(Change::ApiKeyRevoked)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<Revoked> {
        let key = find(cx, self.key).await?;
        check_caller_covers(cx, key.scopes, key.organization_id)?;
        let was_valid = cx.tx.execute(sql::REVOKE, (self.key, cx.now)).await? > 0;
        if !was_valid && !self.suspends_invitations && !self.revokes_created_keys {
            return Err(Code::ApiKeyNotFound.into());
        }
        if was_valid {
            cx.emit(ApiKeyDeleted { organization_id: key.organization_id, api_key_id: self.key });
        }
        session::end_impersonations_by_key(cx, self.key).await?;
        let revoked_created_keys = if self.revokes_created_keys { self.revoke_created_keys(cx).await? } else { 0 };
        let (created_keys,) = cx.tx.one(sql::COUNT_CREATED, (self.key, cx.now)).await?;
        let pending_invitations = self.count_invitations(cx).await?;
        let suspended_invitations = if self.suspends_invitations { self.suspend_invitations(cx).await? } else { 0 };
        if suspended_invitations > 0 {
            cx.emit(ApiKeyInvitationsSuspended {
                organization_id: key.organization_id,
                api_key_id: self.key,
                count: i64::try_from(suspended_invitations).unwrap_or(i64::MAX),
            });
        }
        cx.subject.is_unchanged = !was_valid && suspended_invitations == 0 && revoked_created_keys == 0;
        let key = cx.tx.one(sql::FIND, (self.key,)).await?;
        Ok(Revoked { key, pending_invitations, suspended_invitations, revoked_created_keys, created_keys })
    }
}

impl Revoke {
    /// Revokes the keys that the key created, at most [`MAX_KEYS`](super::MAX_KEYS), and logs each.
    async fn revoke_created_keys(&self, cx: &mut Context<'_>) -> Result<usize> {
        let revoked = cx.tx.all(sql::REVOKE_CREATED, (self.key, cx.now)).await?;
        for (key,) in &revoked {
            session::end_impersonations_by_key(cx, *key).await?;
            let organization_id = cx.tx.one(sql::FIND, (*key,)).await?.organization_id;
            cx.emit(ApiKeyDeleted { organization_id, api_key_id: *key });
            cx.log_change(Change::ApiKeyRevoked, Subject { target_api_key: Some(*key), ..cx.subject });
        }
        Ok(revoked.len())
    }

    async fn count_invitations(&self, cx: &mut Context<'_>) -> Result<i64> {
        let (own,) = cx.tx.one(invitation::sql::COUNT_BY_API_KEY, (self.key,)).await?;
        if !self.revokes_created_keys {
            return Ok(own);
        }
        let (of_created,) = cx.tx.one(sql::COUNT_INVITATIONS_OF_CREATED, (self.key,)).await?;
        Ok(own + of_created)
    }

    async fn suspend_invitations(&self, cx: &mut Context<'_>) -> Result<usize> {
        self.emit_suspended(cx).await?;
        let own = cx.tx.execute(invitation::sql::SUSPEND_BY_API_KEY, (self.key, cx.now)).await?;
        if !self.revokes_created_keys {
            return Ok(own);
        }
        Ok(own + cx.tx.execute(sql::SUSPEND_INVITATIONS_OF_CREATED, (self.key, cx.now)).await?)
    }

    /// Emits for each organization that invitations to it are suspended.
    async fn emit_suspended(&self, cx: &mut Context<'_>) -> Result<()> {
        let mut counts: BTreeMap<OrganizationId, i64> = BTreeMap::new();
        let mut found = cx.tx.all(invitation::sql::SUSPENDABLE_BY_API_KEY, (self.key, MAX_ORGANIZATIONS)).await?;
        if self.revokes_created_keys {
            found.extend(cx.tx.all(sql::SUSPENDABLE_OF_CREATED, (self.key, MAX_ORGANIZATIONS)).await?);
        }
        for row in found {
            *counts.entry(row.organization_id).or_default() += row.count;
        }
        for (organization_id, count) in counts {
            cx.emit(InvitationSuspended {
                organization_id,
                inviter_membership_id: None,
                api_key_id: Some(self.key),
                count: Some(count),
            });
        }
        Ok(())
    }
}
