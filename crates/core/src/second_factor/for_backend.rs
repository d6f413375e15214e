//! What an API key does with the factors of a user. With the setting `second_factors.reset_delay`, it cannot change
//! those of a user who has some: the user could not object.

use super::authenticator::{finish_removal, otp_url, report_added};
use super::{backup_codes, find_factors, refresh, refuse_during_delay};
use crate::error::{Code, Result};
use crate::event::BackupCodesRegenerated;
use crate::execution::{Command, Context};
use crate::id::{AuthenticatorId, UserId};
use crate::permission::Requirement;
use crate::scope::{Scope, ScopeRequirement};
use crate::secret::TotpSecret;
use crate::security_log::{Audit, Change};
use crate::{session, totp, user};

/// Begins a change of the factors of a user.
///
/// # Errors
/// `KEY_BOUND_TO_ORGANIZATION`; `USER_NOT_FOUND`; `SECOND_FACTOR_RESET_DELAYED`.
pub(super) async fn begin_change(cx: &mut Context<'_>, user: UserId) -> Result<()> {
    let factors = find_factors(cx, user).await?;
    refuse_during_delay(cx, factors)?;
    cx.tx.execute(user::sql::LOCK, (user,)).await?;
    Ok(())
}

/// Gives a user an authenticator whose secret they have in their app already, for example from the service that they
/// come from. It is in use at once, in place of another one.
///
/// # Errors
/// `KEY_BOUND_TO_ORGANIZATION`; `USER_NOT_FOUND`; `SECOND_FACTOR_RESET_DELAYED`.
#[derive(Debug)]
pub struct AddAuthenticatorForUser {
    pub user: UserId,
    pub secret: TotpSecret,
    /// The name of the account in the app. `None` for the primary address.
    pub account_name: Option<String>,
}

/// An authenticator that was added. The URL has the secret, so it is not in the debug output.
pub struct AddedAuthenticator {
    pub id: AuthenticatorId,
    pub otp_url: String,
}

impl std::fmt::Debug for AddedAuthenticator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AddedAuthenticator({}, …)", self.id)
    }
}

impl Command for AddAuthenticatorForUser {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[Code::KeyBoundToOrganization, Code::UserNotFound, Code::SecondFactorResetDelayed];
    const SCOPE: ScopeRequirement = ScopeRequirement::One(Scope::UsersWrite);
    type Out = AddedAuthenticator;

    fn audit(&self) -> Audit {
        Audit::Change(Change::AuthenticatorAdded)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<AddedAuthenticator> {
        begin_change(cx, self.user).await?;
        let (id, replaced) = totp::import(cx, self.user, &self.secret).await?;
        report_added(cx, self.user, id, replaced).await?;
        refresh(cx, self.user).await?;
        session::end_pending_sign_ins(cx, self.user).await?;
        let otp_url = otp_url(cx, self.user, &self.secret, self.account_name.as_deref()).await?;
        Ok(AddedAuthenticator { id, otp_url })
    }
}

/// Removes the authenticator of a user with their backup codes. Changes nothing if they have none.
///
/// # Errors
/// `KEY_BOUND_TO_ORGANIZATION`; `USER_NOT_FOUND`; `SECOND_FACTOR_RESET_DELAYED`.
#[derive(Debug)]
pub struct DeleteAuthenticatorsOfUser {
    pub user: UserId,
}

impl Command for DeleteAuthenticatorsOfUser {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[Code::KeyBoundToOrganization, Code::UserNotFound, Code::SecondFactorResetDelayed];
    const SCOPE: ScopeRequirement = ScopeRequirement::One(Scope::UsersWrite);
    type Out = ();

    fn audit(&self) -> Audit {
        Audit::Change(Change::AuthenticatorRemoved)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        begin_change(cx, self.user).await?;
        match totp::delete_all(cx, self.user).await? {
            Some(deleted) => finish_removal(cx, self.user, deleted).await?,
            None => cx.subject.is_unchanged = true,
        }
        session::end_pending_sign_ins(cx, self.user).await
    }
}

/// Replaces the backup codes of a user, for a support desk that has made sure who they are.
///
/// # Errors
/// `KEY_BOUND_TO_ORGANIZATION`; `USER_NOT_FOUND`; `SECOND_FACTOR_RESET_DELAYED`; `SECOND_FACTOR_MISSING` without an
/// authenticator and a passkey.
#[derive(Debug)]
pub struct RegenerateBackupCodesOfUser {
    pub user: UserId,
}

impl Command for RegenerateBackupCodesOfUser {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] =
        &[Code::KeyBoundToOrganization, Code::UserNotFound, Code::SecondFactorResetDelayed, Code::SecondFactorMissing];
    const SCOPE: ScopeRequirement = ScopeRequirement::One(Scope::UsersWrite);
    type Out = Vec<String>;

    fn audit(&self) -> Audit {
        Audit::Change(Change::BackupCodesGenerated)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<Vec<String>> {
        begin_change(cx, self.user).await?;
        if find_factors(cx, self.user).await?.is_empty() {
            return Err(Code::SecondFactorMissing.into());
        }
        let codes = backup_codes::replace(cx, self.user).await?;
        cx.emit(BackupCodesRegenerated { user_id: self.user });
        session::end_pending_sign_ins(cx, self.user).await?;
        Ok(codes)
    }
}
