//! Reporting that a backup code was used.

use crate::error::Result;
use crate::event::BackupCodeUsed;
use crate::execution::Context;
use crate::id::UserId;
use crate::security_notice::{NoticeKind, notify};

/// The number of codes left at which the user gets a notice to generate new ones.
const LOW: i64 = 3;

/// Emits that a code was used, and notifies the user: a person who has found the codes can use them to sign in.
pub(crate) async fn report(cx: &mut Context<'_>, user: UserId, left: i64) -> Result<()> {
    let number = left.to_string();
    notify(cx, user, NoticeKind::BackupCodeUsed, &number).await?;
    if left == LOW {
        notify(cx, user, NoticeKind::BackupCodesLow, &number).await?;
    }
    cx.emit(BackupCodeUsed { user_id: user, left });
    Ok(())
}
