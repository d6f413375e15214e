//! Changing a user.

use super::show::{UserDetails, load_details};
use super::{find, sql};
use crate::account;
use crate::assurance::SecondFactorPolicy;
use crate::error::{Code, Result};
use crate::execution::{Command, Context};
use crate::id::UserId;
use crate::metadata::Metadata;
use crate::operator::{DisableUser, EnableUser};
use crate::permission::Requirement;
use crate::scope::{Scope, ScopeRequirement};
use crate::second_factor;
use crate::security_log::{Audit, Change, Subject};

/// Changes the given parts of a user; `None` leaves a part unchanged. A user who is disabled is signed out everywhere.
/// Another user name is a change of how they sign in: their verified addresses get a security notice.
///
/// # Errors
/// `KEY_BOUND_TO_ORGANIZATION`; `USER_NOT_FOUND`; `USERNAME_EXISTS`; `IMAGES_NOT_AVAILABLE`; `SECOND_FACTOR_MISSING` for
/// a policy that enforces one; `SECOND_FACTOR_RESET_DELAYED` for another policy.
#[derive(Debug)]
pub struct UpdateUser {
    pub user: UserId,
    /// Without a primary address, which [`super::MakePrimary`] changes.
    pub profile: account::Update,
    /// The new metadata, which replaces the old.
    pub public_metadata: Option<Metadata>,
    /// Only backends see it.
    pub private_metadata: Option<Metadata>,
    pub disabled: Option<bool>,
    pub second_factor_policy: Option<SecondFactorPolicy>,
}

impl Command for UpdateUser {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[
        Code::KeyBoundToOrganization,
        Code::UserNotFound,
        Code::UsernameExists,
        Code::ImagesNotAvailable,
        Code::SecondFactorMissing,
        Code::SecondFactorResetDelayed,
    ];
    const SCOPE: ScopeRequirement = ScopeRequirement::One(Scope::UsersWrite);
    type Out = UserDetails;

    fn audit(&self) -> Audit {
        Audit::Change(Change::UserUpdated)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<UserDetails> {
        let user = find(cx, self.user).await?.id;
        let has_metadata = self.public_metadata.is_some() || self.private_metadata.is_some();
        self.profile.apply(cx, user, has_metadata.then_some(true)).await?;
        if has_metadata {
            self.set_metadata(cx, user).await?;
        }
        if let Some(policy) = self.second_factor_policy {
            second_factor::set_policy_of_user(cx, user, policy).await?;
        }
        let mut changes = Vec::new();
        if self.profile.username.is_some() {
            changes.push(Change::UsernameChanged);
        }
        match self.disabled {
            Some(true) if !DisableUser { user }.run(cx).await?.was_disabled => changes.push(Change::UserDisabled),
            Some(false) if EnableUser { user }.run(cx).await? => changes.push(Change::UserEnabled),
            _ => {}
        }
        cx.subject.is_unchanged = false;
        for change in changes {
            let subject = Subject { target_user: Some(user), ..cx.subject };
            cx.log_change(change, subject);
        }
        let user = cx.tx.one(sql::FIND, (user,)).await?;
        load_details(cx, user).await
    }
}

impl UpdateUser {
    async fn set_metadata(&self, cx: &mut Context<'_>, user: UserId) -> Result<()> {
        let current = cx.tx.one(sql::DETAILS, (user,)).await?;
        let public = self.public_metadata.as_ref().map_or(current.public_metadata.as_str(), Metadata::as_str);
        let private = self.private_metadata.as_ref().map_or(current.private_metadata.as_str(), Metadata::as_str);
        cx.tx.execute(sql::SET_METADATA, (user, public, private, cx.now)).await?;
        Ok(())
    }
}
