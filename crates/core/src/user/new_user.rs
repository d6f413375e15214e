//! Creating an account.

use super::{delete_unverified_address, sort_name, sql};
use crate::email_address::EmailAddress;
use crate::error::{Code, Problem, Result};
use crate::event::{Personal, UserCreated};
use crate::execution::Context;
use crate::id::UserId;
use crate::language::Language;
use crate::names::{PersonName, Username};
use crate::password::PasswordDigest;
use crate::time::Timestamp;

/// The data of an account to create.
#[derive(Debug)]
pub(crate) struct NewUser<'a> {
    /// The primary address.
    pub(crate) email: Option<&'a EmailAddress>,
    pub(crate) first_name: &'a PersonName,
    pub(crate) last_name: &'a PersonName,
    pub(crate) username: Option<&'a Username>,
    pub(crate) password: Option<&'a PasswordDigest>,
    /// `None` for the configured default.
    pub(crate) language: Option<Language>,
}

impl NewUser<'_> {
    fn sort_name(&self) -> String {
        let names = (self.first_name.as_str(), self.last_name.as_str());
        sort_name(names, [self.username.map(Username::as_str), self.email.map(EmailAddress::key)])
    }

    fn row<'r>(&'r self, id: UserId, sort_name: &'r str, now: Timestamp) -> sql::InsertUser<'r> {
        sql::InsertUser {
            id,
            first_name: self.first_name.as_str(),
            last_name: self.last_name.as_str(),
            username: self.username.map(Username::as_str),
            username_key: self.username.map(Username::key),
            password_digest: self.password.map(PasswordDigest::as_str),
            language: self.language,
            sort_name,
            sort_email: self.email.map_or("", EmailAddress::key),
            now,
        }
    }

    /// Creates accounts whose addresses and user names are free, each with whether its address is verified.
    ///
    /// # Errors
    /// `BUSY` if one is not free any more.
    pub(crate) async fn insert_each(cx: &mut Context<'_>, accounts: &[(NewUser<'_>, bool)]) -> Result<Vec<UserId>> {
        let now = cx.now;
        let named: Vec<(UserId, String)> = accounts.iter().map(|(account, _)| (cx.id(), account.sort_name())).collect();
        let users: Vec<_> =
            accounts.iter().zip(&named).map(|((account, _), (id, name))| account.row(*id, name, now)).collect();
        let addresses: Vec<_> = accounts
            .iter()
            .zip(&named)
            .filter_map(|((account, is_verified), (user, _))| {
                let email = account.email?;
                Some(address_row(cx, *user, email, *is_verified))
            })
            .collect();
        let mut inserted = cx.tx.execute_each(sql::INSERT_EACH, &users).await?;
        inserted.extend(cx.tx.execute_each(sql::INSERT_ADDRESS_EACH, &addresses).await?);
        if inserted.contains(&0) {
            return Err(Code::Busy.into());
        }
        for ((account, _), (user, _)) in accounts.iter().zip(&named) {
            cx.emit(account.created(*user));
        }
        Ok(named.into_iter().map(|(id, _)| id).collect())
    }

    /// Creates the account and its primary address. A verified address is taken from an account that has it unverified.
    ///
    /// # Errors
    /// `EMAIL_EXISTS`, `USERNAME_EXISTS`, or both in one problem.
    pub(crate) async fn insert(&self, cx: &mut Context<'_>, is_verified: bool) -> Result<UserId> {
        let user = cx.id();
        let sort_name = self.sort_name();
        let inserted = cx.tx.optional(sql::INSERT, self.row(user, &sort_name, cx.now)).await?.is_some();
        let email_taken = match self.email {
            Some(email) if inserted => !insert_address(cx, user, email, is_verified).await?,
            Some(email) => is_taken(cx, email, is_verified).await?,
            None => false,
        };
        let taken = [(email_taken, Code::EmailExists), (!inserted, Code::UsernameExists)];
        if let Some(problem) = Problem::all(taken.into_iter().filter_map(|(taken, code)| taken.then_some(code))) {
            Err(problem)
        } else {
            cx.emit(self.created(user));
            Ok(user)
        }
    }

    fn created(&self, user_id: UserId) -> UserCreated {
        let name = |name: &PersonName| Some(Personal(name.as_str().to_owned()));
        UserCreated {
            user_id,
            email: self.email.map(|email| Personal(email.key().to_owned())),
            first_name: name(self.first_name),
            last_name: name(self.last_name),
        }
    }
}

fn address_row<'a>(
    cx: &Context<'_>,
    user: UserId,
    email: &'a EmailAddress,
    is_verified: bool,
) -> sql::InsertAddress<'a> {
    sql::InsertAddress {
        id: cx.id(),
        user,
        address: email.as_str(),
        address_key: email.key(),
        domain: email.domain(),
        verified_at: is_verified.then_some(cx.now),
        now: cx.now,
    }
}

/// Inserts the primary address of a new account. Returns false if it is taken.
async fn insert_address(cx: &mut Context<'_>, user: UserId, email: &EmailAddress, is_verified: bool) -> Result<bool> {
    let row = address_row(cx, user, email, is_verified);
    if cx.tx.optional(sql::INSERT_ADDRESS, row).await?.is_some() {
        return Ok(true);
    }
    if !is_verified {
        return Ok(false);
    }
    delete_unverified_address(cx, email.key()).await?;
    Ok(cx.tx.optional(sql::INSERT_ADDRESS, row).await?.is_some())
}

/// Whether the address of an account whose user name is taken is taken too. The unique keys have decided: this is only
/// for the message.
async fn is_taken(cx: &mut Context<'_>, email: &EmailAddress, is_verified: bool) -> Result<bool> {
    if is_verified {
        delete_unverified_address(cx, email.key()).await?;
    }
    Ok(cx.tx.optional(sql::ADDRESS_OWNER, (email.key(),)).await?.is_some())
}
