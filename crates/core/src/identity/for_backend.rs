//! What an API key does with the identities of a user.

use super::disconnect::finish;
use super::sql::{self, Identity};
use super::tokens::open;
use crate::error::{Code, Result};
use crate::execution::{Command, Context, Query};
use crate::id::{IdentityId, UserId};
use crate::oidc::ProviderTokens;
use crate::permission::Requirement;
use crate::scope::{Scope, ScopeRequirement};
use crate::security_log::{Audit, Change};
use crate::{access, user};

/// Lists the identities of a user, oldest first. A key with the scope `users:write` gets the tokens of the providers
/// whose settings keep them.
///
/// # Errors
/// `KEY_BOUND_TO_ORGANIZATION`; `USER_NOT_FOUND`.
#[derive(Debug)]
pub struct ListUserIdentities {
    pub user: UserId,
}

/// An identity, with the tokens of its provider.
#[derive(Debug)]
pub struct IdentityOfUser {
    pub identity: Identity,
    pub tokens: Option<ProviderTokens>,
}

impl IdentityOfUser {
    /// Empty without one.
    pub fn access_token(&self) -> &str {
        self.tokens.as_ref().map_or("", |tokens| tokens.access_token.as_str())
    }

    /// Empty without one.
    pub fn refresh_token(&self) -> &str {
        let token = self.tokens.as_ref().and_then(|tokens| tokens.refresh_token.as_ref());
        token.map_or("", |token| token.as_str())
    }
}

impl Query for ListUserIdentities {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[Code::KeyBoundToOrganization, Code::UserNotFound];
    const SCOPE: ScopeRequirement = ScopeRequirement::One(Scope::UsersRead);
    type Out = Vec<IdentityOfUser>;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Vec<IdentityOfUser>> {
        require_user(cx, self.user).await?;
        let identities = cx.tx.all(sql::OF_USER, (self.user,)).await?;
        let may_read_tokens = cx.api_key.as_ref().is_some_and(|key| key.scopes.contains(Scope::UsersWrite));
        let tokens = if may_read_tokens { cx.tx.all(sql::TOKENS_OF_USER, (self.user,)).await? } else { Vec::new() };
        identities
            .into_iter()
            .map(|identity| {
                let stored = tokens.iter().find(|row| row.id == identity.id);
                Ok(IdentityOfUser { tokens: stored.map(|row| open(cx, row)).transpose()?.flatten(), identity })
            })
            .collect()
    }
}

/// Deletes an identity of a user, who is not asked.
///
/// # Errors
/// `KEY_BOUND_TO_ORGANIZATION`; `USER_NOT_FOUND`; `SOCIAL_CONNECTION_NOT_FOUND`.
#[derive(Debug)]
pub struct DeleteUserIdentity {
    pub user: UserId,
    pub id: IdentityId,
}

impl Command for DeleteUserIdentity {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[Code::KeyBoundToOrganization, Code::UserNotFound, Code::SocialConnectionNotFound];
    const SCOPE: ScopeRequirement = ScopeRequirement::One(Scope::UsersWrite);
    type Out = ();

    fn audit(&self) -> Audit {
        Audit::Change(Change::IdentityRemoved)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        require_user(cx, self.user).await?;
        cx.tx.execute(user::sql::LOCK, (self.user,)).await?;
        let deleted = cx.tx.optional(sql::DELETE, (self.user, self.id)).await?;
        finish(cx, self.user, deleted.ok_or(Code::SocialConnectionNotFound)?).await
    }
}

async fn require_user(cx: &mut Context<'_>, user: UserId) -> Result<()> {
    access::require_unbound_key(cx)?;
    cx.subject.target_user = Some(user);
    cx.tx.optional(access::sql::SECOND_FACTORS, (user,)).await?.ok_or(Code::UserNotFound)?;
    Ok(())
}
