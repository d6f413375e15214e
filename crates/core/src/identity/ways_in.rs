//! How a user can sign in. Nobody removes the last way into their account.

use super::sql;
use crate::error::{Code, Result};
use crate::execution::Context;
use crate::id::UserId;
use crate::identity_provider::ProviderId;
use crate::user::trusted_primary_address;

/// Counts how a user can sign in: with a password, with a passkey, with each social provider that the settings enable,
/// with the connection of an organization, and with a code that is mailed to them.
async fn count_ways_in(cx: &mut Context<'_>, user: UserId) -> Result<usize> {
    let row = cx.tx.one(sql::WAYS_IN, (user,)).await?;
    let providers = cx.tx.all(sql::PROVIDERS_OF_USER, (user,)).await?;
    let settings = &cx.executor.settings;
    let is_configured =
        |(provider,): &&(String,)| provider.parse::<ProviderId>().is_ok_and(|id| settings.social.find(&id).is_some());
    let social = providers.iter().filter(is_configured).count();
    let has_passkey = row.has_passkey && settings.passkey_rp_id().is_some();
    let has_mail = cx.executor.mail_transport.is_some() && trusted_primary_address(cx, user).await?.is_some();
    let others = [row.has_password, has_passkey, row.has_connection, has_mail];
    Ok(social + others.into_iter().filter(|has| *has).count())
}

/// Requires that a user can still sign in, after something that they could sign in with was removed in this
/// transaction.
///
/// # Errors
/// `NO_ALTERNATIVE_AUTH_METHOD`.
pub(crate) async fn require_way_in(cx: &mut Context<'_>, user: UserId) -> Result<()> {
    if count_ways_in(cx, user).await? > 0 { Ok(()) } else { Err(Code::NoAlternativeAuthMethod.into()) }
}
