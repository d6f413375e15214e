//! The addresses of the caller's account.

use crate::domain;
use crate::email_address::EmailAddress;
use crate::error::{Code, Result};
use crate::execution::{Command, Context, Query};
use crate::id::{EmailAddressId, UserId};
use crate::invitation::{self, Invitation, InvitationState};
use crate::permission::Requirement;
use crate::secret::InvitationToken;
use crate::user::sql::{self, OwnedAddress};

/// Addresses per account.
const MAX_ADDRESSES: usize = 10;

/// Lists the caller's addresses, oldest first.
///
/// # Errors
/// `UNAUTHORIZED`.
#[derive(Debug)]
pub struct ListAddresses;

impl Query for ListAddresses {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] = &[];
    type Out = Vec<OwnedAddress>;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Vec<OwnedAddress>> {
        let user = cx.user()?;
        Ok(cx.tx.all(sql::ADDRESSES, (user,)).await?)
    }
}

/// Shows one of the caller's addresses.
///
/// # Errors
/// `UNAUTHORIZED`; `EMAIL_ADDRESS_NOT_FOUND`.
#[derive(Debug)]
pub struct ShowAddress {
    pub address: EmailAddressId,
}

impl Query for ShowAddress {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] = &[Code::EmailAddressNotFound];
    type Out = OwnedAddress;

    async fn run(&self, cx: &mut Context<'_>) -> Result<OwnedAddress> {
        let user = cx.user()?;
        find(cx, user, self.address).await
    }
}

/// Adds an unverified address to the caller's account.
///
/// # Errors
/// `UNAUTHORIZED`; `TOO_MANY_ADDRESSES`; `EMAIL_EXISTS` if any account has the address, the caller's included.
#[derive(Debug)]
pub struct AddAddress {
    pub email: EmailAddress,
}

impl Command for AddAddress {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] = &[Code::TooManyAddresses, Code::EmailExists];
    type Out = OwnedAddress;

    async fn run(&self, cx: &mut Context<'_>) -> Result<OwnedAddress> {
        let user = cx.user()?;
        if cx.tx.all(sql::ADDRESSES, (user,)).await?.len() >= MAX_ADDRESSES {
            return Err(Code::TooManyAddresses.into());
        }
        let id: EmailAddressId = cx.id();
        let row = (id, user, self.email.as_str(), self.email.key(), cx.now);
        cx.tx.optional(sql::ADD_ADDRESS, row).await?.ok_or(Code::EmailExists)?;
        find(cx, user, id).await
    }
}

/// Adds the address of an invitation to the caller's account. It is verified, because the mailed token proves access to
/// the mailbox. An unverified address of another account is removed there.
///
/// # Errors
/// `UNAUTHORIZED`; `INVALID_INVITATION_TOKEN`, also for a bare token; `TOO_MANY_ADDRESSES`; `EMAIL_EXISTS` if it is
/// verified in another account.
#[derive(Debug)]
pub struct AddInvitedAddress {
    /// The mailed form; the bare token is refused.
    pub token: InvitationToken,
}

impl Command for AddInvitedAddress {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] = &[Code::InvalidInvitationToken, Code::TooManyAddresses, Code::EmailExists];
    type Out = ();

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let user = cx.user()?;
        let found = invitation::find_by_token(cx, &self.token).await?;
        let is_open = |invitation: &Invitation| invitation.state(cx.now) == InvitationState::Open;
        let invitation = found.filter(|found| self.token.is_mailed() && is_open(found));
        let invitation = invitation.ok_or(Code::InvalidInvitationToken)?;
        let own = cx.tx.all(sql::ADDRESSES, (user,)).await?;
        if let Some(existing) = own.iter().find(|owned| owned.email == invitation.email_key) {
            cx.tx.execute(sql::VERIFY_ADDRESS, (user, existing.id, cx.now)).await?;
            return domain::auto_join(cx, user).await;
        }
        if own.len() >= MAX_ADDRESSES {
            return Err(Code::TooManyAddresses.into());
        }
        // The mailed token proves the mailbox, an unverified address does not.
        cx.tx.execute(sql::DELETE_UNVERIFIED_ADDRESS, (&invitation.email_key,)).await?;
        let (id, key): (EmailAddressId, _) = (cx.id(), invitation.email_key.as_str());
        let address = EmailAddress::parse(key)?;
        cx.tx.optional(sql::ADD_ADDRESS, (id, user, address.as_str(), key, cx.now)).await?.ok_or(Code::EmailExists)?;
        cx.tx.execute(sql::VERIFY_ADDRESS, (user, id, cx.now)).await?;
        domain::auto_join(cx, user).await
    }
}

/// Deletes one of the caller's addresses.
///
/// # Errors
/// `UNAUTHORIZED`; `EMAIL_ADDRESS_NOT_FOUND`; `EMAIL_IS_PRIMARY`.
#[derive(Debug)]
pub struct DeleteAddress {
    pub address: EmailAddressId,
}

impl Command for DeleteAddress {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] = &[Code::EmailAddressNotFound, Code::EmailIsPrimary];
    type Out = ();

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let user = cx.user()?;
        find(cx, user, self.address).await?;
        cx.tx.optional(sql::DELETE_ADDRESS, (user, self.address)).await?.ok_or(Code::EmailIsPrimary)?;
        Ok(())
    }
}

/// Makes one of the caller's addresses the primary one, which is shown to others and used for mail.
///
/// # Errors
/// `UNAUTHORIZED`; `EMAIL_ADDRESS_NOT_FOUND`; `EMAIL_NOT_VERIFIED`.
#[derive(Debug)]
pub struct MakePrimary {
    pub address: EmailAddressId,
}

impl Command for MakePrimary {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] = &[Code::EmailAddressNotFound, Code::EmailNotVerified];
    type Out = ();

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let user = cx.user()?;
        make_primary(cx, user, self.address).await
    }
}

/// Concurrent calls are serialized by the unique index on the primary address.
///
/// # Errors
/// `EMAIL_ADDRESS_NOT_FOUND`; `EMAIL_NOT_VERIFIED`.
pub(super) async fn make_primary(cx: &mut Context<'_>, user: UserId, address: EmailAddressId) -> Result<()> {
    let found = find(cx, user, address).await?;
    if found.is_primary {
        return Ok(());
    }
    if found.verified_at.is_none() {
        return Err(Code::EmailNotVerified.into());
    }
    cx.tx.execute(sql::UNSET_PRIMARY_ADDRESS, (user, cx.now)).await?;
    cx.tx.execute(sql::SET_PRIMARY_ADDRESS, (user, address, cx.now)).await?;
    Ok(())
}

async fn find(cx: &mut Context<'_>, user: UserId, address: EmailAddressId) -> Result<OwnedAddress> {
    let addresses = cx.tx.all(sql::ADDRESSES, (user,)).await?;
    Ok(addresses.into_iter().find(|owned| owned.id == address).ok_or(Code::EmailAddressNotFound)?)
}
