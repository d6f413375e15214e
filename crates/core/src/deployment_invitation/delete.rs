//! Revoking an invitation to sign up.

use super::sql;
use crate::access::require_unbound_key;
use crate::error::{Code, Result};
use crate::event::DeploymentInvitationDeleted;
use crate::execution::{Command, Context};
use crate::id::DeploymentInvitationId;
use crate::permission::Requirement;
use crate::scope::{Scope, ScopeRequirement};
use crate::security_log::{Audit, Change};

/// Deletes an invitation. Its tokens stop working when this commits.
///
/// # Errors
/// `KEY_BOUND_TO_ORGANIZATION`; `INVITATION_NOT_FOUND`, also for one that was used.
#[derive(Debug)]
pub struct Delete {
    pub invitation: DeploymentInvitationId,
}

impl Command for Delete {
    const REQUIRES: Requirement = Requirement::Operator;
    const ERRORS: &'static [Code] = &[Code::KeyBoundToOrganization, Code::InvitationNotFound];
    const SCOPE: ScopeRequirement = ScopeRequirement::One(Scope::InvitationsWrite);
    type Out = ();

    fn audit(&self) -> Audit {
        Audit::Change(Change::SignUpInvitationDeleted)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        require_unbound_key(cx)?;
        if cx.tx.execute(sql::DELETE, (self.invitation,)).await? == 0 {
            return Err(Code::InvitationNotFound.into());
        }
        cx.emit(DeploymentInvitationDeleted { deployment_invitation_id: self.invitation });
        Ok(())
    }
}
