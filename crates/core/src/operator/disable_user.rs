//! Disabling a user, and enabling them again.

use super::sql::{self, NamedOrganization};
use super::{MAX_SHOWN, end_access};
use crate::error::{Code, Result};
use crate::event::{OwnershipOfferWithdrawn, UserDisabled, UserEnabled};
use crate::execution::{Command, Context, Query};
use crate::id::UserId;
use crate::permission::Requirement;
use crate::security_log::{Audit, Change};

/// The outcome of [`DisableUser`].
#[derive(Debug)]
pub struct DisabledUser {
    /// Whether the user was disabled before.
    pub was_disabled: bool,
    /// Sign-ins that were active.
    pub ended_sign_ins: i64,
    /// Organizations in which no enabled user is an admin any more; the first hundred.
    pub organizations_without_admin: Vec<NamedOrganization>,
}

/// Disables a user: they are signed out everywhere, and cannot sign in by any means until they are enabled again. Their
/// memberships and roles stay. Codes and links that were mailed to them stop working, and ownership transfers from and
/// to them are withdrawn. Session tokens for backends, which nobody can revoke, work until they expire.
///
/// A disabled user is disabled again without an error.
///
/// # Errors
/// `USER_NOT_FOUND`.
#[derive(Debug)]
pub struct DisableUser {
    pub user: UserId,
}

impl Command for DisableUser {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[Code::UserNotFound];
    type Out = DisabledUser;

    fn audit(&self) -> Audit {
        Audit::Change(Change::UserDisabled)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<DisabledUser> {
        let was_disabled = cx.tx.optional(sql::SET_DISABLED, (self.user, true, cx.now)).await?.is_none();
        let ended_sign_ins = end_access(cx, self.user).await?;
        if !was_disabled {
            cx.emit(UserDisabled { user_id: self.user });
        }
        for (organization_id,) in cx.tx.all(sql::END_OWNERSHIP_TRANSFERS, (self.user,)).await? {
            cx.emit(OwnershipOfferWithdrawn { organization_id });
        }
        let organizations_without_admin = cx.tx.all(sql::SOLE_ENABLED_ADMIN_OF, (self.user, MAX_SHOWN)).await?;
        cx.subject.is_unchanged = was_disabled && ended_sign_ins == 0;
        Ok(DisabledUser { was_disabled, ended_sign_ins, organizations_without_admin })
    }
}

/// Returns what [`DisableUser`] would do.
///
/// # Errors
/// `USER_NOT_FOUND`.
#[derive(Debug)]
pub struct PreviewDisableUser {
    pub user: UserId,
}

impl Query for PreviewDisableUser {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[Code::UserNotFound];
    type Out = DisabledUser;

    async fn run(&self, cx: &mut Context<'_>) -> Result<DisabledUser> {
        let user = cx.tx.optional(sql::USER, (self.user,)).await?.ok_or(Code::UserNotFound)?;
        Ok(DisabledUser {
            was_disabled: user.disabled,
            ended_sign_ins: cx.tx.one(sql::COUNT_SIGN_INS, (self.user, cx.now)).await?.0,
            organizations_without_admin: cx.tx.all(sql::SOLE_ENABLED_ADMIN_OF, (self.user, MAX_SHOWN)).await?,
        })
    }
}

/// Enables a user, who can then sign in again. Returns whether they were disabled.
///
/// # Errors
/// `USER_NOT_FOUND`.
#[derive(Debug)]
pub struct EnableUser {
    pub user: UserId,
}

impl Command for EnableUser {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[Code::UserNotFound];
    type Out = bool;

    fn audit(&self) -> Audit {
        Audit::Change(Change::UserEnabled)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<bool> {
        let was_disabled = cx.tx.optional(sql::SET_DISABLED, (self.user, false, cx.now)).await?.is_some();
        cx.tx.optional(sql::USER, (self.user,)).await?.ok_or(Code::UserNotFound)?;
        (cx.subject.target_user, cx.subject.is_unchanged) = (Some(self.user), !was_disabled);
        if was_disabled {
            cx.emit(UserEnabled { user_id: self.user });
        }
        Ok(was_disabled)
    }
}
