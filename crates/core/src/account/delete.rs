//! Deleting an account.

use std::sync::Arc;

use super::password;
use crate::error::{Code, Result};
use crate::execution::Executor;
use crate::execution::{Caller, Command, Context, Reply};
use crate::password::{Password, PasswordDigest};
use crate::permission::Requirement;
use crate::user::sql;
use crate::{images, membership, offboarding, session};

/// Places that are named before the list is cut.
const NAMED: usize = 5;

/// Deletes the caller's account with all their memberships; the invitations they sent stay, without an inviter
/// (decision 18).
///
/// Errors: `UNAUTHORIZED`; `REQUIRED_FIELD` and `PASSWORD_WRONG` for the password, where there is one; `LAST_ADMIN` with
/// the organizations and workspaces that would be left without one; `TOO_MANY_REQUESTS`; `BUSY`.
pub async fn delete_account(executor: &Arc<Executor>, caller: &Caller, present: Option<Password>) -> Reply<()> {
    match password::confirm(executor, caller, present, "password").await {
        Ok(password) => executor.run(caller, Delete { password }).await,
        Err(problem) => Reply::failed(problem),
    }
}

#[derive(Debug)]
struct Delete {
    password: Option<PasswordDigest>,
}

impl Command for Delete {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] = &[Code::LastAdmin];
    type Out = ();

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let user = cx.user()?;
        password::still_has(cx, user, self.password.as_ref()).await?;
        let left_alone = cx.tx.all(sql::LEFT_WITHOUT_ADMIN, (user,)).await?;
        if !left_alone.is_empty() {
            let more = if left_alone.len() > NAMED { " and others" } else { "" };
            let names: Vec<_> = left_alone.into_iter().map(|(name,)| name).take(NAMED).collect();
            return Err(Code::LastAdmin.with_message(format!(
                "You are the last admin of {}{more}. Hand over or delete what needs one first.",
                names.join(", ")
            )));
        }
        for membership in cx.tx.all(membership::sql::ALL_OF_USER, (user,)).await? {
            offboarding::end_for_good(cx, membership.organization_id, membership.id).await?;
        }
        let picture = cx.tx.one(sql::PUBLIC, (user,)).await?.image_url;
        images::settle(cx, &picture, &images::Change::Clear).await?;
        // The session stays a browser's, with nobody of this name in it.
        session::end_all(cx, user).await?;
        cx.tx.execute(sql::DELETE, (user,)).await?;
        Ok(())
    }
}
