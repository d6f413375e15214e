//! Choosing the workspace one acts in.

use super::sql;
use crate::access;
use crate::caller::CurrentSession;
use crate::error::{Code, Problem, Result};
use crate::execution::{Command, Context};
use crate::id::WorkspaceId;
use crate::permission::{RequiredWorkspacePermission, Requirement};
use crate::session::{self, ShownSession, show};

/// Makes a workspace the active one of the caller's sign-in, its organization with it, and both the default of their next;
/// `None` clears both (contract B.8).
///
/// Errors: `UNAUTHORIZED`; `NOT_A_MEMBER`, also for a workspace that does not exist, and for an admin of the organization
/// who is not in it; `ADDRESS_NOT_ALLOWED`.
#[derive(Debug)]
pub struct SwitchWorkspace {
    /// Which one.
    pub workspace: Option<WorkspaceId>,
}

impl Command for SwitchWorkspace {
    const REQUIRES: Requirement = Requirement::Workspace(RequiredWorkspacePermission::Membership);
    const ERRORS: &'static [Code] = &[Code::NotAMember];
    type Out = ShownSession;

    async fn run(&self, cx: &mut Context<'_>) -> Result<ShownSession> {
        let user = cx.user()?;
        let Some(workspace) = self.workspace else {
            session::set_organization(cx, None).await?;
            return show(cx).await?.ok_or_else(|| Problem::internal("the session is gone"));
        };
        let grant = access::authorize_in_workspace(cx, workspace, RequiredWorkspacePermission::Membership).await;
        let grant = grant.map_err(session::no_member)?;
        let membership = grant.organization_grant().membership();
        let there = (grant.ids().0, workspace, membership);
        let joined = cx.tx.optional(sql::MEMBERSHIP, there).await?.ok_or(Code::NotAMember)?.0;
        if let Some((session, sign_in)) = cx.session.as_ref().and_then(CurrentSession::signed_in) {
            cx.tx.execute(session::sql::SET_WORKSPACE, (session, sign_in, membership, joined, cx.now)).await?;
        }
        cx.tx.execute(session::sql::SET_DEFAULT_WORKSPACE, (user, membership, joined, cx.now)).await?;
        show(cx).await?.ok_or_else(|| Problem::internal("the session is gone"))
    }
}
