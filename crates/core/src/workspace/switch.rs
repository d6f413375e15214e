//! Switching the active workspace.

use super::sql;
use crate::access;
use crate::caller::CurrentSession;
use crate::error::{Code, Problem, Result};
use crate::execution::{Command, Context};
use crate::id::WorkspaceId;
use crate::permission::{RequiredWorkspacePermission, Requirement};
use crate::session::{self, SessionDetails, show};

/// Makes a workspace and its organization the active ones of the caller's sign-in and their default for the next;
/// `None` clears both.
///
/// # Errors
/// `UNAUTHORIZED`; `NOT_A_MEMBER`, also for a workspace that does not exist and for an admin of the organization who is
/// not a member of it; `ADDRESS_NOT_ALLOWED`; `SSO_REQUIRED`; `MFA_REQUIRED`.
#[derive(Debug)]
pub struct SwitchWorkspace {
    pub workspace: Option<WorkspaceId>,
}

impl Command for SwitchWorkspace {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] = &[Code::NotAMember, Code::AddressNotAllowed, Code::SsoRequired, Code::MfaRequired];
    type Out = SessionDetails;

    async fn run(&self, cx: &mut Context<'_>) -> Result<SessionDetails> {
        let user = cx.user()?;
        let Some(workspace) = self.workspace else {
            session::set_active_organization(cx, None).await?;
            return show(cx).await?.ok_or_else(|| Problem::internal("the session does not exist"));
        };
        let grant = access::authorize_in_workspace(cx, workspace, RequiredWorkspacePermission::Membership).await;
        let grant = grant.map_err(session::forbidden_as_not_a_member)?;
        let membership = grant.organization_grant().member()?.membership;
        let key = (grant.ids().0, workspace, membership);
        let joined = cx.tx.optional(sql::MEMBERSHIP, key).await?.ok_or(Code::NotAMember)?.0;
        if let Some((session, sign_in)) = cx.session.as_ref().and_then(CurrentSession::signed_in) {
            cx.tx.execute(session::sql::SET_ACTIVE_WORKSPACE, (session, sign_in, membership, joined, cx.now)).await?;
        }
        if !cx.is_impersonated() {
            cx.tx.execute(session::sql::SET_DEFAULT_WORKSPACE, (user, membership, joined, cx.now)).await?;
        }
        show(cx).await?.ok_or_else(|| Problem::internal("the session does not exist"))
    }
}
