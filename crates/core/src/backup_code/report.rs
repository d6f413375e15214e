//! Telling that a backup code was used.

use crate::error::Result;
use crate::event::BackupCodeUsed;
use crate::execution::Context;
use crate::id::UserId;
use crate::security_notice::{NoticeKind, notify};

/// With so many codes left, the user is told to generate new ones.
const FEW: i64 = 3;

/// Emits that a code was used, and mails it to the user: whoever has found the codes can sign in with them.
pub(crate) async fn report(cx: &mut Context<'_>, user: UserId, left: i64) -> Result<()> {
    let number = left.to_string();
    notify(cx, user, NoticeKind::BackupCodeUsed, &number).await?;
    if left == FEW {
        notify(cx, user, NoticeKind::BackupCodesLow, &number).await?;
    }
    cx.emit(BackupCodeUsed { user_id: user, left });
    Ok(())
}
