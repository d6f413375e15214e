//! Changing a member's roles and metadata.

use super::replace_roles::{ReplaceRoles, replace};
use super::sql::{self, management};
use crate::access;
use crate::error::{Code, Result};
use crate::event::MemberUpdated;
use crate::execution::{Command, Context};
use crate::id::{MemberId, OrganizationId, RoleId};
use crate::metadata::Metadata;
use crate::permission::{RequiredPermission, Requirement};
use crate::scope::{Scope, ScopeRequirement};

/// Changes a member's roles as [`ReplaceRoles`] does, and their metadata. `None` leaves a part unchanged.
///
/// # Errors
/// `FORBIDDEN` without an API key; those of [`ReplaceRoles`].
#[derive(Debug)]
pub struct Update {
    pub organization: OrganizationId,
    pub member: MemberId,
    pub roles: Option<Vec<RoleId>>,
    pub public_metadata: Option<Metadata>,
}

impl Command for Update {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::ManageMembers);
    const ERRORS: &'static [Code] = ReplaceRoles::ERRORS;
    const SCOPE: ScopeRequirement = ScopeRequirement::One(Scope::MembersWrite);
    type Out = ();

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::ManageMembers).await?;
        grant.api_key()?;
        let organization = grant.organization();
        let found = cx.tx.optional(sql::FIND, (organization, self.member)).await?;
        let (membership,) = found.ok_or(Code::MemberNotFound)?;
        cx.subject.target_membership = Some(membership.get());
        if let Some(roles) = &self.roles {
            replace(cx, &grant, membership, roles).await?;
        }
        if let Some(metadata) = &self.public_metadata {
            let row = (organization, membership, metadata.as_str(), cx.now);
            cx.tx.execute(management::SET_PUBLIC_METADATA, row).await?;
            let (user_id,) = cx.tx.one(sql::USER, (organization, membership)).await?;
            cx.emit(MemberUpdated { organization_id: organization, membership_id: membership, user_id });
        }
        Ok(())
    }
}
