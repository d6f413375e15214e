//! Creating many users with one call: every row is validated, then all valid rows are inserted in one transaction.

use std::collections::{HashMap, HashSet};
use std::fmt::Write;
use std::sync::Arc;

use super::show::CheckUserForChange;
use super::sql::{self, AddressRow};
use crate::access;
use crate::domain;
use crate::email_address::EmailAddress;
use crate::error::{Code, Problem, Result};
use crate::execution::{Caller, Command, Context, Executor, Reply};
use crate::id::UserId;
use crate::metadata::Metadata;
use crate::names::{PersonName, Username};
use crate::password::{ImportedPassword, PasswordDigest};
use crate::permission::Requirement;
use crate::scope::{Scope, ScopeRequirement};
use crate::security_log::{Audit, Change};
use crate::user::{self, NewUser};

/// The maximum number of rows in one call.
pub const MAX_ROWS: usize = 1000;
/// The maximum number of rows with a weak password hash. Each one is hashed again, in up to 100 ms, and a request takes
/// up to 20 seconds.
const MAX_WEAK_HASHES: usize = 100;
/// The length of an address in the argument of a statement: the longest.
const ADDRESS_WIDTH: usize = 254;
/// The length of a user name in the argument of a statement: the longest.
const USERNAME_WIDTH: usize = 32;
/// Keys in one argument. A statement splits it in quadratic time.
const MAX_KEYS: usize = 100;

/// A user of a list. `P` is their password: [`ImportedPassword`] as it was parsed, [`PasswordDigest`] to be stored.
#[derive(Clone, Debug)]
pub struct BulkRow<P = PasswordDigest> {
    pub email: Option<EmailAddress>,
    /// Otherwise the address is only the login name of the account, as after a sign-up without verification.
    pub is_verified: bool,
    pub first_name: PersonName,
    pub last_name: PersonName,
    pub username: Option<Username>,
    /// Of the system that the user comes from.
    pub password: Option<P>,
    pub public_metadata: Option<Metadata>,
    pub private_metadata: Option<Metadata>,
}

/// The codes of [`create_users`].
pub const CREATE_USERS_ERRORS: &[Code] = <BulkCreate as Command>::ERRORS;

/// Creates users with [`BulkCreate`], after hashing the weak password hashes among theirs.
///
/// # Errors
/// [`CREATE_USERS_ERRORS`]: `TOO_MANY_ROWS` also for more than 100 weak hashes.
pub async fn create_users(
    executor: &Arc<Executor>,
    caller: &Caller,
    create: BulkCreate<ImportedPassword>,
) -> Reply<BulkResult> {
    match wrap_passwords(executor, caller, create).await {
        Ok(create) => executor.run(caller, create).await,
        Err(problem) => Reply::failed(problem),
    }
}

/// The rows are hashed one after the other, so that sign-ins get their turn.
async fn wrap_passwords(
    executor: &Arc<Executor>,
    caller: &Caller,
    create: BulkCreate<ImportedPassword>,
) -> Result<BulkCreate> {
    let BulkCreate { rows, dry_run, all_or_nothing } = create;
    let is_weak = |row: &&BulkRow<_>| matches!(row.password, Some(ImportedPassword::Weak(_)));
    let weak = rows.iter().flatten().filter(is_weak).count();
    if weak > 0 {
        // Hashing is only for callers who may create users.
        executor.query(caller, &CheckUserForChange { user: None }).await.result?;
    }
    if weak > MAX_WEAK_HASHES {
        let message = format!("At most {MAX_WEAK_HASHES} rows can have a password hash of MD5, SHA or phpass.");
        return Err(Code::TooManyRows.with_message(message));
    }
    // Rows that are only validated need no digest.
    let is_blocked = all_or_nothing && rows.iter().any(Result::is_err);
    let is_stored = !dry_run && !is_blocked;
    let mut wrapped = Vec::with_capacity(rows.len());
    for row in rows {
        wrapped.push(match row {
            Ok(mut row) => {
                let digest = match row.password.take() {
                    Some(ImportedPassword::Strong(digest)) => Some(digest),
                    Some(ImportedPassword::Weak(weak)) if is_stored => {
                        Some(executor.passwords.wrap(weak, executor.random.as_ref()).await?)
                    }
                    _ => None,
                };
                Ok(row.with_password(digest))
            }
            Err(problem) => Err(problem),
        });
    }
    Ok(BulkCreate { rows: wrapped, dry_run, all_or_nothing })
}

/// Creates users. An address and a user name belong to one of them, as in [`create_user`](super::create_user).
///
/// # Errors
/// `KEY_BOUND_TO_ORGANIZATION`; `TOO_MANY_ROWS`; `BUSY` if an address or a user name was taken meanwhile. The error of
/// a row is part of its result: `EMAIL_EXISTS`, `USERNAME_EXISTS`, `DUPLICATE_ROW`, or why it could not be parsed.
#[derive(Debug)]
pub struct BulkCreate<P = PasswordDigest> {
    /// The parsed rows, or why they could not be parsed.
    pub rows: Vec<Result<BulkRow<P>>>,
    /// Only validate.
    pub dry_run: bool,
    /// Create nobody if any row is invalid.
    pub all_or_nothing: bool,
}

#[derive(Debug)]
pub struct BulkResult {
    /// Whether the valid rows were inserted.
    pub done: bool,
    /// In the order of the request.
    pub rows: Vec<BulkRowResult>,
}

/// The new user, `None` if none was created for a valid row; or why the row is invalid.
pub type BulkRowResult = Result<Option<UserId>>;

impl Command for BulkCreate {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[Code::KeyBoundToOrganization, Code::TooManyRows];
    const SCOPE: ScopeRequirement = ScopeRequirement::One(Scope::UsersWrite);
    type Out = BulkResult;

    fn audit(&self) -> Audit {
        Audit::Change(Change::UserCreated)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<BulkResult> {
        access::require_unbound_key(cx)?;
        if self.rows.len() > MAX_ROWS {
            return Err(Code::TooManyRows.into());
        }
        let mut taken = Taken::load(cx, self.rows.iter().flatten()).await?;
        let rows: Vec<Result<&BulkRow>> = self
            .rows
            .iter()
            .map(|row| row.as_ref().map_err(Problem::clone).and_then(|row| taken.take(row).map(|()| row)))
            .collect();
        let is_blocked = self.all_or_nothing && rows.iter().any(Result::is_err);
        let done = !self.dry_run && !is_blocked;
        cx.subject.is_unchanged = !done || rows.iter().all(Result::is_err);
        let mut created = Vec::new();
        if done {
            let valid: Vec<&BulkRow> = rows.iter().flatten().copied().collect();
            created = insert(cx, &valid, &taken).await?;
        }
        let mut created = created.into_iter();
        Ok(BulkResult { done, rows: rows.into_iter().map(|row| row.map(|_| created.next())).collect() })
    }
}

async fn insert(cx: &mut Context<'_>, rows: &[&BulkRow], taken: &Taken) -> Result<Vec<UserId>> {
    for email in rows.iter().filter_map(|row| row.email.as_ref()) {
        if taken.unverified.contains(email.key()) {
            user::delete_unverified_address(cx, email.key()).await?;
        }
    }
    let accounts: Vec<_> = rows.iter().map(|row| (row.account(), row.is_verified)).collect();
    let users = NewUser::insert_each(cx, &accounts).await?;
    let now = cx.now;
    let metadata: Vec<_> = rows
        .iter()
        .zip(&users)
        .filter(|(row, _)| row.public_metadata.is_some() || row.private_metadata.is_some())
        .map(|(row, user)| (*user, text(row.public_metadata.as_ref()), text(row.private_metadata.as_ref()), now))
        .collect();
    cx.tx.execute_each(sql::SET_METADATA, &metadata).await?;
    join_by_domain(cx, rows, &users).await?;
    Ok(users)
}

/// Each domain is looked up once, unless organizations have it.
async fn join_by_domain(cx: &mut Context<'_>, rows: &[&BulkRow], users: &[UserId]) -> Result<()> {
    let mut unknown = HashSet::new();
    for (row, user) in rows.iter().zip(users).filter(|(row, _)| row.is_verified) {
        let Some(email) = &row.email else { continue };
        let domain = email.key().rsplit_once('@').map_or("", |(_, domain)| domain);
        if !unknown.contains(domain) && !domain::auto_join_new_user(cx, *user, email).await? {
            unknown.insert(domain);
        }
    }
    Ok(())
}

fn text(metadata: Option<&Metadata>) -> &str {
    metadata.map_or("{}", Metadata::as_str)
}

impl<P> BulkRow<P> {
    fn with_password<Q>(self, password: Option<Q>) -> BulkRow<Q> {
        let Self { email, is_verified, first_name, last_name, username, public_metadata, private_metadata, .. } = self;
        BulkRow { email, is_verified, first_name, last_name, username, password, public_metadata, private_metadata }
    }
}

impl BulkRow {
    fn account(&self) -> NewUser<'_> {
        NewUser {
            email: self.email.as_ref(),
            first_name: &self.first_name,
            last_name: &self.last_name,
            username: self.username.as_ref(),
            password: self.password.as_ref(),
            language: None,
        }
    }
}

/// The addresses and user names of the rows that accounts have, and those of the rows before.
struct Taken {
    addresses: HashSet<String>,
    /// Addresses that accounts have not verified: a verified row takes them.
    unverified: HashSet<String>,
    usernames: HashSet<String>,
    rows: (HashSet<String>, HashSet<String>),
}

impl Taken {
    async fn load(cx: &mut Context<'_>, rows: impl Iterator<Item = &BulkRow> + Clone) -> Result<Self> {
        let addresses: Vec<&str> = rows.clone().filter_map(|row| row.email.as_ref()).map(EmailAddress::key).collect();
        let usernames: Vec<&str> = rows.filter_map(|row| row.username.as_ref()).map(Username::key).collect();
        let mut found: HashMap<String, bool> = HashMap::new();
        for keys in addresses.chunks(MAX_KEYS) {
            let rows = cx.tx.all(sql::TAKEN_ADDRESSES, (&pack(keys, ADDRESS_WIDTH),)).await?;
            found.extend(
                rows.into_iter().map(|AddressRow { address_key, verified_at }| (address_key, verified_at.is_some())),
            );
        }
        let mut taken_names = HashSet::new();
        for keys in usernames.chunks(MAX_KEYS) {
            let rows = cx.tx.all(sql::TAKEN_USERNAMES, (&pack(keys, USERNAME_WIDTH),)).await?;
            taken_names.extend(rows.into_iter().map(|(key,)| key));
        }
        let unverified = found.iter().filter(|(_, is_verified)| !**is_verified).map(|(key, _)| key.clone()).collect();
        Ok(Self {
            addresses: found.into_keys().collect(),
            unverified,
            usernames: taken_names,
            rows: Default::default(),
        })
    }

    /// Checks that the address and the user name of a row are free, and takes them.
    ///
    /// # Errors
    /// `DUPLICATE_ROW`; `EMAIL_EXISTS`, `USERNAME_EXISTS`, or both.
    fn take(&mut self, row: &BulkRow) -> Result<()> {
        let (email, username) = (row.email.as_ref().map(EmailAddress::key), row.username.as_ref().map(Username::key));
        let (emails, usernames) = &mut self.rows;
        if email.is_some_and(|key| emails.contains(key)) || username.is_some_and(|key| usernames.contains(key)) {
            return Err(Code::DuplicateRow.with_message("Another row has this address or user name already."));
        }
        let is_taken = |key: &str| self.addresses.contains(key) && !(row.is_verified && self.unverified.contains(key));
        let taken = [
            (email.is_some_and(is_taken), Code::EmailExists),
            (username.is_some_and(|key| self.usernames.contains(key)), Code::UsernameExists),
        ];
        if let Some(problem) = Problem::all(taken.into_iter().filter_map(|(taken, code)| taken.then_some(code))) {
            return Err(problem);
        }
        emails.extend(email.map(str::to_owned));
        usernames.extend(username.map(str::to_owned));
        Ok(())
    }
}

/// Keys as one argument of a statement, padded with spaces, which no key has.
fn pack(keys: &[&str], width: usize) -> String {
    keys.iter().fold(String::with_capacity(keys.len() * width), |mut packed, key| {
        // Writing to a `String` cannot fail.
        let _ = write!(packed, "{key:<width$}");
        packed
    })
}
