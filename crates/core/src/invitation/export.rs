//! Reading all invitations for an export, in batches.

use super::details::InvitationDetails;
use super::filter::Filter;
use super::find;
use super::references::References;
use crate::access;
use crate::error::{Code, Result};
use crate::event::InvitationsExported;
use crate::execution::{Command, Context, Query};
use crate::id::{InvitationId, OrganizationId};
use crate::permission::{RequiredPermission, Requirement};

/// Records that the caller exports the invitations.
///
/// # Errors
/// `FORBIDDEN` without `organization:manage_members`.
#[derive(Debug)]
pub struct StartExport {
    pub organization: OrganizationId,
}

impl Command for StartExport {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::ManageMembers);
    const ERRORS: &'static [Code] = &[];
    type Out = ();

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::ManageMembers).await?;
        cx.emit(InvitationsExported { organization_id: grant.organization() });
        Ok(())
    }
}

/// Reads the next invitations of an export, up to 500, newest first.
///
/// # Errors
/// Those of [`List`](super::List).
#[derive(Clone, Debug)]
pub struct Export {
    pub organization: OrganizationId,
    pub filter: Filter,
    /// [`Batch::next`] of the previous batch.
    pub before: Option<InvitationId>,
}

/// A batch of invitations.
#[derive(Debug)]
pub struct Batch {
    pub invitations: Vec<InvitationDetails>,
    /// The next batch has invitations before this id. `None` after the last batch.
    pub next: Option<InvitationId>,
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
        let (rows, next) = find::find_batch(cx, grant.organization(), &self.filter, self.before).await?;
        let references = References::for_page(cx, &grant, None, &rows, revision).await?;
        Ok(Batch { invitations: InvitationDetails::from_rows(cx, rows, &references)?, next })
    }
}
