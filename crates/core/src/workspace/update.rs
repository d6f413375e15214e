//! Changing a workspace, and deleting it.

use super::sql::{self, Workspace};
use crate::access;
use crate::error::{Code, Result};
use crate::execution::{Command, Context};
use crate::id::WorkspaceId;
use crate::names::{Description, WorkspaceName};
use crate::permission::{AddressList, RequiredWorkspacePermission, Requirement};
use crate::{images, membership};

/// Changes what is given, and leaves the rest as it is.
///
/// Errors: `UNAUTHORIZED`; `FORBIDDEN` unless the caller is an admin of the workspace; `ADDRESS_LIST_EXCLUDES_YOU`;
/// `MFA_NOT_AVAILABLE`; `IMAGES_NOT_AVAILABLE`.
#[derive(Debug)]
pub struct Update {
    /// Which one.
    pub workspace: WorkspaceId,
    /// A new name.
    pub name: Option<WorkspaceName>,
    /// A new description, perhaps empty.
    pub description: Option<Description>,
    /// What becomes of its image.
    pub image: images::Change,
    /// From where its members may come in; an empty list for everywhere.
    pub addresses: Option<AddressList>,
    /// Whether that list counts.
    pub restricts_addresses: Option<bool>,
    /// Whether its members need a second factor.
    pub demands_mfa: Option<bool>,
}

impl Command for Update {
    const REQUIRES: Requirement = Requirement::Workspace(RequiredWorkspacePermission::Admin);
    const ERRORS: &'static [Code] = &[Code::AddressListExcludesYou, Code::MfaNotAvailable, Code::ImagesNotAvailable];
    type Out = Workspace;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Workspace> {
        let grant = access::authorize_in_workspace(cx, self.workspace, RequiredWorkspacePermission::Admin).await?;
        let (organization, workspace) = grant.ids();
        if self.demands_mfa == Some(true) {
            return Err(Code::MfaNotAvailable.into());
        }
        let now = cx.tx.one(sql::ONE, (organization, workspace)).await?;
        let addresses = self.addresses.clone().unwrap_or_else(|| AddressList::from_stored(&now.whitelisted_ips));
        let restricts = self.restricts_addresses.unwrap_or(now.enable_ip_restriction);
        if restricts && !addresses.allows(cx.caller.address) {
            return Err(Code::AddressListExcludesYou.into());
        }
        let name = self.name.as_ref().map_or(now.name.as_str(), WorkspaceName::as_str);
        let description = self.description.as_ref().map_or(now.description.as_str(), Description::as_str);
        let addresses = addresses.to_json();
        let image = images::settle(cx, &now.image_url, &self.image).await?;
        let update = sql::UpdateWorkspace {
            organization,
            workspace,
            name,
            description,
            image_url: &image,
            allowed_addresses: &addresses,
            restricts_addresses: restricts,
            now: cx.now,
        };
        Ok(cx.tx.one(sql::UPDATE, update).await?)
    }
}

/// Deletes a workspace with its memberships, its own roles, and the invitations into it.
///
/// Errors: `UNAUTHORIZED`; `FORBIDDEN` unless the caller is an admin of the workspace; `WORKSPACE_IS_ASSIGNED`.
#[derive(Debug)]
pub struct Delete {
    /// Which one.
    pub workspace: WorkspaceId,
}

impl Command for Delete {
    const REQUIRES: Requirement = Requirement::Workspace(RequiredWorkspacePermission::Admin);
    const ERRORS: &'static [Code] = &[Code::WorkspaceIsAssigned];
    type Out = ();

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let grant = access::authorize_in_workspace(cx, self.workspace, RequiredWorkspacePermission::Admin).await?;
        let (organization, workspace) = grant.ids();
        let assigned = cx.tx.one(membership::sql::ORGANIZATION, (organization,)).await?.auto_assigned_workspace_id;
        if assigned == workspace {
            return Err(Code::WorkspaceIsAssigned.into());
        }
        cx.tx.execute(images::sql::LET_GO_OF_WORKSPACE, (organization, workspace, cx.now)).await?;
        for statement in [sql::DELETE_INVITATIONS, sql::DELETE_MEMBERSHIPS, sql::DELETE] {
            cx.tx.execute(statement, (organization, workspace)).await?;
        }
        Ok(())
    }
}
