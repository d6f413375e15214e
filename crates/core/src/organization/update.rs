//! Changing what an organization is called, and from where its members come in.

use super::sql::{self, Organization};
use crate::access;
use crate::error::{Code, Result};
use crate::execution::{Command, Context};
use crate::id::{OrganizationId, WorkspaceId};
use crate::names::{Description, OrganizationName};
use crate::permission::{AddressList, RequiredPermission, Requirement};
use crate::{images, membership, workspace};

/// Changes what is given, and leaves the rest as it is.
///
/// Errors: `UNAUTHORIZED`; `FORBIDDEN` unless the caller may manage settings; `WORKSPACE_NOT_FOUND`;
/// `ADDRESS_LIST_EXCLUDES_YOU` when the caller could not come in any more; `MFA_NOT_AVAILABLE`;
/// `IMAGES_NOT_AVAILABLE`.
#[derive(Debug)]
pub struct Update {
    pub organization: OrganizationId,
    pub name: Option<OrganizationName>,
    pub description: Option<Description>,
    pub image: images::Change,
    /// The networks that members may connect from.
    pub addresses: Option<AddressList>,
    /// Whether `addresses` is enforced.
    pub restricts_addresses: Option<bool>,
    pub enforce_mfa: Option<bool>,
    /// The workspace that new members join automatically; 0 for none.
    pub auto_assigned_workspace: Option<WorkspaceId>,
}

impl Command for Update {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::ManageSettings);
    const ERRORS: &'static [Code] =
        &[Code::WorkspaceNotFound, Code::AddressListExcludesYou, Code::MfaNotAvailable, Code::ImagesNotAvailable];
    type Out = Organization;

    async fn run(&self, cx: &mut Context<'_>) -> Result<Organization> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::ManageSettings).await?;
        let organization = grant.organization();
        let now = cx.tx.one(membership::sql::ORGANIZATION, (organization,)).await?;
        if self.enforce_mfa == Some(true) {
            return Err(Code::MfaNotAvailable.into());
        }
        let workspace = self.auto_assigned_workspace.unwrap_or(now.auto_assigned_workspace_id);
        if self.auto_assigned_workspace.is_some() && workspace.get() != 0 {
            let found = cx.tx.optional(workspace::sql::SUMMARY, (organization, workspace)).await?;
            found.ok_or(Code::WorkspaceNotFound)?;
        }
        let addresses = self.addresses.clone().unwrap_or_else(|| AddressList::from_stored(&now.whitelisted_ips));
        let restricts = self.restricts_addresses.unwrap_or(now.enable_ip_restriction);
        if restricts && !addresses.allows(cx.caller.address) {
            return Err(Code::AddressListExcludesYou.into());
        }
        let name = self.name.as_ref().map_or(now.name.as_str(), OrganizationName::as_str);
        let description = self.description.as_ref().map_or(now.description.as_str(), Description::as_str);
        let addresses = addresses.to_json();
        let image = images::apply_change(cx, &now.image_url, &self.image).await?;
        let update = sql::UpdateOrganization {
            organization,
            name,
            description,
            image_url: &image,
            allowed_addresses: &addresses,
            restricts_addresses: restricts,
            auto_assigned_workspace: workspace,
            now: cx.now,
        };
        Ok(cx.tx.one(sql::UPDATE, update).await?)
    }
}
