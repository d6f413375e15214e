//! What operators do: the people who run the service, on the machine of the server. They see all users and
//! organizations, and can end a user's access.
//!
//! No person reaches them through HTTP. The binary's commands run these, directly or in the running server, and some of
//! them the commands of API keys.

mod disable_user;
mod list_organizations;
mod list_users;
mod page;
mod reset_password;
mod show_organization;
mod show_user;
mod sign_out_user;
pub(crate) mod sql;

use crate::error::{Code, Result};
use crate::execution::Context;
use crate::id::UserId;
use crate::session;

pub use disable_user::{DisableUser, DisabledUser, EnableUser, PreviewDisableUser};
pub use list_organizations::{ListOrganizations, OrganizationFilter};
pub use list_users::{ListUsers, MatchedUser, UserFilter};
pub use page::{MAX_LISTED, Page};
pub use reset_password::{PasswordReset, ResetPassword};
pub use show_organization::{OrganizationProfile, ShowOrganization};
pub use show_user::{FindUser, ShowUser, UserMembership, UserProfile};
pub use sign_out_user::SignOutUser;
pub use sql::{
    AddressHolder, ListedFactors, ListedOrganization, ListedPasskey, ListedSignIn, ListedUser, NamedOrganization,
    OrganizationAdmin, OrganizationDomain,
};

/// Sign-ins, admins and holders of an address that are shown.
pub(crate) const MAX_SHOWN: i64 = 100;

/// Ends every sign-in and every open verification of a user, on all processes when this commits. Returns how many
/// sign-ins were active.
///
/// # Errors
/// `USER_NOT_FOUND`.
pub(crate) async fn end_access(cx: &mut Context<'_>, user: UserId) -> Result<i64> {
    cx.tx.optional(sql::USER, (user,)).await?.ok_or(Code::UserNotFound)?;
    cx.subject.target_user = Some(user);
    let (count,) = cx.tx.one(sql::COUNT_SIGN_INS, (user, cx.now)).await?;
    session::end_all_sign_ins(cx, user).await?;
    let generation = i64::from_be_bytes(cx.random().bytes());
    cx.tx.execute(sql::END_VERIFICATIONS, (user, generation, cx.now)).await?;
    Ok(count)
}
