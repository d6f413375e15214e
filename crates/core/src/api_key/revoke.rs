//! Revoking a key.

use super::{ApiKey, check_caller_covers, sql};
use crate::error::{Code, Result};
use crate::event::{ApiKeyDeleted, ApiKeyInvitationsSuspended};
use crate::execution::{Command, Context};
use crate::id::ApiKeyId;
use crate::permission::Requirement;
use crate::scope::{Scope, ScopeRequirement};
use crate::security_log::{Audit, Change};
use crate::{invitation, session};

/// Revokes a key: it opens nothing any more when this commits, and ends the sign-ins of support that it made possible.
/// Its pending invitations stay, unless the caller asks to suspend them, which they can also do later; an admin can then
/// resend or discard each.
///
/// # Errors
/// `API_KEY_NOT_FOUND`, also for a key that was revoked or has expired, unless its invitations are to be suspended;
/// `KEY_EXCEEDS_YOURS`.
#[derive(Debug)]
pub struct Revoke {
    pub key: ApiKeyId,
    pub suspends_invitations: bool,
}

/// The outcome of [`Revoke`].
#[derive(Debug)]
pub struct Revoked {
    pub key: ApiKey,
    /// The pending invitations that the key made.
    pub pending_invitations: i64,
    pub suspended_invitations: usize,
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
        let key = cx.tx.optional(sql::FIND, (self.key,)).await?.ok_or(Code::ApiKeyNotFound)?;
        cx.subject.target_api_key = Some(self.key);
        check_caller_covers(cx, key.scopes, key.organization_id)?;
        let was_valid = cx.tx.execute(sql::REVOKE, (self.key, cx.now)).await? > 0;
        if !was_valid && !self.suspends_invitations {
            return Err(Code::ApiKeyNotFound.into());
        }
        if was_valid {
            cx.emit(ApiKeyDeleted { organization_id: key.organization_id, api_key_id: self.key });
        }
        session::end_impersonations_by_key(cx, self.key).await?;
        let (pending_invitations,) = cx.tx.one(invitation::sql::COUNT_BY_API_KEY, (self.key,)).await?;
        let suspended_invitations = if self.suspends_invitations {
            cx.tx.execute(invitation::sql::SUSPEND_BY_API_KEY, (self.key, cx.now)).await?
        } else {
            0
        };
        if suspended_invitations > 0 {
            cx.emit(ApiKeyInvitationsSuspended {
                organization_id: key.organization_id,
                api_key_id: self.key,
                count: i64::try_from(suspended_invitations).unwrap_or(i64::MAX),
            });
        }
        cx.subject.is_unchanged = !was_valid && suspended_invitations == 0;
        let key = cx.tx.one(sql::FIND, (self.key,)).await?;
        Ok(Revoked { key, pending_invitations, suspended_invitations })
    }
}
