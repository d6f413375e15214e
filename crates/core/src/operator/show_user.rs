//! Showing one user, and finding a user by an address.

use super::MAX_SHOWN;
use super::sql::{self, ListedFactors, ListedPasskey, ListedSignIn, ListedUser};
use crate::email_address::EmailAddress;
use crate::error::{Code, Result};
use crate::execution::{Context, Query};
use crate::id::{OrganizationId, UserId};
use crate::permission::Requirement;
use crate::time::Timestamp;
use crate::user::{self, OwnedAddress};

/// Rows of memberships with their roles that are read.
const MAX_ROLES: i64 = 5000;
/// Users that a message names.
const MAX_NAMED: usize = 5;

/// A user as operators see them.
#[derive(Debug)]
pub struct UserProfile {
    pub user: ListedUser,
    /// Oldest first. The user has proved access to the verified ones only; the others may be anybody's.
    pub addresses: Vec<OwnedAddress>,
    pub factors: ListedFactors,
    /// Oldest first.
    pub passkeys: Vec<ListedPasskey>,
    /// Newest first, at most a hundred.
    pub sign_ins: Vec<ListedSignIn>,
    /// All active sign-ins.
    pub sign_in_count: i64,
    pub memberships: Vec<UserMembership>,
}

/// A user's membership of an organization.
#[derive(Debug)]
pub struct UserMembership {
    pub organization: OrganizationId,
    pub name: String,
    pub deleted_at: Option<Timestamp>,
    /// The names of the user's roles.
    pub roles: Vec<String>,
}

/// Shows a user.
///
/// # Errors
/// `USER_NOT_FOUND`.
#[derive(Debug)]
pub struct ShowUser {
    pub user: UserId,
}

impl Query for ShowUser {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[Code::UserNotFound];
    type Out = UserProfile;

    async fn run(&self, cx: &mut Context<'_>) -> Result<UserProfile> {
        let id = self.user;
        let user = cx.tx.optional(sql::USER, (id,)).await?.ok_or(Code::UserNotFound)?;
        Ok(UserProfile {
            user,
            addresses: cx.tx.all(user::sql::OWN_ADDRESSES, (id, cx.now)).await?,
            factors: cx.tx.one(sql::SECOND_FACTORS, (id,)).await?,
            passkeys: cx.tx.all(sql::PASSKEYS, (id, MAX_SHOWN)).await?,
            sign_ins: cx.tx.all(sql::SIGN_INS, (id, cx.now, MAX_SHOWN)).await?,
            sign_in_count: cx.tx.one(sql::COUNT_SIGN_INS, (id, cx.now)).await?.0,
            memberships: load_memberships(cx, id).await?,
        })
    }
}

async fn load_memberships(cx: &mut Context<'_>, user: UserId) -> Result<Vec<UserMembership>> {
    let mut memberships: Vec<UserMembership> = Vec::new();
    for row in cx.tx.all(sql::MEMBERSHIPS, (user, MAX_ROLES)).await? {
        match memberships.last_mut().filter(|last| last.organization == row.organization_id) {
            Some(last) => last.roles.extend(row.role_name),
            None => memberships.push(UserMembership {
                organization: row.organization_id,
                name: row.organization_name,
                deleted_at: row.deleted_at,
                roles: row.role_name.into_iter().collect(),
            }),
        }
    }
    Ok(memberships)
}

/// Finds the user who verified an address. An address that is not verified identifies nobody: anyone can add it.
///
/// # Errors
/// `USER_NOT_FOUND`, which names the users who have the address without having verified it.
#[derive(Debug)]
pub struct FindUser {
    pub email: EmailAddress,
}

impl Query for FindUser {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[Code::UserNotFound];
    type Out = UserId;

    async fn run(&self, cx: &mut Context<'_>) -> Result<UserId> {
        let holders = cx.tx.all(sql::ADDRESS_HOLDERS, (self.email.key(), cx.now, MAX_SHOWN)).await?;
        if let Some(holder) = holders.iter().find(|holder| holder.verified_at.is_some()) {
            return Ok(holder.user_id);
        }
        if holders.is_empty() {
            return Err(Code::UserNotFound.with_message("No user has this address."));
        }
        let ids: Vec<_> = holders.iter().take(MAX_NAMED).map(|holder| holder.user_id.to_string()).collect();
        let more = if holders.len() > MAX_NAMED { " and others" } else { "" };
        Err(Code::UserNotFound.with_message(format!(
            "No user has verified this address, so it identifies nobody. It was added without proof by: {}{more}. If you know \
             that one of them is meant, use that ID.",
            ids.join(", ")
        )))
    }
}
