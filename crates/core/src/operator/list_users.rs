//! Listing users.

use super::MAX_SHOWN;
use super::page::{BATCH, MAX_BATCHES, Page, PageBuilder};
use super::sql::{self, ListedUser};
use crate::email_address::EmailAddress;
use crate::error::{Code, Result};
use crate::execution::{Context, Query};
use crate::id::UserId;
use crate::permission::Requirement;
use crate::search::{self, SearchTerm};

/// Which users to list.
#[derive(Debug, Default)]
pub struct UserFilter {
    /// Only those who have this address, verified or not, or claim it.
    pub email: Option<EmailAddress>,
    /// Only those whose name, user name or primary address contains this.
    pub search: Option<SearchTerm>,
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
    /// From 1 to [`super::MAX_LISTED`].
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
        let mut page = PageBuilder::new(self.limit, self.after.unwrap_or_else(|| 0.into()));
        let select = |user: ListedUser| self.filter.matches(&user).then_some(MatchedUser { user, has_verified: None });
        for _ in 0..MAX_BATCHES {
            let batch = cx.tx.all(sql::USERS_AFTER, (page.after, i64::from(BATCH))).await?;
            if let Some(page) = page.add(batch, |user| user.id, select) {
                return Ok(page);
            }
        }
        Ok(page.finish())
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
        let is_found = self.search.as_ref().is_none_or(|search| search::matches_person(search, names, others));
        is_found && (user.disabled || !self.is_disabled)
    }
}
