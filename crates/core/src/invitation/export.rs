//! Reading all invitations for an export, in batches.

use super::details::InvitationDetails;
use super::filter::Filter;
use super::find;
use super::references::References;
use crate::access;
use crate::error::{Code, Result};
use crate::execution::{Context, Query};
use crate::id::{InvitationId, OrganizationId};
use crate::permission::{RequiredPermission, Requirement};

/// Reads the next 500 invitations of an export, newest first.
///
/// # Errors
/// Those of [`List`](super::List).
#[derive(Debug)]
pub struct Export {
    pub organization: OrganizationId,
    pub filter: Filter,
    /// The last invitation of the previous batch.
    pub after: Option<InvitationId>,
}

/// A batch of invitations. The last one has fewer than 500.
#[derive(Debug)]
pub struct Batch {
    pub invitations: Vec<InvitationDetails>,
    pub is_last: bool,
}

impl Query for Export {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::ManageMembers);
    const ERRORS: &'static [Code] = &[];
    type Out = Batch;

    fn organization(&self) -> Option<OrganizationId> {
        Some(self.organization)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<Batch> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::ManageMembers).await?;
        let revision = cx.revision(grant.organization()).await?;
        let (rows, is_last) = find::find_batch(cx, grant.organization(), &self.filter, self.after).await?;
        let references = References::for_page(cx, &grant, None, &rows, revision).await?;
        Ok(Batch { invitations: InvitationDetails::from_rows(cx, rows, &references)?, is_last })
    }
}
