//! Changing an organization's settings.

use super::sql::{self, Organization};
use crate::access::{self, Grant};
use crate::assurance::MfaChange;
use crate::error::{Code, Result};
use crate::event::{Changed, OrganizationUpdated};
use crate::execution::{Command, Context};
use crate::id::{OrganizationId, WorkspaceId};
use crate::listing::sort_name;
use crate::names::{Description, OrganizationName};
use crate::permission::{AddressList, RequiredPermission, Requirement};
use crate::security_log::{Audit, Change};
use crate::{images, membership, workspace};

/// Changes the given settings of an organization; `None` leaves a setting unchanged.
///
/// # Errors
/// `FORBIDDEN` without `organization:manage_settings`; `MFA_REQUIRED` if the caller's own sign-in is weaker than a changed
/// requirement, also with a grace period; `WORKSPACE_NOT_FOUND`; `ADDRESS_LIST_EXCLUDES_YOU` if the new address list does
/// not admit the caller's address; `IMAGES_NOT_AVAILABLE`.
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
    /// The second factor that members need.
    pub mfa: MfaChange,
    /// The workspace that new members join automatically; 0 for none.
    pub auto_assigned_workspace: Option<WorkspaceId>,
}

impl Update {
    /// Changes nothing.
    pub const fn new(organization: OrganizationId) -> Self {
        Self {
            organization,
            name: None,
            description: None,
            image: images::Change::Keep,
            addresses: None,
            restricts_addresses: None,
            mfa: MfaChange::KEEP,
            auto_assigned_workspace: None,
        }
    }
}

impl Command for Update {
    const REQUIRES: Requirement = Requirement::Organization(RequiredPermission::ManageSettings);
    const ERRORS: &'static [Code] = &[Code::WorkspaceNotFound, Code::AddressListExcludesYou, Code::ImagesNotAvailable];
    type Out = Organization;

    fn audit(&self) -> Audit {
        Audit::Change(Change::OrganizationUpdated)
    }

    async fn run(&self, cx: &mut Context<'_>) -> Result<Organization> {
        let grant = access::authorize(cx, self.organization, RequiredPermission::ManageSettings).await?;
        self.apply(cx, &grant, None).await
    }
}

impl Update {
    /// Changes the organization of the grant. `metadata_changed` is for the event.
    pub(super) async fn apply(
        &self,
        cx: &mut Context<'_>,
        grant: &Grant,
        metadata_changed: Option<bool>,
    ) -> Result<Organization> {
        let organization = grant.organization();
        let current = cx.tx.one(membership::sql::ORGANIZATION, (organization,)).await?;
        let mfa = access::apply_mfa_change(cx, grant, self.mfa, current.mfa()).await?;
        let workspace = self.auto_assigned_workspace.unwrap_or(current.auto_assigned_workspace_id);
        if self.auto_assigned_workspace.is_some() && workspace.get() != 0 {
            let found = cx.tx.optional(workspace::sql::SUMMARY, (organization, workspace)).await?;
            found.ok_or(Code::WorkspaceNotFound)?;
            // New members get access to it.
            if workspace != current.auto_assigned_workspace_id {
                access::require_admitted_to_workspace(cx, grant, workspace).await?;
            }
        }
        let addresses = self.addresses.clone().unwrap_or_else(|| AddressList::from_stored(&current.whitelisted_ips));
        let restricts = self.restricts_addresses.unwrap_or(current.enable_ip_restriction);
        // The list does not apply to API keys, so it cannot lock one out.
        if grant.user().is_some() && restricts && !addresses.allows(cx.caller.address) {
            return Err(Code::AddressListExcludesYou.into());
        }
        let name = self.name.as_ref().map_or(current.name.as_str(), OrganizationName::as_str);
        let description = self.description.as_ref().map_or(current.description.as_str(), Description::as_str);
        let (addresses, sort_name) = (addresses.to_json(), sort_name(name));
        let image = images::apply_change(cx, &current.image_url, &self.image).await?;
        let update = sql::UpdateOrganization {
            organization,
            name,
            sort_name: &sort_name,
            description,
            image_url: &image,
            allowed_addresses: &addresses,
            restricts_addresses: restricts,
            auto_assigned_workspace: workspace,
            now: cx.now,
            enforce_mfa: mfa.is_enforced,
            minimum_assurance: mfa.minimum,
            mfa_enforced_from: mfa.enforced_from,
        };
        let updated = cx.tx.one(sql::UPDATE, update).await?;
        cx.emit(changes(&current, &updated, metadata_changed));
        Ok(updated)
    }
}

/// What was changed, for the event.
fn changes(current: &Organization, updated: &Organization, metadata_changed: Option<bool>) -> OrganizationUpdated {
    let networks = |organization: &Organization| AddressList::from_stored(&organization.whitelisted_ips).to_strings();
    OrganizationUpdated {
        organization_id: updated.id,
        name: Changed::new(current.name.as_str(), updated.name.as_str()),
        description: Changed::new(current.description.as_str(), updated.description.as_str()),
        image_changed: (updated.image_url != current.image_url).then_some(true),
        allowed_addresses: Changed::new(networks(current), networks(updated)),
        restricts_addresses: Changed::new(current.enable_ip_restriction, updated.enable_ip_restriction),
        enforce_mfa: Changed::new(current.enforce_mfa, updated.enforce_mfa),
        minimum_assurance: Changed::new(current.minimum_assurance.as_str(), updated.minimum_assurance.as_str()),
        mfa_enforced_from: Changed::new(current.mfa().start_text(), updated.mfa().start_text()),
        auto_assigned_workspace_id: Changed::new(
            current.auto_assigned_workspace_id.to_string(),
            updated.auto_assigned_workspace_id.to_string(),
        ),
        metadata_changed,
    }
}
