//! What lists of members and of all users sort and search a user by.

use super::{sort_name, sql};
use crate::error::Result;
use crate::execution::Context;
use crate::id::UserId;

/// Updates it after a change of the user's names or primary address.
pub(crate) async fn update_search(cx: &mut Context<'_>, user: UserId) -> Result<()> {
    let profile = cx.tx.one(sql::PUBLIC_PROFILE, (user,)).await?;
    let names = (profile.first_name.as_str(), profile.last_name.as_str());
    let sort_name = sort_name(names, [profile.username.as_deref(), profile.email.as_deref()]);
    let sort_email = profile.email.as_deref().unwrap_or_default();
    cx.tx.execute(sql::SET_SORT_KEYS, (user, &sort_name, sort_email)).await?;
    cx.tx.execute(sql::SET_SORT_NAME_OF_MEMBERSHIPS, (user, &sort_name)).await?;
    Ok(())
}
