//! Changing and deleting a workspace.

use super::sql::{self, Workspace};
use crate::access;
use crate::assurance::MfaChange;
use crate::error::{Code, Result};
use crate::event::{Changed, WorkspaceDeleted, WorkspaceUpdated};
use crate::execution::{Command, Context};
use crate::id::WorkspaceId;
use crate::listing::sort_name;
use crate::metadata::Metadata;
use crate::names::{Description, WorkspaceName};
use crate::permission::{AddressList, RequiredWorkspacePermission, Requirement};
use crate::reauthentication::require_recent_proof;
use crate::scope::{Scope, ScopeRequirement};
use crate::security_log::{Audit, Change};
use crate::{images, membership};

/// Changes the given settings of a workspace; `None` leaves a setting unchanged.
///
/// # Errors
/// `FORBIDDEN` without `workspace:admin`; `MFA_REQUIRED` if the caller's own sign-in is weaker than a changed requirement,
/// also with a grace period; `ADDRESS_LIST_EXCLUDES_YOU` if the new address list does not admit the caller's address;
/// `IMAGES_NOT_AVAILABLE`.
#[derive(Debug)]
pub struct Update {
    pub workspace: WorkspaceId,
    pub name: Option<WorkspaceName>,
    pub description: Option<Description>,
    pub image: images::Change,
    /// The networks that members may connect from.
    pub addresses: Option<AddressList>,
    /// Whether `addresses` is enforced.
    pub restricts_addresses: Option<bool>,
    /// The second factor that members need.
    pub mfa: MfaChange,
    pub public_metadata: Option<Metadata>,
    pub private_metadata: Option<Metadata>,
}

impl Command for Update {
    const REQUIRES: Requirement = Requirement::Workspace(RequiredWorkspacePermission::Admin);
    const ERRORS: &'static [Code] = &[Code::AddressListExcludesYou, Code::ImagesNotAvailable];
    const SCOPE: ScopeRequirement = ScopeRequirement::One(Scope::WorkspacesWrite);
    type Out = Workspace;

    fn audit(&self) -> Audit {
        Audit::Change(Change::WorkspaceUpdated)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<Workspace> {
        let grant = access::authorize_in_workspace(cx, self.workspace, RequiredWorkspacePermission::Admin).await?;
        let (organization, workspace) = grant.ids();
        let current = cx.tx.one(sql::WORKSPACE, (organization, workspace)).await?;
        let mfa = access::apply_mfa_change(cx, grant.organization_grant(), self.mfa, current.mfa()).await?;
        let addresses = self.addresses.clone().unwrap_or_else(|| AddressList::from_stored(&current.whitelisted_ips));
        let restricts = self.restricts_addresses.unwrap_or(current.enable_ip_restriction);
        let is_person = grant.organization_grant().user().is_some();
        if is_person && restricts && !addresses.allows(cx.caller.address) {
            return Err(Code::AddressListExcludesYou.into());
        }
        let name = self.name.as_ref().map_or(current.name.as_str(), WorkspaceName::as_str);
        let description = self.description.as_ref().map_or(current.description.as_str(), Description::as_str);
        let addresses = addresses.to_json();
        let image = images::apply_change(cx, &current.image_url, &self.image).await?;
        let update = sql::UpdateWorkspace {
            organization,
            workspace,
            name,
            sort_name: &sort_name(name),
            description,
            image_url: &image,
            allowed_addresses: &addresses,
            restricts_addresses: restricts,
            now: cx.now,
            public_metadata: self.public_metadata.as_ref().map(Metadata::as_str),
            private_metadata: self.private_metadata.as_ref().map(Metadata::as_str),
            enforce_mfa: mfa.is_enforced,
            minimum_assurance: mfa.minimum,
            mfa_enforced_from: mfa.enforced_from,
        };
        let updated = cx.tx.one(sql::UPDATE, update).await?;
        let has_metadata = self.public_metadata.is_some() || self.private_metadata.is_some();
        cx.emit(changes(&current, &updated, has_metadata.then_some(true)));
        Ok(updated)
    }
}

/// What was changed, for the event.
fn changes(current: &Workspace, updated: &Workspace, metadata_changed: Option<bool>) -> WorkspaceUpdated {
    let networks = |workspace: &Workspace| AddressList::from_stored(&workspace.whitelisted_ips).to_strings();
    WorkspaceUpdated {
        organization_id: updated.organization_id,
        workspace_id: updated.id,
        name: Changed::new(current.name.as_str(), updated.name.as_str()),
        description: Changed::new(current.description.as_str(), updated.description.as_str()),
        image_changed: (updated.image_url != current.image_url).then_some(true),
        allowed_addresses: Changed::new(networks(current), networks(updated)),
        restricts_addresses: Changed::new(current.enable_ip_restriction, updated.enable_ip_restriction),
        enforce_mfa: Changed::new(current.enforce_mfa, updated.enforce_mfa),
        minimum_assurance: Changed::new(current.minimum_assurance.as_str(), updated.minimum_assurance.as_str()),
        mfa_enforced_from: Changed::new(current.mfa().start_text(), updated.mfa().start_text()),
        metadata_changed,
    }
}

/// Deletes a workspace with its memberships and roles. Pending invitations to it are discarded. All invitations to it
/// remain in the list of invitations, without a workspace.
///
/// # Errors
/// `FORBIDDEN` without `workspace:admin`; `REAUTHENTICATION_REQUIRED`, because it cannot be restored;
/// `WORKSPACE_IS_ASSIGNED` if new members of the organization join it automatically.
#[derive(Debug)]
pub struct Delete {
    pub workspace: WorkspaceId,
}

impl Command for Delete {
    const REQUIRES: Requirement = Requirement::Workspace(RequiredWorkspacePermission::Admin);
    const ERRORS: &'static [Code] = &[Code::ReauthenticationRequired, Code::WorkspaceIsAssigned];
    const SCOPE: ScopeRequirement = ScopeRequirement::One(Scope::WorkspacesWrite);
    const ALLOWS_IMPERSONATOR: bool = false;
    type Out = ();

    fn audit(&self) -> Audit {
        Audit::Change(Change::WorkspaceDeleted)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<()> {
        let grant = access::authorize_in_workspace(cx, self.workspace, RequiredWorkspacePermission::Admin).await?;
        let (organization, workspace) = grant.ids();
        if grant.organization_grant().user().is_some() {
            require_recent_proof(cx).await?;
        }
        let name = cx.tx.optional(sql::SUMMARY, (organization, workspace)).await?.map(|found| found.name);
        let assigned = cx.tx.one(membership::sql::ORGANIZATION, (organization,)).await?.auto_assigned_workspace_id;
        if assigned == workspace {
            return Err(Code::WorkspaceIsAssigned.into());
        }
        cx.tx.execute(images::sql::MARK_WORKSPACE_IMAGE_UNUSED, (organization, workspace, cx.now)).await?;
        for statement in [sql::DENY_REQUESTS, sql::DETACH_INVITATIONS] {
            cx.tx.execute(statement, (organization, workspace, cx.now)).await?;
        }
        for statement in [sql::DELETE_MEMBERSHIPS, sql::DELETE] {
            cx.tx.execute(statement, (organization, workspace)).await?;
        }
        cx.emit(WorkspaceDeleted { organization_id: organization, workspace_id: workspace, name });
        Ok(())
    }
}
