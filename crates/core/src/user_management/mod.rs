//! What an API key does with users: it lists, creates, changes and deletes them, with their addresses, passwords and
//! sign-ins.
//!
//! The rules are those of [`account`](crate::account), of which these commands run the same functions, except that a
//! scope stands for the owner's proof of identity. A key that is bound to an organization has no access to users: they
//! belong to none.

mod addresses;
mod audit_log;
mod bulk;
mod create;
mod delete;
mod list;
mod memberships;
mod password;
mod show;
mod sign_ins;
pub(crate) mod sql;
mod update;

pub use addresses::{AddAddress, DeleteAddress, ListAddresses, MakePrimary, UpdateAddress};
pub use audit_log::ListUserEntries;
pub use bulk::{BulkCreate, BulkResult, BulkRow, BulkRowResult, CREATE_USERS_ERRORS, MAX_ROWS, create_users};
pub use create::{CREATE_USER_ERRORS, NewAccount, create_user};
pub use delete::DeleteUser;
pub use list::{List, UserCursor, UserSort, UsersPage};
pub use memberships::{ListMemberships, ListWorkspaceMemberships};
pub use password::{RemovePassword, SET_PASSWORD_ERRORS, set_password};
pub use show::{CheckUser, CheckUserForChange, Show, UserDetails};
pub use sign_ins::{EndAllSignIns, EndSignIn, ListSignIns, SignInsPage};
pub use sql::{ManagedUser, ManagedUserDetails};
pub use update::UpdateUser;

use crate::access;
use crate::error::{Code, Result};
use crate::execution::Context;
use crate::id::UserId;

/// Checks that the caller's key is for all organizations, and that the user exists.
///
/// # Errors
/// `KEY_BOUND_TO_ORGANIZATION`; `USER_NOT_FOUND`.
async fn find(cx: &mut Context<'_>, user: UserId) -> Result<ManagedUser> {
    access::require_unbound_key(cx)?;
    cx.subject.target_user = Some(user);
    Ok(cx.tx.optional(sql::FIND, (user,)).await?.ok_or(Code::UserNotFound)?)
}
