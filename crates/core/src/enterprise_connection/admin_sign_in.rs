//! The sign-in of an admin, without which a connection cannot be required.

use super::sql;
use crate::error::Result;
use crate::execution::Context;

/// Records that an admin has signed in through the connection of the active sign-in, if it has one. A sign-in
/// that waits for the second factor is not active yet, and does not show that the admin gets in.
pub(crate) async fn record_admin_sign_in(cx: &mut Context<'_>) -> Result<()> {
    let Some(session) = &cx.session else { return Ok(()) };
    let found = (session.sso_organization, session.user_id, session.sign_in_id);
    let (Some(organization), Some(user), Some(sign_in)) = found else { return Ok(()) };
    if cx.tx.optional(sql::IS_ADMIN, (organization, user)).await?.is_some() {
        cx.tx.execute(sql::MARK_ADMIN_SIGN_IN, (organization, sign_in, cx.now)).await?;
    }
    Ok(())
}
