//! Changing the caller's names, primary address, picture and policy of second factors.

use super::{AccountDetails, ShowAccount, addresses, require_proof_of_owner};
use crate::assurance::SecondFactorPolicy;
use crate::error::{Code, Result};
use crate::event::{Changed, Personal, UserUpdated};
use crate::execution::{Command, Context, Query};
use crate::id::{EmailAddressId, UserId};
use crate::images;
use crate::names::{PersonName, Username};
use crate::permission::Requirement;
use crate::second_factor;
use crate::security_log::{Audit, Change, Subject};
use crate::security_notice::{NoticeKind, notify};
use crate::user::{self, sql};

#[derive(Clone, Debug)]
pub enum UsernameChange {
    Remove,
    Set(Username),
}

/// Changes the given parts of the caller's account; `None` leaves a part unchanged.
///
/// # Errors
/// `UNAUTHORIZED`; `REAUTHENTICATION_REQUIRED` for the primary address, for another user name, which a person can sign in
/// with, and for another policy; `EMAIL_ADDRESS_NOT_FOUND` and `EMAIL_NOT_VERIFIED` for the primary address;
/// `IMAGES_NOT_AVAILABLE`; `USERNAME_EXISTS`; `SECOND_FACTOR_MISSING` for the policy.
#[derive(Debug, Default)]
pub struct Update {
    pub first_name: Option<PersonName>,
    pub last_name: Option<PersonName>,
    pub username: Option<UsernameChange>,
    pub primary_address: Option<EmailAddressId>,
    pub picture: images::Change,
    /// Only of the caller themselves.
    pub second_factor_policy: Option<SecondFactorPolicy>,
}

impl Command for Update {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] = &[
        Code::ReauthenticationRequired,
        Code::EmailAddressNotFound,
        Code::EmailNotVerified,
        Code::ImagesNotAvailable,
        Code::UsernameExists,
        Code::SecondFactorMissing,
    ];
    type Out = AccountDetails;

    fn audit(&self) -> Audit {
        match (self.username.is_some(), self.primary_address.is_some()) {
            (_, true) => Audit::Change(Change::EmailAddressMadePrimary),
            (true, false) => Audit::Change(Change::UsernameChanged),
            (false, false) => Audit::RefusalsOnly,
        }
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<AccountDetails> {
        let user = cx.user()?;
        if self.primary_address.is_some() {
            cx.refuse_impersonator()?;
        }
        if let Some(policy) = self.second_factor_policy {
            second_factor::set_policy(cx, policy).await?;
        }
        self.apply(cx, user, None).await?;
        ShowAccount.run(cx).await
    }
}

impl Update {
    /// Changes the account of a user, except the policy: the caller, or for an API key anybody. `metadata_changed` is for
    /// the event.
    ///
    /// # Errors
    /// Those of [`Update`].
    pub(crate) async fn apply(&self, cx: &mut Context<'_>, user: UserId, metadata_changed: Option<bool>) -> Result<()> {
        let current = cx.tx.one(sql::PUBLIC_PROFILE, (user,)).await?;
        if let Some(address) = self.primary_address {
            addresses::make_primary(cx, user, address).await?;
        }
        let picture = images::apply_change(cx, &current.image_url, &self.picture).await?;
        let stored = current.username.clone().map(Username::from_stored);
        if self.username.is_some() && self.primary_address.is_some() {
            cx.log_change(Change::UsernameChanged, Subject::of_user(Some(user)));
        }
        let username = match &self.username {
            None => stored.as_ref(),
            Some(UsernameChange::Remove) => None,
            Some(UsernameChange::Set(name)) => Some(name),
        };
        if username.map(Username::as_str) != current.username.as_deref() {
            cx.refuse_impersonator()?;
        }
        // Another spelling of the name signs in the same person.
        if username.map(Username::key) != stored.as_ref().map(Username::key) {
            require_proof_of_owner(cx).await?;
            notify(cx, user, NoticeKind::UsernameChanged, username.map_or("", Username::as_str)).await?;
        }
        let update = sql::UpdateUser {
            id: user,
            first_name: self.first_name.as_ref().map_or(current.first_name.as_str(), PersonName::as_str),
            last_name: self.last_name.as_ref().map_or(current.last_name.as_str(), PersonName::as_str),
            username: username.map(Username::as_str),
            username_key: username.map(Username::key),
            image_url: picture.as_str(),
            now: cx.now,
        };
        cx.tx.optional(sql::UPDATE, update).await?.ok_or(Code::UsernameExists)?;
        let username = |name: Option<&str>| name.unwrap_or_default().to_owned();
        cx.emit(UserUpdated {
            user_id: user,
            first_name: Changed::new(current.first_name.as_str(), update.first_name).map(Personal),
            last_name: Changed::new(current.last_name.as_str(), update.last_name).map(Personal),
            username: Changed::new(username(current.username.as_deref()), username(update.username)).map(Personal),
            image_changed: (update.image_url != current.image_url).then_some(true),
            metadata_changed,
        });
        let is_renamed = update.first_name != current.first_name
            || update.last_name != current.last_name
            || update.username != current.username.as_deref();
        if is_renamed || self.primary_address.is_some() {
            user::update_search(cx, user).await?;
        }
        Ok(())
    }
}
