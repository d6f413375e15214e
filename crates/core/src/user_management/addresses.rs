//! The addresses of a user.

use super::find;
use crate::account::{claim_address, delete_address, find_address, make_primary, verify_or_link};
use crate::email_address::EmailAddress;
use crate::error::{Code, Problem, Result};
use crate::event::{EmailRemoved, Personal};
use crate::execution::{Command, Context, Query};
use crate::id::{EmailAddressId, UserId};
use crate::permission::Requirement;
use crate::scope::{Scope, ScopeRequirement};
use crate::security_log::{Audit, Change};
use crate::security_notice::{NoticeKind, notify};
use crate::user::{self, OwnedAddress, sql};
use crate::{domain, session};

/// Lists the addresses of a user with their claims, oldest first.
///
/// # Errors
/// `KEY_BOUND_TO_ORGANIZATION`; `USER_NOT_FOUND`.
#[derive(Debug)]
pub struct ListAddresses {
    pub user: UserId,
}

impl Query for ListAddresses {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[Code::KeyBoundToOrganization, Code::UserNotFound];
    const SCOPE: ScopeRequirement = ScopeRequirement::One(Scope::UsersRead);
    type Out = Vec<OwnedAddress>;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Vec<OwnedAddress>> {
        let user = find(cx, self.user).await?.id;
        Ok(cx.tx.all(sql::OWN_ADDRESSES, (user, cx.now)).await?)
    }
}

/// Adds an address to a user. A verified one opens the account, and is taken from an account that has not proved it; the
/// first one becomes the primary one. Another one is a claim until the user verifies it.
///
/// # Errors
/// `KEY_BOUND_TO_ORGANIZATION`; `USER_NOT_FOUND`; `TOO_MANY_ADDRESSES`; `EMAIL_EXISTS` if the user has it, or another
/// account has proved it; `EMAIL_NOT_VERIFIED` for a primary address that is not verified.
#[derive(Debug)]
pub struct AddAddress {
    pub user: UserId,
    pub email: EmailAddress,
    pub is_verified: bool,
    pub is_primary: bool,
}

impl Command for AddAddress {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[
        Code::KeyBoundToOrganization,
        Code::UserNotFound,
        Code::TooManyAddresses,
        Code::EmailExists,
        Code::EmailNotVerified,
    ];
    const SCOPE: ScopeRequirement = ScopeRequirement::One(Scope::UsersWrite);
    type Out = OwnedAddress;

    fn audit(&self) -> Audit {
        Audit::Change(Change::EmailAddressAdded)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<OwnedAddress> {
        let user = find(cx, self.user).await?.id;
        let id = cx.id();
        if self.is_verified {
            add_verified(cx, user, id, &self.email).await?;
        } else {
            claim_address(cx, user, id, &self.email).await?;
        }
        if self.is_primary {
            make_primary(cx, user, id).await?;
            user::update_search(cx, user).await?;
        }
        find_address(cx, user, id).await
    }
}

/// Adds a verified address to a user who does not have it.
async fn add_verified(cx: &mut Context<'_>, user: UserId, id: EmailAddressId, email: &EmailAddress) -> Result<()> {
    let own = cx.tx.all(sql::OWN_ADDRESSES, (user, cx.now)).await?;
    if own.iter().any(|owned| owned.email == email.key()) {
        return Err(Code::EmailExists.into());
    }
    notify(cx, user, NoticeKind::AddressVerified, email.key()).await?;
    verify_or_link(cx, user, (id, email), &own).await?;
    domain::auto_join(cx, user).await
}

/// Changes an address of a user. `None` leaves a part unchanged. Another address in its place is verified only if
/// `is_verified` says so.
///
/// # Errors
/// `KEY_BOUND_TO_ORGANIZATION`; `USER_NOT_FOUND`; `EMAIL_ADDRESS_NOT_FOUND`; `EMAIL_EXISTS`; `EMAIL_NOT_VERIFIED` for a
/// primary address that would not be verified; `EMAIL_IS_PRIMARY` for one that would not be primary any more;
/// `INVALID_FIELD` if a verified address would not be verified any more; `TOO_MANY_ADDRESSES`.
#[derive(Debug)]
pub struct UpdateAddress {
    pub user: UserId,
    pub address: EmailAddressId,
    pub email: Option<EmailAddress>,
    pub is_verified: Option<bool>,
    pub is_primary: Option<bool>,
}

impl Command for UpdateAddress {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[
        Code::KeyBoundToOrganization,
        Code::UserNotFound,
        Code::EmailAddressNotFound,
        Code::EmailExists,
        Code::EmailNotVerified,
        Code::EmailIsPrimary,
        Code::InvalidField,
        Code::TooManyAddresses,
    ];
    const SCOPE: ScopeRequirement = ScopeRequirement::One(Scope::UsersWrite);
    type Out = OwnedAddress;

    fn audit(&self) -> Audit {
        match self {
            Self { is_verified: Some(true), .. } => Audit::Change(Change::EmailAddressVerified),
            Self { is_primary: Some(true), .. } => Audit::Change(Change::EmailAddressMadePrimary),
            Self { email: Some(_), .. } => Audit::Change(Change::EmailAddressAdded),
            _ => Audit::RefusalsOnly,
        }
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<OwnedAddress> {
        let user = find(cx, self.user).await?.id;
        let current = find_address(cx, user, self.address).await?;
        if self.is_primary == Some(false) && current.is_primary {
            return Err(Code::EmailIsPrimary.into());
        }
        match self.email.as_ref().filter(|email| email.key() != current.email) {
            Some(email) => self.replace(cx, user, &current, email).await?,
            None => self.verify(cx, user, &current).await?,
        }
        if self.is_primary == Some(true) {
            make_primary(cx, user, self.address).await?;
            user::update_search(cx, user).await?;
        }
        let updated = find_address(cx, user, self.address).await?;
        cx.subject.is_unchanged = updated.updated_at == current.updated_at;
        Ok(updated)
    }
}

impl UpdateAddress {
    async fn verify(&self, cx: &mut Context<'_>, user: UserId, current: &OwnedAddress) -> Result<()> {
        match (self.is_verified, current.verified_at) {
            (Some(false), Some(_)) => {
                Err(Problem::field("verified", "a verified address stays verified. Delete it instead."))
            }
            (Some(true), None) => {
                let email = EmailAddress::from_stored(current.address.clone(), current.email.clone());
                let own = cx.tx.all(sql::OWN_ADDRESSES, (user, cx.now)).await?;
                notify(cx, user, NoticeKind::AddressVerified, email.key()).await?;
                verify_or_link(cx, user, (self.address, &email), &own).await?;
                domain::auto_join(cx, user).await
            }
            _ => Ok(()),
        }
    }

    /// Puts another address in the place of this one, with its id.
    async fn replace(
        &self,
        cx: &mut Context<'_>,
        user: UserId,
        current: &OwnedAddress,
        email: &EmailAddress,
    ) -> Result<()> {
        let is_verified = self.is_verified == Some(true);
        if current.is_primary && !is_verified {
            return Err(Code::EmailNotVerified.into());
        }
        if current.is_claim {
            cx.tx.execute(sql::claims::DELETE, (user, current.id)).await?;
        } else {
            // Also to the address that is replaced.
            notify(cx, user, NoticeKind::AddressRemoved, &current.email).await?;
            if current.is_primary {
                cx.tx.execute(sql::UNSET_PRIMARY_ADDRESS, (user, cx.now)).await?;
            }
            cx.tx.optional(sql::DELETE_ADDRESS, (user, current.id)).await?.ok_or(Code::EmailIsPrimary)?;
            // One of them may have begun with a code to this address.
            session::end_pending_sign_ins(cx, user).await?;
        }
        let removed = Some(Personal(current.email.clone()));
        cx.emit(EmailRemoved { user_id: user, email_id: current.id, email: removed });
        if is_verified {
            add_verified(cx, user, current.id, email).await
        } else {
            claim_address(cx, user, current.id, email).await
        }
    }
}

/// Deletes an address of a user.
///
/// # Errors
/// `KEY_BOUND_TO_ORGANIZATION`; `USER_NOT_FOUND`; `EMAIL_ADDRESS_NOT_FOUND`; `EMAIL_IS_PRIMARY`.
#[derive(Debug)]
pub struct DeleteAddress {
    pub user: UserId,
    pub address: EmailAddressId,
}

impl Command for DeleteAddress {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] =
        &[Code::KeyBoundToOrganization, Code::UserNotFound, Code::EmailAddressNotFound, Code::EmailIsPrimary];
    const SCOPE: ScopeRequirement = ScopeRequirement::One(Scope::UsersWrite);
    type Out = ();

    fn audit(&self) -> Audit {
        Audit::Change(Change::EmailAddressRemoved)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let user = find(cx, self.user).await?.id;
        delete_address(cx, user, self.address).await
    }
}

/// Makes an address of a user the primary one.
///
/// # Errors
/// `KEY_BOUND_TO_ORGANIZATION`; `USER_NOT_FOUND`; `EMAIL_ADDRESS_NOT_FOUND`; `EMAIL_NOT_VERIFIED`.
#[derive(Debug)]
pub struct MakePrimary {
    pub user: UserId,
    pub address: EmailAddressId,
}

impl Command for MakePrimary {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] =
        &[Code::KeyBoundToOrganization, Code::UserNotFound, Code::EmailAddressNotFound, Code::EmailNotVerified];
    const SCOPE: ScopeRequirement = ScopeRequirement::One(Scope::UsersWrite);
    type Out = OwnedAddress;

    fn audit(&self) -> Audit {
        Audit::Change(Change::EmailAddressMadePrimary)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<OwnedAddress> {
        let user = find(cx, self.user).await?.id;
        make_primary(cx, user, self.address).await?;
        user::update_search(cx, user).await?;
        find_address(cx, user, self.address).await
    }
}
