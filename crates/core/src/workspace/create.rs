//! Creating a workspace.

use super::events::emit_added;
use super::sql::{self, Workspace, WorkspaceMembership};
use crate::access::{self, Member};
use crate::error::{Code, Problem, Result};
use crate::event::WorkspaceCreated;
use crate::execution::{Command, Context};
use crate::id::OrganizationId;
use crate::listing::sort_name;
use crate::metadata::Metadata;
use crate::names::{Description, WorkspaceName};
use crate::permission::{RequiredPermission, Requirement};
use crate::scope::{Scope, ScopeRequirement};
use crate::security_log::{Audit, Change};
use crate::{images, rate_limit};

/// Creates a workspace with the caller as its first member, in the deployment's workspace creator role. One that an API
/// key creates has no members at first.
///
/// # Errors
/// `FORBIDDEN` for a non-member; `WORKSPACE_LIMIT`; `TOO_MANY_REQUESTS`; `IMAGES_NOT_AVAILABLE`.
#[derive(Debug)]
pub struct Create {
    pub organization: OrganizationId,
    pub name: WorkspaceName,
    pub description: Description,
    pub image: images::Change,
    pub public_metadata: Option<Metadata>,
    pub private_metadata: Option<Metadata>,
}

/// A new workspace with its creator's membership.
#[derive(Debug)]
pub struct Created {
    pub workspace: Workspace,
    /// `None` for one that an API key created.
    pub membership: Option<WorkspaceMembership>,
}

impl Command for Create {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::Membership);
    const ERRORS: &'static [Code] = &[Code::WorkspaceLimit, Code::TooManyRequests, Code::ImagesNotAvailable];
    const SCOPE: ScopeRequirement = ScopeRequirement::One(Scope::WorkspacesWrite);
    type Out = Created;

    fn audit(&self) -> Audit {
        Audit::Change(Change::WorkspaceCreated)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<Created> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::Membership).await?;
        let max = cx.executor.settings.organizations.workspace_limit();
        if max < i64::MAX && cx.tx.one(sql::COUNT, (grant.organization(),)).await?.0 >= max {
            return Err(Code::WorkspaceLimit.into());
        }
        rate_limit::take_workspace(cx, &grant).await?;
        let creator = cx.executor.deployment()?.workspace_creator_role_id;
        let (id, membership) = (cx.id(), cx.id());
        cx.subject.workspace = Some(id);
        let image = images::apply_change(cx, "", &self.image).await?;
        let member = grant.member().ok();
        let row = sql::NewWorkspace {
            id,
            organization: grant.organization(),
            name: self.name.as_str(),
            sort_name: &sort_name(self.name.as_str()),
            description: self.description.as_str(),
            image_url: image.as_str(),
            member_count: i64::from(member.is_some()),
            public_metadata: self.public_metadata.as_ref().map_or("{}", Metadata::as_str),
            private_metadata: self.private_metadata.as_ref().map_or("{}", Metadata::as_str),
            now: cx.now,
        };
        let workspace = cx.tx.one(sql::INSERT, row).await?;
        let organization_id = grant.organization();
        cx.emit(WorkspaceCreated { organization_id, workspace_id: id, name: workspace.name.clone() });
        let Some(Member { membership: own, user }) = member else {
            return Ok(Created { workspace, membership: None });
        };
        let row = (grant.organization(), id, membership, own, user, cx.now);
        let joined = cx.tx.optional(sql::INSERT_MEMBERSHIP, row).await?;
        let membership = joined.ok_or_else(|| Problem::internal("the new workspace already has this member"))?;
        cx.tx.execute(sql::ASSIGN_ROLE, (grant.organization(), id, membership.id, creator)).await?;
        emit_added(cx, (organization_id, id), (membership.id, user), vec![creator]);
        Ok(Created { workspace, membership: Some(membership) })
    }
}
