//! Generating backup codes.

use super::{begin_change, finish_change, refresh};
use crate::backup_code;
use crate::error::{Code, Result};
use crate::event::{BackupCodesGenerated, BackupCodesRegenerated};
use crate::execution::{Command, Context};
use crate::id::UserId;
use crate::permission::Requirement;
use crate::security_log::{Audit, Change};
use crate::security_notice::{NoticeKind, notify};
use crate::user::sql::second_factors::FIND;

/// Generates backup codes for the caller, who is shown them once.
///
/// # Errors
/// `UNAUTHORIZED`; `REAUTHENTICATION_REQUIRED`; `SECOND_FACTOR_MISSING` without an authenticator and a passkey, which the
/// codes stand in for; `BACKUP_CODES_EXIST` if some are left and must not be replaced.
#[derive(Debug)]
pub struct GenerateBackupCodes {
    /// Whether codes that are left stop working.
    pub replaces: bool,
}

impl Command for GenerateBackupCodes {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] =
        &[Code::ReauthenticationRequired, Code::SecondFactorMissing, Code::BackupCodesExist];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = Vec<String>;

    fn audit(&self) -> Audit {
        Audit::Change(Change::BackupCodesGenerated)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<Vec<String>> {
        let user = begin_change(cx).await?;
        if cx.tx.one(FIND, (user,)).await?.second_factors.is_empty() {
            return Err(Code::SecondFactorMissing.into());
        }
        if !self.replaces && backup_code::count(cx, user).await? > 0 {
            return Err(Code::BackupCodesExist.into());
        }
        let codes = replace(cx, user).await?;
        if self.replaces {
            cx.emit(BackupCodesRegenerated { user_id: user });
        } else {
            cx.emit(BackupCodesGenerated { user_id: user });
        }
        finish_change(cx, user, false).await?;
        Ok(codes)
    }
}

/// Replaces the codes of a user, and notifies them.
pub(super) async fn replace(cx: &mut Context<'_>, user: UserId) -> Result<Vec<String>> {
    backup_code::delete_all(cx, user).await?;
    let codes = backup_code::generate(cx, user).await?;
    refresh(cx, user).await?;
    notify(cx, user, NoticeKind::BackupCodesGenerated, "").await?;
    Ok(codes)
}
