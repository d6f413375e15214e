//! Listing users.

use super::sql::{self, ListedUser};
use super::{BATCH, MAX_LISTED, MAX_SCANNED, MAX_SHOWN, Page};
use crate::email_address::EmailAddress;
use crate::error::{Code, Result};
use crate::execution::{Context, Query};
use crate::id::UserId;
use crate::permission::Requirement;
use crate::user;

/// Which users to list.
#[derive(Debug, Default)]
pub struct UserFilter {
    /// Only those who have this address, verified or not, or claim it.
    pub email: Option<EmailAddress>,
    /// Only those whose name, user name or primary address contains this, ignoring case.
    pub search: Option<String>,
    /// Only disabled ones.
    pub is_disabled: bool,
}

/// A user, and how they have the address of the filter.
#[derive(Debug)]
pub struct MatchedUser {
    pub user: ListedUser,
    /// Whether they verified the address of the filter; `None` without such a filter.
    pub has_verified: Option<bool>,
}

/// Lists users by id, which is the order in which they signed up.
///
/// A search reads up to 100,000 users. If there are more, the page may be shorter than `limit` although it has a next
/// one.
#[derive(Debug)]
pub struct ListUsers {
    pub filter: UserFilter,
    /// Only users with a higher id.
    pub after: Option<UserId>,
    /// From 1 to [`MAX_LISTED`].
    pub limit: usize,
}

impl Query for ListUsers {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[];
    type Out = Page<MatchedUser, UserId>;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Self::Out> {
        if let Some(email) = &self.filter.email {
            return self.with_address(cx, email).await;
        }
        let limit = self.limit.clamp(1, MAX_LISTED);
        let (mut items, mut after) = (Vec::new(), self.after.unwrap_or_else(|| 0.into()));
        for _ in 0..MAX_SCANNED / BATCH {
            let batch = cx.tx.all(sql::USERS_AFTER, (after, row_limit(BATCH))).await?;
            let is_last = batch.len() < BATCH;
            for user in batch {
                if items.len() == limit {
                    return Ok(Page { items, next: Some(after) });
                }
                after = user.id;
                if self.filter.matches(&user) {
                    items.push(MatchedUser { user, has_verified: None });
                }
            }
            if is_last {
                return Ok(Page { items, next: None });
            }
        }
        Ok(Page { items, next: Some(after) })
    }
}

impl ListUsers {
    async fn with_address(&self, cx: &mut Context<'_>, email: &EmailAddress) -> Result<Page<MatchedUser, UserId>> {
        let mut items = Vec::new();
        for holder in cx.tx.all(sql::ADDRESS_HOLDERS, (email.key(), cx.now, MAX_SHOWN)).await? {
            let user = cx.tx.one(sql::USER, (holder.user_id,)).await?;
            if self.filter.matches(&user) {
                items.push(MatchedUser { user, has_verified: Some(holder.verified_at.is_some()) });
            }
        }
        Ok(Page { items, next: None })
    }
}

impl UserFilter {
    fn matches(&self, user: &ListedUser) -> bool {
        let names = (user.first_name.as_str(), user.last_name.as_str());
        let others = [user.username.as_deref(), user.email.as_deref()];
        let is_found =
            self.search.as_ref().is_none_or(|search| user::matches_search(&search.to_lowercase(), names, others));
        is_found && (user.disabled || !self.is_disabled)
    }
}

pub(super) fn row_limit(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}
