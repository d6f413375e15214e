//! Showing one user.

use super::find;
use super::sql::{self, ManagedUser, ManagedUserDetails};
use crate::error::{Code, Result};
use crate::execution::{Context, Query};
use crate::id::UserId;
use crate::identity::Identity;
use crate::permission::Requirement;
use crate::scope::{Scope, ScopeRequirement};
use crate::totp::{self, Authenticator};
use crate::user::OwnedAddress;

/// Shows a user with their addresses.
///
/// # Errors
/// `KEY_BOUND_TO_ORGANIZATION`; `USER_NOT_FOUND`.
#[derive(Debug)]
pub struct Show {
    pub user: UserId,
}

#[derive(Debug)]
pub struct UserDetails {
    pub user: ManagedUser,
    pub details: ManagedUserDetails,
    /// Oldest first, with claims.
    pub addresses: Vec<OwnedAddress>,
    /// The one in use.
    pub authenticator: Option<Authenticator>,
    /// Who they are at identity providers, oldest first.
    pub identities: Vec<Identity>,
}

impl Query for Show {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[Code::KeyBoundToOrganization, Code::UserNotFound];
    const SCOPE: ScopeRequirement = ScopeRequirement::One(Scope::UsersRead);
    type Out = UserDetails;

    async fn run(&self, cx: &mut Context<'_>) -> Result<UserDetails> {
        let user = find(cx, self.user).await?;
        load_details(cx, user).await
    }
}

/// Loads the rest of a user.
pub(super) async fn load_details(cx: &mut Context<'_>, user: ManagedUser) -> Result<UserDetails> {
    let details = cx.tx.one(sql::DETAILS, (user.id,)).await?;
    let addresses = cx.tx.all(crate::user::sql::OWN_ADDRESSES, (user.id, cx.now)).await?;
    let authenticator = if details.second_factors.authenticator { totp::find(cx, user.id).await? } else { None };
    let identities = cx.tx.all(crate::identity::sql::OF_USER, (user.id,)).await?;
    Ok(UserDetails { user, details, addresses, authenticator, identities })
}

/// Checks that a user exists, for a list that is always empty.
///
/// # Errors
/// `KEY_BOUND_TO_ORGANIZATION`; `USER_NOT_FOUND`.
#[derive(Debug)]
pub struct CheckUser {
    pub user: UserId,
}

impl Query for CheckUser {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[Code::KeyBoundToOrganization, Code::UserNotFound];
    const SCOPE: ScopeRequirement = ScopeRequirement::One(Scope::UsersRead);
    type Out = ();

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        find(cx, self.user).await.map(|_| ())
    }
}

/// Checks that the caller may change a user, or create one if there is none, before anything that costs more.
///
/// # Errors
/// `KEY_BOUND_TO_ORGANIZATION`; `USER_NOT_FOUND`.
#[derive(Debug)]
pub struct CheckUserForChange {
    /// `None` for a new user.
    pub user: Option<UserId>,
}

impl Query for CheckUserForChange {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[Code::KeyBoundToOrganization, Code::UserNotFound];
    const SCOPE: ScopeRequirement = ScopeRequirement::One(Scope::UsersWrite);
    type Out = ();

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        match self.user {
            Some(user) => find(cx, user).await.map(|_| ()),
            None => crate::access::require_unbound_key(cx),
        }
    }
}
