//! Claiming an account by verifying its address.

use crate::error::Result;
use crate::event::{EmailVerified, PasswordRemoved};
use crate::execution::Context;
use crate::id::{EmailAddressId, UserId};
use crate::user::sql::{self, claims};
use crate::{identity, second_factor, session};

/// Gives an account to the person who verified its unverified address, who may not be the one who created it.
/// Everything that the creator could sign in with is revoked: the password, the second factors, the identities, the
/// sign-ins and the claims. An unverified address is the account's primary one and, without a verified one, its only one.
pub(super) async fn claim_account(cx: &mut Context<'_>, user: UserId, email: EmailAddressId) -> Result<()> {
    cx.tx.execute(sql::VERIFY_ADDRESS, (user, email, cx.now)).await?;
    cx.emit(EmailVerified { user_id: user, email_id: email, email: None });
    cx.tx.execute(claims::DELETE_ALL_OF_USER, (user,)).await?;
    if cx.tx.execute(sql::CLEAR_PASSWORD, (user, cx.now)).await? > 0 {
        cx.emit(PasswordRemoved { user_id: user });
    }
    identity::delete_all_of_user(cx, user).await?;
    second_factor::delete_all(cx, user).await?;
    session::end_all_sign_ins(cx, user).await
}
