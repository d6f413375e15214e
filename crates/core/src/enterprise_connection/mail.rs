//! Mails to the admins of an organization about its connections.

use super::sql;
use crate::error::Result;
use crate::execution::Context;
use crate::id::OrganizationId;
use crate::outbox::{self, MailKind};

/// The maximum number of admins who get a mail: the newest.
const MAX_RECIPIENTS: i64 = 50;

/// Enqueues a mail of this kind to each admin. `about` is the id of what it is about, or 0.
pub(crate) async fn mail_admins(
    cx: &mut Context<'_>,
    organization: OrganizationId,
    kind: MailKind,
    about: i64,
) -> Result<()> {
    if cx.executor.mail_transport.is_none() {
        return Ok(());
    }
    for admin in cx.tx.all(sql::ADMINS, (organization, MAX_RECIPIENTS)).await? {
        outbox::enqueue_admin_notice(cx, kind, (organization, admin.user_id), about).await?;
    }
    Ok(())
}
