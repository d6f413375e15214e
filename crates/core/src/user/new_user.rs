//! Creating an account.

use super::sql;
use crate::email_address::EmailAddress;
use crate::error::{Code, Problem, Result};
use crate::execution::Context;
use crate::id::UserId;
use crate::language::Language;
use crate::names::{PersonName, Username};
use crate::password::PasswordDigest;

/// An account that is to be made.
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
    /// Makes it. Errors: `EMAIL_EXISTS` and `USERNAME_EXISTS`, both at once if need be.
    pub(crate) async fn insert(&self, cx: &mut Context<'_>, proved: bool) -> Result<UserId> {
        let (user, address) = (cx.id(), cx.id());
        let insert = sql::InsertUser {
            id: user,
            first_name: self.first_name.as_str(),
            last_name: self.last_name.as_str(),
            username: self.username.map(Username::as_str),
            username_key: self.username.map(Username::key),
            password_digest: self.password.map(PasswordDigest::as_str),
            language: self.language,
            now: cx.now,
        };
        let inserted = cx.tx.optional(sql::INSERT, insert).await?.is_some();
        let verified_at = proved.then_some(cx.now);
        let made = (address, user, self.email.as_str(), self.email.key(), verified_at, cx.now);
        // The keys have decided who was first; only for the words is it worth a look at the other half.
        let email_taken = if inserted {
            cx.tx.optional(sql::INSERT_ADDRESS, made).await?.is_none()
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
