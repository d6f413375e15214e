//! Giving an account to the person who verified its address.

use crate::error::Result;
use crate::execution::Context;
use crate::id::{EmailAddressId, UserId};
use crate::session;
use crate::user::sql;

/// An address that was only claimed is proved by somebody who may be another than who claimed it: the account is theirs,
/// and whatever it could be come into with before is gone.
pub(super) async fn claim_account(cx: &mut Context<'_>, user: UserId, email: EmailAddressId) -> Result<()> {
    cx.tx.execute(sql::VERIFY_ADDRESS, (user, email, cx.now)).await?;
    cx.tx.execute(sql::UNSET_PRIMARY_ADDRESS, (user, cx.now)).await?;
    cx.tx.execute(sql::SET_PRIMARY_ADDRESS, (user, email, cx.now)).await?;
    cx.tx.execute(sql::DELETE_OTHER_UNVERIFIED_ADDRESSES, (user, email)).await?;
    cx.tx.execute(sql::CLEAR_PASSWORD, (user, cx.now)).await?;
    session::end_all_sign_ins(cx, user).await
}
