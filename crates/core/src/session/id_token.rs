//! The ID token of a sign-in, with which the user can be signed out at their identity provider.

use zeroize::Zeroizing;

use super::sql::sso as sql;
use crate::error::{Problem, Result};
use crate::execution::Context;
use crate::id::SignInId;

/// Stores the ID token of a sign-in, sealed. It is deleted with the sign-in.
pub(crate) async fn store_id_token(cx: &mut Context<'_>, sign_in: SignInId, token: &str) -> Result<()> {
    let sealed = cx.executor.keys.seal_id_token(sign_in, token, cx.random());
    let sealed = sealed.map_err(|_| Problem::internal("an ID token could not be sealed"))?;
    cx.tx.execute(sql::STORE_ID_TOKEN, (sign_in, sealed.as_slice())).await?;
    Ok(())
}

/// Returns the ID token of a sign-in. `None` without one, and for one that this key cannot open.
pub(crate) async fn find_id_token(cx: &mut Context<'_>, sign_in: SignInId) -> Result<Option<Zeroizing<String>>> {
    let found = cx.tx.optional(sql::ID_TOKEN, (sign_in,)).await?;
    Ok(found.and_then(|(sealed,)| cx.executor.keys.open_id_token(sign_in, &sealed).ok()))
}
