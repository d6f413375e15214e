//! Listing all users.

use std::collections::BTreeMap;

use super::sql::{self, ManagedUser};
use crate::access;
use crate::email_address::EmailAddress;
use crate::error::{Code, Result};
use crate::execution::{Context, Query};
use crate::id::UserId;
use crate::listing::{LAST_NAME, MAX_COUNTED, MAX_FOUND, NameCursor, Start};
use crate::operator;
use crate::permission::Requirement;
use crate::scope::{Scope, ScopeRequirement};
use crate::search::SearchTerm;
use crate::user;

/// Users per statement of a search.
const BATCH: u16 = 1000;
/// The newest users that a search compares. An address is found beyond them too, by its index.
const MAX_COMPARED: usize = 100_000;

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

/// Lists users. A search shows the newest thousand matches, among the newest hundred thousand users and those who have
/// the address that is searched.
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
            let found = self.sorted(find_matches(cx, search).await?);
            let total = i64::try_from(found.len()).unwrap_or(i64::MAX);
            return Ok(self.page(self.part_of(found), total));
        }
        let (count,) = cx.tx.one(sql::COUNT, (0.into(), MAX_COUNTED + 1)).await?;
        let rows = self.load(cx).await?;
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

    /// Loads the page, with one more row if there is one.
    async fn load(&self, cx: &mut Context<'_>) -> Result<Vec<ManagedUser>> {
        let (UserCursor { id, name }, offset) = self.position();
        let limit = i64::from(self.limit) + 1;
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

    /// The page of these sorted rows, with one more row if there is one.
    fn part_of(&self, rows: Vec<ManagedUser>) -> Vec<ManagedUser> {
        let (UserCursor { id, name }, offset) = self.position();
        let name = if self.sort == UserSort::CreatedAt { String::new() } else { name };
        let start = (name, id);
        let is_before = |row: &ManagedUser| match &self.start {
            Start::Offset(_) => false,
            Start::After(_) if self.is_descending => self.key(row) >= start,
            Start::After(_) => self.key(row) <= start,
        };
        let offset = usize::try_from(offset).unwrap_or(usize::MAX);
        rows.into_iter().skip_while(is_before).skip(offset).take(usize::from(self.limit) + 1).collect()
    }

    fn page(&self, mut users: Vec<ManagedUser>, total: i64) -> UsersPage {
        let limit = usize::from(self.limit);
        let has_more = users.len() > limit;
        let (_, offset) = self.position();
        // More users than were counted may come before the end of the page.
        let total = total.max(offset + i64::try_from(users.len()).unwrap_or(i64::MAX));
        users.truncate(limit);
        let next = users.last().filter(|_| has_more).map(|last| {
            let (name, id) = self.key(last);
            UserCursor { id, name }
        });
        UsersPage { users, total, has_more, next }
    }
}

/// The newest users who match, up to [`MAX_FOUND`].
async fn find_matches(cx: &mut Context<'_>, search: &SearchTerm) -> Result<Vec<ManagedUser>> {
    let mut found = BTreeMap::new();
    if let Ok(email) = EmailAddress::parse(search.as_str()) {
        let arguments = (email.key(), cx.now, operator::MAX_SHOWN);
        for holder in cx.tx.all(operator::sql::ADDRESS_HOLDERS, arguments).await? {
            let user = cx.tx.one(sql::FIND, (holder.user_id,)).await?;
            found.insert(user.id, user);
        }
    }
    let (mut before, mut compared) = (UserId::from(i64::MAX), 0);
    while compared < MAX_COMPARED && found.len() < MAX_FOUND {
        let mut batch: Vec<ManagedUser> = cx.tx.all(sql::BEFORE, (before, i64::from(BATCH), 0)).await?;
        let is_last = batch.len() < usize::from(BATCH);
        compared += batch.len();
        before = batch.iter().map(|user| user.id).min().unwrap_or(before);
        batch.retain(|user| {
            let names = (user.first_name.as_str(), user.last_name.as_str());
            user::matches_search(search, names, [user.username.as_deref(), user.email.as_deref()])
        });
        found.extend(batch.into_iter().map(|user| (user.id, user)));
        if is_last {
            break;
        }
    }
    while found.len() > MAX_FOUND {
        found.pop_first();
    }
    Ok(found.into_values().collect())
}
