//! Loading the context words of a user, of which alone a new password must not consist.

use crate::error::{Code, Result};
use crate::execution::{Context, Query};
use crate::id::UserId;
use crate::invitation::sql::views::INVITING_ORGANIZATION_NAMES;
use crate::membership::sql::ORGANIZATION_NAMES_OF_USER;
use crate::password::ContextWords;
use crate::permission::Requirement;
use crate::user::sql;

/// Loads the context words of a user: their names, their addresses, and the organizations that they belong to or are
/// invited to.
pub(crate) async fn load_password_words(cx: &mut Context<'_>, user: UserId) -> Result<ContextWords> {
    let mut words = cx.executor.password_policy.context_words();
    let profile = cx.tx.one(sql::PUBLIC_PROFILE, (user,)).await?;
    for name in [Some(&profile.first_name), Some(&profile.last_name), profile.username.as_ref()] {
        name.into_iter().for_each(|name| words.add(name));
    }
    for address in cx.tx.all(sql::OWN_ADDRESSES, (user, cx.now)).await? {
        words.add_address(&address.email);
    }
    let member_of = cx.tx.all(ORGANIZATION_NAMES_OF_USER, (user,)).await?;
    let invited_to = cx.tx.all(INVITING_ORGANIZATION_NAMES, (user,)).await?;
    member_of.iter().chain(&invited_to).for_each(|(name,)| words.add(name));
    Ok(words)
}

/// Loads the context words of the caller.
pub(super) struct FindOwnPasswordWords;

impl Query for FindOwnPasswordWords {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] = &[];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = ContextWords;

    async fn run(&self, cx: &mut Context<'_>) -> Result<ContextWords> {
        let user = cx.user()?;
        load_password_words(cx, user).await
    }
}
