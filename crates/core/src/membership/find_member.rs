//! Showing one member to an API key, such as to check their permissions.

use super::MemberDetails;
use super::sql::{self, management};
use crate::access;
use crate::cache::Revision;
use crate::error::{Code, Result};
use crate::execution::{Context, Query};
use crate::id::{MemberId, OrganizationId};
use crate::permission::{RequiredPermission, Requirement};
use crate::scope::{Scope, ScopeRequirement};

/// Shows a member with their roles, and the organization's revision, for a cache. It takes two statements besides that
/// of the API key.
///
/// # Errors
/// `FORBIDDEN` without an API key; `MEMBER_NOT_FOUND`.
#[derive(Debug)]
pub struct FindMember {
    pub organization: OrganizationId,
    /// The id of the membership or of the user.
    pub member: MemberId,
}

impl Query for FindMember {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::Membership);
    const ERRORS: &'static [Code] = &[Code::MemberNotFound];
    const SCOPE: ScopeRequirement = ScopeRequirement::One(Scope::MembersRead);
    type Out = (MemberDetails, Revision);

    fn organization(&self) -> Option<OrganizationId> {
        Some(self.organization)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<(MemberDetails, Revision)> {
        let organization = access::organization_of_key(cx, self.organization)?;
        let Some(member) = cx.tx.optional(management::MEMBER, (organization, self.member)).await? else {
            access::authorize(cx, organization, RequiredPermission::Membership).await?;
            return Err(Code::MemberNotFound.into());
        };
        let roles = cx.tx.all(sql::ROLES_OF_MEMBER, (organization, member.id)).await?;
        let second_factors = Some(member.second_factors);
        Ok((MemberDetails { member, roles, second_factors }, cx.revision(organization).await?))
    }
}
