//! Replacing the secret of a key.

use std::time::Duration;

use super::{MAX_GRACE, NewApiKey, check_caller_covers, find, sql};
use crate::error::{Code, Result};
use crate::event::ApiKeyRotated;
use crate::execution::{Command, Context};
use crate::id::ApiKeyId;
use crate::permission::Requirement;
use crate::scope::{Scope, ScopeRequirement};
use crate::secret::ApiKeyToken;
use crate::security_log::{Audit, Change};
use crate::time::Timestamp;

/// Gives a key a new secret. The last one opens it for the grace period, at most [`MAX_GRACE`], so that a backend can
/// change over; still earlier ones end. The key's id, scopes and expiry stay.
///
/// # Errors
/// `API_KEY_NOT_FOUND`, also for a key that was revoked or has expired; `KEY_EXCEEDS_YOURS`, also for a key that expires
/// later than the caller's, to which the new secret would give a longer life, and for a caller with an earlier secret.
#[derive(Debug)]
pub struct Rotate {
    pub key: ApiKeyId,
    pub grace: Duration,
}

impl Command for Rotate {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[Code::ApiKeyNotFound, Code::KeyExceedsYours];
    const SCOPE: ScopeRequirement = ScopeRequirement::One(Scope::KeysWrite);
    type Out = NewApiKey;

    fn audit(&self) -> Audit {
        Audit::Change(Change::ApiKeyRotated)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<NewApiKey> {
        let key = find(cx, self.key).await?;
        check_caller_covers(cx, key.scopes, key.organization_id)?;
        if let Some(own) = cx.api_key.as_ref().map(|own| own.id) {
            let own = cx.tx.one(sql::FIND, (own,)).await?;
            if ends(own.expires_at) < ends(key.expires_at) {
                return Err(Code::KeyExceedsYours.into());
            }
        }
        cx.tx.optional(sql::IS_VALID, (self.key, cx.now)).await?.ok_or(Code::ApiKeyNotFound)?;
        cx.tx.execute(sql::DELETE_REPLACED_SECRETS, (self.key, Timestamp::LATEST)).await?;
        let old_secret_expires_at = cx.now.plus(self.grace.min(MAX_GRACE));
        cx.tx.execute(sql::END_SECRETS, (self.key, old_secret_expires_at)).await?;
        cx.tx.execute(sql::DELETE_ENDED_SECRETS, (self.key, cx.now)).await?;
        let organization_id = key.organization_id;
        cx.emit(ApiKeyRotated { organization_id, api_key_id: self.key, old_secret_expires_at });
        let secret = ApiKeyToken::new(cx.executor.settings.mode, cx.random());
        let digest = secret.digest();
        let arguments = (digest.as_bytes(), self.key, secret.display_prefix(), cx.now, Timestamp::LATEST);
        cx.tx.execute(sql::INSERT_SECRET, arguments).await?;
        Ok(NewApiKey { key: cx.tx.one(sql::FIND, (self.key,)).await?, secret })
    }
}

fn ends(expires_at: Option<Timestamp>) -> Timestamp {
    expires_at.unwrap_or(Timestamp::LATEST)
}
