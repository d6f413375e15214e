//! A user's e-mail addresses: added, looked at, made the primary one, deleted.

use crate::domain;
use crate::email_address::EmailAddress;
use crate::error::{Code, Result};
use crate::execution::{Command, Context, Query};
use crate::id::{EmailAddressId, UserId};
use crate::invitation::{self, Invitation, InvitationState};
use crate::permission::Requirement;
use crate::secret::InvitationToken;
use crate::user::sql::{self, OwnedAddress};

/// The most addresses one account may have.
const MAX_ADDRESSES: usize = 10;

/// Shows the caller's addresses, the oldest first. Error: `UNAUTHORIZED`.
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

/// Shows one of them. Errors: `UNAUTHORIZED`; `EMAIL_ADDRESS_NOT_FOUND`.
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

/// Adds an address to the caller's account. It counts as claimed until it is proved.
///
/// Errors: `UNAUTHORIZED`; `TOO_MANY_ADDRESSES`; `EMAIL_EXISTS` for one that an account has, the caller's among them.
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
        let added = (id, user, self.email.as_str(), self.email.key(), cx.now);
        cx.tx.optional(sql::ADD_ADDRESS, added).await?.ok_or(Code::EmailExists)?;
        find(cx, user, id).await
    }
}

/// Adds the address of an invitation to the caller's account, proved, since they hold what was mailed to it.
///
/// Errors: `UNAUTHORIZED`; `INVALID_INVITATION_TOKEN`, also for a token that was not mailed; `TOO_MANY_ADDRESSES`;
/// `EMAIL_EXISTS` when another account has proved it.
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
        let found = invitation::by_token(cx, &self.token).await?;
        let is_open = |invitation: &Invitation| invitation.state(cx.now) == InvitationState::Open;
        let invitation = found.filter(|found| self.token.is_mailed() && is_open(found));
        let invitation = invitation.ok_or(Code::InvalidInvitationToken)?;
        let own = cx.tx.all(sql::ADDRESSES, (user,)).await?;
        if let Some(claimed) = own.iter().find(|one| one.email == invitation.email_key) {
            cx.tx.execute(sql::VERIFY_ADDRESS, (user, claimed.id, cx.now)).await?;
            return domain::auto_join(cx, user).await;
        }
        if own.len() >= MAX_ADDRESSES {
            return Err(Code::TooManyAddresses.into());
        }
        // Somebody who only claimed this address gives way to whoever can read its mail.
        cx.tx.execute(sql::DELETE_UNVERIFIED_ADDRESS, (&invitation.email_key,)).await?;
        let (id, key): (EmailAddressId, _) = (cx.id(), invitation.email_key.as_str());
        let written = EmailAddress::parse(key)?;
        cx.tx.optional(sql::ADD_ADDRESS, (id, user, written.as_str(), key, cx.now)).await?.ok_or(Code::EmailExists)?;
        cx.tx.execute(sql::VERIFY_ADDRESS, (user, id, cx.now)).await?;
        domain::auto_join(cx, user).await
    }
}

/// Deletes one of the caller's addresses.
///
/// Errors: `UNAUTHORIZED`; `EMAIL_ADDRESS_NOT_FOUND`; `EMAIL_IS_PRIMARY`.
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

/// Makes one of the caller's addresses the primary one: the one that is shown, and written to.
///
/// Errors: `UNAUTHORIZED`; `EMAIL_ADDRESS_NOT_FOUND`; `EMAIL_NOT_VERIFIED` for one that is only claimed.
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

/// Of two at once one comes second, and finds its own the only primary one after_commit: a unique index sees to it.
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
    Ok(addresses.into_iter().find(|one| one.id == address).ok_or(Code::EmailAddressNotFound)?)
}
