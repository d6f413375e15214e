//! Giving an account to the person who verified its address.

use crate::error::Result;
use crate::execution::Context;
use crate::id::{EmailAddressId, UserId};
use crate::session;
use crate::user::sql;

/// An address that was only claimed is proved by somebody who may be another than who claimed it: the account is theirs,
/// and whatever it could be come into with before is gone.
pub(super) async fn take_over(cx: &mut Context<'_>, user: UserId, email: EmailAddressId) -> Result<()> {
    cx.tx.execute(sql::VERIFY, (user, email, cx.now)).await?;
    cx.tx.execute(sql::NO_PRIMARY, (user, cx.now)).await?;
    cx.tx.execute(sql::MAKE_PRIMARY, (user, email, cx.now)).await?;
    cx.tx.execute(sql::DELETE_OTHERS_UNPROVED, (user, email)).await?;
    cx.tx.execute(sql::FORGET_PASSWORD, (user, cx.now)).await?;
    session::end_all(cx, user).await
}
