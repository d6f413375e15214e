//! Reading all members for an export, in batches.

use super::filter::MemberFilter;
use super::list::{MemberDetails, check_filter, load_members, load_roles, with_roles};
use super::{find, sql};
use crate::access;
use crate::error::{Code, Result};
use crate::event::MembersExported;
use crate::execution::{Command, Context, Query};
use crate::id::{MembershipId, OrganizationId};
use crate::permission::{RequiredPermission, Requirement};

/// Records that the caller exports the members.
///
/// # Errors
/// Those of [`ListMembers`](super::ListMembers).
#[derive(Debug)]
pub struct StartMemberExport {
    pub organization: OrganizationId,
    pub filter: MemberFilter,
}

impl Command for StartMemberExport {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::Membership);
    const ERRORS: &'static [Code] = &[];
    type Out = ();

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::Membership).await?;
        check_filter(cx, &grant, &self.filter).await?;
        cx.emit(MembersExported { organization_id: grant.organization() });
        Ok(())
    }
}

/// Reads the next members of an export, up to 500, newest first.
///
/// # Errors
/// Those of [`ListMembers`](super::ListMembers).
#[derive(Clone, Debug)]
pub struct ExportMembers {
    pub organization: OrganizationId,
    pub filter: MemberFilter,
    /// [`MembersBatch::next`] of the previous batch.
    pub before: Option<MembershipId>,
}

/// A batch of members.
#[derive(Debug)]
pub struct MembersBatch {
    pub members: Vec<MemberDetails>,
    /// The next batch has members before this id. `None` after the last batch.
    pub next: Option<MembershipId>,
}

impl Query for ExportMembers {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::Membership);
    const ERRORS: &'static [Code] = &[];
    type Out = MembersBatch;

    async fn run(&self, cx: &mut Context<'_>) -> Result<MembersBatch> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::Membership).await?;
        check_filter(cx, &grant, &self.filter).await?;
        let (keys, next): (Vec<sql::lists::MemberKey>, _) =
            find::find_batch(cx, grant.organization(), &self.filter, self.before).await?;
        let ids: Vec<_> = keys.iter().map(|key| key.id).collect();
        let members = load_members(cx, &grant, &ids).await?;
        let roles = load_roles(cx, grant.organization(), ids).await?;
        Ok(MembersBatch { members: with_roles(&grant, members, roles), next })
    }
}
