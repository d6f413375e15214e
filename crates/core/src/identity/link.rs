//! Finding, linking and deleting identities.

use super::sql::{self, DeletedIdentity, Identity, KnownIdentity};
use super::{MAX_IDENTITIES, NewIdentity, Profile, Source};
use crate::error::{Code, Result};
use crate::event::{IdentityAdded, IdentityRemoved, Personal};
use crate::execution::Context;
use crate::id::{IdentityId, UserId};
use crate::security_notice::{NoticeKind, notify};

/// Finds the user of an identity.
pub(crate) async fn find(
    cx: &mut Context<'_>,
    source: &Source,
    issuer: &str,
    subject: &str,
) -> Result<Option<KnownIdentity>> {
    Ok(match source {
        Source::Social(provider) => cx.tx.optional(sql::FIND_SOCIAL, (provider.as_str(), issuer, subject)).await?,
        Source::Enterprise(connection) => cx.tx.optional(sql::FIND_ENTERPRISE, (*connection, issuer, subject)).await?,
    })
}

/// Whether a user has an identity of this provider, with any subject. The issuer counts only for a connection, whose admins
/// can replace its provider: Microsoft has one for each tenant, and a domain can move to another tenant.
pub(crate) async fn has_identity_of(cx: &mut Context<'_>, user: UserId, source: &Source, issuer: &str) -> Result<bool> {
    let found = match source {
        Source::Social(provider) => cx.tx.optional(sql::OF_PROVIDER, (user, provider.as_str())).await?,
        Source::Enterprise(connection) => cx.tx.optional(sql::OF_CONNECTION, (user, *connection, issuer)).await?,
    };
    Ok(found.is_some())
}

/// Finds an identity of a user.
///
/// # Errors
/// `SOCIAL_CONNECTION_NOT_FOUND`.
pub(crate) async fn find_own(cx: &mut Context<'_>, user: UserId, id: IdentityId) -> Result<Identity> {
    Ok(cx.tx.optional(sql::OWN, (user, id)).await?.ok_or(Code::SocialConnectionNotFound)?)
}

/// Requires that a user can have one more identity.
///
/// # Errors
/// `TOO_MANY_IDENTITIES`.
pub(crate) async fn require_free_place(cx: &mut Context<'_>, user: UserId) -> Result<()> {
    let (count,) = cx.tx.one(sql::COUNT, (user,)).await?;
    if count < MAX_IDENTITIES { Ok(()) } else { Err(Code::TooManyIdentities.into()) }
}

/// Links an identity to an account. Of two accounts that do so at once, the unique key lets one.
///
/// # Errors
/// `SOCIAL_ACCOUNT_ALREADY_CONNECTED` if an account has it, this one or another; `TOO_MANY_IDENTITIES`.
pub(crate) async fn link(cx: &mut Context<'_>, user: UserId, new: &NewIdentity<'_>) -> Result<IdentityId> {
    if let Some(id) = link_if_free(cx, user, new).await? {
        return Ok(id);
    }
    require_free_place(cx, user).await?;
    Err(Code::SocialAccountAlreadyConnected.into())
}

/// Like [`link`], with a security notice to the user. `name` is that of the provider.
///
/// # Errors
/// Those of [`link`].
pub(crate) async fn announce_and_link(
    cx: &mut Context<'_>,
    user: UserId,
    new: &NewIdentity<'_>,
    name: &str,
) -> Result<IdentityId> {
    notify(cx, user, NoticeKind::IdentityAdded, name).await?;
    link(cx, user, new).await
}

/// Like [`link`], but returns `None` if the identity is taken or the account is full.
pub(crate) async fn link_if_free(
    cx: &mut Context<'_>,
    user: UserId,
    new: &NewIdentity<'_>,
) -> Result<Option<IdentityId>> {
    let row = sql::NewRow {
        id: new.id,
        user,
        provider: new.source.provider(),
        connection: new.source.connection(),
        issuer: new.issuer,
        subject: new.subject,
        email: new.profile.address_key(),
        first_name: new.profile.first_name.as_str(),
        last_name: new.profile.last_name.as_str(),
        tokens: new.tokens,
        now: cx.now,
        max: MAX_IDENTITIES,
    };
    let statement = match new.source {
        Source::Social(_) => sql::INSERT_SOCIAL,
        Source::Enterprise(_) => sql::INSERT_ENTERPRISE,
    };
    let Some((identity_id,)) = cx.tx.optional(statement, row).await? else { return Ok(None) };
    cx.emit(IdentityAdded {
        user_id: user,
        identity_id,
        provider: new.source.provider().to_owned(),
        connection_id: new.source.connection(),
        email: new.profile.email.as_ref().map(|email| Personal(email.key().to_owned())),
    });
    Ok(Some(identity_id))
}

/// Stores a use of an identity, and what the provider says now. `tokens` are sealed for it.
pub(crate) async fn touch(
    cx: &mut Context<'_>,
    id: IdentityId,
    profile: &Profile,
    tokens: Option<&[u8]>,
) -> Result<()> {
    let row = sql::TouchedIdentity {
        id,
        email: profile.address_key(),
        first_name: profile.first_name.as_str(),
        last_name: profile.last_name.as_str(),
        tokens,
        now: cx.now,
    };
    cx.tx.execute(sql::TOUCH, row).await?;
    Ok(())
}

/// Deletes all identities of a user whose account another person takes over.
pub(crate) async fn delete_all_of_user(cx: &mut Context<'_>, user: UserId) -> Result<()> {
    for deleted in cx.tx.all(sql::DELETE_ALL_OF_USER, (user,)).await? {
        emit_removed(cx, user, deleted);
    }
    Ok(())
}

pub(super) fn emit_removed(cx: &mut Context<'_>, user: UserId, deleted: DeletedIdentity) {
    let DeletedIdentity { id, provider, connection_id } = deleted;
    cx.emit(IdentityRemoved { user_id: user, identity_id: id, provider, connection_id });
}
