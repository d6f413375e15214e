//! Adding an address to the caller's account.

use crate::domain;
use crate::email_address::EmailAddress;
use crate::error::{Code, Result};
use crate::event::{EmailAdded, EmailVerified, Personal};
use crate::execution::{Command, Context};
use crate::id::{EmailAddressId, UserId};
use crate::invitation::{self, Invitation, InvitationState};
use crate::permission::Requirement;
use crate::rate_limit;
use crate::reauthentication::{require_proof_for_address, require_recent_proof};
use crate::secret::InvitationToken;
use crate::security_log::{Audit, Change};
use crate::security_notice::{NoticeKind, notify};
use crate::user::sql::{self, OwnedAddress, claims};
use crate::user::{link_address, link_claim};

use super::addresses::find;

/// Addresses per account, with claims that have not expired.
const MAX_ADDRESSES: usize = 10;

/// Claims an address for the caller's account. Nothing depends on whether another account has the address: its owner
/// learns of the claim by mail, and the caller learns nothing before they have proved access to the mailbox. The claim
/// expires after the setting `accounts.claim_lifetime`.
///
/// # Errors
/// `UNAUTHORIZED`; `REAUTHENTICATION_REQUIRED`; `TOO_MANY_REQUESTS`; `TOO_MANY_ADDRESSES`; `EMAIL_EXISTS` if the
/// caller's own account has the address.
#[derive(Debug)]
pub struct AddAddress {
    pub email: EmailAddress,
}

impl Command for AddAddress {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] =
        &[Code::ReauthenticationRequired, Code::TooManyRequests, Code::TooManyAddresses, Code::EmailExists];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = OwnedAddress;

    fn audit(&self) -> Audit {
        Audit::Change(Change::EmailAddressAdded)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<OwnedAddress> {
        let user = cx.user()?;
        require_recent_proof(cx).await?;
        rate_limit::take_email_address(cx, user).await?;
        let id = cx.id();
        claim_address(cx, user, id, &self.email).await?;
        find(cx, user, id).await
    }
}

/// Claims an address for a user.
///
/// # Errors
/// `TOO_MANY_ADDRESSES`; `EMAIL_EXISTS` if the user has the address.
pub(crate) async fn claim_address(
    cx: &mut Context<'_>,
    user: UserId,
    id: EmailAddressId,
    email: &EmailAddress,
) -> Result<()> {
    cx.tx.execute(claims::DELETE_EXPIRED_OF_USER, (user, cx.now)).await?;
    let own = cx.tx.all(sql::OWN_ADDRESSES, (user, cx.now)).await?;
    if own.len() >= MAX_ADDRESSES {
        return Err(Code::TooManyAddresses.into());
    }
    if own.iter().any(|owned| owned.email == email.key()) {
        return Err(Code::EmailExists.into());
    }
    let claim = claims::NewClaim {
        id,
        user,
        address: email.as_str(),
        address_key: email.key(),
        expires_at: cx.now.plus(cx.executor.settings.accounts.claim_lifetime),
        now: cx.now,
    };
    cx.tx.optional(claims::INSERT, claim).await?.ok_or(Code::EmailExists)?;
    cx.emit(EmailAdded { user_id: user, email_id: id, email: Personal(email.key().to_owned()) });
    notify(cx, user, NoticeKind::AddressAdded, email.key()).await
}

/// Adds the address of an invitation to the caller's account. It is verified, because the mailed token proves access to
/// the mailbox. An unverified address of another account is removed there.
///
/// # Errors
/// `UNAUTHORIZED`; `INVALID_INVITATION_TOKEN`, also for a bare token; `REAUTHENTICATION_REQUIRED` without a recent
/// proof that was asked for this address; `TOO_MANY_ADDRESSES`; `EMAIL_EXISTS` if it is verified in another account.
#[derive(Debug)]
pub struct AddInvitedAddress {
    /// The mailed form; the bare token is refused.
    pub token: InvitationToken,
}

impl Command for AddInvitedAddress {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] =
        &[Code::InvalidInvitationToken, Code::ReauthenticationRequired, Code::TooManyAddresses, Code::EmailExists];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = ();

    fn audit(&self) -> Audit {
        Audit::Change(Change::EmailAddressAdded)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let user = cx.user()?;
        let found = invitation::find_by_token(cx, &self.token).await?;
        let is_open = |invitation: &Invitation| invitation.state(cx.now) == InvitationState::Open;
        let invitation = found.filter(|found| self.token.is_mailed() && is_open(found));
        let key = invitation.ok_or(Code::InvalidInvitationToken)?.email_key;
        let own = cx.tx.all(sql::OWN_ADDRESSES, (user, cx.now)).await?;
        let existing = own.iter().find(|owned| owned.email == key);
        if existing.is_none_or(|existing| existing.verified_at.is_none()) {
            require_proof_for_address(cx, &key).await?;
            notify(cx, user, NoticeKind::AddressVerified, &key).await?;
        }
        cx.subject.is_unchanged = existing.is_some_and(|existing| existing.verified_at.is_some());
        let id = cx.id();
        verify_or_link(cx, user, (id, &EmailAddress::parse(&key)?), &own).await?;
        domain::auto_join(cx, user).await
    }
}

/// Verifies an address of a user, whose addresses are `own`, or adds it as verified. Does nothing if it is verified.
///
/// # Errors
/// `TOO_MANY_ADDRESSES`; `EMAIL_EXISTS` if another account has verified it.
pub(crate) async fn verify_or_link(
    cx: &mut Context<'_>,
    user: UserId,
    (id, email): (EmailAddressId, &EmailAddress),
    own: &[OwnedAddress],
) -> Result<()> {
    match own.iter().find(|owned| owned.email == email.key()) {
        Some(claim) if claim.is_claim => link_claim(cx, user, claim.id).await?,
        Some(unverified) if unverified.verified_at.is_none() => {
            cx.tx.execute(sql::VERIFY_ADDRESS, (user, unverified.id, cx.now)).await?;
            let email = Some(Personal(email.key().to_owned()));
            cx.emit(EmailVerified { user_id: user, email_id: unverified.id, email });
        }
        Some(_) => {}
        None if own.len() >= MAX_ADDRESSES => return Err(Code::TooManyAddresses.into()),
        None => {
            cx.emit(EmailAdded { user_id: user, email_id: id, email: Personal(email.key().to_owned()) });
            link_address(cx, user, id, email).await?;
        }
    }
    Ok(())
}
