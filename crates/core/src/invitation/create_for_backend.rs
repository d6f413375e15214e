//! Creating an invitation for a backend, whose response has the name of the organization.

use super::{Create, InvitationDetails};
use crate::error::{Code, Result};
use crate::execution::{Command, Context};
use crate::id::OrganizationId;
use crate::organization;
use crate::permission::Requirement;
use crate::scope::ScopeRequirement;
use crate::security_log::Audit;

/// Creates an invitation, and returns it with the name of its organization. It is serializable, unlike [`Create`]: of
/// this and a concurrent revocation that suspends the invitations of the key, one sees the other.
///
/// # Errors
/// Those of [`Create`].
#[derive(Debug)]
pub struct CreateForBackend(pub Create);

/// A new invitation with the name of its organization.
#[derive(Debug)]
pub struct CreatedForBackend {
    pub invitation: InvitationDetails,
    pub organization_name: String,
}

impl Command for CreateForBackend {
    const REQUIRES: Requirement = Create::REQUIRES;
    const ERRORS: &'static [Code] = Create::ERRORS;
    const SCOPE: ScopeRequirement = Create::SCOPE;
    type Out = CreatedForBackend;

    fn audit(&self) -> Audit {
        self.0.audit()
    }

    fn organization(&self) -> Option<OrganizationId> {
        self.0.organization()
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<CreatedForBackend> {
        let name = cx.tx.optional(organization::sql::NAME, (self.0.organization,)).await?;
        let organization_name = name.map_or_else(String::new, |(name,)| name);
        Ok(CreatedForBackend { invitation: self.0.run(cx).await?, organization_name })
    }
}
