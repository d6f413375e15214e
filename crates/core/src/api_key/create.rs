//! Creating a key.

use super::{MAX_KEYS, NewApiKey, check_caller_covers, sql};
use crate::error::{Code, Problem, Result};
use crate::event::ApiKeyCreated;
use crate::execution::{Command, Context};
use crate::id::OrganizationId;
use crate::names::ApiKeyName;
use crate::organization;
use crate::permission::Requirement;
use crate::scope::{Scope, ScopeRequirement, Scopes};
use crate::secret::ApiKeyToken;
use crate::security_log::{Audit, Change};
use crate::time::Timestamp;

/// Creates an API key. The key of a caller gives it no scope and no organization that it lacks itself, and the new key
/// expires no later than that one.
///
/// # Errors
/// `KEY_EXCEEDS_YOURS`, also for a caller with a secret that was replaced; `ORGANIZATION_NOT_FOUND`; `INVALID_FIELD` for
/// an expiry that has passed; `API_KEY_LIMIT`.
#[derive(Debug)]
pub struct Create {
    pub name: ApiKeyName,
    pub scopes: Scopes,
    /// The only organization that the key can access; `None` for all.
    pub organization: Option<OrganizationId>,
    /// `None` for a key that does not expire.
    pub expires_at: Option<Timestamp>,
}

impl Command for Create {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] =
        &[Code::KeyExceedsYours, Code::OrganizationNotFound, Code::InvalidField, Code::ApiKeyLimit];
    const SCOPE: ScopeRequirement = ScopeRequirement::One(Scope::KeysWrite);
    type Out = NewApiKey;

    fn audit(&self) -> Audit {
        Audit::Change(Change::ApiKeyCreated)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<NewApiKey> {
        check_caller_covers(cx, self.scopes, self.organization)?;
        if let Some(organization) = self.organization {
            cx.tx.optional(organization::sql::NAME, (organization,)).await?.ok_or(Code::OrganizationNotFound)?;
        }
        let created_by = cx.api_key.as_ref().map(|own| own.id);
        let expires_at = match created_by {
            Some(own) => earlier(self.expires_at, cx.tx.one(sql::FIND, (own,)).await?.expires_at),
            None => self.expires_at,
        };
        if expires_at.is_some_and(|expires_at| expires_at <= cx.now) {
            return Err(Problem::field("expires_at", "use a time in the future."));
        }
        let id = cx.id();
        cx.subject.target_api_key = Some(id);
        let scopes = self.scopes.to_string();
        let row = sql::NewKey {
            id,
            name: self.name.as_str(),
            scopes: &scopes,
            organization: self.organization,
            created_by,
            now: cx.now,
            expires_at,
            valid_until: expires_at.unwrap_or(Timestamp::LATEST),
            max: MAX_KEYS,
        };
        if cx.tx.execute(sql::INSERT, row).await? == 0 {
            return Err(Code::ApiKeyLimit.into());
        }
        cx.emit(ApiKeyCreated {
            organization_id: self.organization,
            api_key_id: id,
            name: self.name.as_str().to_owned(),
            scopes: scopes.split_whitespace().map(str::to_owned).collect(),
            expires_at,
        });
        let secret = ApiKeyToken::new(cx.executor.settings.mode, cx.random());
        let digest = secret.digest();
        let arguments = (digest.as_bytes(), id, secret.display_prefix(), cx.now, Timestamp::LATEST);
        cx.tx.execute(sql::INSERT_SECRET, arguments).await?;
        Ok(NewApiKey { key: cx.tx.one(sql::FIND, (id,)).await?, secret })
    }
}

fn earlier(a: Option<Timestamp>, b: Option<Timestamp>) -> Option<Timestamp> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}
