//! Switching the active organization.

use super::show::{SessionDetails, show};
use crate::access;
use crate::error::{Code, Problem, Result};
use crate::execution::{Command, Context};
use crate::id::OrganizationId;
use crate::permission::{RequiredPermission, Requirement};

/// Makes an organization the active one of the caller's sign-in and their default for the next; `None` for none. Clears
/// the active workspace.
///
/// # Errors
/// `UNAUTHORIZED`; `NOT_A_MEMBER`, also for an organization that does not exist; `ADDRESS_NOT_ALLOWED`;
/// `SSO_REQUIRED`; `MFA_REQUIRED`.
#[derive(Debug)]
pub struct SwitchOrganization {
    pub organization: Option<OrganizationId>,
}

impl Command for SwitchOrganization {
    const REQUIRES: Requirement = Requirement::SignIn;
    const ERRORS: &'static [Code] = &[Code::NotAMember, Code::AddressNotAllowed, Code::SsoRequired, Code::MfaRequired];
    type Out = SessionDetails;

    async fn run(&self, cx: &mut Context<'_>) -> Result<SessionDetails> {
        cx.user()?;
        let membership = match self.organization {
            None => None,
            Some(organization) => {
                let grant = access::authorize(cx, organization, RequiredPermission::Membership).await;
                grant.map_err(super::forbidden_as_not_a_member)?.membership()
            }
        };
        super::set_active_organization(cx, membership).await?;
        show(cx).await?.ok_or_else(|| Problem::internal("the session does not exist"))
    }
}
