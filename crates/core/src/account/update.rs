//! Changing what one is called, and one's picture.

use super::{ShowAccount, AccountDetails, addresses};
use crate::error::{Code, Result};
use crate::execution::{Command, Context, Query};
use crate::id::EmailAddressId;
use crate::images;
use crate::names::{PersonName, Username};
use crate::permission::Requirement;
use crate::user::sql;

/// The user name from now on.
#[derive(Clone, Debug)]
pub enum UsernameChange {
    /// There is none.
    None,
    /// This one.
    This(Username),
}

/// Changes what is given of the caller's account, and leaves the rest as it is.
///
/// Errors: `UNAUTHORIZED`; `USERNAME_EXISTS`; those of [`super::MakePrimary`]; `IMAGES_NOT_AVAILABLE`.
#[derive(Debug, Default)]
pub struct Update {
    pub first_name: Option<PersonName>,
    pub last_name: Option<PersonName>,
    pub username: Option<UsernameChange>,
    pub primary_address: Option<EmailAddressId>,
    pub picture: images::Change,
}

impl Command for Update {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] = &[Code::UsernameExists, Code::ImagesNotAvailable];
    type Out = AccountDetails;

    async fn run(&self, cx: &mut Context<'_>) -> Result<AccountDetails> {
        let user = cx.user()?;
        let now = cx.tx.one(sql::PUBLIC_PROFILE, (user,)).await?;
        if let Some(address) = self.primary_address {
            addresses::make_primary(cx, user, address).await?;
        }
        let picture = images::apply_change(cx, &now.image_url, &self.picture).await?;
        let stored = now.username.clone().map(Username::from_stored);
        let username = match &self.username {
            None => stored.as_ref(),
            Some(UsernameChange::None) => None,
            Some(UsernameChange::This(name)) => Some(name),
        };
        let update = sql::UpdateUser {
            id: user,
            first_name: self.first_name.as_ref().map_or(now.first_name.as_str(), PersonName::as_str),
            last_name: self.last_name.as_ref().map_or(now.last_name.as_str(), PersonName::as_str),
            username: username.map(Username::as_str),
            username_key: username.map(Username::key),
            image_url: picture.as_str(),
            now: cx.now,
        };
        cx.tx.optional(sql::UPDATE, update).await?.ok_or(Code::UsernameExists)?;
        ShowAccount.run(cx).await
    }
}
