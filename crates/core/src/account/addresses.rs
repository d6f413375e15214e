//! The addresses of the caller's account.

use super::require_proof_of_owner;
use crate::access;
use crate::error::{Code, Problem, Result};
use crate::event::{EmailPrimaryChanged, EmailRemoved, Personal};
use crate::execution::{Command, Context, Query};
use crate::id::{EmailAddressId, UserId};
use crate::permission::Requirement;
use crate::reauthentication::require_recent_proof;
use crate::security_log::{Audit, Change};
use crate::security_notice::{NoticeKind, notify};
use crate::user::sql::{self, OwnedAddress, claims};
use crate::{identity, session, user};

/// Lists the caller's addresses with their claims, oldest first.
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
        Ok(cx.tx.all(sql::OWN_ADDRESSES, (user, cx.now)).await?)
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

/// Deletes one of the caller's addresses.
///
/// # Errors
/// `UNAUTHORIZED`; `REAUTHENTICATION_REQUIRED`; `EMAIL_ADDRESS_NOT_FOUND`; `EMAIL_IS_PRIMARY`;
/// `NO_ALTERNATIVE_AUTH_METHOD` if they could not sign in any more; `SSO_REQUIRED` if an organization requires single sign-on
/// because of this address, and the caller has never signed in through its identity provider: they would leave the
/// requirement.
#[derive(Debug)]
pub struct DeleteAddress {
    pub address: EmailAddressId,
}

impl Command for DeleteAddress {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] = &[
        Code::ReauthenticationRequired,
        Code::EmailAddressNotFound,
        Code::EmailIsPrimary,
        Code::NoAlternativeAuthMethod,
        Code::SsoRequired,
    ];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = ();

    fn audit(&self) -> Audit {
        Audit::Change(Change::EmailAddressRemoved)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let user = cx.user()?;
        require_recent_proof(cx).await?;
        if let Some((connection,)) = cx.tx.optional(access::sql::REQUIRED_FOR_ADDRESS, (user, self.address)).await? {
            return Err(Problem::sso_required(connection));
        }
        delete_address(cx, user, self.address).await
    }
}

/// Deletes an address of a user, or their claim.
///
/// # Errors
/// `EMAIL_ADDRESS_NOT_FOUND`; `EMAIL_IS_PRIMARY`; `NO_ALTERNATIVE_AUTH_METHOD`, not for an API key.
pub(crate) async fn delete_address(cx: &mut Context<'_>, user: UserId, address: EmailAddressId) -> Result<()> {
    let removed = find(cx, user, address).await?;
    if removed.is_claim {
        cx.tx.execute(claims::DELETE, (user, address)).await?;
        cx.emit(EmailRemoved { user_id: user, email_id: address, email: Some(Personal(removed.email)) });
        return Ok(());
    }
    notify(cx, user, NoticeKind::AddressRemoved, &removed.email).await?;
    cx.tx.optional(sql::DELETE_ADDRESS, (user, address)).await?.ok_or(Code::EmailIsPrimary)?;
    // One of them may have begun with a code to this address.
    session::end_pending_sign_ins(cx, user).await?;
    cx.emit(EmailRemoved { user_id: user, email_id: address, email: Some(Personal(removed.email)) });
    if cx.api_key.is_some() { Ok(()) } else { identity::require_way_in(cx, user).await }
}

/// Makes one of the caller's addresses the primary one, which is shown to others and used for mail.
///
/// # Errors
/// `UNAUTHORIZED`; `REAUTHENTICATION_REQUIRED`; `EMAIL_ADDRESS_NOT_FOUND`; `EMAIL_NOT_VERIFIED`.
#[derive(Debug)]
pub struct MakePrimary {
    pub address: EmailAddressId,
}

impl Command for MakePrimary {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] =
        &[Code::ReauthenticationRequired, Code::EmailAddressNotFound, Code::EmailNotVerified];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = ();

    fn audit(&self) -> Audit {
        Audit::Change(Change::EmailAddressMadePrimary)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let user = cx.user()?;
        make_primary(cx, user, self.address).await?;
        user::update_search(cx, user).await
    }
}

/// Concurrent calls are serialized by the unique index on the primary address. An unverified primary address becomes a
/// claim: only as the primary address it is a login name.
///
/// # Errors
/// `REAUTHENTICATION_REQUIRED`; `EMAIL_ADDRESS_NOT_FOUND`; `EMAIL_NOT_VERIFIED`.
pub(crate) async fn make_primary(cx: &mut Context<'_>, user: UserId, address: EmailAddressId) -> Result<()> {
    let found = find(cx, user, address).await?;
    if found.is_primary {
        return Ok(());
    }
    if found.verified_at.is_none() {
        return Err(Code::EmailNotVerified.into());
    }
    require_proof_of_owner(cx).await?;
    notify(cx, user, NoticeKind::PrimaryAddressChanged, &found.email).await?;
    let expires_at = cx.now.plus(cx.executor.settings.accounts.claim_lifetime);
    cx.tx.execute(claims::INSERT_PRIMARY, (user, expires_at, cx.now)).await?;
    cx.tx.execute(sql::DELETE_UNVERIFIED_PRIMARY, (user,)).await?;
    cx.tx.execute(sql::UNSET_PRIMARY_ADDRESS, (user, cx.now)).await?;
    cx.tx.execute(sql::SET_PRIMARY_ADDRESS, (user, address, cx.now)).await?;
    cx.emit(EmailPrimaryChanged { user_id: user, email_id: address, email: Some(Personal(found.email)) });
    Ok(())
}

/// Finds an address of a user, or their claim.
///
/// # Errors
/// `EMAIL_ADDRESS_NOT_FOUND`.
pub(crate) async fn find(cx: &mut Context<'_>, user: UserId, address: EmailAddressId) -> Result<OwnedAddress> {
    let addresses = cx.tx.all(sql::OWN_ADDRESSES, (user, cx.now)).await?;
    Ok(addresses.into_iter().find(|owned| owned.id == address).ok_or(Code::EmailAddressNotFound)?)
}
