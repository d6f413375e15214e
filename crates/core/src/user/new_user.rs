//! Creating an account.

use super::{sort_name, sql};
use crate::email_address::EmailAddress;
use crate::error::{Code, Problem, Result};
use crate::execution::Context;
use crate::id::UserId;
use crate::language::Language;
use crate::names::{PersonName, Username};
use crate::password::PasswordDigest;

/// The data of an account to create.
#[derive(Debug)]
pub(crate) struct NewUser<'a> {
    pub(crate) email: &'a EmailAddress,
    pub(crate) first_name: &'a PersonName,
    pub(crate) last_name: &'a PersonName,
    pub(crate) username: Option<&'a Username>,
    pub(crate) password: Option<&'a PasswordDigest>,
    pub(crate) language: Language,
}

impl NewUser<'_> {
    fn sort_name(&self) -> String {
        let names = (self.first_name.as_str(), self.last_name.as_str());
        sort_name(names, [self.username.map(Username::as_str), Some(self.email.key())])
    }

    /// Creates the account and its primary address.
    ///
    /// # Errors
    /// `EMAIL_EXISTS`, `USERNAME_EXISTS`, or both in one problem.
    pub(crate) async fn insert(&self, cx: &mut Context<'_>, is_verified: bool) -> Result<UserId> {
        let (user, address) = (cx.id(), cx.id());
        let insert = sql::InsertUser {
            id: user,
            first_name: self.first_name.as_str(),
            last_name: self.last_name.as_str(),
            username: self.username.map(Username::as_str),
            username_key: self.username.map(Username::key),
            password_digest: self.password.map(PasswordDigest::as_str),
            language: self.language,
            sort_name: &self.sort_name(),
            now: cx.now,
        };
        let inserted = cx.tx.optional(sql::INSERT, insert).await?.is_some();
        let verified_at = is_verified.then_some(cx.now);
        let address_row = (address, user, self.email.as_str(), self.email.key(), verified_at, cx.now);
        // The unique keys have decided. If the user name is taken, the address is looked up only to report both.
        let email_taken = if inserted {
            cx.tx.optional(sql::INSERT_ADDRESS, address_row).await?.is_none()
        } else {
            cx.tx.optional(sql::ADDRESS_OWNER, (self.email.key(),)).await?.is_some()
        };
        let taken = [(email_taken, Code::EmailExists), (!inserted, Code::UsernameExists)];
        match Problem::all(taken.into_iter().filter_map(|(taken, code)| taken.then_some(code))) {
            Some(problem) => Err(problem),
            None => Ok(user),
        }
    }
}
