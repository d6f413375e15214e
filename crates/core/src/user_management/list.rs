//! Listing all users.

use std::collections::HashSet;

use super::sql::{self, ManagedUser};
use crate::access;
use crate::email_address::EmailAddress;
use crate::error::{Code, Result};
use crate::execution::{Context, Query};
use crate::id::UserId;
use crate::listing::{BatchSearch, LAST_NAME, MAX_COUNTED, MAX_SEARCH_BATCHES, NameCursor, SEARCH_BATCH, Start};
use crate::operator;
use crate::permission::Requirement;
use crate::scope::{Scope, ScopeRequirement};
use crate::search::{self, SearchTerm};

/// What a list of users is sorted by. Users without a user name or an address come before those with one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UserSort {
    #[default]
    CreatedAt,
    /// Without case and accents; users without a name by user name or address.
    Name,
    Username,
    Email,
}

vestibule_db::text_enum!(
    UserSort: CreatedAt = "created_at",
    Name = "name",
    Username = "username",
    Email = "email",
);

/// A user of a list, and what it is sorted by.
pub type UserCursor = NameCursor<UserId>;

/// Lists users.
///
/// A search compares users in the order of the list, 20,000 for one page. If it has not reached the end by then, the
/// page may have fewer users than asked for, or none, and the next one continues. Those who have the address that is
/// searched are found by its index, and come first.
///
/// # Errors
/// `KEY_BOUND_TO_ORGANIZATION`.
#[derive(Debug)]
pub struct List {
    /// Only users whose name, user name or primary address contains this, or who have it as an address.
    pub search: Option<SearchTerm>,
    pub sort: UserSort,
    pub is_descending: bool,
    pub start: Start<UserCursor>,
    /// At most 1,000.
    pub limit: u16,
}

#[derive(Debug)]
pub struct UsersPage {
    pub users: Vec<ManagedUser>,
    /// The number of users on all pages; of more than 10,000, at least this many.
    pub total: i64,
    pub has_more: bool,
    /// The last user of the page; `None` on the last page.
    pub next: Option<UserCursor>,
}

impl Query for List {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[Code::KeyBoundToOrganization];
    const SCOPE: ScopeRequirement = ScopeRequirement::One(Scope::UsersRead);
    type Out = UsersPage;

    async fn run(&self, cx: &mut Context<'_>) -> Result<UsersPage> {
        access::require_unbound_key(cx)?;
        let search = self.search.as_ref().filter(|search| !search.is_empty());
        if let Some(search) = search {
            return self.search(cx, search).await;
        }
        let (count,) = cx.tx.one(sql::COUNT, (0.into(), MAX_COUNTED + 1)).await?;
        let (start, offset) = self.position();
        let rows = self.load(cx, &start, (i64::from(self.limit) + 1, offset)).await?;
        Ok(self.page(rows, count.min(MAX_COUNTED)))
    }
}

impl List {
    /// The first row after the cursor, and the number of rows to skip.
    fn position(&self) -> (UserCursor, i64) {
        match &self.start {
            Start::After(cursor) => (cursor.clone(), 0),
            Start::Offset(offset) => {
                let (id, name) = if self.is_descending { (i64::MAX, LAST_NAME) } else { (0, "") };
                (UserCursor { id: id.into(), name: name.to_owned() }, (*offset).into())
            }
        }
    }

    /// Loads users after a position, in the order of the list.
    async fn load(
        &self,
        cx: &mut Context<'_>,
        UserCursor { id, name }: &UserCursor,
        (limit, offset): (i64, i64),
    ) -> Result<Vec<ManagedUser>> {
        let id = *id;
        let statement = match (self.sort, self.is_descending) {
            (UserSort::CreatedAt, is_descending) => {
                let statement = if is_descending { sql::BEFORE } else { sql::AFTER };
                return Ok(self.sorted(cx.tx.all(statement, (id, limit, offset)).await?));
            }
            (UserSort::Name, false) => sql::AFTER_NAME,
            (UserSort::Name, true) => sql::BEFORE_NAME,
            (UserSort::Username, false) => sql::AFTER_USERNAME,
            (UserSort::Username, true) => sql::BEFORE_USERNAME,
            (UserSort::Email, false) => sql::AFTER_EMAIL,
            (UserSort::Email, true) => sql::BEFORE_EMAIL,
        };
        Ok(self.sorted(cx.tx.all(statement, (name.as_str(), id, limit, offset)).await?))
    }

    /// Sorts the rows of a page, whose order in the result of its statement is not defined.
    fn sorted(&self, mut rows: Vec<ManagedUser>) -> Vec<ManagedUser> {
        rows.sort_by_cached_key(|row| self.key(row));
        if self.is_descending {
            rows.reverse();
        }
        rows
    }

    fn key(&self, user: &ManagedUser) -> (String, UserId) {
        let text = match self.sort {
            UserSort::CreatedAt => String::new(),
            UserSort::Name => user.sort_name.clone(),
            UserSort::Username => user.username.as_deref().unwrap_or_default().to_ascii_lowercase(),
            UserSort::Email => user.email.clone().unwrap_or_default(),
        };
        (text, user.id)
    }

    fn cursor(&self, user: &ManagedUser) -> UserCursor {
        let (name, id) = self.key(user);
        UserCursor { id, name }
    }

    /// Compares users in the order of the list.
    async fn search(&self, cx: &mut Context<'_>, term: &SearchTerm) -> Result<UsersPage> {
        let limit = usize::from(self.limit);
        let ids = |users: &[ManagedUser]| -> HashSet<UserId> { users.iter().map(|user| user.id).collect() };
        let mut holders = self.sorted(find_holders(cx, term).await?);
        // Those that the first page has no room for come in the order of the list.
        let later = ids(&holders.split_off(holders.len().min(limit)));
        let first = ids(&holders);
        let mut search = BatchSearch::new(self.start.after().cloned(), MAX_SEARCH_BATCHES);
        if let Start::Offset(_) = self.start {
            search.matches = holders;
        }
        let (start, _) = self.position();
        while search.needs_batch() {
            let batch = self.load(cx, search.after.as_ref().unwrap_or(&start), (SEARCH_BATCH, 0)).await?;
            let matches =
                |user: &ManagedUser| !first.contains(&user.id) && (later.contains(&user.id) || is_match(term, user));
            search.add(batch, |user| self.cursor(user), matches);
        }
        // After a page of those who come first, the list begins. No user has the lowest id that a cursor can have.
        let beginning = UserCursor { id: start.id.max(1.into()), ..start };
        let cursor = |user: &ManagedUser| {
            if first.contains(&user.id) { beginning.clone() } else { self.cursor(user) }
        };
        let page = search.into_page(self.start.offset(), limit, cursor);
        Ok(UsersPage { users: page.rows, total: page.total.count, has_more: page.next.is_some(), next: page.next })
    }

    fn page(&self, mut users: Vec<ManagedUser>, total: i64) -> UsersPage {
        let limit = usize::from(self.limit);
        let has_more = users.len() > limit;
        let (_, offset) = self.position();
        // More users than were counted may come before the end of the page.
        let total = total.max(offset + i64::try_from(users.len()).unwrap_or(i64::MAX));
        users.truncate(limit);
        let next = users.last().filter(|_| has_more).map(|last| self.cursor(last));
        UsersPage { users, total, has_more, next }
    }
}

/// The users who have the address that is searched, if it is one.
async fn find_holders(cx: &mut Context<'_>, search: &SearchTerm) -> Result<Vec<ManagedUser>> {
    let Ok(email) = EmailAddress::parse(search.as_str()) else { return Ok(Vec::new()) };
    let mut ids = HashSet::new();
    let mut found = Vec::new();
    for holder in cx.tx.all(operator::sql::ADDRESS_HOLDERS, (email.key(), cx.now, operator::MAX_SHOWN)).await? {
        if ids.insert(holder.user_id) {
            found.extend(cx.tx.optional(sql::FIND, (holder.user_id,)).await?);
        }
    }
    Ok(found)
}

fn is_match(search: &SearchTerm, user: &ManagedUser) -> bool {
    let names = (user.first_name.as_str(), user.last_name.as_str());
    search::matches_person(search, names, [user.username.as_deref(), user.email.as_deref()])
}
