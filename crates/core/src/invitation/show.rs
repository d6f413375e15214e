//! Showing one invitation.

use super::details::InvitationDetails;
use super::references::{ReferencedIds, References};
use super::sql;
use crate::access;
use crate::error::{Code, Result};
use crate::execution::{Context, Query};
use crate::id::{InvitationId, OrganizationId};
use crate::permission::{RequiredPermission, Requirement};

/// Shows an invitation of an organization, in any state.
///
/// # Errors
/// `FORBIDDEN` without `organization:manage_members`; `INVITATION_NOT_FOUND`.
#[derive(Debug)]
pub struct Show {
    pub organization: OrganizationId,
    pub invitation: InvitationId,
}

impl Query for Show {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::ManageMembers);
    const ERRORS: &'static [Code] = &[Code::InvitationNotFound];
    type Out = InvitationDetails;

    fn organization(&self) -> Option<OrganizationId> {
        Some(self.organization)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<InvitationDetails> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::ManageMembers).await?;
        let row = cx.tx.optional(sql::SHOW, (grant.organization(), self.invitation)).await?;
        let row = row.ok_or(Code::InvitationNotFound)?;
        let references = References::for_invitation(cx, &grant, ReferencedIds::from_row(&row)).await?;
        InvitationDetails::from_row(cx, row, &references)
    }
}
