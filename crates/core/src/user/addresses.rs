//! Linking addresses to accounts, and which of them grant access to an account.

use super::sql::claims::{self, ClaimedAddress};
use super::sql::{self, OwnedAddress};
use super::update_search;
use crate::email_address::EmailAddress;
use crate::error::{Code, Result};
use crate::event::{EmailPrimaryChanged, EmailRemoved, EmailVerified, Personal};
use crate::execution::Context;
use crate::id::{EmailAddressId, UserId};
use crate::settings::Settings;
use crate::time::Timestamp;

/// When access to a mailbox starts to grant access to the account that has its verified address: a code or link mailed
/// to it signs in, and a mailed code resets the password.
///
/// There is a delay for an address that was linked to an account with another verified address, because an attacker may
/// have linked it. Deleting the other address does not shorten the delay.
pub(crate) fn grants_access_at(verified_at: Timestamp, is_linked: bool, settings: &Settings) -> Timestamp {
    if is_linked { verified_at.plus(settings.accounts.new_address_recovery_delay) } else { verified_at }
}

/// The address that re-authentication codes are mailed to: the primary one if it grants access to the account, or else
/// the one that was verified first of those that do. `None` if there is none.
pub(crate) async fn trusted_primary_address(cx: &mut Context<'_>, user: UserId) -> Result<Option<EmailAddress>> {
    let addresses = cx.tx.all(sql::VERIFIED_ADDRESSES, (user,)).await?;
    let is_trusted = |owned: &OwnedAddress| {
        let settings = &cx.executor.settings;
        owned.verified_at.is_some_and(|verified_at| grants_access_at(verified_at, owned.is_linked, settings) <= cx.now)
    };
    let trusted = addresses.into_iter().filter(is_trusted);
    let preferred = trusted.min_by_key(|owned| (!owned.is_primary, owned.verified_at, owned.id));
    Ok(preferred.map(|owned| EmailAddress::from_stored(owned.address, owned.email)))
}

/// Adds an address to the account of a user who has proved access to its mailbox. Their own claim for it ends, and an
/// account that has it unverified loses it. It becomes the primary address of an account without one. The caller has
/// checked that the address is not the user's own already.
///
/// # Errors
/// `EMAIL_EXISTS` if another account has verified it.
pub(crate) async fn link_address(
    cx: &mut Context<'_>,
    user: UserId,
    id: EmailAddressId,
    address: &EmailAddress,
) -> Result<()> {
    let key = address.key();
    cx.tx.execute(claims::DELETE_BY_ADDRESS, (user, key)).await?;
    delete_unverified_address(cx, key).await?;
    let row = (id, user, address.as_str(), key, cx.now, address.domain());
    let linked = cx.tx.optional(sql::LINK_ADDRESS, row).await?;
    let linked = linked.ok_or(Code::EmailExists)?;
    cx.emit(EmailVerified { user_id: user, email_id: id, email: Some(Personal(key.to_owned())) });
    if linked.is_primary {
        cx.emit(EmailPrimaryChanged { user_id: user, email_id: id, email: Some(Personal(key.to_owned())) });
        update_search(cx, user).await?;
    }
    Ok(())
}

/// Takes an address that is not verified from the account that has it.
pub(crate) async fn delete_unverified_address(cx: &mut Context<'_>, key: &str) -> Result<()> {
    match cx.tx.optional(sql::DELETE_UNVERIFIED_ADDRESS, (key,)).await? {
        Some(sql::RemovedAddress { id, user_id }) => {
            cx.emit(EmailRemoved { user_id, email_id: id, email: Some(Personal(key.to_owned())) });
            update_search(cx, user_id).await
        }
        None => Ok(()),
    }
}

/// Replaces the claim of a user who has proved access to the mailbox by a verified address with the same id. Attempts
/// to verify the claim end with it.
///
/// # Errors
/// `EMAIL_ADDRESS_NOT_FOUND` if the claim was deleted or has expired; those of [`link_address`].
pub(crate) async fn link_claim(cx: &mut Context<'_>, user: UserId, claim: EmailAddressId) -> Result<()> {
    let taken = cx.tx.optional(claims::TAKE, (user, claim, cx.now)).await?;
    let ClaimedAddress { address, address_key } = taken.ok_or(Code::EmailAddressNotFound)?;
    link_address(cx, user, claim, &EmailAddress::from_stored(address, address_key)).await
}
