//! Deleting the caller's account.

use std::sync::Arc;

use crate::error::{Code, Result};
use crate::event::{self, UserDeleted};
use crate::execution::{Caller, Command, Context, Executor, Query, Reply};
use crate::id::UserId;
use crate::password::{Password, PasswordDigest};
use crate::permission::Requirement;
use crate::reauthentication::{confirm_password, require_recent_proof, require_unchanged};
use crate::security_log::{Audit, Change};
use crate::security_notice::{NoticeKind, notify};
use crate::user::sql;
use crate::{images, membership, offboarding, session};

/// Names in the `LAST_ADMIN` message; more are abbreviated.
const MAX_NAMES: usize = 5;

/// The codes of [`delete_account`].
pub const DELETE_ACCOUNT_ERRORS: &[Code] =
    &[Code::Unauthorized, Code::ReauthenticationRequired, Code::TooManyRequests, Code::PasswordWrong, Code::LastAdmin];

/// Deletes the caller's account and all their memberships. Invitations that they sent stay, without an inviter.
///
/// # Errors
/// [`DELETE_ACCOUNT_ERRORS`]: `PASSWORD_WRONG` if `password` is not the account's, `REAUTHENTICATION_REQUIRED` if there
/// is none and the caller gave no recent proof, and `LAST_ADMIN`, naming them, if organizations or workspaces would be
/// left without an admin.
pub async fn delete_account(executor: &Arc<Executor>, caller: &Caller, password: Option<Password>) -> Reply<()> {
    // A recent proof of identity stands for the password: clients have no field for it.
    let confirmed = match password {
        Some(password) => confirm_password(executor, caller, Some(password), "password").await,
        None => Ok(None),
    };
    match confirmed {
        Ok(password) => executor.run(caller, Delete { password }).await,
        Err(problem) => Reply::failed(problem),
    }
}

/// Lists the names of the organizations and workspaces that have no other admin than the caller. While there are any, the
/// account cannot be deleted.
///
/// # Errors
/// `UNAUTHORIZED`.
#[derive(Debug)]
pub struct ListSoleAdminOf;

impl Query for ListSoleAdminOf {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] = &[];
    type Out = Vec<String>;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Vec<String>> {
        let user = cx.user()?;
        let names = cx.tx.all(sql::SOLE_ADMIN_OF, (user,)).await?;
        Ok(names.into_iter().map(|(name,)| name).collect())
    }
}

#[derive(Debug)]
struct Delete {
    /// The digest that the caller's password matched; `None` if they sent none, or the account has none.
    password: Option<PasswordDigest>,
}

impl Command for Delete {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] = &[Code::ReauthenticationRequired, Code::PasswordWrong, Code::LastAdmin];
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = ();

    fn audit(&self) -> Audit {
        Audit::Change(Change::AccountDeleted)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let user = cx.user()?;
        match &self.password {
            Some(digest) => require_unchanged(cx, user, Some(digest)).await?,
            None => require_recent_proof(cx).await?,
        }
        delete(cx, user).await
    }
}

/// Deletes the account of a user: the caller, or for an API key anybody.
///
/// # Errors
/// `LAST_ADMIN`.
pub(crate) async fn delete(cx: &mut Context<'_>, user: UserId) -> Result<()> {
    let sole_admin_of = cx.tx.all(sql::SOLE_ADMIN_OF, (user,)).await?;
    if !sole_admin_of.is_empty() {
        let who = if cx.api_key.is_some() { "This user is" } else { "You are" };
        let more = if sole_admin_of.len() > MAX_NAMES { " and others" } else { "" };
        let names: Vec<_> = sole_admin_of.into_iter().map(|(name,)| name).take(MAX_NAMES).collect();
        return Err(Code::LastAdmin.with_message(format!(
            "{who} the last admin of {}{more}. Hand over or delete what needs one first.",
            names.join(", ")
        )));
    }
    notify(cx, user, NoticeKind::AccountDeleted, "").await?;
    for membership in cx.tx.all(membership::sql::ALL_OF_USER, (user,)).await? {
        offboarding::end_for_deleted_account(cx, membership.organization_id, membership.id).await?;
    }
    let picture = cx.tx.one(sql::PUBLIC_PROFILE, (user,)).await?.image_url;
    images::apply_change(cx, &picture, &images::Change::Clear).await?;
    // The browser keeps its session, with its other sign-ins.
    session::end_all_sign_ins(cx, user).await?;
    cx.tx.execute(sql::DELETE, (user,)).await?;
    cx.emit(UserDeleted { user_id: user });
    cx.tx.execute(event::sql::ERASE_LATER, (user, cx.now)).await?;
    Ok(())
}
