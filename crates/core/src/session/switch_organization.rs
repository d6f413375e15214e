//! Choosing the organization one acts in.

use super::show::{ShownSession, show};
use crate::context::{Command, Context};
use crate::error::{Code, Problem, Result};
use crate::id::OrganizationId;
use crate::membership;

/// Makes an organization the active one of the caller's sign-in, and the default of their next; `None` is "personal".
/// The active workspace is cleared either way (contract B.8).
///
/// Errors: `UNAUTHORIZED`; `NOT_A_MEMBER`, also for an organization that does not exist.
#[derive(Debug)]
pub struct SwitchOrganization {
    /// Which one.
    pub organization: Option<OrganizationId>,
}

impl Command for SwitchOrganization {
    type Out = ShownSession;

    async fn run(&self, cx: &mut Context<'_>) -> Result<ShownSession> {
        let user = cx.user()?;
        let membership = match self.organization {
            None => None,
            Some(organization) => {
                let found = cx.tx.optional(membership::sql::OF_USER, (organization, user)).await?;
                Some(found.ok_or(Code::NotAMember)?.0)
            }
        };
        super::set_organization(cx, membership).await?;
        show(cx).await?.ok_or_else(|| Problem::internal("the session is gone"))
    }
}
